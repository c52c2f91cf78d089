/* Client systems that register themselves: RFC 7591, RFC 7592, abuse cases §2.11, with clients no one here wrote. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import * as client from 'openid-client';
import * as oauth from 'oauth4webapi';
import { Stack, freePort, until } from './support/stack.mjs';
import { Agent, codeOf, follow, hidden, refused, requestOf, token, tokensOf, userinfo } from './support/agent.mjs';
import { call, discovered, initialToken, onDatabase, putSetting, register, replacement, switchRegistration } from './support/registration.mjs';
import * as kinds from './support/clients.mjs';

const { alice } = kinds;
const portal = { client_name: '示例办事大厅', redirect_uris: ['https://hall.city.example/cb'] };
const policy = { scopes: ['openid', 'profile', 'phone', 'offline_access'], redirect_hosts: ['hall.city.example', '*.apps.city.example'] };
let stack, site, sitePort, everyday;
let answers = {}; /* what the site of a sector says, by path */

before(async () => {
  sitePort = await freePort();
  site = createServer((request, response) => {
    const answer = answers[request.url];
    if (!answer) return response.writeHead(404).end();
    answer(response);
  }).listen(sitePort, '127.0.0.1');
  await once(site, 'listening');
  stack = await Stack.start({ clients: [kinds.c1], portals: false, options: { outbound: { allow_private_hosts: [`localhost:${sitePort}`] } } });
  stack.addAccount(kinds.aliceAccount);
});
after(async () => {
  site?.closeAllConnections();
  site?.close();
  await stack?.stop();
});

const allClients = () => onDatabase(stack, (database) => database.prepare('SELECT client_id, state, approved_by FROM clients').all());
const events = (name) => onDatabase(stack, (database) => database.prepare('SELECT record FROM audit UNION ALL SELECT record FROM audit_outbox').all())
  .map((row) => JSON.parse(row.record)).filter((event) => event.event === name);
const worksWithin = (registered) => until('the client to work', async () => (await new Agent(stack).authorize(requestOf(registered).parameters)).status === 303, 3000);
const stopsWithin = (registered) => until('the client to stop', async () => (await new Agent(stack).authorize(requestOf(registered).parameters)).status === 400, 3000);

async function registered(metadata = {}, its = policy) {
  const answer = await register(stack, initialToken(stack, its).token, { ...portal, ...metadata });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

describe('off by default', () => {
  test('nothing is there, and discovery does not speak of it', async () => {
    const { token } = initialToken(stack, policy);
    assert.equal((await discovered(stack)).registration_endpoint, undefined);
    assert.equal((await register(stack, token, portal)).status, 404);
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) assert.equal((await call(stack, method, '/connect/register/c_1', { token })).status, 404);
    assert.deepEqual(allClients(), []);
  });
  test('the setting alone switches it on, on every worker, while the server runs', async () => {
    await switchRegistration(stack, true);
    assert.equal((await discovered(stack)).registration_endpoint, `${stack.issuer}/connect/register`);
    everyday = initialToken(stack, policy, { uses: 100 }).token;
  });
});

