/* Signing in at another OpenID Provider: at a stock one, at another Tongxing, and at one that lies in every way there is. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as jose from 'jose';
import Provider from 'oidc-provider';
import { Trial, Browser, certificate, timeout_ms } from './support/sign_in_trial.mjs';
import { Stack, freePort } from './support/stack.mjs';
import { Agent, follow, hidden } from './support/agent.mjs';
import { alice } from './support/clients.mjs';
import { addProven } from './support/verified_claims.mjs';

const return_url = 'https://sso.example/return';
const client_id = 'tongxing: hub';
const secrets = { TONGXING_HUB_SECRET: 'hub-secret+for/tests=only:%20' };
const person = { name: '测试甲', cn_id_number: '110105188812310013', phone_number: '+8613800138000' };
const verified_claims = {
  verification: { trust_framework: 'cn_gov_zwfw', assurance_level: 'L3', time: '2026-01-05T02:03:04Z', verification_process: 'process-1',
    evidence: [{ type: 'document', check_details: [{ check_method: 'bvr' }] }] },
  claims: person,
};
const map = { rules: [{ trust_framework: 'cn_gov_zwfw', assurance_level: 'L3', check_method: 'bvr', level: 3 }, { trust_framework: 'cn_gov_zwfw', level: 2 }] };
let trial;
const seen = []; // what was told in secret: none of it may be written
const servers = [];

const hub = (url, extra = {}) => ({ hub: { adapter: 'openid', url, app_id: client_id, secret: '${TONGXING_HUB_SECRET}', timeout_ms, breaker_errors: 1000, ...extra } });

before(() => {
  trial = new Trial(secrets);
});
after(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await trial.stop();
  assert.ok(seen.length > 50);
  for (const word of [...seen, ...Object.values(secrets), person.name, person.cn_id_number, '13800138000', 'BEGIN PRIVATE KEY']) {
    assert.ok(!trial.written.includes(word), `${word} was written`);
  }
});

/* --- a stock provider --- */

const keys = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const ours = { RS256: keys.PS256, PS256: keys.PS256, ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }), EdDSA: generateKeyPairSync('ed25519') };
const jwkOf = (pair, alg, kid) => ({ ...pair.privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' });
const publicOf = (pair, alg, kid) => ({ ...pair.publicKey.export({ format: 'jwk' }), alg, kid, use: 'sig' });

async function stockProvider(client = {}) {
  const port = await freePort();
  const provider = new Provider(`http://localhost:${port}`, {
    jwks: { keys: Object.entries(keys).map(([alg, pair]) => jwkOf(pair, alg, `${alg}-key`)) },
    clients: [{ client_id, client_secret: secrets.TONGXING_HUB_SECRET, redirect_uris: [return_url], response_types: ['code'], grant_types: ['authorization_code'], ...client }],
    claims: { openid: ['sub'], profile: ['name', 'nickname', 'cn_id_number', 'verified_claims'], phone: ['phone_number', 'phone_number_verified'] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: Object.keys(keys), clientAuthSigningAlgValues: Object.keys(keys) },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, nickname: '昵称甲', verified_claims, ...person, phone_number_verified: true }) }),
    features: { devInteractions: { enabled: true } },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  });
  provider.on('server_error', (ctx, error) => (trial.written += `provider: ${error.stack}\n`));
  const server = provider.listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { issuer: `http://localhost:${port}`, close: () => server.close().closeAllConnections() };
}

/* Types a name and agrees, on the provider's own development pages. */
const signInThere = (url) => new Browser().follow(url, return_url, (browser, page) => {
  const action = page.html.match(/action="([^"]+)"/)?.[1];
  assert.ok(action, `no form: ${page.status} ${page.html.slice(0, 500)}`);
  const prompt = page.html.match(/name="prompt" value="([^"]+)"/)[1];
  return browser.request(new URL(action, url), prompt === 'login' ? { prompt, login: 'person-7', password: 'any' } : { prompt });
});

async function through(entry) {
  trial.configure(entry);
  const attempt = await trial.begin('hub', { return_url });
  assert.ok(attempt.url, JSON.stringify(attempt.result));
  const back = await signInThere(attempt.url);
  seen.push(back.searchParams.get('code'));
  const answer = await attempt.finish(back);
  await attempt.end();
  return { ...answer, back, url: new URL(attempt.url) };
}

