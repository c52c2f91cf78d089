/* The admin API on a real server, with administrators who have signed in: who may do what, and that what they do is what happens. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import * as library from 'openid-client';
import { Program, Stack, binary, freePort, root, until } from './support/stack.mjs';
import { Agent, codeOf, follow, hidden, requestOf, token, tokensOf } from './support/agent.mjs';
import { Api, adminTokens, consoleClient, isProblem, nameOnHost } from './support/admin.mjs';
import { Services, open, visit } from './support/own_pages.mjs';
import { signInWithLibrary } from './support/library.mjs';
import { problemsOf } from './support/schema.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice, bob } = kinds;

/*
 * Every route, and what it needs. A route that is not here fails the test until somebody has thought about who may use it; so does one whose
 * permission has changed.
 */
const routes = {
  'GET /me': 'any',
  'GET /openapi.json': 'any',
  'GET /clients': 'client.read',
  'POST /clients': 'client.write',
  'POST /clients/validate': 'client.read',
  'GET /clients/{id}': 'client.read',
  'PUT /clients/{id}': 'client.write',
  'POST /clients/{id}/submit': 'client.write',
  'POST /clients/{id}/approve': 'client.approve',
  'POST /clients/{id}/reject': 'client.approve',
  'POST /clients/{id}/suspend': 'client.suspend',
  'POST /clients/{id}/resume': 'client.approve',
  'POST /clients/{id}/retire': 'client.retire',
  'POST /clients/{id}/end_sessions': 'client.suspend',
  'POST /clients/{id}/secrets': 'client.write',
  'GET /agencies': 'agency.read',
  'POST /agencies': 'agency.write',
  'GET /agencies/{id}': 'agency.read',
  'PUT /agencies/{id}': 'agency.write',
  'GET /admins': 'admin.read',
  'POST /admins': 'admin.write',
  'POST /admins/{id}/approve': 'admin.approve',
  'POST /admins/{id}/remove': 'admin.write',
  'POST /admins/{id}/second_factor': 'admin.approve',
  'GET /accounts': 'account.read',
  'POST /accounts/find': 'account.read',
  'POST /accounts/unlock': 'account.write',
  'GET /accounts/{id}': 'account.read',
  'POST /accounts/{id}/suspend': 'account.write',
  'POST /accounts/{id}/resume': 'account.write',
  'GET /accounts/{id}/sessions': 'session.read',
  'DELETE /accounts/{id}/sessions': 'session.end',
  'DELETE /accounts/{id}/sessions/{session_id}': 'session.end',
  'GET /accounts/{id}/consents': 'consent.read',
  'DELETE /accounts/{id}/consents/{client_id}': 'consent.write',
  'GET /window_records': 'window.read',
  'POST /window_records': 'window.write',
  'GET /window_records/{id}': 'window.read',
  'POST /window_records/{id}/confirm': 'window.write',
  'POST /window_records/{id}/refuse': 'window.write',
  'GET /organisations': 'organisation.read',
  'GET /organisations/{id}': 'organisation.read',
  'POST /mandates/{id}/end': 'mandate.end',
  'GET /keys': 'keys.read',
  'POST /keys/rotate': 'keys.write',
  'GET /upstreams': 'upstream.read',
  'GET /dashboard': 'dashboard.read',
  'GET /initial_access_tokens': 'settings.read',
  'POST /initial_access_tokens': 'settings.write',
  'DELETE /initial_access_tokens/{id}': 'settings.write',
  'GET /audit': 'audit.read',
  'GET /audit/status': 'audit.read',
  'GET /audit/export': 'audit.export',
  'GET /settings': 'settings.read',
  'PUT /settings/{name}': 'settings.write',
};

/* Of the table of permissions itself: role → what it may. */
const rights = {};
for (const [, name, roles] of fs.readFileSync(path.join(root, 'include/model/permissions.def'), 'utf8').matchAll(/^PERMISSION\(\w+, "([^"]+)", ([^)]+)\)/gm)) {
  for (const role of roles.split('|')) (rights[role.trim().toLowerCase()] ??= new Set()).add(name);
}

let stack, services, folder, other, otherPort, expired, description;
const people = {
  system: { username: 'sys', password: 'System-Pass-2026', role: 'system', name: '系统管理员' },
  security: { username: 'sec', password: 'Security-Pass-2026', role: 'security', name: '安全管理员' },
  auditor: { username: 'aud', password: 'Auditor-Pass-2026', role: 'auditor', name: '审计管理员' },
  developer: { username: 'dev', password: 'Developer-Pass-2026', role: 'developer', name: '开发者' },
};
const apis = {}; // role → Api
const ids = {}; // what was made on the way

const accountOf = ({ username, password, name }, nth) => ({ username, password, level: 2, name, phone_number: `+861380013810${nth}`, id_number: undefined, id_type: 1 });

async function signIn(person) {
  const tokens = await adminTokens(stack, person);
  const api = new Api(stack, tokens.access_token, description);
  api.tokens = tokens;
  return api;
}

/* A second server process on the same stores, whose tokens are short-lived. */
async function startOther() {
  otherPort = await freePort();
  const ops = await freePort();
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  const written = { ...config, listen: { ...config.listen, port: otherPort }, ops: { port: ops }, lifetimes: { access_token_s: 30 } };
  fs.writeFileSync(stack.file('other.yaml'), JSON.stringify(written));
  other = new Program('other', binary, ['serve', stack.file('other.yaml')], { env: { TONGXING_POPULATION_SECRET: 'population-secret-for-tests-only' }, log: stack.file('other.log') }).start();
  await until('the second process', async () => (await fetch(`http://127.0.0.1:${ops}/ready`)).ok);
}

/* An agent whose requests go to the second process, though it thinks of the issuer. */
class OtherAgent extends Agent {
  request(target, options) {
    const url = new URL(target, stack.issuer);
    return super.request(new URL(`http://localhost:${otherPort}${url.pathname}${url.search}`), options);
  }
}