describe('clients no one here wrote', () => {
  test('openid-client registers, signs in, reads, changes and removes itself', async () => {
    const { token: initialAccessToken } = initialToken(stack, policy);
    const config = await client.dynamicClientRegistration(new URL(stack.issuer), { ...portal, grant_types: ['authorization_code', 'refresh_token'] }, undefined,
      { initialAccessToken, execute: [client.allowInsecureRequests] });
    const metadata = config.clientMetadata();
    assert.ok(metadata.client_secret && metadata.registration_access_token);
    assert.equal(metadata.client_secret_expires_at, 0);
    assert.equal(metadata.scope, policy.scopes.join(' '));
    await worksWithin(metadata);

    const code_verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(config, { redirect_uri: portal.redirect_uris[0], scope: 'openid profile offline_access', state, nonce,
      code_challenge: await client.calculatePKCECodeChallenge(code_verifier), code_challenge_method: 'S256' });
    const agent = new Agent(stack);
    const back = await follow(agent, await agent.request(url), alice);
    const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
    assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).name, '测试甲');

    const own = { token: metadata.registration_access_token };
    const read = await call(stack, 'GET', metadata.registration_client_uri, own);
    assert.equal(read.status, 200, read.text);
    assert.equal(read.body.client_secret, undefined);
    const changed = await call(stack, 'PUT', metadata.registration_client_uri, { ...own, body: replacement(read.body, { client_name: '新名称' }) });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.client_name, '新名称');
    assert.equal(changed.body.client_secret, undefined);
    await client.refreshTokenGrant(config, tokens.refresh_token).then((refreshed) => Object.assign(tokens, refreshed));

    assert.equal((await call(stack, 'DELETE', metadata.registration_client_uri, own)).status, 204);
    await stopsWithin(metadata);
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { status: 401 });
    assert.equal((await userinfo(stack, tokens.access_token)).status, 401);
    for (const method of ['GET', 'PUT', 'DELETE']) await refused(await call(stack, method, metadata.registration_client_uri, own), 401, 'invalid_token');
  });

  test('oauth4webapi, as a service with a key of its own', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(stack.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const { token: initialAccessToken } = initialToken(stack, { scopes: ['register.read'], grant_types: ['client_credentials'], auth_methods: ['private_key_jwt'], redirect_hosts: ['hall.city.example'] });
    const answer = await oauth.dynamicClientRegistrationRequest(as, { client_name: '数据服务', jwks: { keys: [kinds.jwk] } }, { initialAccessToken, ...insecure });
    const service = await oauth.processDynamicClientRegistrationResponse(answer);
    assert.equal(service.client_secret, undefined);
    assert.deepEqual([service.token_endpoint_auth_method, service.grant_types, service.scope], ['private_key_jwt', ['client_credentials'], 'register.read']);
    const key = await crypto.subtle.importKey('jwk', kinds.privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    await until('the service to work', async () => {
      const tokens = await oauth.clientCredentialsGrantRequest(as, { client_id: service.client_id }, oauth.PrivateKeyJwt({ key, kid: 'k1' }), { scope: 'register.read' }, insecure);
      return (await oauth.processClientCredentialsResponse(as, { client_id: service.client_id }, tokens)).access_token;
    }, 3000);
  });
});

