/*
 * Acting for organisations, as people, portals and those who should not be there meet it.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Program, Stack, binary, freePort, until } from './support/stack.mjs';
import { launch, person as openPage, screenshot } from './support/chromium.mjs';
import { Services, inputs, makeStale, redis } from './support/own_pages.mjs';
import { isVerifiedClaims } from './support/verified_claims.mjs';
import { Agent, follow, hidden, post, requestOf, token, tokensOf, claimsOf, userinfo } from './support/agent.mjs';

const secret = (name) => `${name}-secret-for-tests-only-0123456789`;
const portal = (client_id, extra) => ({
  client_id,
  client_name: `${client_id} 门户`,
  'client_name#en': `Portal ${client_id}`,
  client_secret: secret(client_id),
  redirect_uris: [`https://${client_id}.example/cb`],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile cn_profile cn_org offline_access',
  subject_type: 'pairwise',
  tongxing_consent: 'statutory',
  ...extra,
});
const open = portal('open', { tongxing_acting: 'optional' });
const only = portal('only', { tongxing_acting: 'required' });
const plain = portal('plain', {});

const ask = portal('ask', { tongxing_acting: 'optional', tongxing_consent: 'ask' });

const accounts = {
  lawful: { username: 'lawful', password: 'Lawful-Pass-2026', level: 3, name: '测试甲', id_number: '110105188812310013', id_type: 1 },
  other: { username: 'other', password: 'Other-Pass-2026', level: 2, name: '测试乙', id_number: '110105188812310021', id_type: 1 },
  clerk: { username: 'clerk', password: 'Clerk-Pass-2026', level: 2, name: '李示例', id_number: '370102188506150110', id_type: 1,
    phone_number: '+8613800138007', phone_number_verified: true },
  next: { username: 'next', password: 'Next-Pass-2026', level: 3, name: '王样例', id_number: '310101188607040247', id_type: 1 },
};
const ids = {}; // account ids

/* --- the register, which can come to say something else --- */

const firm = { name: '示例（通行）科技有限公司', credit_code: '91990000MA00TEXT06' };
const second = { name: '示例迁出商贸有限公司', credit_code: '91990000MA00DEMA8C' };
const gone = { name: '示例吊销商贸有限公司', credit_code: '91990000MA00AAAA4D' };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-register-'));
const registerFile = path.join(folder, 'register.yaml');
const represented = (by) => ({ representative: by.name, representative_number: by.id_number, type: '有限责任公司' });
const writeRegister = (...organisations) => fs.writeFileSync(registerFile, JSON.stringify({ people: [], organisations }));
async function registerSays(...organisations) {
  writeRegister(...organisations);
  await stack.simulator.stop();
  stack.simulator.start();
  await until('the simulator', async () => (await fetch(`http://127.0.0.1:${stack.ports.simulator}/_control`)).ok);
}

const database = (sql, ...values) => {
  const db = new DatabaseSync(stack.file('tongxing.db'));
  db.exec('PRAGMA busy_timeout = 5000');
  try {
    return sql.startsWith('SELECT') ? db.prepare(sql).all(...values) : db.prepare(sql).run(...values);
  } finally {
    db.close();
  }
};
const audited = (event, reason) => database("SELECT record FROM audit WHERE event = ?", event).map(({ record }) => JSON.parse(record)).filter((row) => !reason || row.reason === reason);

/* --- two servers --- */

let stack, browser, services, other, otherPort;
async function startOther() {
  otherPort = await freePort();
  const ops = await freePort();
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  fs.writeFileSync(stack.file('other.yaml'), JSON.stringify({ ...config, listen: { ...config.listen, port: otherPort }, ops: { port: ops } }));
  other = new Program('other', binary, ['serve', stack.file('other.yaml')], { env: stack.env, log: stack.file('other.log') }).start();
  await until('the second process', async () => (await fetch(`http://127.0.0.1:${ops}/ready`)).ok);
}
/* The same two, as resource servers and clients reach them. */
const servers = () => [stack, { ...stack, issuer: `http://localhost:${otherPort}` }];

before(async () => {
  process.env.TONGXING_CORPORATE_SECRET = 'corporate-secret-for-tests-only';
  writeRegister({ ...firm, ...represented(accounts.lawful) }, { ...second, ...represented(accounts.lawful), status: 'moved' },
    { ...gone, ...represented(accounts.lawful), status: 'revoked' });
  services = await Services.start(folder);
  stack = await Stack.start({ clients: [open, only, plain, ask], portals: false, registerFile,
    options: { organisations: { attempts_per_account: 60, attempts_per_code: 60 }, proofs: { attempts_per_account: 20 } },
    upstreams: ({ simulator }) => ({ face: services.upstreams.face, corporate: { adapter: 'corporate', url: `http://127.0.0.1:${simulator}`, app_id: 'tongxing', secret: '${TONGXING_CORPORATE_SECRET}' } }) });
  for (const [name, account] of Object.entries(accounts)) ids[name] = stack.addAccount(account);
  await startOther();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await other?.stop();
  await stack?.stop();
  await services?.stop();
  fs.rmSync(folder, { recursive: true });
});

/* A browser in which somebody has signed in at one of our own pages, and that page. */
async function signedIn(who, target = '/organisations') {
  const agent = new Agent(stack);
  const landed = await visit(agent, target, who);
  assert.equal(landed.status, 200, landed.html);
  assert.equal(landed.at, target);
  return agent;
}

