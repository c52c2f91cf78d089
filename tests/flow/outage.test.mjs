/* What bad days do: Redis killed in mid-flow and back again, the register down or talking nonsense, the server restarted. */
import test, { before, after, afterEach, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, hidden, requestOf, token, userinfo, post } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice } = kinds;
let stack;
before(async () => {
  stack = await Stack.start({ clients: kinds.clients, portals: false });
  stack.addAccount(kinds.aliceAccount);
});
after(() => stack?.stop());

const ready = async () => (await fetch(`http://127.0.0.1:${stack.ports.ops}/ready`)).status;
const quickly = async (what) => {
  const started = Date.now();
  const answer = await what();
  assert.ok(Date.now() - started < 1500, `took ${Date.now() - started} ms`);
  return answer;
};

describe('Redis', () => {
  test('killed in the middle: 503 at once, everywhere; back again: sessions are still good', async () => {
    const agent = new Agent(stack);
    const tokens = await tokensOf(agent, c1, alice);
    const { nonce, ...form } = await codeOf(agent, c1, alice);
    const stranger = new Agent(stack);
    const login = await stranger.request((await stranger.authorize(requestOf(c1).parameters)).location);
    await stack.redis.stop('SIGKILL');

    await until('readiness to say so', async () => (await ready()) === 503);
    assert.equal((await fetch(`http://127.0.0.1:${stack.ports.ops}/health`)).status, 200);
    const authorize = await quickly(() => agent.authorize(requestOf(c1).parameters));
    assert.equal(new URL(authorize.location).searchParams.get('error'), 'temporarily_unavailable');
    for (const call of [() => token(stack, c1, form), () => token(stack, c1, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
      () => post(stack, '/revoke', { token: tokens.refresh_token }, { client: c1 })]) {
      const answer = await quickly(call);
      assert.equal(answer.status, 503);
      assert.equal(answer.body.error, 'temporarily_unavailable');
    }
    assert.equal((await quickly(() => userinfo(stack, tokens.access_token))).status, 503);
    const signIn = await quickly(() => stranger.request('/login', { form: { flow: hidden(login.html), ...alice, action: 'login' } }));
    assert.equal(signIn.status, 503);
    assert.equal((await quickly(() => agent.request(`/logout?id_token_hint=${tokens.id_token}`))).status, 503);
    assert.equal((await fetch(`${stack.issuer}/.well-known/openid-configuration`)).status, 200);
    assert.equal((await fetch(`${stack.issuer}/jwks`)).status, 200);

    stack.redis.start();
    await stack.untilReady();
    await until('the other worker', async () => {
      for (let i = 0; i < 8; i++) {
        const answer = await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters);
        if (!new URL(answer.location).searchParams.get('code')) return false;
      }
      return true;
    });
    assert.equal((await userinfo(stack, tokens.access_token)).status, 200);
    assert.equal((await token(stack, c1, form)).status, 200, 'the code was not lost and not used');
    const again = await stranger.request('/login', { form: { flow: hidden(login.html), ...alice, action: 'login' } });
    assert.equal(again.status, 303, 'the sign-in page goes on where it was');
  });

  test('stopped without dying: no request hangs', async () => {
    const agent = new Agent(stack);
    await codeOf(agent, c1, alice);
    stack.redis.child.kill('SIGSTOP');
    try {
      const answer = await quickly(() => agent.authorize(requestOf(c1).parameters));
      assert.equal(new URL(answer.location).searchParams.get('error'), 'temporarily_unavailable');
    } finally {
      stack.redis.child.kill('SIGCONT');
    }
    await stack.untilReady();
  });
});

