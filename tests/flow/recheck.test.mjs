/* Evidence that is due is asked for again: before a sign-in, and by the server itself. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Stack, until } from './support/stack.mjs';
import { Agent, follow, hidden, requestOf } from './support/agent.mjs';

const people = [
  { name: '测试甲', id_number: '110105188812310013' },
  { name: '测试乙', id_number: '110105188812310021' },
  { name: '李示例', id_number: '370102188506150110' },
];
const client = {
  client_id: 'c1', client_name: 'C1', token_endpoint_auth_method: 'none', redirect_uris: ['http://localhost:1/cb'],
  scope: 'openid', tongxing_level: 2, tongxing_consent: 'statutory',
};
let stack;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-register-'));
const registerFile = path.join(folder, 'register.yaml');
const writeRegister = (...states) =>
  fs.writeFileSync(registerFile, JSON.stringify({ people: people.map((person, i) => ({ ...person, state: states[i] ?? 'normal' })) }));
async function registerSays(...states) {
  writeRegister(...states);
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

async function register(person, phone) {
  const agent = new Agent(stack);
  const login = await agent.request((await agent.authorize(requestOf(client).parameters)).location);
  const answer = await agent.request('/register', { form: { flow: hidden(login.html), ...person, phone, password: 'a-good-Passw0rd', action: 'register' } });
  assert.equal(answer.status, 303, answer.html.match(/role="alert"[^<]*/)?.[0]);
  return (await follow(agent, answer)).searchParams.get('code') && agent;
}

async function signIn(phone) {
  const agent = new Agent(stack);
  const login = await agent.request((await agent.authorize(requestOf(client).parameters)).location);
  return agent.request('/login', { form: { flow: hidden(login.html), username: phone, password: 'a-good-Passw0rd', action: 'login' } });
}

const makeDue = () => database('UPDATE verifications SET due_at = 1 WHERE ended_at = 0');
const evidence = () => database('SELECT result, level, due_at, ended_at FROM verifications ORDER BY checked_at, verification_id');

before(async () => {
  writeRegister();
  stack = await Stack.start({ portals: false, clients: [client], registerFile });
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.upstreams.population.recheck_days = 30;
  fs.writeFileSync(stack.file('tongxing.yaml'), JSON.stringify(config));
  await stack.server.stop();
  stack.server.start();
  await stack.untilReady();
});
after(async () => {
  await stack?.stop();
  fs.rmSync(folder, { recursive: true });
});

describe('evidence that is due', () => {
  test('a match by name and number is due after recheck_days', async () => {
    const now = Date.now() / 1000;
    await register(people[0], '13800000001');
    const [row] = evidence();
    assert.ok(Math.abs(row.due_at - now - 30 * 86400) < 60);
  });

  test('it is asked for again before a sign-in, and new evidence takes its place', async () => {
    makeDue();
    const calls = (await stack.simulate('normal')).calls;
    assert.equal((await signIn('13800000001')).status, 303);
    assert.equal((await stack.simulate('normal')).calls, calls + 1);
    const rows = await until('the new evidence', async () => evidence().length === 2 && evidence().some((row) => row.ended_at > 0) && evidence());
    const [old] = rows.filter((row) => row.ended_at > 0), [fresh] = rows.filter((row) => row.ended_at === 0);
    assert.equal(old.due_at, 0);
    assert.equal(fresh.level, 2);
    assert.equal((await signIn('13800000001')).status, 303);
    assert.equal((await stack.simulate('normal')).calls, calls + 1, 'not due any more');
  });

  test('a register that does not answer changes nothing, and is not asked at every sign-in', async () => {
    makeDue();
    await stack.simulate('error');
    const { calls } = await stack.simulate('error');
    assert.equal((await signIn('13800000001')).status, 303);
    assert.equal((await signIn('13800000001')).status, 303);
    assert.equal((await stack.simulate('normal')).calls, calls + 1);
    assert.equal(evidence().filter((row) => row.ended_at === 0).length, 1);
  });

  test('what the register does not confirm any more stops counting: the client system\'s level is not reached', async () => {
    const known = people[0].name;
    people[0].name = '改名后';
    await registerSays();
    makeDue();
    const answer = await signIn('13800000001');
    people[0].name = known;
    assert.match(answer.location, /^\/verify/);
    assert.equal(evidence().filter((row) => row.ended_at === 0).length, 0);
    await registerSays();
  });

  test('a person whom the register reports as dead is suspended, and everything of theirs ends', async () => {
    const agent = await register(people[1], '13800000002');
    await registerSays('normal', 'deceased');
    makeDue();
    const answer = await signIn('13800000002');
    assert.equal(answer.status, 200);
    assert.match(answer.html, /id="error"/);
    const silent = await agent.authorize(requestOf(client, { prompt: 'none' }).parameters);
    assert.equal(new URL(silent.location).searchParams.get('error'), 'login_required');
    assert.match((await signIn('13800000002')).html, /id="error"/);
  });

  test('without a sign-in the server asks by itself', { timeout: 120000 }, async () => {
    const agent = await register(people[2], '13800000003');
    await registerSays('normal', 'normal', 'cancelled');
    makeDue();
    await until('the account to be suspended', async () => database('SELECT state FROM accounts WHERE state = 2').length === 2, 90000);
    await until('the session to end', async () => {
      const silent = await agent.authorize(requestOf(client, { prompt: 'none' }).parameters);
      return new URL(silent.location).searchParams.get('error') === 'login_required';
    });
  });
});