/* Follows redirects between our own pages, signing in where asked, and showing the face of whoever is known by it; and where that led to. */
async function visit(agent, target, who, seen = who?.level === 3) {
  let answer = await agent.request(target), at = target;
  for (let hops = 0; hops < 16; hops++) {
    if (answer.status === 303) {
      at = answer.location;
      answer = await agent.request(at);
    } else if (/id="login-submit"/.test(answer.html) && who) {
      answer = await agent.request('/login', { form: { flow: hidden(answer.html), username: who.username, password: who.password, action: 'login' } });
    } else if (/id="way-face"/.test(answer.html) && seen) {
      answer = await services.seen(agent, answer);
    } else {
      return Object.assign(answer, { at });
    }
  }
  throw new Error('went round in circles');
}

const tokenOf = (html) => html.match(/name="token" value="([^"]+)"/)?.[1];
const alert = (answer) => answer.html.match(/role="alert"[^>]*>([^<]*)/)?.[1];
const entry = firm;

describe('the pages', () => {
  test('lead through a sign-in and back, and say so when it was cancelled', async () => {
    const agent = new Agent(stack);
    const first = await agent.request('/organisations/enter');
    assert.equal(first.status, 303);
    assert.match(first.location, /^\/authorize\?.*client_id=tongxing-account/);
    const login = await visit(agent, first.location);
    const cancelled = await agent.request('/login', { form: { flow: hidden(login.html), action: 'cancel' } });
    const back = await agent.request(cancelled.location);
    assert.equal(back.status, 200);
    assert.doesNotMatch(back.html, /id="login-submit"/, 'whoever cancels is not asked again');
    const landed = await visit(agent, '/organisations/enter', accounts.lawful);
    assert.match(landed.html, /id="enter-submit"/);
  });

  test('go back only to themselves', async () => {
    const agent = await signedIn(accounts.lawful);
    for (const state of ['https://evil.example/', '//evil.example/', '/login', '/organisations\r\nX: y', '/organisations/enter#x', '/organisationsé'])
      assert.equal((await agent.request(`/account?code=x&state=${encodeURIComponent(state)}`)).location, '/account', state);
    assert.equal((await agent.request('/account?code=x&state=%2Forganisations%2Fone%3Fid%3Dor_1')).location, '/organisations/one?id=or_1');
  });

  test('take a form only from the page itself', async () => {
    const agent = await signedIn(accounts.lawful, '/organisations/enter');
    const page = await agent.request('/organisations/enter');
    const token = tokenOf(page.html);
    const login = await visit(agent, `/authorize?${new URLSearchParams(requestOf(open, { prompt: 'login' }).parameters)}`);
    assert.ok(hidden(login.html));
    const cases = {
      'without a token': { form: entry },
      'with rubbish': { form: { ...entry, token: 'AAAA' } },
      'with what another page of this browser was given': { form: { ...entry, token: hidden(login.html) } },
      'with a token twice': { form: [...Object.entries(entry), ['token', token], ['token', token]] },
    };
    for (const [what, options] of Object.entries(cases)) {
      const answer = await agent.request('/organisations/enter', options);
      assert.equal(answer.status, 400, what);
      assert.match(answer.html, /页面已失效/, what);
    }
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await agent.request('/organisations/enter', { form: { ...entry, token }, headers })).status, 403);
    /* Of another session in the same browser, of another browser, and for another page. */
    const stranger = await signedIn(accounts.other, '/organisations/enter');
    assert.equal((await stranger.request('/organisations/enter', { form: { ...entry, token } })).status, 400);
    const grant = await agent.request('/organisations/mandate?id=ma_x', { form: { token, action: 'accept', version: '1' } });
    assert.equal(grant.status, 404);
    const bad = await agent.request('/organisations/enter', { form: { ...entry, credit_code: '1', token } });
    assert.equal(bad.status, 200);
    assert.match(alert(bad), /18 位统一社会信用代码/);
  });

  test('know nobody below level 3 as a representative, and nobody who is not signed in', async () => {
    const agent = await signedIn(accounts.lawful, '/organisations/enter');
    const level = (wanted) => database('UPDATE accounts SET level = ? WHERE account_id = ?', wanted, ids.lawful);
    const { html } = await agent.request('/organisations/enter');
    level(2); // meanwhile
    const answer = await agent.request('/organisations/enter', { form: { ...entry, token: tokenOf(html) } });
    assert.match(alert(answer), /三级实名认证/);
    const page = await agent.request('/organisations/enter');
    level(3);
    assert.match(page.html, /id="too-low"/);
    assert.match(page.html, /id="prove" href="\/account\/prove"/);
    assert.doesNotMatch(page.html, /id="enter-submit"/, 'no form that leads nowhere');
    const stranger = new Agent(stack);
    for (const path of ['/organisations', '/organisations/enter', '/organisations/one?id=x', '/organisations/grant?id=x', '/organisations/mandate?id=x']) {
      assert.match((await stranger.request(path)).location, /^\/authorize\?/, path);
      assert.equal((await agent.request(path, { method: 'DELETE' })).status, 405, path);
    }
  });

  test('lead a representative who has shown a password alone to the step-up page, and back', async () => {
    const agent = await signedIn(accounts.lawful);
    const led = await visit(agent, '/organisations/enter', accounts.lawful, false);
    assert.match(led.at, /^\/verify\?/);
    assert.match(led.html, /id="way-face"/);
    const declined = await agent.request('/verify', { form: { flow: hidden(led.html), action: 'decline' } });
    assert.equal((await visit(agent, declined.location)).at, '/account');
    const back = await visit(agent, '/organisations/enter', accounts.lawful);
    assert.equal(back.at, '/organisations/enter');
    assert.match(back.html, /id="enter-submit"/);
  });

  test('hide what is none of theirs', async () => {
    const agent = await signedIn(accounts.lawful, '/organisations/enter');
    for (const id of ['x', 'or_AAAAAAAAAAAAAAAAAAAAAA', '', '%00', '../x', "'%20OR%201=1", 'x'.repeat(300)])
      for (const page of ['one', 'grant', 'mandate'])
        assert.ok([400, 404].includes((await agent.request(`/organisations/${page}?id=${id}`)).status), `${page} ${id}`);
  });
});