describe('initial access tokens (DC-01, DC-10)', () => {
  test('none, wrong, over, withdrawn, used up, of another scheme: all the same 401', async () => {
    const over = initialToken(stack, policy);
    const withdrawn = initialToken(stack, policy);
    const used = initialToken(stack, policy);
    onDatabase(stack, (database) => database.prepare('UPDATE initial_access_tokens SET expires_at = 1 WHERE token_id = ?').run(over.token_id));
    stack.command(['initial-token', 'revoke', stack.file('tongxing.yaml'), withdrawn.token_id]);
    assert.equal((await register(stack, used.token, portal)).status, 201);
    const before = allClients().length;
    const texts = new Set();
    for (const bad of ['ia_wrong', `${used.token}x`, over.token, withdrawn.token, used.token, `ra_${used.token.slice(3)}`, 'x'.repeat(5000)]) {
      const answer = await register(stack, bad, portal);
      await refused(answer, 401, 'invalid_token');
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
      texts.add(answer.text);
    }
    assert.equal(texts.size, 1);
    const none = await register(stack, undefined, portal);
    await refused(none, 401, 'invalid_token');
    assert.equal(none.headers.get('www-authenticate'), 'Bearer');
    await refused(await register(stack, undefined, portal, { authorization: `Basic ${Buffer.from(everyday).toString('base64')}` }), 401, 'invalid_token');
    assert.equal(allClients().length, before);
  });
  test('with one use left, one of many at the same time wins', async () => {
    const { token, token_id } = initialToken(stack, policy);
    const before = allClients().length;
    const statuses = await Promise.all(Array.from({ length: 12 }, () => register(stack, token, portal).then((answer) => answer.status)));
    assert.deepEqual(statuses.sort(), [201, ...Array(11).fill(401)]);
    assert.equal(allClients().length, before + 1);
    assert.equal(events('client.create').filter((event) => event.actor === `token:${token_id}`).length, 1);
  });
  test('no more client systems than the settings allow, for a token and for an hour', async () => {
    const { token } = initialToken(stack, policy, { uses: 5 });
    assert.equal((await register(stack, token, portal)).status, 201);
    putSetting(stack, 'dynamic_clients_per_token', 1);
    await until('the setting', async () => (await register(stack, token, portal)).status === 401 && (await register(stack, token, portal)).status === 401);
    putSetting(stack, 'dynamic_clients_per_token', 100);
    putSetting(stack, 'dynamic_registrations_per_hour', 1);
    await until('the limit', async () => (await register(stack, everyday, portal)).status === 429 && (await register(stack, everyday, portal)).status === 429);
    const answer = await register(stack, everyday, portal);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    putSetting(stack, 'dynamic_registrations_per_hour', 100000);
    await until('the limit to be gone', async () => (await register(stack, everyday, portal)).status === 201 && (await register(stack, everyday, portal)).status === 201);
  });
  test('a token is made by the rules and shown once; its making and its end are audited', () => {
    const run = (...args) => stack.command(['initial-token', ...args]);
    const create = (wanted) => () => stack.command(['initial-token', 'create', stack.file('tongxing.yaml')], JSON.stringify(wanted));
    const made = initialToken(stack, policy);
    const [listed] = JSON.parse(run('list', stack.file('tongxing.yaml'))).filter((row) => row.token_id === made.token_id);
    assert.equal(listed.token, undefined);
    assert.deepEqual([listed.uses_left, listed.policy], [1, policy]);
    assert.ok(!onDatabase(stack, (database) => JSON.stringify(database.prepare('SELECT policy, created_by FROM initial_access_tokens').all())).includes(made.token));
    run('revoke', stack.file('tongxing.yaml'), made.token_id);
    assert.throws(() => run('revoke', stack.file('tongxing.yaml'), made.token_id), /no such token/);
    assert.equal(events('initial_access_token.create').filter((event) => event.subject === made.token_id).length, 1);
    assert.equal(events('initial_access_token.revoke').filter((event) => event.subject === made.token_id).length, 1);
    const rows = [
      [{ uses: 0, expires_in: 600, policy }, /uses/], [{ uses: 101, expires_in: 600, policy }, /uses/], [{ uses: 1, expires_in: 1, policy }, /expires_in/],
      [{ uses: 1, expires_in: 600, policy: {} }, /redirect_hosts/], [{ uses: 1, expires_in: 600, policy: { ...policy, scopes: ['admin'] } }, /scopes/],
      [{ uses: 1, expires_in: 600, policy: { ...policy, agency_id: 'nobody' } }, /agency_id/], [{ uses: 1, expires_in: 600, policy: { ...policy, trusted: true } }, /trusted/],
      [{ uses: 1, expires_in: 600 }, /policy/],
    ];
    for (const [wanted, wrong] of rows) assert.throws(create(wanted), wrong, JSON.stringify(wanted));
  });
});

