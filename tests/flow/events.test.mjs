/* What happens is told once: each event as one line of the log, with who and through whom, and nothing personal in it. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, token, hidden, requestOf, follow } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, c2, ask, machine, alice } = kinds;
const newcomer = { name: '李示例', id_number: '370102188506150110', phone: '13700137002', password: 'Li-Pass-2026!' };
let stack, accountId, bobId;
before(async () => {
  stack = await Stack.start({ clients: kinds.clients, portals: false, options: { lifetimes: { refresh_grace_s: 0 }, login: { attempts_per_account: 3 } } });
  accountId = stack.addAccount(kinds.aliceAccount);
  bobId = stack.addAccount(kinds.bobAccount);
});
after(() => stack?.stop());

let read = 0;
/* The lines of some events since the last look. */
function told(...names) {
  const lines = stack.log('server').split('\n').filter(Boolean);
  const fresh = lines.slice(read).map((line) => JSON.parse(line));
  read = lines.length;
  return fresh.filter((line) => names.includes(line.event));
}
const refresh = (client, refresh_token) => token(stack, client, { grant_type: 'refresh_token', refresh_token });

describe('signing in and out', () => {
  test('done, with the first disclosure to each client, and no second one', async () => {
    told();
    const agent = new Agent(stack);
    await tokensOf(agent, c1, alice);
    await tokensOf(agent, c1, alice);
    await tokensOf(agent, c2, alice);
    const lines = told('login', 'disclosure', 'authorization');
    assert.deepEqual(lines.map(({ event, result, client_id }) => [event, result, client_id]),
      [['login', 'done', 'c1'], ['disclosure', 'done', 'c1'], ['disclosure', 'done', 'c2']]);
    assert.equal(lines[0].actor, accountId);
    assert.deepEqual([lines[1].actor, lines[1].subject], ['client:c1', accountId]);
    for (const line of lines) assert.match(line.request_id, /^rq_/);
    const hint = (await tokensOf(agent, c1, alice)).id_token;
    told();
    await agent.request(`/logout?${new URLSearchParams({ id_token_hint: hint })}`);
    await agent.request(`/logout?${new URLSearchParams({ id_token_hint: hint })}`);
    const [logout, ...more] = told('logout');
    assert.deepEqual([logout.result, logout.actor, logout.client_id, more.length], ['done', accountId, 'c1', 0]);
  });
  test('another person in the same browser ends the session that was there', async () => {
    const agent = new Agent(stack);
    await tokensOf(agent, c1, alice);
    told();
    await tokensOf(agent, c1, kinds.bob, { prompt: 'login' });
    const lines = told('logout', 'login').map(({ event, reason, actor }) => [event, reason, actor]);
    assert.deepEqual(lines, [['logout', 'replaced', accountId], ['login', undefined, bobId]]);
  });
  test('refused: on whom is in the line where there is somebody; then locked', async () => {
    const agent = new Agent(stack);
    const page = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
    const attempt = (username) => agent.request('/login', { form: { flow: hidden(page.html), username, password: 'Wrong-Pass-1', action: 'login' } });
    told();
    await attempt('bob');
    await attempt('nobody-of-that-name');
    await attempt('bob');
    await attempt('bob');
    await attempt('bob');
    const lines = told('login').map(({ level, result, reason, actor, subject }) => [level, result, reason, actor, subject]);
    const wrong = ['info', 'refused', 'wrong', undefined];
    assert.deepEqual(lines, [[...wrong, bobId], [...wrong, undefined], [...wrong, bobId], [...wrong, bobId], ['info', 'refused', 'locked', undefined, undefined]]);
  });
});

test('registering: the check, the account, the sign-in that follows', async () => {
  const agent = new Agent(stack);
  const login = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
  const post = (form) => agent.request('/register', { form: { flow: hidden(login.html), ...newcomer, ...form, action: 'register' } });
  told();
  await stack.simulate('error');
  await post();
  await stack.simulate('normal');
  const [check, attempt] = told('registration', 'verification');
  assert.deepEqual([check.level, check.result, check.reason], ['warn', 'failed', 'upstream_error']);
  assert.deepEqual([attempt.level, attempt.result, attempt.reason], ['warn', 'failed', 'cannot_check']);
  await post({ phone: '1' });
  await post({ name: '别人' });
  assert.equal((await post()).status, 303);
  const lines = told('registration', 'verification', 'login');
  assert.deepEqual(lines.map(({ event, result, reason }) => [event, result, reason]), [
    ['verification', 'refused', 'mismatch'], ['registration', 'refused', 'not_confirmed'],
    ['verification', 'done', undefined], ['registration', 'done', undefined], ['login', 'done', 'registered']]);
  assert.match(lines[3].actor, /\S/);
  assert.equal(lines[4].actor, lines[3].actor);
});

test('consent, both ways', async () => {
  for (const [consent, result] of [['deny', 'refused'], ['allow', 'done']]) {
    told();
    const agent = new Agent(stack);
    await follow(agent, await agent.authorize(requestOf(ask).parameters), { ...alice, consent });
    const [line] = told('consent');
    assert.deepEqual([line.result, line.actor, line.client_id], [result, accountId, 'ask']);
  }
});

test('what strangers ask the authorization endpoint is counted and fills no trail', async () => {
  told();
  await new Agent(stack).authorize(requestOf(c1, { prompt: 'none' }).parameters);
  await new Agent(stack).authorize(requestOf(c1, { scope: 'profile' }).parameters);
  assert.deepEqual(told('authorization'), []);
});

describe('stolen things that come back', () => {
  test('a code', async () => {
    const { nonce, ...form } = await codeOf(new Agent(stack), c1, alice);
    await token(stack, c1, form);
    told();
    await token(stack, c1, form);
    const [line, ...more] = told('code.reuse');
    assert.deepEqual([line.actor, line.subject, more.length], ['client:c1', accountId, 0]);
  });
  test('a refresh token', async () => {
    const first = await tokensOf(new Agent(stack), c1, alice);
    await refresh(c1, first.refresh_token);
    told();
    await refresh(c1, first.refresh_token);
    await refresh(c1, first.refresh_token);
    const [line, ...more] = told('refresh_token.reuse');
    assert.deepEqual([line.actor, line.subject, more.length], ['client:c1', accountId, 0]);
  });
});

test('client systems that do not prove who they are', async () => {
  told();
  const form = { grant_type: 'client_credentials' };
  await token(stack, machine, form);
  await token(stack, { ...machine, client_secret: 'wrong' }, form);
  await token(stack, { client_id: 'no-such-client', client_secret: 'x' }, form);
  const lines = told('client.authentication').map(({ result, reason, client_id }) => [result, reason, client_id]);
  assert.deepEqual(lines, [['refused', 'failed', 'machine'], ['refused', 'unknown_client', undefined]]);
});

test('no address, name, number or user name is in any of these lines', () => {
  const names = ['login', 'logout', 'registration', 'verification', 'disclosure', 'consent', 'code.reuse', 'refresh_token.reuse', 'client.authentication'];
  read = 0;
  const lines = told(...names);
  assert.deepEqual(new Set(lines.map(({ event }) => event)), new Set(names));
  const text = JSON.stringify(lines);
  for (const secret of ['127.0.0.1', 'alice', 'bob', 'nobody-of-that-name', 'no-such-client', newcomer.name, newcomer.id_number, newcomer.phone, '别人']) {
    assert.ok(!text.includes(secret), `${secret} is in the log`);
  }
});