describe('without any mandate', () => {
  test('who may choose is asked nothing, and acts for themselves', async () => {
    const agent = new Agent(stack);
    const tokens = await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org' });
    assert.equal(claimsOf(tokens.id_token).cn_org, undefined);
    assert.equal(claimsOf(tokens.access_token).cn_org_id, undefined);
    await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org', prompt: 'none' });
    await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org', prompt: 'none', acting: 'x'.repeat(300) });
  });

  test('who must act for an organisation cannot go on', async () => {
    const agent = new Agent(stack);
    const { parameters } = requestOf(only, { scope: 'openid cn_org' });
    await follow(agent, await agent.authorize(requestOf(plain).parameters), accounts.other);
    let answer = await agent.authorize(parameters);
    assert.match(answer.location, /^\/acting\?/);
    answer = await agent.request(answer.location);
    assert.match(answer.html, /id="nobody"/);
    for (const mandate of ['self', 'ma_x', '', "'"]) {
      const tried = await agent.request('/acting', { form: { flow: hidden(answer.html), mandate } });
      assert.equal(tried.status, 200, mandate);
      assert.match(tried.html, /id="error"/, mandate);
    }
    const cancelled = await agent.request('/acting', { form: { flow: hidden(answer.html), action: 'cancel' } });
    assert.equal(new URL(cancelled.location).searchParams.get('error'), 'access_denied');
    const silent = await agent.authorize(requestOf(only, { scope: 'openid cn_org', prompt: 'none' }).parameters);
    assert.equal(new URL(silent.location).searchParams.get('error'), 'interaction_required');
  });

  test('who did not ask for it is not asked', async () => {
    const agent = new Agent(stack);
    await tokensOf(agent, only, accounts.other, { scope: 'openid' });
    await tokensOf(agent, plain, accounts.other, { scope: 'openid cn_org', acting: 'x' });
  });
});

/* --- what people do, by form --- */

const mandateIds = (html) => [...html.matchAll(/\/organisations\/mandate\?id=([\w-]+)/g)].map(([, id]) => id);

async function enter(agent, organisation) {
  const page = await agent.request('/organisations/enter');
  assert.equal(page.status, 200);
  return agent.request('/organisations/enter', { form: { ...organisation, token: tokenOf(page.html) } });
}

async function organisationOf(agent) {
  return (await agent.request('/organisations')).html.match(/\/organisations\/one\?id=([\w-]+)/)?.[1];
}

const day = (days) => new Date(Date.now() + 8 * 3600e3 + days * 86400e3).toISOString().slice(0, 10);

async function offer(agent, organisation_id, fields) {
  const url = `/organisations/grant?id=${organisation_id}`;
  const page = await agent.request(url);
  assert.equal(page.status, 200, page.html);
  const form = { role: 'agent', from: day(0), until: day(30), matters: '', system: ['*'], ...fields, token: tokenOf(page.html) };
  return agent.request(url, { form: Object.entries(form).flatMap(([name, value]) => [value].flat().map((each) => [name, each])) });
}

async function act(agent, id, action, extra = {}) {
  const url = `/organisations/mandate?id=${id}`;
  const page = await agent.request(url);
  if (page.status !== 200) return page;
  const version = page.html.match(/name="version" value="(\d+)"/)[1];
  return agent.request(url, { form: { token: tokenOf(page.html), version, action, ...extra } });
}

/* Offered by one and accepted by the other: the id of the mandate. */
async function granted(grantor, organisation_id, agent, who, fields = {}) {
  const offered = await offer(grantor, organisation_id, { name: who.name, identifier: who.id_number, ...fields });
  assert.equal(offered.status, 303, alert(offered));
  const id = (await agent.request('/organisations')).html.match(/id="offers"[^]*?mandate\?id=([\w-]+)/)[1];
  const accepted = await act(agent, id, 'accept');
  assert.equal(accepted.location, '/organisations?done=accepted', alert(accepted));
  return id;
}

/* Goes to a portal for an organisation: the answer to the page that asks for whom. */
async function choose(agent, client, mandate, extra = {}) {
  const { verifier, parameters } = requestOf(client, { scope: 'openid cn_org', ...extra });
  const asked = await agent.authorize(parameters);
  assert.match(asked.location, /^\/acting\?/);
  const page = await agent.request(asked.location);
  const answer = await agent.request('/acting', { form: { flow: hidden(page.html), mandate } });
  return { answer, page, verifier, parameters };
}

async function tokensFor(agent, client, mandate, extra = {}) {
  const { answer, verifier, parameters } = await choose(agent, client, mandate, extra);
  const back = await follow(agent, answer);
  assert.equal(back.searchParams.get('error'), null, back.href);
  const redeemed = await token(stack, client, { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: parameters.redirect_uri, code_verifier: verifier });
  assert.equal(redeemed.status, 200, redeemed.text);
  return redeemed.body;
}

const introspected = async (server, client, value) => (await post(server, '/introspect', { token: value }, { client })).body;
const refreshed = (server, client, value) => token(server, client, { grant_type: 'refresh_token', refresh_token: value });

async function good(client, tokens) {
  for (const server of servers()) {
    assert.equal((await userinfo(server, tokens.access_token)).status, 200);
    assert.equal((await introspected(server, client, tokens.access_token)).active, true);
    assert.equal((await introspected(server, client, tokens.refresh_token)).active, true);
  }
}