describe('the registration access token (DC-02)', () => {
  test('fits its own client system alone, and is nothing else', async () => {
    const one = await registered(), two = await registered();
    const texts = new Set();
    for (const [target, bad] of [
      [one, two.registration_access_token], [two, one.registration_access_token], [one, `${one.registration_access_token}x`], [one, everyday], [one, one.client_secret],
      [{ registration_client_uri: '/connect/register/c_nobody' }, one.registration_access_token], [{ registration_client_uri: '/connect/register/c1' }, one.registration_access_token],
      [{ registration_client_uri: '/connect/register/tongxing-console' }, one.registration_access_token], [{ registration_client_uri: '/connect/register/' }, one.registration_access_token],
      [{ registration_client_uri: `/connect/register/${'x'.repeat(1000)}` }, one.registration_access_token], [{ registration_client_uri: '/connect/register/a%2fb' }, one.registration_access_token],
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await call(stack, method, target.registration_client_uri, { token: bad });
        await refused(answer, 401, 'invalid_token');
        texts.add(answer.text + answer.headers.get('www-authenticate'));
      }
    }
    assert.equal(texts.size, 1);
    await refused(await call(stack, 'GET', one.registration_client_uri), 401, 'invalid_token');
    assert.equal((await userinfo(stack, one.registration_access_token)).status, 401);
    await refused(await register(stack, one.registration_access_token, portal), 401, 'invalid_token');
    assert.equal((await call(stack, 'GET', one.registration_client_uri, { token: one.registration_access_token })).status, 200);
    assert.equal((await call(stack, 'POST', one.registration_client_uri, { token: one.registration_access_token })).status, 405);
  });
  test('neither it nor a secret is kept in the clear or written to a log', async () => {
    const { client_secret, registration_access_token } = await registered();
    assert.equal((await call(stack, 'GET', '/connect/register/c_x', { token: registration_access_token })).status, 401);
    const kept = onDatabase(stack, (database) => ['clients', 'client_secrets', 'initial_access_tokens'].map((table) => JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all(),
      (key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).join());
    for (const secret of [client_secret, registration_access_token, everyday]) {
      assert.ok(!kept.includes(secret));
      assert.ok(!stack.log('server').includes(secret));
    }
  });
});

describe('what may be registered', () => {
  test('redirect URIs: the rules of all client systems and the hosts of the policy', async () => {
    for (const uri of ['https://a.apps.city.example/cb', 'https://b.a.apps.city.example/cb']) await registered({ redirect_uris: [uri] });
    for (const uri of ['https://evil.example/cb', 'https://apps.city.example/cb', 'https://evilapps.city.example/cb', 'https://hall.city.example.evil.example/cb',
      'https://hall.city.example@evil.example/cb', 'http://hall.city.example/cb', 'https://hall.city.example/cb#x', 'https://*.apps.city.example/cb', 'javascript:alert(1)', 'data:text/html,x',
      'com.example.app:/cb', 'myapp:/cb', '', `https://hall.city.example/${'x'.repeat(10000)}`]) {
      await refused(await register(stack, everyday, { ...portal, redirect_uris: [uri] }), 400, 'invalid_redirect_uri');
    }
    for (const uris of [undefined, [], 'https://hall.city.example/cb', Array.from({ length: 1000 }, (_, i) => `https://hall.city.example/${i}`)]) {
      await refused(await register(stack, everyday, { ...portal, redirect_uris: uris }), 400, 'invalid_redirect_uri');
    }
    await refused(await register(stack, everyday, { ...portal, post_logout_redirect_uris: ['https://evil.example/'] }), 400, 'invalid_client_metadata');
    await refused(await register(stack, everyday, { ...portal, redirect_uris: [`${stack.issuer}/authorize`] }), 400, 'invalid_redirect_uri');
  });
  test('privileges are the policy\'s to give, on entering and on every change (DC-05)', async () => {
    const one = await registered();
    const own = { token: one.registration_access_token };
    const rows = [
      { scope: 'admin' }, { scope: 'openid email' }, { grant_types: ['password'] }, { grant_types: ['client_credentials'] }, { grant_types: ['authorization_code', 'implicit'] },
      { id_token_signed_response_alg: 'none' }, { token_endpoint_auth_method: 'none', token_endpoint_auth_signing_alg: 'none' }, { response_types: ['token'] },
      { tongxing_consent: 'statutory', tongxing_legal_basis: 'statutory_duty' }, { tongxing_level: 1 }, { tongxing_claims: ['name'] }, { tongxing_agency: 'x' },
      { tongxing_sandbox: true }, { tongxing_access_token_seconds: 9 }, { tongxing_require_pkce: false }, { tongxing_second_factor: true }, { tongxing_rate_limit: 100000 }, { tongxing_enabled: true },
    ];
    for (const row of rows) {
      const entered = await register(stack, everyday, { ...portal, ...row });
      await refused(entered, 400, 'invalid_client_metadata');
      assert.ok(Object.keys(row).some((name) => entered.body.error_description.includes(name)), entered.text);
      await refused(await call(stack, 'PUT', one.registration_client_uri, { ...own, body: replacement(one, row) }), 400, 'invalid_client_metadata');
    }
    const ignored = { trusted: true, skip_consent: true, mapper: { role: 'admin' }, 'client_name#ja': 'x', is_admin: 1 };
    const answer = await register(stack, everyday, { ...portal, ...ignored });
    assert.equal(answer.status, 201, answer.text);
    for (const name of Object.keys(ignored)) assert.equal(answer.body[name], undefined);
    const after = (await call(stack, 'GET', one.registration_client_uri, own)).body;
    assert.deepEqual(replacement(after), replacement(one));
  });
  test('what the policy decides is put in, and stays through changes', async () => {
    const strict = { ...policy, scopes: ['openid'], level_least: 2, level_most: 3, consent: 'statutory', legal_basis: 'statutory_duty', claims: ['name'], members: ['tongxing_level', 'tongxing_require_pkce'] };
    const one = await registered({ tongxing_require_pkce: false }, strict);
    assert.deepEqual([one.tongxing_level, one.tongxing_consent, one.tongxing_legal_basis, one.tongxing_claims, one.tongxing_require_pkce], [2, 'statutory', 'statutory_duty', ['name'], false]);
    const put = (body) => call(stack, 'PUT', one.registration_client_uri, { token: one.registration_access_token, body });
    for (const level of [1, 4]) await refused(await put(replacement(one, { tongxing_level: level })), 400, 'invalid_client_metadata');
    assert.equal((await put(replacement(one, { tongxing_level: 3 }))).body.tongxing_level, 3);
    const least = await put({ client_id: one.client_id, ...portal });
    assert.deepEqual([least.body.tongxing_level, least.body.tongxing_consent, least.body.tongxing_claims, least.body.tongxing_require_pkce], [2, 'statutory', ['name'], undefined]);
  });
  test('the sandbox reaches the developer\'s own machine alone', async () => {
    const { token } = initialToken(stack, { sandbox: true }, { uses: 5 });
    const local = await register(stack, token, { redirect_uris: ['http://localhost:3000/cb'] });
    assert.equal(local.body.tongxing_sandbox, true, local.text);
    await refused(await register(stack, token, { redirect_uris: ['https://hall.city.example/cb'] }), 400, 'invalid_redirect_uri');
    await refused(await call(stack, 'PUT', local.body.registration_client_uri, { token: local.body.registration_access_token, body: { client_id: local.body.client_id, redirect_uris: ['https://hall.city.example/cb'] } }), 400, 'invalid_redirect_uri');
  });
  test('names and addresses that people see (DC-04)', async () => {
    for (const row of [{ client_name: 'x'.repeat(201) }, { client_name: 'safe\u202egnp.exe' }, { client_name: 'a\u200bb' }, { client_name: 'a\u0000b' }, { client_name: '' }, { client_name: 7 },
      { logo_uri: 'javascript:alert(1)' }, { client_uri: 'data:text/html,x' }, { policy_uri: 'http://hall.city.example/' }, { tos_uri: '//hall.city.example/' }, { contacts: ['<script>\u0007'] },
      { initiate_login_uri: 'http://hall.city.example/login' }, { contacts: Array(11).fill('a@city.example') }]) {
      await refused(await register(stack, everyday, { ...portal, ...row }), 400, 'invalid_client_metadata');
    }
    const nasty = await registered({ client_name: '"><img src=x onerror=alert(1)><script>alert(2)</script>', contacts: ['<b>@city.example'], initiate_login_uri: 'https://hall.city.example/login' });
    assert.equal(nasty.initiate_login_uri, 'https://hall.city.example/login');
    await worksWithin(nasty);
    const agent = new Agent(stack);
    const sent = await agent.authorize(requestOf(nasty).parameters);
    const login = await agent.request(sent.location);
    const next = await agent.request('/login', { form: { flow: hidden(login.html), ...alice, action: 'login' } });
    const consent = await agent.request(next.location);
    assert.match(consent.html, /consent-allow/);
    assert.match(consent.html, /&lt;script&gt;alert\(2\)/);
    for (const html of [login.html, consent.html]) assert.doesNotMatch(html, /<script>alert|<img src=x/);
  });
  test('bodies', async () => {
    const before = allClients().length;
    for (const body of ['', '[]', '"x"', '{', '{"a":1}x', '{"client_name":"a","client_name":"b"}', '[['.repeat(5000), '\ufeff{}', 'null']) {
      await refused(await register(stack, everyday, body), 400, 'invalid_client_metadata');
    }
    await refused(await register(stack, everyday, JSON.stringify(portal), { 'content-type': 'text/plain' }), 400, 'invalid_client_metadata');
    await refused(await register(stack, everyday, 'redirect_uris=https://hall.city.example/cb', { 'content-type': 'application/x-www-form-urlencoded' }), 400, 'invalid_client_metadata');
    assert.equal((await register(stack, everyday, { ...portal, client_name: 'x'.repeat(100_000) })).status, 413);
    await refused(await register(stack, everyday, { ...portal, client_id: 'mine' }), 400, 'invalid_client_metadata');
    await refused(await register(stack, everyday, { ...portal, client_secret: 'mine-mine-mine-mine' }), 400, 'invalid_client_metadata');
    assert.equal((await call(stack, 'GET', '/connect/register', { token: everyday })).status, 405);
    assert.equal(allClients().length, before);
    const charset = await register(stack, everyday, JSON.stringify(portal), { 'content-type': 'Application/JSON; charset=utf-8' });
    assert.equal(charset.status, 201, charset.text);
    assert.equal(charset.headers.get('cache-control'), 'no-store');
  });
  test('software statements are nobody\'s we trust (DC-08)', async () => {
    const statement = (header, claims) => `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
    for (const software_statement of [statement({ alg: 'none' }, { software_id: 'x', redirect_uris: ['https://evil.example/'] }), 'x', 7, null]) {
      await refused(await register(stack, everyday, { ...portal, software_statement }), 400, 'unapproved_software_statement');
    }
  });
});

describe('replacing the metadata (DC-11)', () => {
  test('says which client system it is, and replaces all of it', async () => {
    const one = await registered({ client_uri: 'https://hall.city.example/', contacts: ['a@city.example'] }), two = await registered();
    const put = (body) => call(stack, 'PUT', one.registration_client_uri, { token: one.registration_access_token, body });
    for (const client_id of [undefined, two.client_id, '', 7]) await refused(await put(replacement(one, { client_id })), 400, 'invalid_client_metadata');
    for (const extra of [{ client_secret: 'chosen-by-myself-0123456789' }, { client_secret: two.client_secret }, { client_secret: '' }, { client_secret: null }, { registration_access_token: one.registration_access_token },
      { registration_client_uri: one.registration_client_uri }, { client_secret_expires_at: 0 }, { client_id_issued_at: one.client_id_issued_at }, { redirect_uris: [] }]) {
      await refused(await put(replacement(one, extra)), 400, extra.redirect_uris ? 'invalid_redirect_uri' : 'invalid_client_metadata');
    }
    const answer = await put({ client_id: one.client_id, client_secret: one.client_secret, redirect_uris: ['https://hall.city.example/two'] });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.body.client_uri, answer.body.contacts, answer.body.client_name, answer.body.client_secret], [undefined, undefined, undefined, undefined]);
    assert.equal(answer.body.registration_access_token, one.registration_access_token);
    await stopsWithin(one);
    await worksWithin({ ...one, redirect_uris: ['https://hall.city.example/two'] });
    const code = await codeOf(new Agent(stack), { ...one, redirect_uris: ['https://hall.city.example/two'] }, alice);
    assert.equal((await token(stack, one, { ...code, nonce: undefined })).status, 200, 'the secret is still the one of the beginning');
  });
  test('a method that needs a secret gets one from the server', async () => {
    const one = await registered({ token_endpoint_auth_method: 'none' });
    assert.equal(one.client_secret, undefined);
    const put = (changes) => call(stack, 'PUT', one.registration_client_uri, { token: one.registration_access_token, body: replacement(one, changes) });
    const given = (await put({ token_endpoint_auth_method: 'client_secret_basic' })).body;
    assert.ok(given.client_secret.length >= 32);
    assert.equal((await put({ token_endpoint_auth_method: 'client_secret_post' })).body.client_secret, undefined);
    const sealed = (await put({ token_endpoint_auth_method: 'client_secret_jwt' })).body.client_secret;
    assert.ok(sealed && sealed !== given.client_secret);
  });
  test('changes at the same time all end well, and the last one is whole', async () => {
    const one = await registered();
    const names = Array.from({ length: 5 }, (_, i) => `名称${i}`);
    const statuses = await Promise.all(names.map((client_name) => call(stack, 'PUT', one.registration_client_uri, { token: one.registration_access_token, body: replacement(one, { client_name }) }).then((answer) => answer.status)));
    assert.ok(statuses.includes(200) && statuses.every((status) => [200, 503].includes(status)), `${statuses}`);
    assert.ok(names.includes((await call(stack, 'GET', one.registration_client_uri, { token: one.registration_access_token })).body.client_name));
  });
});

describe('what the server fetches on the way (DC-07, SS-01, SS-02, SS-04, SS-07, SS-08)', () => {
  const sector = (path) => ({ subject_type: 'pairwise', sector_identifier_uri: path.startsWith('/') ? `http://localhost:${sitePort}${path}` : path });
  const json = (value, type = 'application/json') => (response) => response.writeHead(200, { 'content-type': type }).end(value);
  test('a sector that lists all redirect URIs', async () => {
    answers = { '/good': json(JSON.stringify([...portal.redirect_uris, 'https://elsewhere.example/'])) };
    const one = await registered(sector('/good'));
    await worksWithin(one);
    assert.ok((await tokensOf(new Agent(stack), one, alice)).id_token);
  });
  test('anything else is refused, and does not say what was found', async () => {
    answers = {
      '/lacks': json('["https://hall.city.example/other"]'),
      '/empty': json('[]'),
      '/object': json(JSON.stringify({ redirect_uris: portal.redirect_uris })),
      '/html': json('<html>internal wiki</html>', 'text/html'),
      '/bom': json(`\ufeff${JSON.stringify(portal.redirect_uris)}`),
      '/huge': json(JSON.stringify([...portal.redirect_uris, 'x'.repeat(200_000)])),
      '/redirect': (response) => response.writeHead(302, { location: '/good' }).end(),
      '/good': json(JSON.stringify(portal.redirect_uris)),
      '/error': (response) => response.writeHead(500).end(JSON.stringify(portal.redirect_uris)),
      '/gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(JSON.stringify(portal.redirect_uris).slice(1)),
      '/slow': (response) => response.writeHead(200).write('['),
    };
    const before = allClients().length;
    const said = new Set();
    for (const path of ['/object', '/html', '/bom', '/huge', '/redirect', '/error', '/gzip', '/nothing', '/slow', 'https://127.0.0.1/', 'https://10.0.0.1/', 'https://172.16.0.1/', 'https://192.168.0.1/', 'https://169.254.169.254/latest/meta-data',
      'https://100.64.0.1/', 'https://0.0.0.0/', 'https://[::1]/', 'https://[fc00::1]/', 'https://[fe80::1]/', 'https://[::ffff:127.0.0.1]/', 'https://[64:ff9b::7f00:1]/', 'https://2130706433/', 'https://0x7f.1/', 'https://localhost./',
      `https://localhost:${stack.ports.ops}/ready`, `http://localhost:${stack.ports.ops}/ready`, `http://127.0.0.1:${stack.ports.redis}/`, 'https://nowhere.invalid/']) {
      const started = Date.now();
      const answer = await register(stack, everyday, { ...portal, ...sector(path) });
      await refused(answer, 400, 'invalid_client_metadata');
      assert.ok(Date.now() - started < 8000, path);
      if (!answer.body.error_description.includes('http')) said.add(answer.body.error_description);
    }
    assert.deepEqual([...said], ['sector_identifier_uri: does not answer with a JSON list of redirect URIs']);
    for (const path of ['/lacks', '/empty', 'http://hall.city.example/', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'unix:/run/x']) await refused(await register(stack, everyday, { ...portal, ...sector(path) }), 400, 'invalid_client_metadata');
    assert.equal(allClients().length, before);
  });
  test('a change is held to the same, and fetches are limited', async () => {
    answers = { '/good': json(JSON.stringify(portal.redirect_uris)), '/lacks': json('[]') };
    const one = await registered(sector('/good'));
    const put = (changes) => call(stack, 'PUT', one.registration_client_uri, { token: one.registration_access_token, body: replacement(one, changes) });
    await refused(await put(sector('/lacks')), 400, 'invalid_client_metadata');
    let last;
    for (let i = 0; i < 60 && last?.status !== 429; i++) last = await put(sector('/lacks'));
    assert.equal(last.status, 429);
  });
  test('addresses that are only kept are not fetched', async () => {
    let asked = 0;
    const count = (response) => { asked++; response.writeHead(200).end('{}'); };
    answers = { '/jwks': count, '/logo': count };
    const uri = (path) => `http://localhost:${sitePort}${path}`;
    await registered({ jwks_uri: uri('/jwks'), logo_uri: uri('/logo'), token_endpoint_auth_method: 'private_key_jwt' });
    assert.equal(asked, 0);
  });
});

describe('while it runs', () => {
  test('a client system that is in use is known to be, one that is not is retired (DC-10)', async () => {
    const lived = { ...policy, lifetime_s: 86400 };
    const used = await registered({}, lived), unused = await registered({}, lived), forever = await registered();
    const old = Math.floor(Date.now() / 1000) - 3 * 86400;
    await worksWithin(used);
    onDatabase(stack, (database) => database.prepare('UPDATE self_registrations SET used_at = ?').run(old));
    const code = await codeOf(new Agent(stack), used, alice);
    assert.equal((await token(stack, used, { ...code, nonce: undefined })).status, 200);
    await until('the use to be noted', async () => onDatabase(stack, (database) => database.prepare('SELECT used_at FROM self_registrations WHERE client_id = ?').get(used.client_id)).used_at > old);
    await stack.server.stop();
    stack.server.start();
    await stack.untilReady();
    const stateOf = ({ client_id }) => allClients().find((row) => row.client_id === client_id).state;
    await until('the unused one to be retired', async () => stateOf(unused) === 5);
    assert.deepEqual([stateOf(used), stateOf(forever)], [3, 3]);
    const [event] = events('client.retire').filter((row) => row.client_id === unused.client_id);
    assert.equal(event.reason, 'unused');
    await stopsWithin(unused);
    await refused(await call(stack, 'GET', unused.registration_client_uri, { token: unused.registration_access_token }), 401, 'invalid_token');
  });
  test('without Redis nobody is registered, and nothing is lost', async () => {
    const { token } = initialToken(stack, policy);
    await stack.redis.stop();
    await refused(await register(stack, token, portal), 503, 'temporarily_unavailable');
    stack.redis.start();
    await stack.untilReady();
    assert.equal((await register(stack, token, portal)).status, 201);
  });
  test('each change has one event, with who and from where', async () => {
    const made = initialToken(stack, policy);
    const one = (await register(stack, made.token, portal)).body;
    const own = { token: one.registration_access_token };
    await call(stack, 'PUT', one.registration_client_uri, { ...own, body: replacement(one, { client_name: '新' }) });
    await call(stack, 'DELETE', one.registration_client_uri, own);
    const told = ['client.create', 'client.update', 'client.retire'].map((name) => events(name).filter((event) => event.client_id === one.client_id));
    assert.deepEqual(told.map((list) => list.length), [1, 1, 1]);
    assert.deepEqual(told.map(([event]) => event.actor), [`token:${made.token_id}`, `client:${one.client_id}`, `client:${one.client_id}`]);
    for (const [event] of told) assert.ok(event.address && event.request_id && event.role === 'registrant');
  });
  test('switched off again, everything of it is gone, and client systems go on', async () => {
    const one = await registered();
    await worksWithin(one);
    await switchRegistration(stack, false);
    assert.equal((await register(stack, everyday, portal)).status, 404);
    assert.equal((await call(stack, 'GET', one.registration_client_uri, { token: one.registration_access_token })).status, 404);
    await worksWithin(one);
  });
});