describe('the register', () => {
  let flow, agent;
  const number = { name: '赵虚构', id_number: '440106188708090359', phone: '13700137000', password: 'Zhao-Pass-2026' };
  const attempt = () => agent.request('/register', { form: { flow, ...number, action: 'register' } });
  before(async () => {
    agent = new Agent(stack);
    flow = hidden((await agent.request((await agent.authorize(requestOf(c1).parameters)).location)).html);
  });
  afterEach(async () => {
    await stack.simulate('normal');
    await new Promise((resolve) => setTimeout(resolve, 1200)); // the breaker's pause
  });
  for (const mode of ['error', 'hang', 'garbage', 'wrong_type', 'bad_signature', 'truncated', 'oversized', 'refuse']) {
    test(`in mode ${mode}: cannot check now, and not counted`, async () => {
      await stack.simulate(mode);
      const answer = await quickly(attempt);
      assert.equal(answer.status, 503);
      assert.match(answer.html, /暂时无法核验/);
    });
  }
  test('slow, but within its time: an answer', async () => {
    await stack.simulate('slow', 300);
    const answer = await agent.request('/register', { form: { flow, ...number, name: '别人', action: 'register' } });
    assert.match(answer.html, /信息核验未通过/);
  });
  test('after some errors it is not asked any more for a while, and then again', async () => {
    const { calls } = await stack.simulate('error');
    for (let i = 0; i < 20; i++) assert.equal((await attempt()).status, 503);
    const asked = (await stack.simulate('normal')).calls - calls;
    assert.ok(asked >= 3 && asked <= 8, `asked ${asked} times by two workers`);
    assert.equal((await fetch(`${stack.issuer}/jwks`)).status, 200);
  });
  test('gone: the same, and with it back the registration goes through', async () => {
    await stack.simulator.stop();
    assert.equal((await quickly(attempt)).status, 503);
    stack.simulator.start();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const answer = await until('the register', async () => {
      const tried = await attempt();
      return tried.status === 303 && tried;
    });
    assert.match(answer.location, /^https:\/\/rp\.example\/cb\?code=/);
  });
  test('a replayed answer is no answer', async () => {
    const other = new Agent(stack);
    const page = await other.request((await other.authorize(requestOf(c1).parameters)).location);
    await stack.simulate('normal');
    await other.request('/register', { form: { flow: hidden(page.html), name: '别人', id_number: '310101188607040247', phone: '13700137001', password: 'Other-Pass-2026', action: 'register' } });
    await stack.simulate('replay');
    const answer = await other.request('/register', { form: { flow: hidden(page.html), name: '王样例', id_number: '310101188607040247', phone: '13700137001', password: 'Other-Pass-2026', action: 'register' } });
    assert.equal(answer.status, 503);
  });
});

describe('the server', () => {
  test('restarted in mid-flow: the page goes on, the session is good', async () => {
    const agent = new Agent(stack);
    await codeOf(agent, c1, alice);
    const stranger = new Agent(stack);
    const login = await stranger.request((await stranger.authorize(requestOf(c1).parameters)).location);
    await stack.server.stop();
    stack.server.start();
    await stack.untilReady();
    assert.equal((await stranger.request('/login', { form: { flow: hidden(login.html), ...alice, action: 'login' } })).status, 303);
    assert.ok(new URL((await agent.authorize(requestOf(c1, { prompt: 'none' }).parameters)).location).searchParams.get('code'));
  });
  test('a stop lets running requests finish', async () => {
    await stack.simulate('slow', 500);
    const agent = new Agent(stack);
    const page = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
    const running = agent.request('/register', { form: { flow: hidden(page.html), name: '李示例', id_number: '370102188506150110', phone: '13700137002', password: 'Li-Pass-2026!', action: 'register' } });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = stack.server.stop();
    assert.equal((await running).status, 303);
    await stopped;
    await stack.simulate('normal');
    stack.server.start();
    await stack.untilReady();
  });
  test('reads the clients again on SIGHUP, and keeps the old ones when the file is bad', async () => {
    stack.clients.push({ ...c1, client_id: 'added' });
    stack.writeClients();
    stack.server.child.kill('SIGHUP');
    const agent = new Agent(stack);
    await until('the new client', async () => (await agent.authorize(requestOf({ ...c1, client_id: 'added' }).parameters)).status === 303);
    stack.clients.push({ client_id: 'bad one' });
    stack.writeClients();
    stack.server.child.kill('SIGHUP');
    await until('the complaint', async () => /clients.unusable/.test(stack.log('server')));
    assert.equal((await agent.authorize(requestOf(c1).parameters)).status, 303);
    stack.clients.pop();
    stack.writeClients();
  });
  test('nothing personal is in its log', async () => {
    const log = stack.log('server');
    for (const text of ['测试甲', '赵虚构', '440106188708090359', '13700137000', 'Zhao-Pass', alice.password, 'alice']) assert.ok(!log.includes(text), text);
    for (const line of log.trim().split('\n')) if (!/^==\d+==/.test(line) && !line.startsWith(stack.folder)) JSON.parse(line);
  });
});