async function dead(client, tokens, what) {
  for (const server of servers()) {
    assert.equal((await userinfo(server, tokens.access_token)).status, 401, what);
    assert.deepEqual(await introspected(server, client, tokens.access_token), { active: false }, what);
    assert.deepEqual(await introspected(server, client, tokens.refresh_token), { active: false }, what);
    const answer = await refreshed(server, client, tokens.refresh_token);
    assert.equal(answer.body.error, 'invalid_grant', what);
  }
}

/* How the simulated register behaves. */
async function corporate(mode) {
  const answer = await fetch(`http://127.0.0.1:${stack.ports.simulator}/_control`, { method: 'POST', body: new URLSearchParams({ service: 'corporate', mode }) });
  assert.equal(answer.status, 200);
}

let lawful, clerk, otherAgent, firmId, agentMandate;

describe('the register', () => {
  test('one text for another representative, no such organisation and one out of business; each is audited', async () => {
    lawful = await signedIn(accounts.lawful, '/organisations/enter');
    const next = await signedIn(accounts.next, '/organisations/enter');
    const said = new Set();
    for (const [agent, wanted] of [[next, firm], [lawful, { name: firm.name, credit_code: second.credit_code }], [lawful, { name: '没有这家公司', credit_code: '91350100M000100Y43' }], [lawful, gone]]) {
      const answer = await enter(agent, wanted);
      assert.equal(answer.status, 200);
      said.add(alert(answer));
      assert.doesNotMatch(answer.html, /id="look-again"/);
    }
    assert.equal(said.size, 1);
    await until('the trail', async () => audited('organisation.enter').filter(({ result }) => result === 'refused').length === 4);
    const reasons = audited('organisation.enter').map(({ reason }) => reason);
    assert.ok(reasons.includes('mismatch') && reasons.includes('not_found') && reasons.includes('state_bad'), reasons.join());
    assert.ok(!JSON.stringify(audited('organisation.enter')).includes(firm.credit_code));
  });

  test('down: nothing is changed, nothing counted', async () => {
    await corporate('error');
    assert.equal((await enter(lawful, firm)).status, 503);
    await corporate('normal');
    assert.equal(database('SELECT COUNT(*) n FROM organisations')[0].n, 0);
  });

  test('confirms: the representative is in', async () => {
    const answer = await until('the breaker', async () => {
      const tried = await enter(lawful, { ...firm, name: '示例(通行) 科技有限公司' });
      return tried.status === 303 && tried;
    });
    assert.equal(answer.location, '/organisations?done=entered');
    firmId = await organisationOf(lawful);
    const { code_hash, sealed } = database('SELECT code_hash, sealed FROM organisations')[0];
    for (const bytes of [code_hash, sealed]) assert.ok(!Buffer.from(bytes).includes(firm.credit_code));
  });
});

describe('a portal', () => {
  test('sees the organisation, and still who the person is', async () => {
    clerk = await signedIn(accounts.clerk, '/organisations/enter');
    otherAgent = await signedIn(accounts.other, '/organisations/enter');
    agentMandate = await granted(lawful, firmId, clerk, accounts.clerk, { system: ['client:open', 'client:only'], matters: '0101 0202' });
    const tokens = await tokensFor(clerk, open, agentMandate);
    const claims = claimsOf(tokens.id_token);
    assert.equal(claims.cn_user_type, 'org');
    const { id, mandate_scope, ...rest } = claims.cn_org;
    assert.deepEqual(rest, { name: firm.name, uscc: firm.credit_code, type: '有限责任公司', status: 'operating', role: 'agent' });
    assert.deepEqual(mandate_scope, ['client:open', 'matter:0101', 'matter:0202']);
    const own = claimsOf((await tokensFor(clerk, open, 'self')).id_token);
    assert.equal(own.sub, claims.sub);
    assert.equal(own.cn_org, undefined);
    assert.deepEqual((await (await userinfo(stack, tokens.access_token)).json()).cn_org, claims.cn_org);
    const wide = await tokensFor(clerk, open, agentMandate, { scope: 'openid cn_profile cn_org' });
    const text = await (await userinfo(stack, wide.access_token)).text();
    assert.equal(text.split('"cn_user_type"').length, 2, text);
    assert.equal(JSON.parse(text).cn_user_type, 'org');
    const access = claimsOf(tokens.access_token);
    assert.deepEqual([access.cn_org_id, access.cn_role], [id, 'agent']);
    const answer = await introspected(stack, open, tokens.access_token);
    assert.deepEqual([answer.cn_org_id, answer.cn_role, answer.active], [id, 'agent', true]);
    const elsewhere = claimsOf((await tokensFor(clerk, only, agentMandate)).id_token);
    assert.notEqual(elsewhere.cn_org.id, id, 'another sector knows it by another name');
    assert.deepEqual((await introspected(stack, only, tokens.access_token)).cn_org_id, elsewhere.cn_org.id);
    const { verified_claims } = claimsOf((await tokensFor(clerk, open, agentMandate, { claims: JSON.stringify({ id_token: { verified_claims: {
      verification: { trust_framework: null, time: null, evidence: [{ type: { value: 'electronic_record' }, check_details: [{ check_method: null, check_id: null, time: null }], record: { type: null, source: { name: null } } }] },
      claims: { cn_org: null },
    } } }) })).id_token);
    isVerifiedClaims(verified_claims, await (await fetch(`${stack.issuer}/.well-known/openid-configuration`)).json());
    assert.deepEqual(verified_claims.claims, { cn_org: claims.cn_org });
    assert.equal(verified_claims.verification.evidence[0].record.type, 'corporate_register');
    const told = database('SELECT claims FROM disclosures WHERE account_id = ? AND client_id = ?', ids.clerk, 'open').map((row) => row.claims);
    assert.ok(told.some((words) => words.split(' ').includes('cn_org')), 'the person sees that it was told');
    await until('the trail', async () => audited('mandate.use').some((row) => row.subject === agentMandate && row.actor === ids.clerk && row.detail.organisation_id === firmId));
  });

  test('may name the organisation; silently only with that, and switching is a new authorization', async () => {
    const tokens = await tokensFor(clerk, open, agentMandate);
    const { id } = claimsOf(tokens.id_token).cn_org;
    const { page } = await choose(clerk, open, 'self', { acting: id });
    assert.match(page.html, /class="choice" autofocus/);
    const silent = await tokensOf(clerk, only, undefined, { scope: 'openid cn_org', prompt: 'none', acting: claimsOf((await tokensFor(clerk, only, agentMandate)).id_token).cn_org.id });
    assert.equal(claimsOf(silent.id_token).cn_org.role, 'agent');
    for (const acting of [id, undefined]) { // `only` knows it by another name
      const answer = await clerk.authorize(requestOf(only, { scope: 'openid cn_org', prompt: 'none', acting }).parameters);
      assert.equal(new URL(answer.location).searchParams.get('error'), 'interaction_required');
    }
    await good(open, tokens); // what was given before is what it was
  });

  test('that asks for consent is given nothing of it before', async () => {
    const wide = await granted(lawful, firmId, otherAgent, accounts.other);
    const { answer } = await choose(otherAgent, ask, wide);
    assert.match(answer.location, /^\/consent\?/);
    const page = await otherAgent.request(answer.location);
    assert.match(page.html, /代表的单位/);
    const denied = await otherAgent.request('/consent', { form: { flow: hidden(page.html), action: 'deny' } });
    assert.equal(new URL(denied.location).searchParams.get('error'), 'access_denied');
    assert.equal((await act(otherAgent, wide, 'end')).status, 303);
  });

  test('refreshes, and with a narrower scope is told less', async () => {
    const tokens = await tokensFor(clerk, open, agentMandate);
    const again = await refreshed(stack, open, tokens.refresh_token);
    assert.equal(claimsOf(again.body.id_token).cn_org.name, firm.name);
    const narrow = await token(stack, open, { grant_type: 'refresh_token', refresh_token: again.body.refresh_token, scope: 'openid' });
    assert.equal(claimsOf(narrow.body.id_token).cn_org, undefined);
    assert.equal((await (await userinfo(stack, narrow.body.access_token)).json()).cn_org, undefined);
    assert.equal(claimsOf(narrow.body.access_token).cn_role, 'agent', 'but not who the token acts for');
  });
});