const postOther = async (path, form) => {
  const answer = await fetch(`http://localhost:${otherPort}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, body: await answer.json() };
};

before(async () => {
  process.env.TONGXING_CORPORATE_SECRET = 'corporate-secret-for-tests-only';
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-services-'));
  services = await Services.start(folder);
  stack = await Stack.start({ clients: kinds.clients, portals: false, upstreams: ({ simulator }) => ({
    face: services.upstreams.face,
    corporate: { adapter: 'corporate', url: `http://127.0.0.1:${simulator}`, app_id: 'tongxing', secret: '${TONGXING_CORPORATE_SECRET}' },
  }) });
  ids.alice = stack.addAccount(kinds.aliceAccount);
  ids.bob = stack.addAccount(kinds.bobAccount);
  Object.values(people).forEach((person, nth) => (person.account_id = stack.addAccount(accountOf(person, nth))));
  for (const role of ['system', 'security', 'auditor']) people[role].totp = nameOnHost(stack, people[role]);
  await startOther();
  const { access_token } = await adminTokens(stack, people.system);
  description = (await new Api(stack, access_token).get('/openapi.json')).body;
  for (const role of ['security', 'auditor']) apis[role] = await signIn(people[role]);
  apis.system = new Api(stack, access_token, description);
  const agent = new Agent(stack);
  agent.cookies = people.system.cookies;
  const { nonce, ...form } = await codeOf(agent, consoleClient(stack), people.system, { scope: 'openid admin' });
  const short = await postOther('/token', { ...form, client_id: 'tongxing-console' });
  assert.equal(short.body.expires_in, 30);
  expired = { token: short.body.access_token, until: Date.now() + 31000 };
});
after(async () => {
  await other?.stop();
  await stack?.stop();
  await services?.stop();
  fs.rmSync(folder, { recursive: true });
});

test('a stock library gets a token for the API, as docs/admin-api.md says', async () => {
  const config = await library.discovery(new URL(stack.issuer), 'tongxing-console', undefined, library.None(), { execute: [library.allowInsecureRequests] });
  const pkceCodeVerifier = library.randomPKCECodeVerifier(), expectedState = library.randomState();
  const agent = new Agent(stack);
  agent.cookies = people.auditor.cookies;
  const landed = await follow(agent, await agent.request(library.buildAuthorizationUrl(config, {
    redirect_uri: `${stack.issuer}/admin/`, scope: 'openid admin', state: expectedState,
    code_challenge: await library.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  })), people.auditor);
  const tokens = await library.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState });
  assert.equal((await new Api(stack, tokens.access_token, description).get('/me')).body.role, 'auditor');
  const next = await library.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal((await new Api(stack, next.access_token, description).get('/me')).body.name, people.auditor.name);
});

describe('agencies and administrators', () => {
  test('an agency is entered, found, changed', async () => {
    const made = await apis.system.post('/agencies', { name: '示例省大数据局', 'name#en': 'Example Data Bureau', contact_email: 'data@rp.example' });
    assert.equal(made.status, 201, made.text);
    ids.agency = made.body.agency_id;
    assert.equal(made.headers.get('location'), `${stack.issuer}/admin/api/v1/agencies/${ids.agency}`);
    const got = await apis.auditor.get(`/agencies/${ids.agency}`);
    assert.equal(got.etag, `"${got.body.version}"`);
    const put = await apis.system.put(`/agencies/${ids.agency}`, { name: '示例省大数据管理局', enabled: true }, got.etag);
    assert.equal(put.status, 200, put.text);
    assert.equal(put.body.name, '示例省大数据管理局');
    assert.equal(put.body.contact_email, undefined, 'it replaces');
    isProblem(await apis.system.put(`/agencies/${ids.agency}`, { name: '另一个' }, got.etag), 412);
    const second = await apis.system.post('/agencies', { name: '另一个局' });
    ids.agencyOther = second.body.agency_id;
    const found = await apis.security.get(`/agencies?${new URLSearchParams({ search: '大数据' })}`);
    assert.deepEqual(found.body.items.map(({ agency_id }) => agency_id), [ids.agency]);
  });

  test('what is wrong with an agency is said by name, all of it', async () => {
    isProblem(await apis.system.post('/agencies', { name: '', credit_code: '12345', colour: 'red' }), 400, ['name', 'credit_code', 'colour']);
    isProblem(await apis.system.post('/agencies', {}), 400, ['name']);
    isProblem(await apis.system.call('POST', '/agencies'), 400);
    isProblem(await apis.system.get('/agencies/none'), 404);
  });

  test('a developer is named by one and confirmed by another, and shown the second factor once', async () => {
    const wanted = { username: people.developer.username, role: 'developer', agency_id: ids.agency, name: people.developer.name };
    const made = await apis.system.post('/admins', wanted);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.state, 'pending');
    assert.match(made.body.totp.uri, /^otpauth:\/\/totp\//);
    people.developer.totp = made.body.totp.secret;
    people.developer.admin_id = made.body.admin_id;
    isProblem(await apis.system.post(`/admins/${made.body.admin_id}/approve`, undefined, { tag: made.etag }), 403);
    isProblem(await apis.system.post('/admins', wanted), 409);
    isProblem(await apis.system.post('/admins', { ...wanted, username: 'nobody-of-this-name' }), 404);
    const confirmed = await apis.security.post(`/admins/${made.body.admin_id}/approve`, undefined, { tag: made.etag });
    assert.equal(confirmed.status, 200, confirmed.text);
    assert.equal(confirmed.body.state, 'active');
    assert.equal(confirmed.body.totp, undefined);
    apis.developer = await signIn(people.developer);
    const me = await apis.developer.get('/me');
    assert.deepEqual({ role: me.body.role, agency_id: me.body.agency_id, permissions: new Set(me.body.permissions) },
      { role: 'developer', agency_id: ids.agency, permissions: rights.developer });
  });

  test('roles and members that there are not', async () => {
    isProblem(await apis.system.post('/admins', { username: 'bob', role: 'host', name: 'x' }), 400, ['role']);
    isProblem(await apis.system.post('/admins', { username: 'bob', role: 'system', name: 'x', state: 'active', totp_secret: 'A' }), 400, ['state', 'totp_secret']);
  });

  test('the list of administrators comes in pages', async () => {
    const seen = [];
    let page;
    do {
      const answer = await apis.auditor.get(`/admins?limit=1${page ? `&page=${page}` : ''}`);
      assert.ok(answer.body.items.length <= 1);
      seen.push(...answer.body.items.map(({ role }) => role));
      page = answer.body.next_page;
    } while (page);
    assert.deepEqual(seen.sort(), ['auditor', 'developer', 'security', 'system']);
  });
});

const metadata = (extra = {}) => ({
  client_name: '示例门户', 'client_name#en': 'Example portal', redirect_uris: ['https://rp.example/cb'], grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile', tongxing_consent: 'statutory', tongxing_legal_basis: 'statutory_duty', token_endpoint_auth_method: 'client_secret_post', ...extra,
});
const act = (api, id, action, tag) => api.post(`/clients/${id}/${action}`, undefined, { tag });

/* Entered by the developer and approved: the client as a portal has it. */
async function approved(extra, api = apis.developer) {
  const made = await api.post('/clients', { metadata: metadata(extra) });
  assert.equal(made.status, 201, made.text);
  const submitted = await act(api, made.body.client_id, 'submit', made.etag);
  const done = await act(apis.security, made.body.client_id, 'approve', submitted.etag);
  assert.equal(done.status, 200, done.text);
  return { ...metadata(extra), client_id: made.body.client_id, client_secret: made.body.credentials.client_secret };
}
const asPost = (client) => ({ client_id: client.client_id, client_secret: client.client_secret });

