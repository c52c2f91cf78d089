/* Codes, client authentication, refresh tokens, userinfo, revocation: abuse cases §2.3, §2.5 to §2.7, §2.10. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import * as jose from 'jose';
import { Stack } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, claimsOf, userinfo, token, post, refused, random, requestOf, follow } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, c2, pub, jwt, hmac, machine, query, pairwise, rs256, alice, bob } = kinds;
let stack, agent, jwks;
before(async () => {
  stack = await Stack.start({ clients: kinds.clients, portals: false, options: { lifetimes: { refresh_grace_s: 2 } } });
  stack.addAccount(kinds.aliceAccount);
  stack.addAccount(kinds.bobAccount);
  agent = new Agent(stack);
  await codeOf(agent, c1, alice);
  jwks = jose.createLocalJWKSet(await (await fetch(`${stack.issuer}/jwks`)).json());
});
after(() => stack?.stop());

const fresh = (client = c1, extra) => codeOf(agent, client, alice, extra).then(({ nonce, ...form }) => form);
const redeem = (client, form) => token(stack, client, form);
const refresh = (client, refresh_token, extra) => token(stack, client, { grant_type: 'refresh_token', refresh_token, ...extra });
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the happy path (oidcc-server)', () => {
  test('the ID token is what the request asked for', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    const { payload, protectedHeader } = await jose.jwtVerify(tokens.id_token, jwks, { issuer: stack.issuer, audience: 'c1' });
    assert.equal(protectedHeader.alg, 'ES256');
    assert.equal(payload.nonce, tokens.nonce);
    assert.equal(payload.acr, 'urn:tongxing:loa:2');
    assert.deepEqual(payload.amr, ['pwd']);
    assert.equal(tokens.token_type, 'Bearer');
    assert.ok(tokens.expires_in > 0);
    for (const name of ['name', 'email', 'phone_number', 'id_number']) assert.equal(payload[name], undefined);
  });
  test('the access token is a JWT of its own type (RFC 9068)', async () => {
    const { access_token } = await tokensOf(agent, c1, alice);
    const { payload } = await jose.jwtVerify(access_token, jwks, { issuer: stack.issuer, audience: stack.issuer, typ: 'at+jwt' });
    assert.equal(payload.client_id, 'c1');
    assert.ok(payload.jti && payload.exp && payload.sub);
  });
  test('claims by scope, and only those (oidcc-scope-*)', async () => {
    const wanted = {
      profile: ['name', 'given_name', 'family_name', 'gender', 'birthdate', 'locale', 'updated_at'], email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'], address: ['address'],
    };
    for (const [scope, names] of Object.entries(wanted)) {
      const { access_token } = await tokensOf(agent, c1, alice, { scope: `openid ${scope}` });
      const claims = await (await userinfo(stack, access_token)).json();
      assert.deepEqual(Object.keys(claims).sort(), ['sub', ...names].sort());
    }
    const { access_token } = await tokensOf(agent, c1, alice, { scope: 'address phone email profile openid' });
    const claims = await (await userinfo(stack, access_token)).json();
    assert.equal(claims.name, '测试甲');
    assert.equal(claims.email_verified, true);
    assert.equal(claims.address.country, 'CN');
    assert.equal(claims.id_number, undefined);
  });
  test('claims asked one by one, in the ID token or at userinfo', async () => {
    const claims = JSON.stringify({ id_token: { email: null, auth_time: { essential: true } }, userinfo: { name: { essential: true } } });
    const tokens = await tokensOf(agent, c1, alice, { claims });
    const payload = claimsOf(tokens.id_token);
    assert.equal(payload.email, 'alice@rp.example');
    assert.ok(payload.auth_time);
    const info = await (await userinfo(stack, tokens.access_token)).json();
    assert.deepEqual(Object.keys(info).sort(), ['name', 'sub']);
  });
  test('RS256 where the client wants it (oidcc-idtoken-rs256, oidcc-userinfo-rs256)', async () => {
    const tokens = await tokensOf(agent, rs256, alice, { scope: 'openid email' });
    const { protectedHeader } = await jose.jwtVerify(tokens.id_token, jwks, { audience: 'rs256' });
    assert.equal(protectedHeader.alg, 'RS256');
    assert.equal((await jose.jwtVerify(tokens.access_token, jwks)).protectedHeader.alg, 'PS256');
    const info = await userinfo(stack, tokens.access_token);
    assert.equal(info.headers.get('content-type'), 'application/jwt');
    const { payload } = await jose.jwtVerify(await info.text(), jwks, { issuer: stack.issuer, audience: 'rs256' });
    assert.equal(payload.email, 'alice@rp.example');
  });
  test('a pairwise subject is another than the public one, and stays the same', async () => {
    const subs = [];
    for (const client of [c1, c2, pairwise, pairwise]) subs.push(claimsOf((await tokensOf(agent, client, alice)).id_token).sub);
    assert.equal(subs[0], subs[1]);
    assert.notEqual(subs[0], subs[2]);
    assert.equal(subs[2], subs[3]);
  });
});

describe('codes (CD-01 to CD-10, PK-04 to PK-07, RU-26)', () => {
  test('a replayed code is refused and ends what it gave (CD-01)', async () => {
    const form = await fresh();
    const first = (await redeem(c1, form)).body;
    assert.equal((await userinfo(stack, first.access_token)).status, 200);
    await refused(await redeem(c1, form), 400, 'invalid_grant');
    assert.equal((await userinfo(stack, first.access_token)).status, 401);
    await refused(await refresh(c1, first.refresh_token), 400, 'invalid_grant');
  });
  test('fifty at once: one wins (CD-02)', async () => {
    const form = await fresh();
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(c1, form)));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    for (const answer of answers) assert.ok(answer.status === 200 || answer.body.error === 'invalid_grant');
  });
  const rows = {
    'of another client (CD-04)': [c2, {}],
    'of a public client (CD-04)': [pub, {}],
    'with another redirect_uri (RU-26)': [c1, { redirect_uri: 'https://rp.example/other' }],
    'without redirect_uri (RU-26)': [c1, { redirect_uri: undefined }],
    'without verifier (PK-05)': [c1, { code_verifier: undefined }],
    'with an empty verifier (PK-05)': [c1, { code_verifier: '' }],
    'with another verifier (CD-08)': [c1, { code_verifier: random() }],
    'with a verifier of 42 (PK-07)': [c1, { code_verifier: 'a'.repeat(42) }],
    'with a verifier of 129 (PK-07)': [c1, { code_verifier: 'a'.repeat(129) }],
    'with a verifier in UTF-8 (PK-07)': [c1, { code_verifier: '密'.repeat(43) }],
    'made up': [c1, { code: `ac_${random()}` }],
    'of another kind (LG-13)': [c1, { code: `rt_${random()}` }],
  };
  for (const [name, [client, change]] of Object.entries(rows)) {
    test(name, async () => {
      const form = { ...(await fresh()), ...change };
      for (const key of Object.keys(form)) if (form[key] === undefined) delete form[key];
      await refused(await redeem(client, form), 400, 'invalid_grant');
    });
  }
  test('a verifier where no challenge was stored (PK-04)', async () => {
    const { verifier, parameters } = requestOf(query, { code_challenge: undefined, code_challenge_method: undefined });
    const back = await follow(agent, await agent.authorize(parameters));
    const form = { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: parameters.redirect_uri };
    await refused(await redeem(query, { ...form, code_verifier: verifier }), 400, 'invalid_grant');
  });
  test('PKCE is welcome where it is not required', async () => {
    const form = await fresh(query);
    assert.equal((await redeem(query, form)).status, 200);
  });
  test('after signing out (CD-10)', async () => {
    const other = new Agent(stack);
    const { id_token } = await tokensOf(other, c1, bob);
    const { nonce, ...form } = await codeOf(other, c1, bob);
    await other.request(`/logout?id_token_hint=${id_token}`);
    await refused(await redeem(c1, form), 400, 'invalid_grant');
  });
});

describe('the token endpoint (CA-01 to CA-10, TK-01 to TK-08)', () => {
  const basic = (text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const cc = { grant_type: 'client_credentials' };
  test('GET (CA-01)', async () => assert.equal((await fetch(`${stack.issuer}/token?grant_type=client_credentials`)).status, 405));
  test('credentials in the query are not read (CA-01)', async () =>
    refused(await post(stack, `/token?client_id=machine&client_secret=${machine.client_secret}`, cc), 401, 'invalid_client'));
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', 'application/x-www-form-urlencoded; charset=utf-16']) {
    test(`content type ${type} (CA-02)`, async () =>
      refused(await post(stack, '/token', 'grant_type=client_credentials', { client: machine, headers: { 'content-type': type } }), 400, 'invalid_request'));
  }
  test('two ways at once (CA-04)', async () => {
    await refused(await post(stack, '/token', { ...cc, client_secret: machine.client_secret }, { client: machine }), 400, 'invalid_request');
    await refused(await post(stack, '/token', { ...cc, client_assertion: 'x', client_assertion_type: 'y' }, { client: machine }), 400, 'invalid_request');
  });
  test('two names (CA-05)', async () => refused(await post(stack, '/token', { ...cc, client_id: 'c2' }, { client: machine }), 400, 'invalid_request'));
  const bad = {
    'an empty secret (CA-07)': basic('machine:'), 'no colon': basic('machine'), 'an unknown client': basic('nobody:x'), 'a bad escape': basic('machine:%zz'),
    'not base64': { authorization: 'Basic ***' }, 'no credentials': { authorization: 'Basic' }, 'a disabled client': basic(`disabled:${kinds.disabled.client_secret}`),
    'another scheme': { authorization: 'Digest x' }, 'a NUL in the secret': basic(`machine:${machine.client_secret}\0`), 'a method it is not registered for (CA-08)': basic(`post:${kinds.post_.client_secret}`),
  };
  for (const [name, headers] of Object.entries(bad)) {
    test(`Basic with ${name} (CA-10)`, async () => {
      const answer = await post(stack, '/token', cc, { headers });
      await refused(answer, 401, 'invalid_client');
      assert.match(answer.headers.get('www-authenticate'), /^Basic /);
    });
  }
  test('the scheme in any letter case (CA-10)', async () => {
    const headers = { authorization: `bAsIc ${Buffer.from(`machine:${machine.client_secret}`).toString('base64')}` };
    assert.equal((await post(stack, '/token', cc, { headers })).status, 200);
  });
  test('client_secret_post, by a client registered for it and no other (CA-08)', async () => {
    const form = await fresh(kinds.post_);
    assert.equal((await post(stack, '/token', { ...form, client_id: 'post', client_secret: kinds.post_.client_secret })).status, 200);
    await refused(await post(stack, '/token', { ...cc, client_id: 'machine', client_secret: machine.client_secret }), 401, 'invalid_client');
    await refused(await post(stack, '/token', { ...cc, client_id: 'machine' }), 401, 'invalid_client');
  });
  test('grant types unknown, missing, in other letters, not registered (TK-01, TK-02)', async () => {
    await refused(await token(stack, machine, { grant_type: 'Client_Credentials' }), 400, 'unsupported_grant_type');
    await refused(await token(stack, machine, { grant_type: 'password' }), 400, 'unsupported_grant_type');
    await refused(await token(stack, machine, { x: '1' }), 400, 'invalid_request');
    await refused(await token(stack, c1, cc), 400, 'unauthorized_client');
    await refused(await token(stack, machine, { grant_type: 'refresh_token', refresh_token: 'x' }), 400, 'unauthorized_client');
  });
  test('a parameter twice', async () =>
    refused(await token(stack, machine, new URLSearchParams('grant_type=client_credentials&grant_type=client_credentials')), 400, 'invalid_request'));
  for (const body of ['grant_type=%', 'grant_type=%g1', 'grant_type=%00', 'grant_type=%ff', 'grant_type=%c0%af', '&'.repeat(200) + 'a='.repeat(1)]) {
    test(`malformed form ${body.slice(0, 20)} (HT-14)`, async () => {
      const answer = await post(stack, '/token', body, { client: machine, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      await refused(answer, 400, 'invalid_request');
    });
  }
  test('client_credentials: no person in it (TK-04)', async () => {
    const { body } = await token(stack, machine, { ...cc, scope: 'register.read openid' });
    assert.equal(body.id_token, undefined);
    assert.equal(body.refresh_token, undefined);
    assert.equal(body.scope, 'register.read');
    assert.equal(claimsOf(body.access_token).sub, 'client:machine');
    assert.equal((await userinfo(stack, body.access_token)).status, 403);
    await refused(await token(stack, machine, { ...cc, scope: 'admin' }), 400, 'invalid_scope');
  });
  test('CORS without credentials, and not at the pages (TK-08)', async () => {
    const preflight = await fetch(`${stack.issuer}/token`, { method: 'OPTIONS', headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null);
    for (const path of ['/authorize', '/login', '/consent', '/logout']) {
      const answer = await fetch(`${stack.issuer}${path}`, { headers: { origin: 'https://spa.example' } });
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
  });
});

describe('client assertions (CA-13 to CA-20, JW-01 to JW-20)', () => {
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (extra = {}, client = 'jwt') => {
    const all = { iss: client, sub: client, aud: stack.issuer, exp: now() + 60, iat: now(), jti: random(), ...extra };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    return all;
  };
  const sign = (payload, header = {}, key = kinds.privateKey) => new jose.SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
  const present = (client_assertion, extra = {}) => post(stack, '/token', { grant_type: 'client_credentials', client_assertion_type: type, client_assertion, ...extra });
  const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

  test('a good one, for the issuer and for the token endpoint', async () => {
    for (const aud of [stack.issuer, `${stack.issuer}/token`, [stack.issuer]]) assert.equal((await present(await sign(claims({ aud })))).status, 200);
    assert.equal((await present(await sign(claims(), { typ: 'client-authentication+jwt' }))).status, 200);
  });
  test('client_secret_jwt', async () => {
    const assertion = await new jose.SignJWT(claims({}, 'hmac')).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(hmac.client_secret));
    assert.equal((await present(assertion)).status, 200);
    await refused(await present(assertion), 401, 'invalid_client');
    const wrong = await new jose.SignJWT(claims({}, 'hmac')).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('x'.repeat(40)));
    await refused(await present(wrong), 401, 'invalid_client');
  });
  test('once only, also for two at a time (CA-16)', async () => {
    const assertion = await sign(claims());
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(assertion)));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  });
  const wrong = {
    'no jti': { jti: undefined }, 'no exp': { exp: undefined }, 'no iss': { iss: undefined }, 'no aud': { aud: undefined }, 'iss of another': { iss: 'c1' },
    'exp past': { exp: 1000000000 }, 'exp in a day': () => ({ exp: now() + 86400 }), 'nbf to come': () => ({ nbf: now() + 300 }), 'iat to come': () => ({ iat: now() + 300 }),
    'exp a text': { exp: '9999999999' }, 'exp negative': { exp: -1 }, 'exp a list': { exp: [1] }, 'exp true': { exp: true }, 'aud empty': { aud: [] }, 'aud an object': { aud: {} },
    'aud of another': { aud: 'https://evil.example' }, 'aud with more (JW-13)': () => ({ aud: [stack.issuer, 'https://evil.example'] }),
    'aud with a slash': () => ({ aud: `${stack.issuer}/` }), 'aud with a prefix': () => ({ aud: `${stack.issuer}.evil` }), 'iss a list': { iss: ['jwt', 'c1'] }, 'sub a number': { sub: 123 },
    'jti empty': { jti: '' }, 'jti of 1000': { jti: 'x'.repeat(1000) },
  };
  for (const [name, extra] of Object.entries(wrong)) {
    test(`${name} (CA-14, JW-11)`, async () => refused(await present(await sign(claims(typeof extra === 'function' ? extra() : extra))), 401, 'invalid_client'));
  }
  test('tokens made for something else (CA-17, JW-14)', async () => {
    for (const typ of ['at+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', 'logout+jwt', 'AT+JWT', 'application/at+jwt']) {
      await refused(await present(await sign(claims(), { typ })), 401, 'invalid_client');
    }
    const { id_token, access_token } = await tokensOf(agent, jwt, alice).catch(() => tokensOf(agent, c1, alice));
    for (const other of [id_token, access_token]) await refused(await present(other), 401, 'invalid_client');
  });
  test('other keys and headers (JW-01, JW-02, JW-04, JW-05, JW-07, JW-10)', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = kinds.publicKey.export({ type: 'spki', format: 'pem' });
    const good = await sign(claims());
    const [header, payload, signature] = good.split('.');
    const hs = (key) => {
      const input = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims())}`;
      return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
    };
    const bad = [
      await sign(claims(), {}, other.privateKey), await sign(claims(), { alg: 'RS256' }, rsa.privateKey), await sign(claims(), { kid: 'nobody' }),
      await sign(claims(), { kid: '../../../../dev/null' }), await sign(claims(), { kid: 'x'.repeat(2000) }),
      await new jose.SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'k2', jwk: await jose.exportJWK(other.publicKey) }).sign(other.privateKey),
      hs(pem), hs(`${pem}\n`), hs(JSON.stringify(kinds.jwk)), hs(''), hs('x'),
      ...['none', 'None', 'nOnE', '', null].map((alg) => `${part({ alg, kid: 'k1' })}.${part(claims())}.`), `${part({ kid: 'k1' })}.${part(claims())}.`,
      `${header}.${payload}.`, `${header}.${payload}`, `${good}.x`, `.${payload}.${signature}`, good.slice(0, -2), `${good}A`, `${good}==`, '', '...', '.'.repeat(100000), 'a.'.repeat(50000),
      `${part('{"alg":"ES256","kid":"k1","alg":"none"}')}.${payload}.${signature}`, `${part('{"alg":"ES256","kid":"k1","crit":["x"]}')}.${payload}.${signature}`,
      `${part('{"alg":"ES256","kid":"k1","crit":[]}')}.${payload}.${signature}`, `${part('{"alg":"ES256","b64":false}')}.${payload}.${signature}`, `${part('[]')}.${payload}.${signature}`,
      `${header}.${part('{"sub":"jwt","sub":"c1"}')}.${signature}`, `${header}.${part('['.repeat(5000))}.${signature}`,
      `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`, `${header}.${payload}.${Buffer.alloc(63, 1).toString('base64url')}`, `${header}.${payload}.${Buffer.alloc(64, 255).toString('base64url')}`,
    ];
    for (const assertion of bad) {
      const answer = await present(assertion);
      assert.ok([400, 401, 413].includes(answer.status), `${answer.status} for ${assertion.slice(0, 80)}`);
      if (answer.body) assert.match(answer.body.error, /^invalid_(client|request)$/);
    }
    assert.equal((await present(await sign(claims()))).status, 200);
  });
  test('the pair is given whole (CA-19)', async () => {
    const assertion = await sign(claims());
    await refused(await post(stack, '/token', { grant_type: 'client_credentials', client_assertion: assertion }), 400, 'invalid_request');
    await refused(await present(assertion, { client_assertion_type: 'x' }), 400, 'invalid_request');
    await refused(await post(stack, '/token', { grant_type: 'client_credentials', client_assertion_type: type }), 400, 'invalid_request');
    await refused(await present(assertion, { client_id: 'c1' }), 400, 'invalid_request');
  });
});

describe('refresh tokens (RT-01 to RT-11)', () => {
  test('a refresh gives new tokens of the same person (oidcc-refresh-token)', async () => {
    const first = await tokensOf(agent, c1, alice);
    await later(1100);
    const { body } = await refresh(c1, first.refresh_token);
    const [before_, after_] = [claimsOf(first.id_token), claimsOf(body.id_token)];
    assert.equal(after_.sub, before_.sub);
    assert.equal(after_.aud, before_.aud);
    assert.ok(after_.iat > before_.iat);
    assert.notEqual(body.refresh_token, first.refresh_token);
    await refused(await refresh(c2, body.refresh_token), 400, 'invalid_grant');
    assert.equal((await refresh(c1, body.refresh_token)).status, 200, 'another client\'s try did no harm');
  });
  test('two tabs that race get the same successor (RT-02)', async () => {
    const { refresh_token } = await tokensOf(agent, c1, alice);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(c1, refresh_token)));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
    assert.equal(new Set(answers.map((answer) => answer.body.refresh_token)).size, 1);
  });
  test('re-use after the grace ends the family (RT-01)', async () => {
    const first = await tokensOf(agent, c1, alice);
    const second = (await refresh(c1, first.refresh_token)).body;
    await later(3100);
    await refused(await refresh(c1, first.refresh_token), 400, 'invalid_grant');
    await refused(await refresh(c1, second.refresh_token), 400, 'invalid_grant');
    assert.equal((await userinfo(stack, second.access_token)).status, 401);
  });
  test('scope: narrower is granted, wider is refused and costs nothing (RT-05)', async () => {
    const { refresh_token } = await tokensOf(agent, c1, alice, { scope: 'openid email' });
    await refused(await refresh(c1, refresh_token, { scope: 'openid email phone' }), 400, 'invalid_scope');
    const narrowed = await refresh(c1, refresh_token, { scope: 'openid' });
    assert.equal(narrowed.body.scope, 'openid');
  });
  test('after signing out: gone, unless it was for offline access (RT-07)', async () => {
    const other = new Agent(stack);
    const plain = await tokensOf(other, c1, bob);
    const offline = await tokensOf(other, c1, bob, { scope: 'openid offline_access' });
    await other.request(`/logout?id_token_hint=${plain.id_token}`);
    await refused(await refresh(c1, plain.refresh_token), 400, 'invalid_grant');
    assert.equal((await userinfo(stack, plain.access_token)).status, 401);
    assert.equal((await refresh(c1, offline.refresh_token)).status, 200);
  });
  test('other tokens and tampered ones (RT-11)', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    const flipped = tokens.refresh_token.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'));
    for (const bad of [tokens.access_token, tokens.id_token, flipped, `rt_${random()}`, 'rt_', 'x'.repeat(10000)]) {
      await refused(await refresh(c1, bad), 400, 'invalid_grant');
    }
    await refused(await refresh(c1, ''), 400, 'invalid_request');
    assert.equal((await refresh(c1, tokens.refresh_token)).status, 200);
  });
});

describe('userinfo and revocation (UI-01 to UI-08, RV-01 to RV-05)', () => {
  test('GET, POST with header, POST with body (oidcc-userinfo-*)', async () => {
    const { access_token } = await tokensOf(agent, c1, alice);
    assert.equal((await userinfo(stack, access_token)).status, 200);
    assert.equal((await userinfo(stack, access_token, { method: 'POST' })).status, 200);
    assert.equal((await post(stack, '/userinfo', { access_token })).status, 200);
    assert.equal((await fetch(`${stack.issuer}/userinfo`, { headers: { authorization: `bearer ${access_token}` } })).status, 200);
  });
  test('no token, malformed ones, two of them', async () => {
    const { access_token } = await tokensOf(agent, c1, alice);
    const ask = (authorization) => fetch(`${stack.issuer}/userinfo`, { headers: authorization ? { authorization } : {} });
    const none = await ask();
    assert.equal(none.status, 401);
    assert.equal(none.headers.get('www-authenticate'), 'Bearer');
    assert.equal((await ask('Bearer')).status, 401);
    assert.equal((await ask('Bearer a b')).status, 400);
    for (const bad of ['x', `${access_token}x`, 'x'.repeat(20000), 'eyJhbGciOiJub25lIn0.e30.']) {
      const answer = await ask(`Bearer ${bad}`);
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate'), /error="invalid_token"/);
    }
    const both = await post(stack, '/userinfo', { access_token }, { headers: { authorization: `Bearer ${access_token}` } });
    assert.equal(both.status, 400);
    assert.equal((await fetch(`${stack.issuer}/userinfo?access_token=${access_token}`)).status, 401);
  });
  test('an ID token and a refresh token are no access tokens', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    for (const other of [tokens.id_token, tokens.refresh_token]) assert.equal((await userinfo(stack, other)).status, 401);
  });
  test('revoking the refresh token ends the access token too (RV-04)', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    assert.equal((await post(stack, '/revoke', { token: tokens.refresh_token }, { client: c1 })).status, 200);
    assert.equal((await userinfo(stack, tokens.access_token)).status, 401);
    await refused(await refresh(c1, tokens.refresh_token), 400, 'invalid_grant');
  });
  test('revoking an access token ends it alone', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    assert.equal((await post(stack, '/revoke', { token: tokens.access_token, token_type_hint: 'refresh_token' }, { client: c1 })).status, 200);
    assert.equal((await userinfo(stack, tokens.access_token)).status, 401);
    assert.equal((await refresh(c1, tokens.refresh_token)).status, 200);
  });
  test('of another client, unknown, unauthenticated (RV-01, RV-02, RV-05)', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    for (const value of [tokens.access_token, tokens.refresh_token, 'unknown']) {
      assert.equal((await post(stack, '/revoke', { token: value }, { client: c2 })).status, 200);
    }
    assert.equal((await userinfo(stack, tokens.access_token)).status, 200);
    await refused(await post(stack, '/revoke', { token: tokens.refresh_token }), 401, 'invalid_client');
    await refused(await post(stack, '/revoke', {}, { client: c1 }), 400, 'invalid_request');
  });
});

describe('introspection (IN-01 to IN-05)', () => {
  const ask = (client, value, extra) => post(stack, '/introspect', { token: value, ...extra }, { client });
  test('a good access token, to its client and to another', async () => {
    const tokens = await tokensOf(agent, pairwise, alice);
    const own = (await ask(pairwise, tokens.access_token)).body;
    assert.equal(own.active, true);
    assert.equal(own.client_id, 'pairwise');
    assert.equal(own.token_type, 'Bearer');
    assert.equal(own.sub, claimsOf(tokens.id_token).sub);
    const other = (await ask(c1, tokens.access_token)).body;
    assert.equal(other.active, true);
    assert.notEqual(other.sub, own.sub, 'the pairwise subject stays within its sector');
  });
  test('a refresh token, to its own client only', async () => {
    const { refresh_token } = await tokensOf(agent, c1, alice);
    assert.equal((await ask(c1, refresh_token, { token_type_hint: 'access_token' })).body.active, true);
    assert.deepEqual((await ask(c2, refresh_token)).body, { active: false });
  });
  test('a client_credentials token', async () => {
    const { body } = await token(stack, machine, { grant_type: 'client_credentials' });
    assert.equal((await ask(machine, body.access_token)).body.sub, 'client:machine');
  });
  test('revoked, made up, of another kind: one answer', async () => {
    const tokens = await tokensOf(agent, c1, alice);
    await post(stack, '/revoke', { token: tokens.refresh_token }, { client: c1 });
    for (const value of [tokens.access_token, tokens.refresh_token, tokens.id_token, 'x', `rt_${random()}`, 'eyJhbGciOiJub25lIn0.e30.']) {
      const answer = await ask(c1, value);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body, { active: false });
    }
  });
  test('who may not ask', async () => {
    await refused(await post(stack, '/introspect', { token: 'x' }), 401, 'invalid_client');
    await refused(await post(stack, '/introspect', { token: 'x', client_id: 'pub' }), 401, 'invalid_client');
    await refused(await ask({ ...c1, client_secret: 'wrong' }, 'x'), 401, 'invalid_client');
    await refused(await post(stack, '/introspect', {}, { client: c1 }), 400, 'invalid_request');
  });
});

test('keys are rotated without a failed verification, and the server notices by itself (oidcc-server-rotate-keys)', async () => {
  const old = await tokensOf(agent, c1, alice);
  const before_ = await (await fetch(`${stack.issuer}/jwks`)).json();
  stack.command(['keys', 'rotate', stack.file('tongxing.yaml'), 'ES256']);
  await later(3000);
  const document = await (await fetch(`${stack.issuer}/jwks`)).json();
  const after_ = jose.createLocalJWKSet(document);
  const kids = document.keys.map((key) => key.kid);
  assert.equal(new Set(kids).size, kids.length);
  assert.ok(before_.keys.every((key) => kids.includes(key.kid)));
  assert.ok(document.keys.every((key) => !('d' in key)));
  await jose.jwtVerify(old.id_token, after_);
  assert.equal((await userinfo(stack, old.access_token)).status, 200);
  const next = await tokensOf(agent, c1, alice);
  const { protectedHeader } = await jose.jwtVerify(next.id_token, after_);
  assert.notEqual(protectedHeader.kid, jose.decodeProtectedHeader(old.id_token).kid);
  assert.ok(before_.keys.some((key) => key.kid === protectedHeader.kid), 'the key was published before it signed');
});