describe('ending', () => {
  test('revoked: dead on both servers within a second; what they hold for themselves lives', async () => {
    const tokens = await tokensFor(clerk, open, agentMandate);
    const offline = await tokensFor(clerk, open, agentMandate, { scope: 'openid cn_org offline_access' });
    const own = await tokensFor(clerk, open, 'self');
    await good(open, tokens);
    const revoked = await act(lawful, agentMandate, 'end');
    assert.equal(revoked.location, '/organisations?done=ended');
    const started = Date.now();
    await dead(open, tokens, 'with a session');
    await dead(open, offline, 'without');
    assert.ok(Date.now() - started < 1000 * 4, 'asked often, not waited for');
    await good(open, own);
    const { answer } = await choose(clerk, only, agentMandate);
    assert.match(answer.html, /id="error"/);
  });

  test('by the mark alone while the store would still say yes, and by the store alone without a mark', async () => {
    agentMandate = await granted(lawful, firmId, clerk, accounts.clerk, { system: ['client:open'] });
    const tokens = await tokensFor(clerk, open, agentMandate);
    await redis(stack, 'SET', `mc:{${agentMandate}}`, '1');
    assert.equal((await userinfo(stack, tokens.access_token)).status, 401);
    await redis(stack, 'DEL', `mc:{${agentMandate}}`);
    await good(open, tokens);
    database('UPDATE mandates SET state = 3 WHERE mandate_id = ?', agentMandate);
    await dead(open, tokens, 'by the store');
    database('UPDATE mandates SET state = 2 WHERE mandate_id = ?', agentMandate);
  });

  test('whatever makes it unfit counts at once', async () => {
    const changes = [
      ['UPDATE mandates SET not_after = 1 WHERE mandate_id = ?', 'UPDATE mandates SET not_after = 4102444800 WHERE mandate_id = ?'],
      ['UPDATE mandates SET not_before = 4102444800 WHERE mandate_id = ?', 'UPDATE mandates SET not_before = 1 WHERE mandate_id = ?'],
      ["UPDATE mandates SET scope = 'client:plain' WHERE mandate_id = ?", "UPDATE mandates SET scope = 'client:open' WHERE mandate_id = ?"],
      ['UPDATE organisations SET status = 3 WHERE ? IS NOT NULL', 'UPDATE organisations SET status = 1 WHERE ? IS NOT NULL'],
      [`UPDATE accounts SET level = 1 WHERE account_id = '${ids.clerk}' AND ? IS NOT NULL`, `UPDATE accounts SET level = 2 WHERE account_id = '${ids.clerk}' AND ? IS NOT NULL`],
    ];
    const { verifier, parameters, page } = await choose(clerk, open, 'nothing');
    for (const [change, back] of changes) {
      const tokens = await tokensFor(clerk, open, agentMandate);
      const pending = await choose(clerk, open, agentMandate);
      const code = new URL(pending.answer.location).searchParams.get('code');
      database(change, agentMandate);
      assert.equal((await userinfo(stack, tokens.access_token)).status, 401, change);
      assert.equal((await introspected(stack, open, tokens.access_token)).active, false, change);
      const answer = await refreshed(stack, open, tokens.refresh_token);
      assert.equal(answer.body.error, 'invalid_grant', change);
      const redeemed = await token(stack, open, { grant_type: 'authorization_code', code, redirect_uri: pending.parameters.redirect_uri, code_verifier: pending.verifier });
      assert.equal(redeemed.body.error, 'invalid_grant', change);
      const chosen = await clerk.request('/acting', { form: { flow: hidden(page.html), mandate: agentMandate } });
      assert.equal(chosen.status, 200, change);
      assert.match(chosen.html, /id="error"/, change);
      database(back, agentMandate);
    }
    assert.ok(verifier && parameters);
  });

  test('while the person looks at the consent page: the portal is told no', async () => {
    const wide = await granted(lawful, firmId, otherAgent, accounts.other);
    const { answer } = await choose(otherAgent, ask, wide);
    const page = await otherAgent.request(answer.location);
    assert.equal((await act(lawful, wide, 'end')).status, 303);
    const allowed = await otherAgent.request('/consent', { form: { flow: hidden(page.html), action: 'allow' } });
    assert.equal(new URL(allowed.location).searchParams.get('error'), 'access_denied');
  });
});