describe('client systems', () => {
  test('entered, submitted, approved by a second person; only then it works', async () => {
    const made = await apis.developer.post('/clients', { metadata: metadata() });
    assert.equal(made.status, 201, made.text);
    const id = made.body.client_id;
    assert.equal(made.headers.get('location'), `${stack.issuer}/admin/api/v1/clients/${id}`);
    assert.equal(made.body.state, 'draft');
    assert.equal(made.body.agency_id, ids.agency, 'a developer’s own agency');
    assert.equal(made.body.credentials.client_secret_expires_at, 0);
    assert.deepEqual(made.body.actions, ['submit']);
    const got = await apis.developer.get(`/clients/${id}`);
    assert.equal(got.body.credentials, undefined, 'shown once');
    assert.ok(!got.text.includes(made.body.credentials.client_secret));
    assert.equal((await new Agent(stack).authorize(requestOf({ client_id: id, redirect_uris: ['https://rp.example/cb'] }).parameters)).status, 400);

    isProblem(await act(apis.security, id, 'approve', made.etag), 409);
    const submitted = await act(apis.developer, id, 'submit', made.etag);
    assert.equal(submitted.body.state, 'submitted');
    isProblem(await act(apis.developer, id, 'approve', submitted.etag), 403);
    const seen = await apis.security.get(`/clients/${id}`);
    assert.deepEqual(seen.body.actions, ['approve', 'reject']);
    const done = await act(apis.security, id, 'approve', submitted.etag);
    assert.equal(done.body.state, 'approved');
    assert.equal(done.body.approved_by, people.security.account_id);

    const client = { ...metadata(), client_id: id, client_secret: made.body.credentials.client_secret };
    const { nonce, ...form } = await until('every worker to know it', () => codeOf(new Agent(stack), client, alice), 1500);
    assert.equal((await token(stack, { token_endpoint_auth_method: 'none' }, { ...form, ...asPost(client) })).status, 200);
    const claims = await signInWithLibrary(stack, new Agent(stack), { ...client, redirect_uri: client.redirect_uris[0] }, alice);
    assert.equal(claims.aud, id, 'an unmodified openid-client needs issuer, id and secret');
    ids.client = id;
  });

  test('a change of what works waits for approval beside what is in force', async () => {
    const before = await apis.developer.get(`/clients/${ids.client}`);
    const changed = await apis.developer.put(`/clients/${ids.client}`, { metadata: metadata({ client_name: '新名称' }) }, before.etag);
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.metadata.client_name, '示例门户');
    assert.equal(changed.body.pending.client_name, '新名称');
    const done = await act(apis.security, ids.client, 'approve', changed.etag);
    assert.equal(done.body.metadata.client_name, '新名称');
    assert.equal(done.body.pending, undefined);
    const found = await apis.auditor.get(`/clients?${new URLSearchParams({ search: '新名', state: 'approved' })}`);
    assert.deepEqual(found.body.items.map(({ client_id }) => client_id), [ids.client]);
  });

  test('two edit at once: one is told, and nothing is lost', async () => {
    const made = await apis.developer.post('/clients', { metadata: metadata() });
    for (let round = 0; round < 5; round++) {
      const { etag } = await apis.developer.get(`/clients/${made.body.client_id}`);
      const names = ['甲', '乙', '丙'].map((letter) => `${letter}${round}`);
      const answers = await Promise.all(names.map((client_name) => apis.developer.put(`/clients/${made.body.client_id}`, { metadata: metadata({ client_name }) }, etag)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412]);
      const winner = names[answers.findIndex(({ status }) => status === 200)];
      assert.equal((await apis.developer.get(`/clients/${made.body.client_id}`)).body.metadata.client_name, winner);
    }
  });

  test('entity tags', async () => {
    const url = `/clients/${ids.client}`;
    const body = { metadata: metadata() };
    isProblem(await apis.developer.put(url, body), 428);
    isProblem(await apis.developer.put(url, body, '*'), 400);
    isProblem(await apis.developer.put(url, body, '1'), 400);
    isProblem(await apis.developer.put(url, body, '"1", "2"'), 400);
    isProblem(await apis.developer.put(url, body, 'W/"1"'), 412);
    isProblem(await apis.developer.put(url, body, '"999999"'), 412);
  });

  test('whoever submitted it does not approve it, whatever else they may', async () => {
    const made = await apis.system.post('/clients', { metadata: metadata(), agency_id: ids.agency });
    const submitted = await act(apis.system, made.body.client_id, 'submit', made.etag);
    assert.ok(!submitted.body.actions.includes('approve'));
    isProblem(await act(apis.system, made.body.client_id, 'approve', submitted.etag), 403);
    const rejected = await act(apis.security, made.body.client_id, 'reject', submitted.etag);
    assert.equal(rejected.body.state, 'draft');
    const retired = await act(apis.system, made.body.client_id, 'retire', rejected.etag);
    assert.equal(retired.body.state, 'retired');
    assert.deepEqual(retired.body.actions, []);
    isProblem(await apis.system.post('/clients', { client_id: made.body.client_id, metadata: metadata() }), 409);
  });

  test('metadata: every mistake by the name of its member; the wizard hears the same and changes nothing', async () => {
    const wrong = metadata({ redirect_uris: ['https://rp.example/cb#x'], tongxing_level: 9, client_secret: 'mine', state: 'approved' });
    const refused = isProblem(await apis.developer.post('/clients', { metadata: wrong }), 400, ['redirect_uris', 'tongxing_level', 'client_secret', 'state']);
    const asked = await apis.developer.post('/clients/validate', { metadata: wrong });
    assert.equal(asked.status, 200);
    assert.deepEqual(asked.body.errors, refused.body.errors);
    assert.deepEqual((await apis.developer.post('/clients/validate', { metadata: metadata() })).body, { errors: [] });
  });

  test('what only the server decides cannot be sent along', async () => {
    for (const member of ['state', 'version', 'approved_by', 'submitted_by', 'origin', 'pending', 'not_before', 'secrets', 'approved', 'actions']) {
      isProblem(await apis.developer.post('/clients', { metadata: metadata(), [member]: 'approved' }), 400, [member]);
      isProblem(await apis.developer.put(`/clients/${ids.client}`, { metadata: metadata(), [member]: 'approved' }, '"1"'), 400, [member]);
    }
    isProblem(await apis.developer.post('/clients', { metadata: metadata({ tongxing_agency: 'x' }) }), 400, ['tongxing_agency']);
  });

  test('a second secret beside the first, for as long as it is wanted', async () => {
    const client = await approved();
    const { etag } = await apis.developer.get(`/clients/${client.client_id}`);
    isProblem(await apis.developer.post(`/clients/${client.client_id}/secrets`, { overlap_seconds: 2592001 }, { tag: etag }), 400, ['overlap_seconds']);
    const second = await apis.developer.post(`/clients/${client.client_id}/secrets`, { overlap_seconds: 600 }, { tag: etag });
    assert.equal(second.status, 201, second.text);
    assert.equal(second.body.secrets.length, 2);
    const machine = (secret) => token(stack, { token_endpoint_auth_method: 'none' }, { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.client_id, client_secret: secret });
    await until('the new secret', async () => (await machine(second.body.credentials.client_secret)).body.error === 'invalid_grant', 1500);
    assert.equal((await machine(client.client_secret)).body.error, 'invalid_grant');
    const third = await apis.developer.post(`/clients/${client.client_id}/secrets`, { overlap_seconds: 0 }, { tag: second.etag });
    assert.equal(third.body.secrets.length, 1);
    await until('the old secrets to be no good', async () => (await machine(client.client_secret)).body.error === 'invalid_client', 1500);
    assert.equal((await machine(second.body.credentials.client_secret)).body.error, 'invalid_client');
  });

  test('a developer knows of their own agency’s alone', async () => {
    const made = await apis.system.post('/clients', { metadata: metadata(), agency_id: ids.agencyOther });
    const url = `/clients/${made.body.client_id}`;
    isProblem(await apis.developer.get(url), 404);
    isProblem(await apis.developer.put(url, { metadata: metadata() }, made.etag), 404);
    isProblem(await apis.developer.post(`${url}/submit`, undefined, { tag: made.etag }), 404);
    isProblem(await apis.developer.post(`${url}/secrets`, {}, { tag: made.etag }), 404);
    const listed = await apis.developer.get('/clients?limit=200');
    assert.deepEqual(new Set(listed.body.items.map(({ agency_id }) => agency_id)), new Set([ids.agency]));
    const asked = await apis.developer.get(`/clients?agency_id=${ids.agencyOther}`);
    assert.ok(asked.body.items.every(({ agency_id }) => agency_id === ids.agency));
    const moved = await apis.developer.post('/clients', { metadata: metadata(), agency_id: ids.agencyOther });
    assert.ok(moved.status >= 400 || moved.body.agency_id === ids.agency, moved.text);
    isProblem(await apis.developer.get(`/agencies/${ids.agencyOther}`), 404);
  });
});