const keyFile = (alg, pair) => {
  const file = trial.file(`${alg}.key`);
  fs.writeFileSync(file, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
};

describe('a stock provider (oidc-provider)', () => {
  for (const alg of Object.keys(keys)) {
    test(`ID tokens in ${alg}, client_secret_basic`, async () => {
      const provider = await stockProvider({ id_token_signed_response_alg: alg });
      const answer = await through(hub(provider.issuer, { id_token_algs: [alg] }));
      assert.equal(answer.result, 'match');
      assert.equal(answer.subject, true);
      assert.equal(answer.authority, provider.issuer);
      assert.deepEqual([answer.certified, answer.level, answer.method], [false, 0, ''], 'without a rule nothing is believed');
      assert.equal(answer.back.searchParams.get('iss'), provider.issuer);
      assert.equal(answer.url.searchParams.get('code_challenge_method'), 'S256');
      provider.close();
    });
  }
  for (const alg of Object.keys(ours)) {
    test(`private_key_jwt in ${alg}`, async () => {
      const provider = await stockProvider({ client_secret: undefined, token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg,
        jwks: { keys: [publicOf(ours[alg], alg, 'our-key')] } });
      const key = { auth: 'private_key_jwt', secret: undefined, key_file: keyFile(alg, ours[alg]), key_id: 'our-key', key_alg: alg === 'PS256' ? 'PS256' : 'RS256' };
      assert.equal((await through(hub(provider.issuer, key))).result, 'match');
      if (alg === 'ES256') {
        const wrong = keyFile('other', generateKeyPairSync('ec', { namedCurve: 'P-256' }));
        assert.equal((await through(hub(provider.issuer, { ...key, key_file: wrong }))).result, 'upstream_error');
      }
      provider.close();
    });
  }
  test('rules say how far its verified claims are believed', async () => {
    const provider = await stockProvider();
    const verified = await through(hub(provider.issuer, { scope: 'openid profile phone', map }));
    assert.deepEqual([verified.result, verified.certified, verified.level, verified.method, verified.check_id], ['match', true, 3, 'openid_provider', 'process-1']);
    const userinfo = await through(hub(provider.issuer, { scope: 'openid profile', userinfo: 'yes', map: { rules: [{ plain: true, level: 1 }] } }));
    assert.deepEqual([userinfo.result, userinfo.certified, userinfo.level], ['match', true, 1]);
    const other = await through(hub(provider.issuer, { scope: 'openid profile', map: { rules: [{ trust_framework: 'eidas', level: 3 }] } }));
    assert.deepEqual([other.result, other.certified, other.level], ['match', false, 0]);
    provider.close();
  });
  test('an algorithm that is not allowed is not taken', async () => {
    const provider = await stockProvider({ id_token_signed_response_alg: 'ES256' });
    assert.equal((await through(hub(provider.issuer, { id_token_algs: ['RS256', 'PS256'] }))).result, 'upstream_error');
    provider.close();
  });
  test('a code is good once, and for the sign-in that it was made for', async () => {
    const provider = await stockProvider();
    trial.configure(hub(provider.issuer));
    const [first, second] = [await trial.begin('hub', { return_url }), await trial.begin('hub', { return_url })];
    const back = await signInThere(first.url);
    const injected = new URL(await signInThere(second.url));
    injected.searchParams.set('state', back.searchParams.get('state'));
    assert.equal((await first.finish(injected)).result, 'mismatch', 'the code of another sign-in: PKCE');
    const third = await trial.begin('hub', { return_url });
    const used = new URL(back);
    used.searchParams.set('state', new URL(third.url).searchParams.get('state'));
    assert.equal((await third.finish(used)).result, 'mismatch');
    for (const attempt of [first, second, third]) await attempt.end();
    provider.close();
  });
  test('a secret that is not ours is not taken', async () => {
    const provider = await stockProvider();
    assert.equal((await through(hub(provider.issuer, { secret: 'another-secret-entirely' }))).result, 'upstream_error');
    provider.close();
  });
});

test('another Tongxing is asked like any provider, and believed as far as its evidence goes', async () => {
  const client = { client_id: 'hub', client_secret: 'hub-secret-for-tests-only-0123456789', redirect_uris: [return_url], scope: 'openid profile phone cn_id',
    tongxing_consent: 'statutory', tongxing_claims: ['name', 'birthdate', 'cn_id_number'], tongxing_legal_basis: 'statutory_duty' };
  const stack = await Stack.start({ clients: [client], portals: false });
  try {
    addProven(stack, { ...alice, name: person.name, phone_number: '+8613800138000', id_number: person.cn_id_number, id_type: 1 });
    const framework = (await (await fetch(`${stack.issuer}/.well-known/openid-configuration`)).json()).trust_frameworks_supported[0];
    const rows = [[undefined, [false, 0]], [{ plain_number: true, rules: [{ trust_framework: framework, assurance_level: ['L2', 'L3'], level: 2 }] }, [true, 2]],
      [{ plain_number: true, rules: [{ trust_framework: framework, check_method: 'data', days: 1, level: 2 }] }, [true, 2]],
      [{ plain_number: true, rules: [{ trust_framework: framework, check_method: 'bvr', level: 3 }] }, [true, 3]],
      [{ plain_number: true, rules: [{ trust_framework: framework, check_method: 'pvp', level: 4 }] }, [false, 0]],
      [{ plain_number: true, rules: [{ trust_framework: 'another', level: 3 }] }, [false, 0]]];
    for (const [believed, expected] of rows) {
      trial.configure(hub(stack.issuer, { app_id: client.client_id, secret: client.client_secret, scope: 'openid profile cn_id', userinfo: 'yes', map: believed }));
      const attempt = await trial.begin('hub', { return_url });
      const agent = new Agent(stack);
      const back = await follow(agent, await agent.request(attempt.url), alice);
      const answer = await attempt.finish(back);
      assert.deepEqual([answer.result, answer.subject, answer.certified, answer.level], ['match', true, ...expected], JSON.stringify(believed));
      await attempt.end();
    }
  } finally {
    await stack.stop();
  }
});

/* --- a provider that lies --- */

class Liar {
  /* `lie` changes what the honest one would tell; see the rows below. */
  static async start(lie = {}, tls) {
    const liar = new Liar();
    Object.assign(liar, { lie, requests: [], tokens: new Map(), port: await freePort() });
    liar.issuer = `${tls ? 'https' : 'http'}://localhost:${liar.port}`;
    const handler = (request, response) => liar.handle(request, response).catch((error) => response.destroy(error));
    liar.server = (tls ? createSecureServer({ cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) }, handler) : createServer(handler)).listen(liar.port, '127.0.0.1');
    servers.push(liar.server);
    await once(liar.server, 'listening');
    return liar;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  count(path) {
    return this.requests.filter((request) => request === path).length;
  }

  /* What the browser would bring: the person has signed in and agreed. */
  back(url, extra = {}) {
    const asked = new URL(url).searchParams;
    const code = randomBytes(16).toString('hex');
    seen.push(code);
    this.tokens.set(code, { nonce: asked.get('nonce'), challenge: asked.get('code_challenge'), redirect_uri: asked.get('redirect_uri') });
    const back = new URL(asked.get('redirect_uri'));
    for (const [name, value] of Object.entries({ code, state: asked.get('state'), iss: this.issuer, ...extra })) {
      if (value !== undefined) back.searchParams.set(name, value);
    }
    return back;
  }

  metadata() {
    return { issuer: this.issuer, authorization_endpoint: `${this.issuer}/auth`, token_endpoint: `${this.issuer}/token`, jwks_uri: `${this.issuer}/jwks`,
      userinfo_endpoint: `${this.issuer}/me`, response_types_supported: ['code'], authorization_response_iss_parameter_supported: true, ...this.lie.metadata?.(this) };
  }

  async idToken(grant, access_token) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: 'person-7', aud: client_id, iat: now, exp: now + 300, nonce: grant.nonce, name: person.name,
      at_hash: createHash('sha256').update(access_token).digest().subarray(0, 16).toString('base64url'), ...this.lie.claims?.(this, now) };
    for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name];
    if (this.lie.sign) return this.lie.sign(claims, this);
    return new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'ES256-key', typ: 'JWT', ...this.lie.header }).sign(keys.ES256.privateKey);
  }

  async token(form, headers) {
    const grant = this.tokens.get(form.get('code'));
    const credentials = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString().split(':').map(decodeURIComponent);
    const known = credentials[0] === client_id && credentials[1] === secrets.TONGXING_HUB_SECRET;
    const proven = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url') === grant?.challenge;
    if (!known) return [401, { error: 'invalid_client' }];
    if (!grant || !proven || form.get('redirect_uri') !== grant.redirect_uri || form.get('grant_type') !== 'authorization_code') return this.lie.refusal ?? [400, { error: 'invalid_grant' }];
    this.tokens.delete(form.get('code'));
    const access_token = randomBytes(16).toString('hex');
    const id_token = await this.idToken(grant, access_token);
    seen.push(access_token, id_token);
    this.last = { access_token, token_type: 'Bearer', expires_in: 300, id_token, ...this.lie.tokens };
    return [200, this.lie.replay && Liar.before ? Liar.before : this.last];
  }

  async handle(request, response) {
    const { pathname } = new URL(request.url, this.issuer);
    this.requests.push(pathname);
    let body = '';
    for await (const chunk of request) body += chunk;
    const fault = this.lie.fault?.[pathname];
    if (fault) return fault(response, this);
    const answer = (status, value, type = 'application/json') => response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
    if (pathname === '/.well-known/openid-configuration') return answer(200, this.metadata());
    if (pathname === '/jwks') return answer(200, this.lie.jwks ?? { keys: [publicOf(keys.ES256, 'ES256', 'ES256-key'), publicOf(keys.RS256, undefined, 'RS256-key')] });
    if (pathname === '/me') return answer(200, { sub: 'person-7', ...person, ...this.lie.userinfo });
    if (pathname !== '/token') return answer(404, {});
    return answer(...(await this.token(new URLSearchParams(body), request.headers)));
  }
}