describe('who should not be there', () => {
  test('cannot choose, accept, see, grant or end what is none of theirs', async () => {
    const { answer } = await choose(otherAgent, only, agentMandate);
    assert.match(answer.html, /id="error"/);
    assert.equal((await offer(lawful, firmId, { name: accounts.clerk.name, identifier: '13800138007', role: 'administrator' })).status, 303);
    const waiting = database('SELECT mandate_id FROM mandates WHERE state = 1')[0].mandate_id;
    for (const id of [waiting, agentMandate]) assert.equal((await otherAgent.request(`/organisations/mandate?id=${id}`)).status, 404);
    /* With a token that this browser could get, of a page about something else. */
    const theirs = tokenOf((await otherAgent.request('/organisations/enter')).html);
    for (const action of ['accept', 'end']) {
      const tried = await otherAgent.request(`/organisations/mandate?id=${waiting}`, { form: { token: theirs, version: '1', action } });
      assert.equal(tried.status, 404);
    }
    assert.equal((await lawful.request(`/organisations/mandate?id=${waiting}`, { form: { token: theirs, version: '1', action: 'accept' } })).status, 400);
    await until('the trail', async () => audited('mandate.accept', 'not_theirs').some((row) => row.actor === ids.other && row.subject === waiting));
    for (const page of ['one', 'grant']) {
      assert.equal((await otherAgent.request(`/organisations/${page}?id=${firmId}`)).status, 404);
      assert.equal((await clerk.request(`/organisations/${page}?id=${firmId}`)).status, 404, 'an agent passes nothing on');
    }
    assert.equal((await otherAgent.request(`/organisations/grant?id=${firmId}`, { form: { token: theirs, name: 'x' } })).status, 404);
    assert.equal((await act(clerk, waiting, 'accept')).status, 303, 'whom it is for, by a verified phone number');
    assert.equal((await act(clerk, waiting, 'end')).status, 303);
  });

  test('a form is good for what it was shown for, and for the version it showed', async () => {
    const first = (await clerk.request(`/organisations/mandate?id=${agentMandate}`)).html;
    const ownMandate = mandateIds((await lawful.request('/organisations')).html)[0];
    const lawfulForm = tokenOf((await lawful.request(`/organisations/mandate?id=${ownMandate}`)).html);
    const elsewhere = await lawful.request(`/organisations/mandate?id=${agentMandate}`, { form: { token: lawfulForm, version: '1', action: 'end' } });
    assert.equal(elsewhere.status, 400);
    const version = first.match(/name="version" value="(\d+)"/)[1];
    const forged = await clerk.request(`/organisations/mandate?id=${agentMandate}`, { form: { token: tokenOf(first), version: `${+version + 1}`, action: 'end' } });
    assert.equal(forged.status, 400);
    const again = await clerk.request(`/organisations/mandate?id=${agentMandate}`, { form: { token: tokenOf(first), version, action: 'end' } });
    assert.equal(again.status, 400, 'a form is good once');
    const second = (await clerk.request(`/organisations/mandate?id=${agentMandate}`)).html;
    database('UPDATE mandates SET version = version + 1 WHERE mandate_id = ?', agentMandate);
    const stale = await clerk.request(`/organisations/mandate?id=${agentMandate}`, { form: { token: tokenOf(second), version, action: 'end' } });
    assert.equal(stale.status, 409);
  });

  test('many at once: one of them wins', async () => {
    assert.equal((await offer(lawful, firmId, { name: accounts.other.name, identifier: accounts.other.id_number })).status, 303);
    const id = (await otherAgent.request('/organisations')).html.match(/id="offers"[^]*?mandate\?id=([\w-]+)/)[1];
    const url = `/organisations/mandate?id=${id}`;
    const tokens = [];
    for (let i = 0; i < 8; i++) tokens.push(tokenOf((await otherAgent.request(url)).html));
    const answers = await Promise.all(tokens.map((each) => otherAgent.request(url, { form: { token: each, version: '1', action: 'accept' } })));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.ok(answers.every(({ status }) => [303, 404, 409].includes(status)));
    assert.equal(database('SELECT COUNT(*) n FROM mandates WHERE account_id = ? AND state = 2', ids.other)[0].n, 1);
    assert.equal((await act(otherAgent, id, 'end')).status, 303);
  });

  test('an offer says nothing about who has an account', async () => {
    const known = await offer(lawful, firmId, { name: accounts.other.name, identifier: accounts.other.id_number });
    const unknown = await offer(lawful, firmId, { name: '赵虚构', identifier: '440106188708090359' });
    assert.deepEqual([known.status, known.location], [unknown.status, unknown.location]);
    const html = (await lawful.request(`/organisations/one?id=${firmId}`)).html;
    const rows = [...html.matchAll(/<li[^>]*>[^]*?<\/li>/g)].map(([row]) => row).filter((row) => /等待接受/.test(row));
    assert.equal(rows.length, 2);
    const shape = (row) => row.replace(/测试乙|赵虚构/, 'NAME').replace(/\d{4}\*{10}\w{4}/, 'NUMBER').replace(/id=[\w-]+/g, 'ID').replace(/\s+/g, ' ');
    assert.equal(shape(rows[0]), shape(rows[1]));
    assert.ok(!html.includes('440106188708090359'));
    for (const id of database('SELECT mandate_id FROM mandates WHERE state = 1').map((row) => row.mandate_id)) assert.equal((await act(lawful, id, 'end')).status, 303);
  });

  test('a sign-in of more than five minutes ago is not enough', async () => {
    await makeStale(lawful);
    for (const target of ['/organisations/enter', `/organisations/grant?id=${firmId}`, `/organisations/mandate?id=${agentMandate}`]) {
      const answer = await lawful.request(target);
      assert.match(answer.location ?? '', /prompt=login/, target);
      const posted = await lawful.request(target, { form: { token: 'x' } });
      assert.match(posted.location ?? '', /prompt=login/, target);
    }
    assert.equal((await lawful.request('/organisations')).status, 200, 'looking is');
    const landed = await visit(lawful, `/organisations/grant?id=${firmId}`, accounts.lawful);
    assert.match(landed.html, /id="grant-submit"/);
  });

  test('a representative\'s password alone enters, grants and ends nothing, not even with forms of when more was shown', async () => {
    const typed = {
      '/organisations/enter': firm,
      [`/organisations/grant?id=${firmId}`]: { role: 'administrator', name: accounts.other.name, identifier: accounts.other.id_number, system: '*', matters: '', from: day(0), until: day(30) },
      [`/organisations/mandate?id=${agentMandate}`]: { action: 'end' },
    };
    const forms = {};
    for (const target of Object.keys(typed)) {
      const page = await lawful.request(target);
      assert.equal(page.status, 200, target);
      forms[target] = { ...inputs(page.html), ...typed[target] };
    }
    const state = () => [database('SELECT mandate_id, state, version FROM mandates ORDER BY mandate_id'), database('SELECT organisation_id, version FROM organisations')];
    const as = state();
    await makeStale(lawful);
    assert.match((await visit(lawful, '/organisations/enter', accounts.lawful, false)).at, /^\/verify\?/);
    for (const [target, form] of Object.entries(forms))
      for (const options of [{}, { form }]) {
        const led = await lawful.request(target, options);
        assert.equal(led.status, 303, target);
        const { pathname, searchParams } = new URL(led.location, stack.issuer);
        assert.equal(pathname, '/authorize', led.location);
        assert.equal(JSON.parse(searchParams.get('claims')).id_token.acr.value, 'urn:tongxing:loa:3');
        assert.equal(searchParams.get('state'), target);
        assert.match((await visit(lawful, led.location)).at, /^\/verify\?/);
      }
    assert.deepEqual(state(), as);
    assert.equal((await lawful.request(`/organisations/one?id=${firmId}`)).status, 200, 'looking takes a sign-in');
    for (const target of Object.keys(typed)) assert.equal((await visit(lawful, target, accounts.lawful)).at, target);
  });
});

