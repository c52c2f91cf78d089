/* Whose evidence it is: what proves somebody without saying whom, answers that come late, and what strangers bring, at the pages of people and portals. */
import test, { after, before, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from './support/stack.mjs';
import { Agent, claimsOf, hidden, requestOf, token } from './support/agent.mjs';
import { inputs, text, told, visit } from './support/own_pages.mjs';
import { onDatabase } from './support/registration.mjs';
import { appId, entries, environment, makeKeys } from './support/ways.mjs';
import { click, hrefOf } from './support/upstream_visits.mjs';

const password = 'Citizen-Pass-2026';
const wang = { name: '王样例', id_number: '310101188607040247' }; // whom nobody here is
let stack, keys;
const client = (level) => ({
  client_id: `level${level}`, client_name: `L${level}`, token_endpoint_auth_method: 'none', redirect_uris: ['https://rp.example/cb'], scope: 'openid profile',
  tongxing_level: level, tongxing_consent: 'statutory',
});

before(async () => {
  keys = makeKeys();
  stack = await Stack.start({
    portals: false, appId, env: environment(keys), clients: [1, 2, 3].map(client),
    upstreams: (ports) => entries(`http://127.0.0.1:${ports.simulator}`, keys),
  });
});
after(async () => {
  await stack?.stop();
  fs.rmSync(keys, { recursive: true });
});

const rows = (sql, ...values) => onDatabase(stack, (database) => database.prepare(sql).all(...values));
const account = (id) => rows('SELECT state, level FROM accounts WHERE account_id = ?', id)[0];
const change = (sql, ...values) => onDatabase(stack, (database) => database.prepare(sql).run(...values));
let number = 0;
function somebody(extra) {
  const who = { username: `person${(number += 1)}`, password, level: 1, ...extra };
  return { ...who, account_id: stack.addAccount(who) };
}

/* In the page that stands for the national app: where the browser goes back to, as somebody by their name. */
async function as(url, who) {
  const html = await (await fetch(url)).text();
  const id = html.match(new RegExp(`id="choose-(\\d+)"[^>]*>${who}<`))?.[1];
  return click(new URL(hrefOf(html, `choose-${id}`), url));
}

/* At a portal's request, and back from a sign-in with a network identity, which is not handed in yet. */
async function visitNcid(level, who) {
  const agent = new Agent(stack), { verifier, parameters } = requestOf(client(level), { scope: 'openid profile' });
  const login = await agent.request((await agent.authorize(parameters)).location);
  const out = await agent.request('/login', { form: { flow: hidden(login.html), service: 'ncid_face' } });
  const back = await as(out.location, who);
  return { agent, verifier, goOn: () => agent.request(back) };
}

async function link(who, name) {
  const agent = new Agent(stack), page = await visit(agent, await agent.request('/account/methods'), who);
  const out = await agent.request('/account/methods', { form: { ...inputs(page.html), service: 'ncid_face' } });
  const back = await as(out.location, name);
  return { agent, goOn: () => agent.request(back) };
}

/* With the password, at the page of the portal that needs level 2. */
async function atStepUp(who) {
  const agent = new Agent(stack), { verifier, parameters } = requestOf(client(2), { scope: 'openid profile' });
  const page = await visit(agent, await agent.authorize(parameters), who);
  return { agent, verifier, flow: hidden(page.html), type: () => agent.request('/verify', { form: { flow: hidden(page.html), way: 'population', ...wang } }) };
}

const redeem = (level, { agent, verifier }, location) => token(stack, client(level), {
  grant_type: 'authorization_code', code: new URL(location).searchParams.get('code'), redirect_uri: 'https://rp.example/cb', code_verifier: verifier,
});

async function openWithNcid(name) {
  const came = await visitNcid(1, name), page = await came.goOn();
  const done = await came.agent.request('/register', { form: { flow: hidden(page.html), password, phone: `139000008${String((number += 1)).padStart(2, '0')}` } });
  assert.equal(done.status, 303, told(done.html));
  return { ...came, page, account_id: rows("SELECT account_id FROM links WHERE upstream = 'ncid_face'")[0].account_id };
}
const forget = () => ['links', 'identifiers'].forEach((table) => change(`DELETE FROM ${table}`));

describe('a network identity of somebody else', () => {
  test('linked to an account, raises it neither now nor while the register is asked about another number', async () => {
    forget();
    const who = somebody(), linking = await link(who, '李示例');
    assert.match((await linking.goOn()).location, /done=/);
    const typing = await atStepUp(who), came = await visitNcid(3, '李示例');
    await stack.simulate('slow', 400);
    const typed = typing.type();
    await sleep(100);
    const answer = await came.goOn();
    assert.equal((await typed).status, 303);
    await stack.simulate('normal');
    assert.doesNotMatch(answer.location ?? '', /code=/);
    assert.equal(account(who.account_id).level, 2);
    const again = await (await visitNcid(3, '李示例')).goOn();
    assert.doesNotMatch(again.location ?? '', /code=/);
    assert.equal(account(who.account_id).level, 2);
  });

  test('that an account was opened with, ends when a number becomes known, and with it every sign-in', async () => {
    forget();
    const opened = await openWithNcid('李示例'), { account_id } = opened;
    change('UPDATE verifications SET expires_at = 1 WHERE account_id = ? AND level > 1', account_id);
    change('UPDATE accounts SET level_until = 1 WHERE account_id = ?', account_id);
    const phone = `139000008${String(number).padStart(2, '0')}`, typing = await atStepUp({ username: phone, password });
    const came = await visitNcid(3, '李示例');
    await stack.simulate('slow', 600);
    const type = typing.type();
    await sleep(100);
    const answer = await came.goOn();
    assert.match(answer.location, /code=/, 'its own person, proven anew');
    assert.equal(account(account_id).level, 3);
    const typed = await type;
    await stack.simulate('normal');
    assert.equal(typed.status, 200);
    assert.match(told(typed.html), /请重新登录/);
    assert.equal(account(account_id).level, 2);
    assert.equal((await redeem(3, came, answer.location)).body.error, 'invalid_grant');
    assert.equal((await came.agent.request('/account')).status, 303, 'signed out');
    /* and goes on */
    const done = await visit(typing.agent, typed, { username: phone, password });
    const claims = claimsOf((await redeem(2, typing, done.location)).body.id_token);
    assert.equal(claims.acr, 'urn:tongxing:loa:2');
    assert.deepEqual(claims.amr, ['pwd']);
  });

  test('opens one account', async () => {
    forget();
    const { agent, page, account_id } = await openWithNcid('测试甲'), flow = hidden(page.html);
    const before = rows('SELECT account_id FROM accounts').length;
    const second = await visitNcid(1, '测试甲');
    assert.match((await second.goOn()).location, /code=/, 'signs in from then on');
    for (let i = 0; i < 2; i++) {
      const again = await agent.request('/register', { form: { flow, password, phone: `1390000079${i}` } });
      assert.notEqual(again.status, 303);
    }
    assert.equal(rows('SELECT account_id FROM accounts').length, before);
    assert.deepEqual(rows("SELECT account_id, opened FROM links WHERE upstream = 'ncid_face'").map((row) => ({ ...row })), [{ account_id, opened: 1 }]);
  });

  test('carried along by several at once opens one account, and whoever is late signs in to it', async () => {
    forget();
    const before = rows('SELECT account_id FROM accounts').length;
    const came = await Promise.all([1, 2, 3].map(() => visitNcid(1, '测试甲')));
    const pages = [];
    for (const { goOn } of came) pages.push(await goOn());
    const answers = [];
    for (const [i, { agent }] of came.entries()) answers.push(await agent.request('/register', { form: { flow: hidden(pages[i].html), password, phone: `1390000069${i}` } }));
    assert.deepEqual(answers.map(({ status }) => status), [303, 200, 200]);
    assert.match(told(answers[1].html), /已关联到其他账号/);
    assert.equal(rows('SELECT account_id FROM accounts').length, before + 1);
  });

  test('of two that are linked at once, one is', async () => {
    forget();
    const who = somebody(), both = [await link(who, '李示例'), await link(who, '测试甲')];
    const answers = await Promise.all(both.map(({ goOn }) => goOn()));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    assert.equal(rows('SELECT link_id FROM links WHERE account_id = ?', who.account_id).length, 1);
  });

  test('that is frozen suspends nobody', async () => {
    forget();
    const jia = { name: '测试甲', id_number: '110105188812310013', id_type: 1 }, who = somebody({ level: 2, ...jia });
    const victim = new Agent(stack), stranger = new Agent(stack);
    await visit(victim, await victim.request('/account'), who);
    const start = await stranger.request('/recover');
    const ways = await stranger.request('/recover', { form: { ...inputs(start.html), step: 'start', username: who.username } });
    const out = await stranger.request('/recover', { form: { ...inputs(ways.html), step: 'ways', presence: 'ncid_face', name: jia.name, id_number: jia.id_number } });
    const back = await stranger.request(await as(out.location, '欧阳示例'));
    assert.match(told(back.html), /未能证明/);
    assert.deepEqual({ ...account(who.account_id) }, { state: 1, level: 2 });
    assert.match(text((await victim.request('/account')).html), /L2/, 'still signed in');
  });
});

test('strangers who begin checks of a person leave them theirs', async () => {
  forget();
  const jia = { name: '测试甲', id_number: '110105188812310013', id_type: 1 }, who = somebody({ level: 2, ...jia });
  for (let i = 0; i < 5; i++) {
    const stranger = new Agent(stack), start = await stranger.request('/recover');
    const ways = await stranger.request('/recover', { form: { ...inputs(start.html), step: 'start', username: who.username } });
    const out = await stranger.request('/recover', { form: { ...inputs(ways.html), step: 'ways', presence: 'ncid_face', name: jia.name, id_number: jia.id_number } });
    assert.match(out.location ?? '', /ncid/, told(out.html));
  }
  const agent = new Agent(stack), { parameters } = requestOf(client(3), { scope: 'openid profile' });
  const page = await visit(agent, await agent.authorize(parameters), who);
  const begun = await agent.request('/verify', { form: { flow: hidden(page.html), presence: 'face' } });
  assert.match(begun.html, /id="detour-link"/, told(begun.html));
});

test('an account that is closed while a register is asked stays closed, and the number is free', async () => {
  forget();
  const who = somebody(), typing = await atStepUp(who), agent = new Agent(stack);
  const page = await visit(agent, await agent.request('/account/close'), who);
  await stack.simulate('slow', 400);
  const typed = typing.type();
  await sleep(100);
  const closed = await agent.request('/account/close', { form: { ...inputs(page.html), sure: 'yes' } });
  assert.equal(closed.status, 200, told(closed.html));
  assert.notEqual((await typed).status, 303);
  await stack.simulate('normal');
  assert.deepEqual({ ...account(who.account_id) }, { state: 3, level: 1 });
  assert.equal(rows('SELECT kind FROM identifiers WHERE account_id = ?', who.account_id).length, 0);
});
