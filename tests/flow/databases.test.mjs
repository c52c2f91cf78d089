/* The server on PostgreSQL: the whole way of a person, and what goes on while the database is down. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, hidden, requestOf, token, userinfo, claimsOf } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice } = kinds;
let stack;
before(async () => {
  stack = await Stack.start({ clients: kinds.clients, portals: false, database: 'postgres' });
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
const loginPage = async (agent) => hidden((await agent.request((await agent.authorize(requestOf(c1).parameters)).location)).html);
const signIn = (agent, flow) => agent.request('/login', { form: { flow, ...alice, action: 'login' } });
const silent = async (agent, client = c1) => new URL((await agent.authorize(requestOf(client, { prompt: 'none' }).parameters)).location).searchParams;

describe('on PostgreSQL', () => {
  test('a citizen registers, signs in elsewhere, refreshes, and is who they are', async () => {
    const agent = new Agent(stack);
    const person = { name: '赵虚构', id_number: '440106188708090359', phone: '13700137000', password: 'Zhao-Pass-2026' };
    const form = { flow: await loginPage(agent), ...person, action: 'register' };
    const back = await agent.request('/register', { form });
    assert.match(back.location, /^https:\/\/rp\.example\/cb\?code=/);
    const other = new Agent(stack);
    const again = await other.request('/register', { form: { ...form, flow: await loginPage(other) } });
    assert.notEqual(again.status, 303, 'the number has an account');
    const elsewhere = new Agent(stack);
    const tokens = await tokensOf(elsewhere, c1, { username: person.phone, password: person.password }, { scope: 'openid profile' });
    const claims = await (await userinfo(stack, tokens.access_token)).json();
    assert.equal(claims.name, person.name);
    const refreshed = await token(stack, c1, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    assert.equal(refreshed.status, 200, refreshed.text);
    assert.equal(claimsOf(refreshed.body.id_token).sub, claims.sub);
  });
  test('a consent is kept', async () => {
    await codeOf(new Agent(stack), kinds.ask, alice);
    const agent = new Agent(stack);
    await codeOf(agent, c1, alice);
    const answer = await agent.authorize(requestOf(kinds.ask, { prompt: 'none' }).parameters);
    assert.ok(new URL(answer.location).searchParams.get('code'), answer.location);
  });
  test('the password of the connection is nowhere in the log', () => {
    assert.ok(!stack.log('server').includes('test-password-of-postgres'));
  });
});

describe('the database', () => {
  for (const [how, away, back] of [['stopped', 'stop', 'start'], ['killed', 'kill', 'start'], ['hanging', 'hang', 'go_on']]) {
    test(`${how}: who is signed in stays so, signing in says unavailable; back again: all is well without a restart`, async () => {
      const agent = new Agent(stack);
      await codeOf(agent, c1, alice);
      await codeOf(agent, kinds.ask, alice);
      const stranger = new Agent(stack);
      const flow = await loginPage(stranger);
      await stack.postgres.do(away);
      try {
        await until('readiness to say so', async () => (await ready()) === 503);
        assert.equal((await fetch(`http://127.0.0.1:${stack.ports.ops}/health`)).status, 200);
        for (let i = 0; i < 8; i++) assert.ok((await quickly(() => silent(agent))).get('code'), 'a silent sign-on needs no database');
        assert.ok((await quickly(() => silent(agent, kinds.ask))).get('code'), 'what was consented to goes on');
        const refused = await quickly(() => signIn(stranger, flow));
        assert.equal(refused.status, 503);
      } finally {
        await stack.postgres.do(back);
      }
      await stack.untilReady();
      const answer = await until('the other worker', async () => {
        const tried = await signIn(stranger, flow);
        return tried.status === 303 && tried;
      });
      assert.equal(answer.status, 303);
      await codeOf(new Agent(stack), c1, alice);
    });
  }
  test('many sign in at once while it is killed and started: each is answered, none hangs', async () => {
    const flows = await Promise.all(Array.from({ length: 4 }, async () => {
      const agent = new Agent(stack);
      return { agent, flow: await loginPage(agent) };
    }));
    const signing = flows.map(({ agent, flow }) => signIn(agent, flow).then((answer) => answer.status));
    await stack.postgres.do('kill');
    await stack.postgres.do('start');
    for (const status of await Promise.all(signing)) assert.ok([303, 503].includes(status), `${status}`);
    await stack.untilReady();
    await until('a sign-in', async () => {
      const agent = new Agent(stack);
      return (await signIn(agent, await loginPage(agent))).status === 303;
    });
  });
});