test('what a former administrator granted stays, and whoever may end it sees that they left', async () => {
  const administrator = await granted(lawful, firmId, otherAgent, accounts.other, { role: 'administrator' });
  const agent = await signedIn(accounts.next);
  const mandate = await granted(otherAgent, firmId, agent, accounts.next);
  const told = async (language) => {
    const headers = { 'accept-language': language };
    const list = (await lawful.request(`/organisations/one?id=${firmId}`, { headers })).html;
    const row = [...list.matchAll(/<li[^>]*>[^]*?<\/li>/g)].map(([each]) => each).find((each) => each.includes(mandate));
    const page = (await lawful.request(`/organisations/mandate?id=${mandate}`, { headers })).html;
    return [row.match(/class="grantor">([^<]*)/)[1], page.match(/id="granted-by">([^<]*)/)[1]];
  };
  assert.deepEqual(await told('zh-CN'), ['授权人 管理员', '管理员']);
  assert.equal((await act(otherAgent, administrator, 'end')).status, 303);
  assert.deepEqual(await told('zh-CN'), ['授权人 管理员 · 已卸任', '管理员 · 已卸任']);
  assert.deepEqual(await told('en'), ['Granted by Administrator · no longer in office', 'Administrator · no longer in office']);
  const own = (await lawful.request('/organisations')).html.match(/mandate\?id=([\w-]+)/)[1];
  assert.doesNotMatch((await lawful.request(`/organisations/mandate?id=${own}`)).html, /id="granted-by"/, 'the register granted the representative\'s');
  await tokensFor(agent, open, mandate);
  assert.equal((await act(lawful, mandate, 'end')).status, 303);
  assert.equal((await agent.request(`/organisations/mandate?id=${mandate}`)).status, 404);
});

test('the shell shows organisations and their mandates', () => {
  const shell = (...words) => JSON.parse(stack.command([...words, '--json', '--config', stack.file('tongxing.yaml')]));
  assert.deepEqual(shell('organisation', 'list').items.map(({ organisation_id, name }) => [organisation_id, name]), [[firmId, firm.name]]);
  const { mandates } = shell('organisation', 'show', firmId);
  assert.ok(mandates.some(({ mandate_id, account_id, role, state }) => mandate_id === agentMandate && account_id === ids.clerk && role === 'agent' && state === 'accepted'));
  assert.match(stack.command(['organisation', 'show', firmId, '--config', stack.file('tongxing.yaml')]), /legal_representative/);
  assert.throws(() => shell('organisation', 'show', 'nobody'), /no organisation nobody/);
});