async function attemptAt(liar, { extra, entry, outbound } = {}) {
  trial.configure(hub(liar.issuer, { userinfo: 'yes', map: { rules: [{ plain: true, level: 2 }] }, ...entry }), outbound);
  const attempt = await trial.begin('hub', { return_url });
  if (!attempt.url) {
    await attempt.end();
    return attempt;
  }
  const answer = await attempt.finish(liar.back(attempt.url, extra));
  await attempt.end();
  return answer;
}

const hmacToken = (key) => (claims) => {
  const input = [{ alg: 'HS256', typ: 'JWT', kid: 'RS256-key' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
};
const none = (alg) => (claims) => `${[{ alg, typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
const pem = keys.RS256.publicKey.export({ type: 'spki', format: 'pem' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const at = (path, write) => ({ fault: { [path]: write } });
const send = (status, type, body, headers = {}) => (response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body);
const json = 'application/json';

describe('a provider that lies', () => {
  test('and the same one being honest, so that the rows below are about their lies', async () => {
    const liar = await Liar.start();
    const answer = await attemptAt(liar);
    assert.deepEqual([answer.result, answer.subject, answer.certified, answer.level], ['match', true, true, 2]);
    assert.deepEqual(liar.requests, ['/.well-known/openid-configuration', '/token', '/jwks', '/me']);
    Liar.before = liar.last;
    liar.close();
  });

  const lies = {
    'another issuer in its metadata': { metadata: () => ({ issuer: 'https://evil.example' }) },
    'an issuer with a slash more': { metadata: ({ issuer }) => ({ issuer: `${issuer}/` }) },
    'no token endpoint': { metadata: () => ({ token_endpoint: undefined }) },
    'a token endpoint in a file': { metadata: () => ({ token_endpoint: 'file:///etc/passwd' }) },
    'a token endpoint inside our network': { metadata: ({ port }) => ({ token_endpoint: `http://127.0.0.1:${port}/token` }) },
    'a jwks_uri inside our network': { metadata: ({ port }) => ({ jwks_uri: `http://127.0.0.1:${port}/jwks` }) },
    'a userinfo endpoint inside our network': { metadata: ({ port }) => ({ userinfo_endpoint: `http://127.0.0.1:${port}/me` }) },
    'no userinfo endpoint where userinfo is wanted': { metadata: () => ({ userinfo_endpoint: undefined }) },
    'another iss': { claims: () => ({ iss: 'https://evil.example' }) },
    'another aud': { claims: () => ({ aud: 'somebody-else' }) },
    'an aud for others too': { claims: () => ({ aud: [client_id, 'somebody-else'] }) },
    'an azp of others': { claims: () => ({ aud: [client_id, 'somebody-else'], azp: 'somebody-else' }) },
    'another nonce': { claims: () => ({ nonce: 'another' }) },
    'no nonce': { claims: () => ({ nonce: undefined }) },
    'expired': { claims: (liar, now) => ({ iat: now - 30, exp: now - 61 }) },
    'no exp': { claims: () => ({ exp: undefined }) },
    'no iat': { claims: () => ({ iat: undefined }) },
    'made before we asked': { claims: (liar, now) => ({ iat: now - 3600 }) },
    'made in the future': { claims: (liar, now) => ({ iat: now + 3600, exp: now + 7200 }) },
    'the hash of another access token': { claims: () => ({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) },
    'no sub': { claims: () => ({ sub: undefined }) },
    'a sub that is a number': { claims: () => ({ sub: 7 }) },
    'alg none': { sign: none('none') },
    'alg NONE': { sign: none('NoNe') },
    'HS256 with the public key': { sign: hmacToken(pem) },
    'HS256 with our secret': { sign: hmacToken(secrets.TONGXING_HUB_SECRET) },
    'HS256 with nothing': { sign: hmacToken('') },
    'a kid that nobody published': { header: { kid: 'another' } },
    'another key under a published kid': { sign: (claims) => new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'ES256-key' }).sign(stranger.privateKey) },
    'its own key in the header': { sign: (claims) => new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', jwk: publicOf(stranger, 'ES256') }).sign(stranger.privateKey) },
    'a crit that we do not know': { sign: (claims) => new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'ES256-key', crit: ['b64'], b64: true }).sign(keys.ES256.privateKey) },
    'an access token for an ID token': { header: { typ: 'at+jwt' } },
    'an encrypted ID token': { sign: () => 'e30.AA.AA.AA.AA' },
    'tokens of before': { replay: true },
    'a token type of its own': { tokens: { token_type: 'DPoP' } },
    'no ID token': { tokens: { id_token: undefined } },
    'a thousand keys': { jwks: { keys: Array.from({ length: 1000 }, (unused, i) => publicOf(keys.ES256, 'ES256', `ES256-key${i || ''}`)) } },
    'private keys': { jwks: { keys: [jwkOf(keys.ES256, 'ES256', 'ES256-key')] } },
    'keys that are none': { jwks: { keys: 'none' } },
    'userinfo of somebody else': { userinfo: { sub: 'person-8' } },
  };
  for (const [name, lie] of Object.entries(lies)) {
    test(name, async () => {
      const liar = await Liar.start(lie);
      const answer = await attemptAt(liar);
      liar.close();
      assert.deepEqual([answer.result, answer.subject, answer.certified, answer.level], ['upstream_error', false, false, 0]);
    });
  }

  test('keys are asked for again for an unknown kid, once', async () => {
    const liar = await Liar.start({ header: { kid: 'another' } });
    await attemptAt(liar);
    assert.equal(liar.count('/jwks'), 1, 'fetched just now: not again within the pause');
    liar.close();
  });

  test('an address elsewhere is asked where the operator allows it', async () => {
    const liar = await Liar.start({ metadata: ({ port }) => ({ token_endpoint: `http://127.0.0.1:${port}/token` }) });
    const answer = await attemptAt(liar, { outbound: { allow_private_hosts: [`127.0.0.1:${liar.port}`] } });
    assert.equal(answer.result, 'match');
    liar.close();
  });

  test('what the browser brings is held against this sign-in and this issuer (RFC 9207)', async () => {
    const rows = [[{ iss: 'https://evil.example' }, 'invalid_input'], [{ iss: undefined }, 'invalid_input'], [{ state: 'another' }, 'invalid_input'],
      [{ code: undefined }, 'invalid_input'], [{ code: 'made-up' }, 'mismatch'], [{ code: undefined, error: 'access_denied' }, 'mismatch'],
      [{ error: 'access_denied' }, 'invalid_input'], [{ code: undefined, error: 'server_error' }, 'rate_limited'], [{ code: undefined, error: 'invalid_scope' }, 'unsupported']];
    const liar = await Liar.start();
    for (const [extra, result] of rows) {
      const before = liar.count('/token');
      assert.equal((await attemptAt(liar, { extra })).result, result, JSON.stringify(extra));
      assert.equal(liar.count('/token') - before, extra.code === 'made-up' ? 1 : 0, JSON.stringify(extra));
    }
    liar.close();
  });

  test('the assertion of private_key_jwt is what Node\'s crypto takes, and ours alone', async () => {
    const liar = await Liar.start();
    let form;
    liar.token = async (sent) => [((form = sent), 400), { error: 'invalid_grant' }];
    const key_file = keyFile('ours', ours.ES256);
    for (const assertion_audience of ['issuer', 'token_endpoint']) {
      const answer = await attemptAt(liar, { entry: { auth: 'private_key_jwt', secret: undefined, key_file, assertion_audience } });
      assert.equal(answer.result, 'mismatch');
      const [header, payload, signature] = form.get('client_assertion').split('.');
      assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), { key: createPublicKey(ours.ES256.privateKey), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
      const claims = JSON.parse(Buffer.from(payload, 'base64url'));
      assert.equal(JSON.parse(Buffer.from(header, 'base64url')).kid, await jose.calculateJwkThumbprint(ours.ES256.publicKey.export({ format: 'jwk' })));
      assert.deepEqual([claims.iss, claims.sub, claims.aud], [client_id, client_id, assertion_audience === 'issuer' ? liar.issuer : `${liar.issuer}/token`]);
      assert.equal(claims.exp - claims.iat, 60);
      seen.push(form.get('client_assertion'), form.get('code_verifier'));
    }
    liar.close();
  });
});

