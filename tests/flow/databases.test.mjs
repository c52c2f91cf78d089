/* The server on PostgreSQL: the whole way of a person, and what goes on while the database is down. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { binary, freePort, Stack, until } from './support/stack.mjs';
import { PostgresCluster } from './support/postgres.mjs';
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

describe('TLS to PostgreSQL', () => {
  let cluster, folder;
  before(async () => {
    cluster = await PostgresCluster.start(await freePort());
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-tls-'));
  });
  after(async () => {
    await cluster?.end();
    fs.rmSync(folder, { recursive: true });
  });
  const migrate = (conninfo) => {
    const config = path.join(folder, 'tongxing.yaml');
    fs.writeFileSync(config, JSON.stringify({
      server: { issuer: 'http://localhost:1' }, sql: { driver: 'postgres', conninfo, timeout_ms: 2000 }, keys: { folder: path.join(folder, 'keys') },
      registration: { enabled: false },
    }));
    return spawnSync(binary, ['migrate', config], { encoding: 'utf8' });
  };

  test('a server whose certificate and name are right is used', () => {
    const { status, stderr } = migrate(`${cluster.tls} sslmode=verify-full`);
    assert.equal(status, 0, stderr);
  });

  test('one of another authority, one under another name, and one without TLS are not, and the password is not said', () => {
    const stranger = path.join(folder, 'stranger.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=stranger',
      '-keyout', path.join(folder, 'stranger.key'), '-out', stranger], { stdio: 'ignore' });
    for (const [conninfo, reason] of [
      [`${cluster.tls.replace(/sslrootcert=\S+/, `sslrootcert=${stranger}`)} sslmode=verify-full`, /certificate verify failed/],
      [`${cluster.tls.replace('host=localhost', 'host=127.0.0.1')} sslmode=verify-full`, /certificate|127\.0\.0\.1/],
      [`${cluster.tls} sslmode=disable`, /no pg_hba\.conf entry|no encryption/],
    ]) {
      const { status, stderr } = migrate(conninfo);
      assert.equal(status, 1, conninfo);
      assert.match(stderr, reason);
      assert.doesNotMatch(stderr, /test-password-of-postgres/);
    }
  });
});
