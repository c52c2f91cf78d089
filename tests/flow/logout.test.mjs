/* RP-initiated and back-channel logout: abuse cases §2.14 and the logout conformance modules. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import * as jose from 'jose';
import { Stack, freePort, until } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, hidden, requestOf, userinfo } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice } = kinds;
let stack, receiver, received, told, slow, c1_;
before(async () => {
  const port = await freePort();
  received = [];
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (request.url === '/slow') return; // never answers
      received.push({ type: request.headers['content-type'], token: new URLSearchParams(body).get('logout_token') });
      response.writeHead(200).end();
    });
  }).listen(port, '127.0.0.1');
  told = { ...c1, client_id: 'told', client_secret: 'told-secret-for-tests-only-0123456789', backchannel_logout_uri: `http://localhost:${port}/told`, subject_type: 'pairwise' };
  slow = { ...told, client_id: 'slow', backchannel_logout_uri: `http://localhost:${port}/slow` };
  const unlisted = { ...told, client_id: 'unlisted', backchannel_logout_uri: 'http://localhost:1/x' };
  stack = await Stack.start({ clients: [...kinds.clients, told, slow, unlisted], portals: false, options: { outbound: { allow_private_hosts: [`localhost:${port}`] } } });
  stack.addAccount(kinds.aliceAccount);
  c1_ = { unlisted };
});
after(async () => {
  receiver?.closeAllConnections();
  receiver?.close();
  await stack?.stop();
});

const signIn = async (client = c1) => {
  const agent = new Agent(stack);
  return { agent, tokens: await tokensOf(agent, client, alice) };
};
const isSignedIn = async (agent) => new URL((await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters)).location).searchParams.has('code');
const logout = (agent, parameters = {}) => agent.request(`/logout?${new URLSearchParams(parameters)}`);

describe('RP-initiated logout', () => {
  test('hint, registered URI and state: back at once, with state (oidcc-rp-initiated-logout)', async () => {
    const { agent, tokens } = await signIn();
    const answer = await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://rp.example/out', state: 'a b&c' });
    assert.equal(answer.status, 303);
    assert.equal(answer.location, 'https://rp.example/out?state=a%20b%26c');
    assert.equal(await isSignedIn(agent), false);
    assert.equal((await userinfo(stack, tokens.access_token)).status, 401);
  });
  test('by POST, without state (oidcc-rp-initiated-logout-no-state)', async () => {
    const { agent, tokens } = await signIn();
    const answer = await agent.request('/logout', { form: { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://rp.example/out' } });
    assert.equal(answer.location, 'https://rp.example/out');
  });
  test('hint only: a page of ours (oidcc-rp-initiated-logout-no-post-logout-redirect-uri)', async () => {
    const { agent, tokens } = await signIn();
    const answer = await logout(agent, { id_token_hint: tokens.id_token });
    assert.equal(answer.status, 200);
    assert.match(answer.html, /您已退出登录/);
    assert.equal(await isSignedIn(agent), false);
  });
  for (const [name, parameters] of Object.entries({ 'no parameters': {}, 'only state': { state: 'x' }, 'only client_id': { client_id: 'c1' } })) {
    test(`${name}: asks first (LO-01, oidcc-rp-initiated-logout-no-params)`, async () => {
      const { agent } = await signIn();
      const ask = await logout(agent, parameters);
      assert.match(ask.html, /id="logout-yes"/);
      assert.equal(await isSignedIn(agent), true);
      const kept = await agent.request('/logout', { form: { flow: hidden(ask.html), action: 'no' } });
      assert.equal(kept.status, 200);
      assert.equal(await isSignedIn(agent), true);
      const done = await agent.request('/logout', { form: { flow: hidden(ask.html), action: 'yes' } });
      assert.equal(done.status, 200);
      assert.equal(await isSignedIn(agent), false);
    });
  }
  const bad = {
    'an unregistered URI': (tokens) => ({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://evil.example/' }),
    'a query added': (tokens) => ({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://rp.example/out?foo=bar' }),
    'a URI of another client': (tokens) => ({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://other.example/out' }),
    'a URI without hint or client': () => ({ post_logout_redirect_uri: 'https://rp.example/out' }),
    'a hint without signature': (tokens) => ({ id_token_hint: `eyJhbGciOiJub25lIn0.${tokens.id_token.split('.')[1]}.`, post_logout_redirect_uri: 'https://rp.example/out' }),
    'a hint of someone else': () => ({ id_token_hint: 'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA', post_logout_redirect_uri: 'https://rp.example/out' }),
    'hint and client_id that differ': (tokens) => ({ id_token_hint: tokens.id_token, client_id: 'c2' }),
    'markup in state': () => ({ post_logout_redirect_uri: 'https://evil.example/', state: '"><script>alert(1)</script>' }),
  };
  for (const [name, parameters] of Object.entries(bad)) {
    test(`${name}: no redirect, still signed in (LO-02, LO-04)`, async () => {
      const { agent, tokens } = await signIn();
      const answer = await logout(agent, parameters(tokens));
      assert.equal(answer.status, 400);
      assert.equal(answer.location, null);
      assert.ok(!answer.html.includes('<script>alert'));
      assert.equal(await isSignedIn(agent), true);
    });
  }
  test('a confirmation posted from another site is refused', async () => {
    const { agent } = await signIn();
    const ask = await logout(agent);
    const answer = await agent.request('/logout', { form: { flow: hidden(ask.html), action: 'yes' }, headers: { origin: 'https://evil.example' } });
    assert.equal(answer.status, 403);
    assert.equal(await isSignedIn(agent), true);
  });
  test('a hint of a session whose cookie is gone ends it all the same (LO-11)', async () => {
    const { agent, tokens } = await signIn();
    assert.equal((await logout(new Agent(stack), { id_token_hint: tokens.id_token })).status, 200);
    assert.equal(await isSignedIn(agent), false);
  });
  test("somebody else's hint does not end my session unasked", async () => {
    const mine = await signIn();
    const theirs = await signIn();
    const answer = await logout(mine.agent, { id_token_hint: theirs.tokens.id_token });
    assert.match(answer.html, /id="logout-yes"/);
    assert.equal(await isSignedIn(mine.agent), true);
  });
});

describe('back-channel logout', () => {
  test('every portal of the session gets a logout token that fits its ID token (oidcc-backchannel-rp-initiated-logout)', async () => {
    const { agent, tokens } = await signIn(told);
    received.length = 0;
    await logout(agent, { id_token_hint: tokens.id_token });
    const { token, type } = await until('the logout token', async () => received[0]);
    assert.equal(type, 'application/x-www-form-urlencoded');
    const jwks = jose.createLocalJWKSet(await (await fetch(`${stack.issuer}/jwks`)).json());
    const { payload, protectedHeader } = await jose.jwtVerify(token, jwks, { issuer: stack.issuer, audience: 'told', typ: 'logout+jwt' });
    const id = jose.decodeJwt(tokens.id_token);
    assert.equal(protectedHeader.alg, 'ES256');
    assert.equal(payload.sub, id.sub);
    assert.equal(payload.sid, id.sid);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.ok(payload.jti && payload.iat && payload.exp);
    assert.equal(payload.nonce, undefined);
  });
  test('a portal that does not answer holds nobody up (LO-05)', async () => {
    const { agent, tokens } = await signIn(slow);
    await codeOf(agent, told, alice);
    const started = Date.now();
    await logout(agent, { id_token_hint: tokens.id_token });
    assert.ok(Date.now() - started < 2000);
  });
  test('an address that is not listed is not called (LO-05)', async () => {
    const { agent, tokens } = await signIn(c1_.unlisted);
    await logout(agent, { id_token_hint: tokens.id_token });
    await until('the refusal in the log', async () => /"client_id":"unlisted"[^\n]*"result":"refused"/.test(stack.log('server')));
  });
});