describe('a provider that fails', () => {
  const big = ' '.repeat(1024 * 1024);
  for (const path of ['/.well-known/openid-configuration', '/jwks', '/token', '/me']) {
    const faults = {
      error: send(503, json, '{}'),
      garbage: send(200, json, '\xff\xfe<<garbage>>{{{'),
      wrong_type: async (response, liar) => send(200, 'text/html', JSON.stringify(path === '/me' ? { sub: 'person-7' } : liar.last ?? {}))(response),
      oversized: send(200, json, `{"a":"${big}"}`),
      truncated: (response) => response.writeHead(200, { 'content-type': json, 'content-length': 1000 }).write('{"issuer":', () => response.destroy()),
      redirect: send(302, json, '', { location: path }),
      refuse: send(429, json, '{"error":"slow_down"}', { 'retry-after': '30' }),
      closed: (response) => response.destroy(),
      hang: async (response) => {
        await sleep(2 * timeout_ms);
        response.destroy();
      },
    };
    for (const [name, fault] of Object.entries(faults)) {
      test(`${name} at ${path}`, async () => {
        const liar = await Liar.start(at(path, fault));
        const answer = await attemptAt(liar);
        assert.equal(answer.result, 'upstream_error');
        assert.ok(answer.ms < timeout_ms + 1000, `took ${answer.ms} ms`);
        assert.ok(liar.count('/token') <= 1, 'a code is exchanged once, whatever comes of it');
        if (path === '/jwks' && name !== 'closed') assert.equal(liar.count(path), 1);
        liar.close();
      });
    }
  }
  for (const [host, trusted, result] of [['localhost', true, 'match'], ['localhost', false, 'upstream_error'], ['other.example', true, 'upstream_error']]) {
    test(`a certificate for ${host}, ${trusted ? '' : 'not '}trusted: ${result}`, async () => {
      const tls = certificate(trial.folder, `openid-${host}-${trusted}`, host);
      const liar = await Liar.start({}, tls);
      assert.equal((await attemptAt(liar, { outbound: trusted ? { ca_file: tls.cert } : {} })).result, result);
      liar.close();
    });
  }
  test('a provider with https does not lead to http', async () => {
    const tls = certificate(trial.folder, 'openid-down', 'localhost');
    const liar = await Liar.start({ metadata: ({ port }) => ({ token_endpoint: `http://localhost:${port}/token` }) }, tls);
    assert.equal((await attemptAt(liar, { outbound: { ca_file: tls.cert } })).result, 'upstream_error');
    assert.equal(liar.count('/token'), 0);
    liar.close();
  });
  test('nobody there', async () => {
    const answer = await attemptAt({ issuer: `http://localhost:${await freePort()}` });
    assert.equal(answer.result, 'upstream_error');
    assert.ok(answer.ms < timeout_ms + 1000);
  });
});