describe('by itself', () => {
  test('the register names another, and another is out of business: nobody acts for them any more', async () => {
    assert.equal((await enter(lawful, second)).status, 303);
    const secondId = database('SELECT organisation_id FROM organisations WHERE organisation_id <> ?', firmId)[0].organisation_id;
    const [agentOfFirst, agentOfSecond] = [await granted(lawful, firmId, otherAgent, accounts.other), await granted(lawful, secondId, otherAgent, accounts.other)];
    const tokens = [await tokensFor(otherAgent, open, agentOfFirst), await tokensFor(otherAgent, open, agentOfSecond)];
    assert.equal(claimsOf(tokens[1].id_token).cn_org.status, 'moved');
    await registerSays({ ...firm, ...represented(accounts.next) }, { ...second, ...represented(accounts.lawful), status: 'cancelled' });
    const next = await signedIn(accounts.next, '/organisations/enter');
    assert.equal((await enter(next, firm)).status, 303);
    await good(open, tokens[0]); // until the register was asked about who represented it before
    database('UPDATE organisations SET due_at = 1 WHERE organisation_id = ?', secondId);
    await until('the server to ask again', async () => database('SELECT COUNT(*) n FROM mandates WHERE state <> 3 AND account_id IN (?, ?)', ids.lawful, ids.other)[0].n === 0, 90000);
    for (const each of tokens) await dead(open, each, 'cut');
    const [{ status, due_at }] = database('SELECT status, due_at FROM organisations WHERE organisation_id = ?', secondId);
    assert.deepEqual([status, due_at], [2, 0]);
    await until('the trail', async () => audited('organisation.cut', 'state_bad').length === 1 && audited('mandate.end', 'representative_changed').length === 1);
    assert.equal(await organisationOf(next), firmId);
    assert.equal(await organisationOf(lawful), undefined);
  });
});

test('the whole story in a browser on a phone, without scripts, in both languages', async () => {
  for (const locale of ['zh-CN', 'en']) {
    database('UPDATE mandates SET state = 3 WHERE account_id = ? AND state = 2', ids.clerk);
    const [boss, agent] = [await openPage(browser, { locale, javaScriptEnabled: false }), await openPage(browser, { locale, javaScriptEnabled: false })];
    const signIn = async (page, who, url) => {
      await page.goto(url);
      await page.fill('[name=username]', who.username);
      await page.fill('[name=password]', who.password);
      await page.click('#login-submit');
    };
    await signIn(boss, accounts.next, `${stack.issuer}/organisations`);
    await boss.click('#enter');
    await boss.click('#way-face summary');
    await boss.click('#face-submit');
    await boss.waitForSelector('#detour-link');
    await services.face({ html: await boss.content() }); // on another device
    await boss.click('#detour-done');
    await boss.waitForURL(/\/organisations\/enter$/);
    await boss.fill('[name=name]', firm.name);
    await boss.fill('[name=credit_code]', '91990000MA00TEXT19'); // its inner check does not fit
    await boss.click('#enter-submit');
    await boss.waitForSelector('#look-again');
    await screenshot(boss, `organisations-enter-unusual-${locale}`);
    await boss.fill('[name=credit_code]', firm.credit_code.toLowerCase());
    await screenshot(boss, `organisations-enter-${locale}`);
    await boss.click('#enter-submit');
    await boss.waitForSelector('#done');
    await screenshot(boss, `organisations-${locale}`);
    await boss.click('#held a[href^="/organisations/one"]');
    await boss.click('#grant');
    await boss.fill('[name=name]', accounts.clerk.name);
    await boss.fill('[name=identifier]', accounts.clerk.id_number);
    await boss.click('#grant-submit');
    await boss.waitForSelector('#scope-error');
    await screenshot(boss, `organisations-grant-${locale}`);
    assert.equal(await boss.inputValue('[name=identifier]'), '', 'numbers are not sent back');
    await boss.fill('[name=identifier]', accounts.clerk.id_number);
    await boss.check('[name=system][value="client:only"]');
    await boss.check('[name=system][value="client:open"]');
    await boss.click('#grant-submit');
    await boss.waitForSelector('#done');
    await screenshot(boss, `organisation-${locale}`);

    await signIn(agent, accounts.clerk, `${stack.issuer}/organisations`);
    await agent.click('#offers a');
    await screenshot(agent, `mandate-${locale}`);
    await agent.click('#mandate-accept');
    await agent.waitForSelector('#done');

    const { parameters } = requestOf(open, { scope: 'openid cn_org' });
    await agent.route('https://open.example/**', (route) => route.fulfill({ status: 200, body: 'here' }));
    await agent.goto(`${stack.issuer}/authorize?${new URLSearchParams(parameters)}`);
    await agent.waitForSelector('#acting-self');
    await screenshot(agent, `acting-${locale}`);
    await agent.click(`button.choice:has-text("${firm.name}")`);
    await agent.waitForURL(/^https:\/\/open\.example\/cb\?code=/);

    await boss.goto(`${stack.issuer}/organisations`);
    await boss.click('#held a[href^="/organisations/one"]');
    await boss.click(`#mandates li:has-text("${accounts.clerk.name}"):not(.past) a`);
    await boss.click('#mandate-revoke');
    await boss.waitForSelector('#done');
    await agent.goto(`${stack.issuer}/authorize?${new URLSearchParams(requestOf(only, { scope: 'openid cn_org' }).parameters)}`);
    await agent.waitForSelector('#nobody');
    await screenshot(agent, `acting-nobody-${locale}`);
    assert.deepEqual([...boss.problems, ...agent.problems], []);
    await boss.context().close();
    await agent.context().close();
  }
});