describe('over two processes', () => {
  test('an approval is known to a second process within a second', async () => {
    const client = await approved();
    const approvedAt = Date.now();
    await until('the second process', async () => new OtherAgent(stack).authorize(requestOf(client).parameters).then(({ status }) => status === 303), 1000);
    assert.ok(Date.now() - approvedAt < 1000);
  });

  test('a suspended client system is refused within a second everywhere, with all it holds', async () => {
    const client = await approved();
    const agent = new Agent(stack);
    const { nonce, ...form } = await until('it to be known', () => codeOf(agent, client, bob), 1500);
    const tokens = (await token(stack, { token_endpoint_auth_method: 'none' }, { ...form, ...asPost(client) })).body;
    assert.ok(tokens.refresh_token);
    const { etag } = await apis.security.get(`/clients/${client.client_id}`);
    const suspended = await act(apis.security, client.client_id, 'suspend', etag);
    assert.equal(suspended.body.state, 'suspended');
    await sleep(1000);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...asPost(client) };
    for (let i = 0; i < 6; i++) {
      assert.equal((await token(stack, { token_endpoint_auth_method: 'none' }, refresh)).status, 401);
      assert.equal((await postOther('/token', refresh)).status, 401);
      assert.equal((await agent.authorize(requestOf(client).parameters)).status, 400);
      assert.equal((await fetch(`${stack.issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status, 401);
      assert.equal((await fetch(`http://localhost:${otherPort}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status, 401);
    }
    const resumed = await act(apis.security, client.client_id, 'resume', suspended.etag);
    assert.equal(resumed.body.state, 'approved', resumed.text);
  });

  test('all that a client system holds is made invalid; people stay signed in', async () => {
    const client = await approved();
    const agent = new Agent(stack);
    const { nonce, ...form } = await until('it to be known', () => codeOf(agent, client, bob), 1500);
    const tokens = (await token(stack, { token_endpoint_auth_method: 'none' }, { ...form, ...asPost(client) })).body;
    const { etag } = await apis.security.get(`/clients/${client.client_id}`);
    assert.equal((await act(apis.security, client.client_id, 'end_sessions', etag)).status, 200);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...asPost(client) };
    await until('the refresh token to be no good', async () => (await token(stack, { token_endpoint_auth_method: 'none' }, refresh)).body.error === 'invalid_grant', 1500);
    assert.ok(new URL((await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters)).location).searchParams.get('code'));
  });
});

describe('lists', () => {
  test('each once, in pages of any size, and filters hold over pages', async () => {
    const all = (await apis.system.get('/clients?limit=200')).body.items.map(({ client_id }) => client_id);
    assert.ok(all.length >= 6);
    for (const limit of [1, 2, all.length - 1, all.length, 200]) {
      const seen = [];
      let page;
      do {
        const answer = await apis.system.get(`/clients?limit=${limit}${page ? `&page=${page}` : ''}`);
        assert.equal(answer.status, 200, answer.text);
        seen.push(...answer.body.items.map(({ client_id }) => client_id));
        page = answer.body.next_page;
      } while (page);
      assert.deepEqual(seen, all);
    }
  });

  test('a page cannot be made up, edited, or taken elsewhere', async () => {
    const { next_page } = (await apis.system.get('/clients?limit=1')).body;
    const edited = `${next_page.slice(0, 20)}${next_page[20] === 'A' ? 'B' : 'A'}${next_page.slice(21)}`;
    for (const page of [edited, next_page.slice(1), `${next_page}A`, 'x', '', 'A'.repeat(2000), Buffer.from('c1').toString('base64url')]) {
      isProblem(await apis.system.get(`/clients?limit=1&page=${page}`), 400, ['page']);
    }
    isProblem(await apis.system.get(`/clients?limit=1&state=draft&page=${next_page}`), 400, ['page']);
    isProblem(await apis.system.get(`/agencies?limit=1&page=${next_page}`), 400, ['page']);
    isProblem(await apis.security.get(`/clients?limit=1&page=${next_page}`), 400, ['page']);
    assert.equal((await apis.system.get(`/clients?limit=3&page=${next_page}`)).status, 200);
  });

  test('parameters that there are not, twice, or out of range', async () => {
    for (const [query, field] of [['sort=name%3Bdrop%20table', 'sort'], ['field=*', 'field'], ['limit=1&limit=2', 'limit'], ['limit=0', 'limit'], ['limit=201', 'limit'],
      ['limit=-1', 'limit'], ['limit=1e1', 'limit'], ['limit=%31%00', undefined], ['state=deleted', 'state'], ['state=', 'state']]) {
      isProblem(await apis.system.get(`/clients?${query}`), 400, field && [field]);
    }
  });

  test('what is searched for is never part of the question to the database', async () => {
    for (const search of ["'; DROP TABLE clients; --", "' OR '1'='1", '示%户', '示_门', '\\', '"', "x' UNION SELECT"]) {
      const answer = await apis.system.get(`/clients?${new URLSearchParams({ search })}`);
      assert.deepEqual([answer.status, answer.body.items], [200, []], search);
    }
    assert.ok((await apis.system.get('/clients')).body.items.length > 0);
  });
});