test('the configuration\'s mistakes are told with the option\'s name', () => {
  const readable = trial.file('readable.key');
  fs.writeFileSync(readable, ours.ES256.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o644 });
  const rows = [[{ app_id: undefined }, /hub\.app_id/], [{ secret: 'short' }, /hub\.secret/], [{ url: 'https://op.example/?a=b' }, /hub\.url/], [{ url: 'https://OP.example' }, /hub\.url/],
    [{ scope: 'profile' }, /hub\.scope/], [{ scope: 'openid  profile' }, /hub\.scope/], [{ auth: 'none' }, /hub\.auth/], [{ auth: 'private_key_jwt' }, /hub\.key_file/],
    [{ auth: 'private_key_jwt', key_file: 'missing.key' }, /hub\.key_file/], [{ auth: 'private_key_jwt', key_file: readable }, /hub\.key_file.*0600/],
    [{ id_token_algs: ['HS256'] }, /hub\.id_token_algs/], [{ id_token_algs: ['none'] }, /hub\.id_token_algs/], [{ id_token_algs: [] }, /hub\.id_token_algs/],
    [{ clock_skew_s: 3600 }, /hub\.clock_skew_s/], [{ userinfo: 'maybe' }, /hub\.userinfo/], [{ map: { rules: [{ level: 2 }] } }, /hub\.map/], [{ url: undefined }, /hub\.url/]];
  for (const [extra, problem] of rows) {
    trial.configure(hub('https://op.example', extra));
    assert.throws(() => trial.check(), (error) => problem.test(error.stderr + error.stdout), `${problem}`);
  }
  trial.configure(hub('https://op.example/'));
  trial.check();
});

/* --- strangers and outages, at a server whose breaker opens after three failures --- */

describe('the breaker', () => {
  let stack, liar;
  before(async () => {
    liar = await Liar.start();
    stack = await Stack.start({ portals: false, env: secrets, options: { server: { workers: 1 } },
      upstreams: () => hub(liar.issuer, { breaker_errors: 3, breaker_ms: 60000 }) });
  });
  after(() => stack?.stop());

  const open = async () => Number((await (await fetch(`http://127.0.0.1:${stack.ports.ops}/metrics`)).text()).match(/breakers_open\{upstream="hub"\} (\d+)/)[1]);
  const go = async (agent) => {
    let page = await agent.request('/account');
    while (page.status === 303) page = await agent.request(page.location);
    return agent.request('/login', { form: { flow: hidden(page.html), service: 'hub' } });
  };
  const comeBack = (agent, back) => agent.request(`/return${back.search}`);
  const stranger = async () => {
    const agent = new Agent(stack), left = await go(agent);
    return comeBack(agent, liar.back(left.location, { code: randomBytes(16).toString('hex') }));
  };
  const somebody = async () => {
    const agent = new Agent(stack), left = await go(agent);
    return left.status === 303 ? comeBack(agent, liar.back(left.location)) : left;
  };

  for (const [what, refusal, lie] of [
    ['invalid_grant', [400, { error: 'invalid_grant' }]],
    ['invalid_request', [400, { error: 'invalid_request' }]],
    ['a word of its own', [422, { error: 'no_such_code' }]],
    ['a page of its firewall', [405, '<html>blocked', 'text/html']],
    ['an error of its own', [500, '<html>oops', 'text/html']],
    ['tokens with another nonce', undefined, { claims: () => ({ nonce: 'another' }) }],
  ]) {
    test(`is not opened by strangers whose codes it answers with ${what}`, async () => {
      liar.lie = { refusal, ...lie };
      for (let i = 0; i < 7; i++) assert.ok((await (lie ? somebody() : stranger())).status >= 400 || !lie);
      assert.equal(await open(), 0);
      liar.lie = {};
      const page = await somebody();
      assert.ok(page.status < 400, `a good sign-in: ${page.status}`);
    });
  }
  test('is opened by a provider that is not there, and by one whose gateway says so', async () => {
    liar.lie = { fault: { '/token': send(503, 'text/html', 'maintenance') } };
    assert.equal((await somebody()).status, 503);
    await stranger(); // whoever comes between
    liar.close();
    assert.equal(await open(), 0);
    await somebody();
    assert.equal(await open(), 1);
    const agent = new Agent(stack);
    assert.equal((await go(agent)).status, 503, 'nobody is sent there any more');
  });
});