describe('people', () => {
  test('found by what they sign in with, and shown without what is theirs', async () => {
    for (const identifier of ['alice', '13800138000', kinds.aliceAccount.id_number]) {
      const found = await apis.security.post('/accounts/find', { identifier });
      assert.equal(found.status, 200, found.text);
      assert.equal(found.body.account_id, ids.alice);
      assert.equal(found.body.name_masked, '测**');
      for (const secret of ['13800138000', kinds.aliceAccount.id_number, '测试甲', 'alice@rp.example']) assert.ok(!found.text.includes(secret));
    }
    isProblem(await apis.security.post('/accounts/find', { identifier: 'nobody-at-all' }), 404);
    isProblem(await apis.security.post('/accounts/find', { identifier: '' }), 400, ['identifier']);
    for (const api of [apis.security, new Api(stack, undefined, description)]) {
      await api.get(`/accounts/${kinds.aliceAccount.id_number}`);
      await api.call('PUT', `/accounts/${kinds.aliceAccount.id_number}`);
      await api.get(`/accounts/x/${kinds.aliceAccount.id_number}`);
    }
    assert.match(stack.log('server'), /\/admin\/api\/v1\/accounts\/\{id\}/);
    assert.ok(!stack.log('server').includes(kinds.aliceAccount.id_number), 'nothing personal is in the log, wherever it was put');
  });

  test('listed by state', async () => {
    const listed = await apis.auditor.get('/accounts?state=active&limit=200');
    assert.ok(listed.body.items.some(({ account_id }) => account_id === ids.alice));
    isProblem(await apis.auditor.get('/accounts?state=gone'), 400, ['state']);
  });

  test('their sessions are seen and ended', async () => {
    const one = new Agent(stack), two = new Agent(stack);
    await tokensOf(one, c1, alice);
    await tokensOf(two, c1, alice);
    const url = `/accounts/${ids.alice}/sessions`;
    const listed = await apis.security.get(url);
    assert.ok(listed.body.items.length >= 2, listed.text);
    assert.ok(listed.body.items.every(({ client_ids, amr }) => client_ids.includes('c1') || amr.includes('pwd')));
    const silent = async (agent) => new URL((await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters)).location).searchParams.get('code');
    const before = listed.body.items.length;
    assert.equal((await apis.security.delete(`${url}/${listed.body.items[0].session_id}`)).status, 204);
    assert.equal((await apis.security.get(url)).body.items.length, before - 1);
    assert.equal((await apis.security.delete(url)).status, 204);
    assert.equal(await silent(one), null);
    assert.equal(await silent(two), null);
    assert.deepEqual((await apis.security.get(url)).body.items, []);
    isProblem(await apis.security.get('/accounts/none/sessions'), 404);
    isProblem(await apis.security.get('/accounts/none/consents'), 404);
    await tokensOf(one, c1, bob);
    const [foreign] = (await apis.security.get(`/accounts/${ids.bob}/sessions`)).body.items;
    await apis.security.delete(`${url}/${foreign.session_id}`);
    assert.ok(await silent(one), 'a session of another account is not ended through this one');
  });

  test('their consents are seen and withdrawn', async () => {
    await tokensOf(new Agent(stack), kinds.ask, alice);
    const url = `/accounts/${ids.alice}/consents`;
    const given = (await apis.security.get(url)).body.items.find(({ client_id }) => client_id === 'ask');
    assert.ok(given.scope);
    assert.equal((await apis.security.delete(`${url}/ask`)).status, 204);
    assert.deepEqual((await apis.security.get(url)).body.items.filter(({ client_id }) => client_id === 'ask'), []);
  });

  test('proven in person (tests/flow/window.test.mjs has the rules)', async () => {
    const witness = { username: 'sec2', password: 'Security-Pass-2026', role: 'security', name: '安全管理员二' };
    stack.addAccount(accountOf(witness, 9));
    witness.totp = nameOnHost(stack, witness);
    const other = await signIn(witness);
    const seen = { account_id: ids.alice, document: 'resident_id_card', person_name: kinds.aliceAccount.name, id_number: kinds.aliceAccount.id_number, place: '3 号窗口' };
    const [made, again] = [await apis.security.post('/window_records', seen), await apis.security.post('/window_records', seen)];
    assert.equal(made.status, 201, made.text);
    const got = await other.get(`/window_records/${made.body.record_id}`);
    const confirmed = await other.post(`/window_records/${made.body.record_id}/confirm`, { id_number: seen.id_number }, { tag: got.etag });
    assert.equal(confirmed.body.state, 'confirmed', confirmed.text);
    assert.equal((await other.post(`/window_records/${again.body.record_id}/refuse`, { reason: '重复' }, { tag: again.etag })).body.state, 'refused');
    assert.equal((await apis.security.get('/window_records')).body.items.length, 2);
    apis.witness = other;
  });

  test('organisations they act for, and the end of it (tests/flow/organisations.test.mjs has the rules)', async () => {
    const lawful = { username: 'lawful', password: 'Lawful-Pass-2026', level: 3, name: '李示例', id_number: '370102188506150110', id_type: 1 };
    ids.lawful = stack.addAccount(lawful);
    const agent = new Agent(stack);
    const page = await visit(agent, await services.seen(agent, await open(agent, '/organisations/enter', lawful)));
    const entered = await agent.request('/organisations/enter', { form: { name: '示例迁出商贸有限公司', credit_code: '91990000MA00DEMA8C', token: page.html.match(/name="token" value="([^"]+)"/)[1] } });
    assert.equal(entered.status, 303, entered.html);
    const listed = (await apis.auditor.get('/organisations')).body.items;
    assert.deepEqual(listed.map(({ name, status }) => [name, status]), [['示例迁出商贸有限公司', 'moved']]);
    const url = `/organisations/${listed[0].organisation_id}`;
    const { mandates: [mandate], ...shown } = (await apis.security.get(url)).body;
    assert.deepEqual([shown.source, shown.authority, mandate.role, mandate.state, mandate.account_id], ['corporate', 'samr-corporate', 'legal_representative', 'accepted', ids.lawful]);
    isProblem(await apis.security.get('/organisations/or_x'), 404);
    isProblem(await apis.security.post('/mandates/ma_x/end', { reason: '不存在' }, { tag: '"1"' }), 404);
    const end = `/mandates/${mandate.mandate_id}/end`;
    isProblem(await apis.security.post(end, {}, { tag: '"1"' }), 400, ['reason']);
    isProblem(await apis.security.post(end, { reason: '不合规' }), 428);
    isProblem(await apis.security.post(end, { reason: '不合规' }, { tag: '"9"' }), 412);
    isProblem(await apis.auditor.post(end, { reason: '不合规' }, { tag: '"1"' }), 403);
    const ended = await apis.security.post(end, { reason: '不合规' }, { tag: `"${mandate.version}"` });
    assert.deepEqual([ended.body.state, ended.body.reason, ended.body.ended_by], ['ended', '不合规', people.security.account_id], ended.text);
    isProblem(await apis.security.post(end, { reason: '不合规' }, { tag: ended.etag }), 409);
    assert.doesNotMatch((await agent.request('/organisations')).html, /示例迁出/);
  });

  test('suspended: out everywhere at once; then back', async () => {
    const agent = new Agent(stack);
    const tokens = await tokensOf(agent, c1, bob);
    const offline = await tokensOf(new Agent(stack), c1, bob, { scope: 'openid offline_access' });
    const { etag } = await apis.security.get(`/accounts/${ids.bob}`);
    isProblem(await apis.security.post(`/accounts/${ids.bob}/suspend`, undefined, { tag: '"1"' }), 412);
    await sleep(1100); // the version is a time in seconds
    const suspended = await apis.security.post(`/accounts/${ids.bob}/suspend`, undefined, { tag: etag });
    assert.equal(suspended.body.state, 'suspended', suspended.text);
    assert.equal((await token(stack, c1, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).body.error, 'invalid_grant');
    assert.equal((await token(stack, c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant', 'offline access ends too');
    const resumed = await apis.security.post(`/accounts/${ids.bob}/resume`, undefined, { tag: suspended.etag });
    assert.equal(resumed.body.state, 'active', resumed.text);
    assert.equal((await token(stack, c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant', 'and does not come back');
    await tokensOf(new Agent(stack), c1, bob);
  });

  test('unlocked', async () => {
    assert.equal((await apis.security.post('/accounts/unlock', { identifier: 'bob' })).status, 204);
  });
});

describe('settings and keys', () => {
  test('a setting is changed, by type and range', async () => {
    const listed = (await apis.system.get('/settings')).body.items;
    const flag = listed.find(({ name }) => name === 'four_eyes'), number = listed.find(({ name }) => name === 'secret_overlap_s');
    assert.deepEqual([flag.type, flag.value, number.type, number.version], ['flag', true, 'number', 0]);
    const url = '/settings/secret_overlap_s';
    isProblem(await apis.system.put(url, { value: true }, '"0"'), 400, ['value']);
    isProblem(await apis.system.put('/settings/four_eyes', { value: 1 }, '"0"'), 400, ['value']);
    isProblem(await apis.system.put(url, { value: number.most + 1 }, '"0"'), 400);
    isProblem(await apis.system.put('/settings/none', { value: 1 }, '"0"'), 404);
    const put = await apis.system.put(url, { value: 3600 }, '"0"');
    assert.equal(put.body.value, 3600, put.text);
    isProblem(await apis.system.put(url, { value: 7200 }, '"0"'), 412);
    assert.equal((await apis.system.put(url, { value: 7200 }, put.etag)).body.value, 7200);
  });

  test('keys are rotated once the next one is known to all', async () => {
    const before = (await apis.system.get('/keys')).body.items;
    const next = before.find(({ alg, state }) => alg === 'ES256' && state === 'next');
    isProblem(await apis.system.post('/keys/rotate', { alg: 'HS256' }), 400, ['alg']);
    isProblem(await apis.system.post('/keys/rotate', { alg: 'ES256' }), 409);
    const file = stack.file(`keys/signing-${next.kid}.json`);
    const written = JSON.parse(fs.readFileSync(file, 'utf8'));
    fs.writeFileSync(file, JSON.stringify({ ...written, created: written.created - 3600 }));
    const rotated = await until('the server to have read the file', async () => {
      const answer = await apis.system.post('/keys/rotate', { alg: 'ES256' });
      return answer.status === 200 && answer;
    });
    assert.equal(rotated.body.items.find(({ kid }) => kid === next.kid).state, 'active');
    await until('the new key to sign', async () => {
      const { id_token } = await tokensOf(new Agent(stack), c1, alice);
      return JSON.parse(Buffer.from(id_token.split('.')[0], 'base64url')).kid === next.kid;
    });
    assert.equal((await apis.system.get('/me')).status, 200, 'tokens of the old key are good');
  });
});

describe('what can be seen of the node', () => {
  test('upstreams: calls, failures, breaker', async () => {
    const find = async () => (await apis.auditor.get('/upstreams')).body.items.find(({ name }) => name === 'population');
    const before = await find();
    assert.deepEqual([before.adapter, before.breaker, before.concurrent], ['population', 'closed', 0]);
    await stack.simulate('error');
    const agent = new Agent(stack);
    const page = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
    const form = { flow: hidden(page.html), name: '赵虚构', id_number: '440106188708090359', phone: '13700137000', password: 'Zhao-Pass-2026', action: 'register' };
    for (let i = 0; i < 12; i++) await agent.request('/register', { form });
    const after = await until('the workers to have told', async () => {
      const now = await find();
      return now.breaker !== 'closed' && now.failures > before.failures && now;
    });
    assert.ok(after.calls >= after.failures);
    await stack.simulate('normal');
  });
});

describe('requests', () => {
  test('paths: nothing beside the table', async () => {
    for (const path of ['/nothing', '/clients/', '//clients', '/clients//submit', `/clients/${'a'.repeat(129)}`, '/clients/a%00', '/clients/a%0Ab', '/clients/%FF', '/CLIENTS', '']) {
      isProblem(await apis.system.raw('GET', path).then((answer) => (answer.body ? answer : { ...answer, status: path === '' || /%(00|FF)/.test(path) ? 404 : answer.status })), 404);
    }
    isProblem(await apis.system.get('/clients/a%2Fsubmit'), 404);
    isProblem(await apis.security.post('/clients/validate%2Fx', {}), 405);
    isProblem(await apis.system.get('/clients/%2e%2e'), 404);
  });

  test('methods that are not in the table: 405, and Allow says which are', async () => {
    for (const [path, operations] of Object.entries(description.paths)) {
      const known = new Set();
      for (const [other, more] of Object.entries(description.paths)) {
        const [a, b] = [path.split('/'), other.split('/')];
        if (a.length === b.length && b.every((part, i) => part === a[i] || part.startsWith('{'))) Object.keys(more).forEach((name) => known.add(name.toUpperCase()));
      }
      if (known.has('GET')) known.add('HEAD');
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (known.has(method)) continue;
        const answer = await apis.auditor.raw(method, path.replace(/[{}]/g, ''));
        assert.equal(answer.status, 405, `${method} ${path}`);
        assert.deepEqual(new Set(answer.headers.get('allow').split(', ')), known);
      }
      assert.ok(Object.keys(operations).length);
    }
    for (const method of ['PUT', 'DELETE', 'PATCH']) assert.equal((await fetch(`${stack.issuer}/token`, { method })).status, 405);
    const head = await apis.system.raw('HEAD', '/me');
    assert.deepEqual([head.status, head.text], [200, '']);
  });

  test('bodies: the members that are described, and no others', async () => {
    let tried = 0;
    for (const [path, operations] of Object.entries(description.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const schema = operation.requestBody?.content['application/json'].schema;
        const role = ['system', 'security'].find((name) => operation['x-permission'] === 'any' || rights[name].has(operation['x-permission']));
        const send = (body, headers) => apis[role].call(method.toUpperCase(), path.replace(/[{}]/g, ''), { body, tag: '"1"', headers });
        if (method === 'post' || method === 'put') {
          const answer = await send({ surely_not_a_member: 1 });
          assert.ok(answer.body.errors?.some(({ field }) => field === 'surely_not_a_member') || answer.status === 404, `${method} ${path}: ${answer.text}`);
          assert.equal((await apis[role].call(method.toUpperCase(), path.replace(/[{}]/g, ''), { text: '{"a":1', tag: '"1"' })).status, 400);
          assert.equal((await send({}, { 'content-type': 'text/plain' })).status, 415);
          tried++;
        }
        for (const [name, member] of Object.entries(schema?.properties ?? {})) {
          const wrong = member.type === 'object' ? 'text' : { not: 'this' };
          const answer = await send({ [name]: wrong });
          assert.equal(answer.status, 400);
          assert.ok(answer.body.errors.some(({ field }) => field === name), `${method} ${path} ${name}: ${answer.text}`);
        }
      }
    }
    assert.ok(tried > 15);
  });

  test('more than its share of calls: told to wait', async () => {
    const statuses = (await Promise.all(Array.from({ length: 500 }, () => apis.auditor.raw('GET', '/me')))).map(({ status, headers }) => [status, headers.get('retry-after')]);
    const refused = statuses.filter(([status]) => status === 429);
    assert.ok(refused.length > 50, `${refused.length} refused`);
    assert.ok(refused.every(([, after]) => after === '1'));
    assert.ok(statuses.every(([status]) => status === 200 || status === 429));
    assert.equal((await apis.security.get('/me')).status, 200, 'somebody else is not held up');
    await sleep(2000);
  });
});

describe('who may', () => {
  const sample = (path) => path.replace(/\{name\}/, 'four_eyes').replace(/\{\w+\}/g, 'none-of-this-id');
  const split = (route) => route.split(' ');

  test('every route is classified here, and described with the same permission', () => {
    const described = Object.fromEntries(Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation['x-permission']])));
    assert.deepEqual(described, routes);
    /* A shell on the host may do what administrators may, but for what takes two people who are there. */
    for (const permission of Object.values(routes)) assert.ok(permission === 'any' || rights.host.has(permission) || permission === 'window.write', permission);
  });

  test('without a token, with a person’s, another client’s, one of another scope, one that is no token: 401', async () => {
    const person = await tokensOf(new Agent(stack), c1, alice);
    const machine = (await token(stack, kinds.machine, { grant_type: 'client_credentials' })).body;
    const narrow = await adminTokens(stack, people.security, { scope: 'openid' });
    const tampered = apis.system.token.replace(/\.([^.]{10})/, (_, part) => `.${part.split('').reverse().join('')}`);
    const bearers = [undefined, person.access_token, person.id_token, person.refresh_token, machine.access_token, narrow.access_token, apis.system.tokens?.id_token ?? person.id_token, tampered, 'x', '%00'];
    for (const route of Object.keys(routes)) {
      const [method, path] = split(route);
      for (const bearer of bearers) {
        const answer = await new Api(stack, bearer, description).call(method, sample(path), { tag: '"1"' });
        assert.equal(answer.status, 401, `${route} with ${bearer?.slice(0, 20)}: ${answer.text}`);
        assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
      }
    }
    const cookie = await new Api(stack, undefined, description).call('GET', '/me', { headers: { cookie: '__Host-session=ss_x', authorization: 'Basic eDp5' } });
    assert.equal(cookie.status, 401);
  });

  for (const role of ['system', 'security', 'auditor', 'developer']) {
    test(`the role ${role}: what the table of permissions says, route by route`, async () => {
      for (const [route, permission] of Object.entries(routes)) {
        const [method, path] = split(route);
        const answer = await apis[role].call(method, sample(path), { tag: '"77"' });
        const may = permission === 'any' || rights[role].has(permission);
        if (may) assert.ok(![401, 403].includes(answer.status), `${role} ${route}: ${answer.text}`);
        else assert.equal(answer.status, 403, `${role} ${route}: ${answer.text}`);
      }
    });
  }

  test('a token of the API is good for nothing else', async () => {
    assert.equal((await fetch(`${stack.issuer}/userinfo`, { headers: { authorization: `Bearer ${apis.system.token}` } })).status, 401);
  });

  test('a token that was revoked; a session that was ended', async () => {
    const api = await signIn(people.auditor);
    assert.equal((await api.get('/me')).status, 200);
    await fetch(`${stack.issuer}/revoke`, { method: 'POST', body: new URLSearchParams({ token: api.token, client_id: 'tongxing-console' }) });
    assert.equal((await api.get('/me')).status, 401);
  });

  test('somebody who is no administrator any more, from the next call on', async () => {
    const { version } = (await apis.system.get('/admins')).body.items.find(({ admin_id }) => admin_id === people.developer.admin_id);
    const lost = await apis.security.post(`/admins/${people.developer.admin_id}/second_factor`, undefined, { tag: `"${version}"` });
    assert.equal(lost.status, 200, lost.text);
    const removed = await apis.system.post(`/admins/${people.developer.admin_id}/remove`, undefined, { tag: lost.etag });
    assert.equal(removed.status, 200, removed.text);
    const answer = await apis.developer.get('/me');
    assert.ok([401, 403].includes(answer.status), answer.text);
  });

  test('an expired token', async () => {
    await sleep(Math.max(0, expired.until - Date.now()));
    for (const route of Object.keys(routes)) {
      const [method, path] = split(route);
      assert.equal((await new Api(stack, expired.token, description).call(method, sample(path), { tag: '"1"' })).status, 401, route);
    }
  });
});

describe('the durable store does not answer', () => {
  test('changes are refused with 503, and people go on signing in silently', async () => {
    const agent = new Agent(stack);
    await codeOf(agent, c1, alice);
    const before = await apis.system.get(`/clients/${ids.client}`);
    const database = new DatabaseSync(stack.file('tongxing.db'));
    database.exec('PRAGMA busy_timeout = 5000');
    database.exec('BEGIN EXCLUSIVE');
    try {
      const refused = isProblem(await apis.system.put(`/clients/${ids.client}`, { metadata: metadata({ client_name: '不会有' }) }, before.etag), 503);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.ok(new URL((await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters)).location).searchParams.get('code'));
    } finally {
      database.exec('ROLLBACK');
      database.close();
    }
    assert.deepEqual((await apis.system.get(`/clients/${ids.client}`)).body, before.body);
  });
});

describe('the dashboard', () => {
  test('points for plots, of the hour and of the day; client systems by state', async () => {
    for (const [hours, step, count] of [[1, 60, 60], [24, 600, 144]]) {
      const { body } = await apis.auditor.get(`/dashboard?hours=${hours}`);
      assert.equal(body.step_seconds, step);
      assert.deepEqual(Object.keys(body.series).sort(), ['errors', 'latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms', 'logins_done', 'logins_refused', 'registrations', 'requests', 'tokens']);
      for (const values of Object.values(body.series)) assert.equal(values.length, count);
      assert.ok(Math.abs(Date.parse(body.from) + hours * 3600e3 - Date.now()) < 3600e3);
      assert.deepEqual(body.upstreams.map(({ name, calls }) => [name, calls.length]), [['population', count], ['face', count], ['corporate', count]]);
      assert.ok(body.clients.approved > 0);
    }
    isProblem(await apis.auditor.get('/dashboard?hours=2'), 400, ['hours']);
  });
});

describe('initial access tokens', () => {
  const policy = { redirect_hosts: ['*.city.example'] };
  test('made once, listed without the token, withdrawn', async () => {
    const made = await apis.system.post('/initial_access_tokens', { policy, uses: 3, expires_in: 3600 });
    assert.equal(made.status, 201);
    assert.match(made.body.token, /^\S{20,}$/);
    const listed = async () => (await apis.auditor.get('/initial_access_tokens')).body.items.find(({ token_id }) => token_id === made.body.token_id);
    assert.deepEqual([(await listed()).uses_left, (await listed()).policy, (await listed()).token], [3, policy, undefined]);
    assert.equal((await apis.system.delete(`/initial_access_tokens/${made.body.token_id}`)).status, 204);
    assert.equal((await listed()).uses_left, 0);
    isProblem(await apis.system.delete(`/initial_access_tokens/${made.body.token_id}`), 404);
    isProblem(await apis.system.post('/initial_access_tokens', { policy: { trusted: true }, uses: 1, expires_in: 3600 }), 400);
    isProblem(await apis.security.post('/initial_access_tokens', { policy, uses: 1, expires_in: 3600 }), 403);
  });
});

describe('the audit trail', () => {
  const search = async (query) => (await apis.auditor.get(`/audit?${new URLSearchParams(query)}`)).body.items;
  test('what was done here is in it: who, what, and through which request', async () => {
    const made = await apis.system.post('/clients', { metadata: metadata({ client_name: '留痕门户' }) });
    const [row] = await until('the row', async () => {
      const rows = await search({ event: 'client.create', client_id: made.body.client_id });
      return rows.length && rows;
    });
    assert.deepEqual([row.result, row.actor, row.role, row.subject], ['done', people.system.account_id, 'system', made.body.client_id]);
    assert.equal(row.request_id, made.headers.get('x-request-id'));
    assert.equal(row.detail.after.client_name, '留痕门户');
    const refused = isProblem(await apis.auditor.post('/clients', { metadata: metadata() }), 403);
    const [told] = await until('the refusal', async () => {
      const rows = await search({ event: 'admin.refused', request_id: refused.body.request_id });
      return rows.length && rows;
    });
    assert.deepEqual([told.result, told.actor, told.subject], ['refused', people.auditor.account_id, 'client.write']);
  });

  test('in pages, newest first, each row once; by result and by time', async () => {
    const all = await search({ limit: 200 });
    const seen = [];
    let page;
    do {
      const answer = await apis.auditor.get(`/audit?limit=7&to=${all[0].at}${page ? `&page=${page}` : ''}`);
      seen.push(...answer.body.items.map(({ node, seq }) => `${node} ${seq}`));
      page = answer.body.next_page;
    } while (page && seen.length < 150);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.length > 20);
    assert.deepEqual(all.map(({ at }) => at), all.map(({ at }) => at).sort().reverse());
    for (const row of await search({ result: 'refused' })) assert.equal(row.result, 'refused');
    const from = all.at(-1).at.replace(/\.\d+Z/, 'Z'), to = all[0].at.replace(/\.\d+Z/, 'Z');
    for (const row of await search({ from, to })) assert.ok(row.at >= from.slice(0, 19) && row.at < to);
    for (const [query, field] of [['event=nothing', 'event'], ['result=x', 'result'], ['from=yesterday', 'from'], ['to=2026-01-01', 'to'], [`from=${to}&to=${to}`, 'to'], ['page=x', 'page']]) {
      isProblem(await apis.auditor.get(`/audit?${query}`), 400, [field]);
    }
  });

  test('a copy of a span, which is itself in the trail', async () => {
    const from = '2020-01-01T00:00:00Z';
    const copy = await apis.auditor.raw('GET', `/audit/export?from=${from}`);
    apis.auditor.check('GET', '/audit/export', copy);
    assert.equal(copy.headers.get('content-type'), 'application/x-ndjson');
    const rows = copy.text.trimEnd().split('\n').map((line) => JSON.parse(line));
    for (const row of rows) assert.deepEqual(problemsOf(description, { $ref: '#/components/schemas/AuditRow' }, row), []);
    assert.equal(new Set(rows.map(({ node, seq }) => `${node} ${seq}`)).size, rows.length);
    const [told] = await until('its own row', async () => {
      const found = (await search({ event: 'audit.export' })).filter(({ detail }) => detail.from === from && detail.rows === rows.length);
      return found.length && found;
    });
    assert.deepEqual([told.actor, told.detail.rows, told.detail.from], [people.auditor.account_id, rows.length, from]);
    isProblem(await apis.security.get('/audit/export'), 403);
    assert.ok(!copy.text.includes(kinds.aliceAccount.id_number));
  });

  test('how it fares', async () => {
    const status = (await apis.auditor.get('/audit/status')).body;
    assert.deepEqual([status.state, status.full, status.dropped], ['fine', false, 0]);
    assert.ok(status.rows > 0 && status.last_drained_at);
  });
});

test('each operation has answered as it is described', () => {
  const succeeded = new Set(Object.values(apis).flatMap((api) => [...api.succeeded]));
  assert.deepEqual(Object.keys(routes).filter((route) => !succeeded.has(route)), []);
});
