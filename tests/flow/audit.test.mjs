/*
 * The audit trail of a running server: what was answered is in it once, whatever happens to the process, the database or the disk; and the
 * commands that look at it.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fs from 'node:fs';
import { Stack, binary, until } from './support/stack.mjs';
import { Agent, hidden, requestOf } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice } = kinds;
let stack;
/* An attempt is counted before it is made: those that a kill ends stay counted. */
const standard = { server: { node: 'n1' }, login: { attempts_per_account: 1000, attempts_per_address: 100000 } };
before(async () => {
  stack = await Stack.start({ clients: [c1], portals: false, options: standard });
});
after(() => stack?.stop());

const config = () => stack.file('tongxing.yaml');
const run = (...args) => spawnSync(binary, ['audit', ...args], { encoding: 'utf8', timeout: 120000, maxBuffer: 1 << 28, env: { ...process.env, TONGXING_POPULATION_SECRET: 'x' } });
const says = (result, status, text) => {
  assert.equal(result.status, status, result.stdout + result.stderr);
  assert.match(status ? result.stderr : result.stdout, text);
  assert.ok(!/Sanitizer|runtime error/.test(result.stderr), result.stderr);
};
const rows = (...filter) => {
  const result = run('search', config(), '--json', '--limit', '1000000', ...filter);
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
};
const asked = (sql, value) => Number(execFileSync('python3', ['-c',
  'import sqlite3, sys\nprint(sqlite3.connect(sys.argv[1]).execute(sys.argv[2], sys.argv[3:]).fetchone()[0])', stack.file('tongxing.db'), sql, value], { encoding: 'utf8' }));
const drained = (ids) => until('the trail to have them', async () => {
  const there = new Set(rows('--event', 'login').map((row) => row.record.request_id));
  return ids.every((id) => there.has(id));
}, 30000);
const ops = async () => {
  const answer = await fetch(`http://127.0.0.1:${stack.ports.ops}/ready`);
  return { code: answer.status, ...(await answer.json()) };
};
const restart = async (options) => {
  await stack.server.stop();
  stack.write({ ...standard, ...options });
  stack.server.start();
  await stack.untilReady();
};

/* One sign-in; the id of the request that was answered. */
async function signIn(password = alice.password, wanted = 303) {
  const agent = new Agent(stack);
  const page = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
  const started = performance.now();
  const answer = await agent.request('/login', { form: { flow: hidden(page.html), username: alice.username, password, action: 'login' } });
  assert.equal(answer.status, wanted);
  return { id: answer.headers.get('x-request-id'), took: performance.now() - started };
}

describe('what people do', () => {
  let account;
  test('a sign-in and a wrong password are in the trail, with who and where, and without what was typed', async () => {
    account = stack.addAccount(kinds.aliceAccount);
    const good = await signIn();
    const wrong = await signIn('Wrong-Pass-2026', 200);
    await drained([good.id, wrong.id]);
    const [row] = rows('--request', good.id);
    assert.equal(row.record.result, 'done');
    assert.equal(row.record.subject, account);
    assert.equal(row.record.client_id, c1.client_id);
    assert.equal(row.record.address, '127.0.0.1');
    assert.equal(row.node, 'n1');
    const [refused] = rows('--result', 'refused');
    assert.equal(refused.record.request_id, wrong.id);
    assert.equal(refused.record.reason, 'wrong');
    assert.ok(!JSON.stringify(rows()).includes('Wrong-Pass') && !JSON.stringify(rows()).includes(alice.username));
  });
  test('search: each filter, both forms, and what is no filter', async () => {
    assert.equal(rows('--subject', account).length, 2);
    assert.equal(rows('--actor', account, '--event', 'login', '--result', 'done', '--client', c1.client_id).length, 1);
    assert.equal(rows('--client', 'nobody').length, 0);
    assert.equal(rows('--to', '2020-01-01').length, 0);
    assert.equal(rows('--from', '2020-01-01T08:00:00+08:00').length, 2);
    assert.equal(rows('--limit', '1').length, 1);
    says(run('search', config(), '--event', 'login'), 0, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z login refused - c1 \S+ rq_[\w-]{22} n1:2\n.* login done /);
    says(run('search', config(), '--event', 'nonsense'), 1, /there is no event nonsense/);
    says(run('search', config(), '--result', 'fine'), 1, /it is done, refused or failed/);
    for (const time of ['yesterday', '2026-02-30', '2026-01-05T25:00:00Z', '2026-01-05T02:03:04', '2026-1-5', '2026-01-05T02:03:04+Z', '2026-01-05 '])
      says(run('search', config(), '--from', time), 2, /is no time/);
    says(run('search', config(), '--limit', '0'), 2, /between 1 and 1000000/);
    says(run('search'), 2, /usage/);
    says(run('melt', config()), 2, /usage/);
  });
});

describe('the process is killed', () => {
  test('at random moments under load: every sign-in that was answered is in the trail once', async (t) => {
    const answered = [];
    let going = true;
    const person = async () => {
      while (going) {
        try {
          answered.push((await signIn()).id);
        } catch {
          await sleep(50); /* nobody listens, or the answer did not come */
        }
      }
    };
    const people = Array.from({ length: 6 }, person);
    const moments = [];
    for (let i = 0; i < 6; i++) {
      const before = answered.length;
      await until('some sign-ins', async () => answered.length > before + 5);
      const moment = Math.floor(Math.random() * 700);
      moments.push(moment);
      await sleep(moment);
      await stack.server.stop('SIGKILL');
      stack.server.start();
      await stack.untilReady();
    }
    going = false;
    await Promise.all(people);
    t.diagnostic(`${answered.length} sign-ins, killed after ${moments.join(', ')} ms`);
    assert.ok(answered.length > 36 && answered.every(Boolean));
    assert.equal(new Set(answered).size, answered.length);
    await drained(answered);
    const times = new Map();
    for (const row of rows('--event', 'login')) times.set(row.record.request_id, (times.get(row.record.request_id) ?? 0) + 1);
    for (const id of answered) assert.equal(times.get(id), 1, `${id} is there ${times.get(id)} times`);
    for (const [id, count] of times) assert.equal(count, 1, `${id} is there ${count} times`);
    says(run('verify', config()), 0, /^n1: rows 1 to \d+ are in order\ncheckpoint n1:/);
  });
});

describe('the database', () => {
  test('locked: people sign in as ever, the trail waits and catches up', async () => {
    const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
    const some = async (count) => {
      const list = [];
      for (let i = 0; i < count; i++) list.push(await signIn());
      return list;
    };
    const free = await some(20);
    const script = 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)\nc.execute("BEGIN IMMEDIATE")\nprint("locked", flush=True)\nsys.stdin.read()\nc.execute("ROLLBACK")';
    const locker = spawn('python3', ['-c', script, stack.file('tongxing.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(locker.stdout, 'data');
    let locked;
    try {
      locked = await some(20);
      assert.equal(asked('SELECT count(*) FROM audit WHERE request_id = ?', locked[0].id), 0);
      assert.equal((await ops()).code, 200);
      await until('readiness to mention it', async () => (await ops()).audit === 'behind');
    } finally {
      locker.stdin.end();
      await once(locker, 'exit');
    }
    const [before, during] = [free, locked].map((list) => median(list.map((one) => one.took)));
    assert.ok(during < 2 * before + 20, `${before} ms, and ${during} ms while it was locked`);
    await drained([...free, ...locked].map((one) => one.id));
    await until('readiness to forget it', async () => (await ops()).audit === 'up');
    assert.match(stack.log('server'), /"event":"audit.behind"/);
  });
});

describe('the disk', () => {
  const limit = (bytes) => execFileSync('prlimit', ['--pid', `${stack.server.child.pid}`, `--fsize=${bytes}:unlimited`]);
  test('full: people sign in, and what was lost is told in the trail', async () => {
    limit(0);
    const lost = [];
    for (let i = 0; i < 5; i++) lost.push((await signIn()).id);
    assert.equal((await ops()).audit, 'full');
    limit('unlimited');
    await until('room', async () => (await ops()).audit === 'up');
    const kept = await signIn();
    await drained([kept.id]);
    const gaps = rows('--event', 'audit.gap');
    assert.equal(gaps.reduce((sum, row) => sum + row.record.detail.lost, 0), 5);
    assert.equal(gaps[0].record.reason, 'disk');
    for (const id of lost) assert.equal(rows('--request', id).length, 0);
  });
  test('full, where nobody may sign in without a trace: 503, not ready, and well again by itself', async () => {
    await restart({ audit: { full: 'refuse' } });
    limit(0);
    await signIn(); /* the one that finds out */
    await signIn(alice.password, 503);
    assert.equal((await ops()).code, 503);
    limit('unlimited');
    await stack.untilReady();
    const kept = await signIn();
    await drained([kept.id]);
    says(run('verify', config()), 0, /in order/);
  });
});

describe('the commands', () => {
  test('export and verify-export; a file that was changed; the event of it', async () => {
    const out = stack.file('export.jsonl');
    const exported = run('export', config(), out);
    says(exported, 0, /^\d+ rows\ncheckpoint n1:\d+:/);
    says(run('verify-export', config(), out), 0, /^\d+ rows are in order/);
    says(run('export', config(), out), 1, /File exists/);
    fs.writeFileSync(out, fs.readFileSync(out, 'utf8').replace(/\\"result\\":\\"refused\\"/, '\\"result\\":\\"done\\"'));
    says(run('verify-export', config(), out), 1, /line \d+ was changed/);
    says(run('export', config()), 2, /usage/);
    says(run('export', config(), '--from', '2000-01-01', '--to', '2000-01-02', stack.file('none')), 1, /no rows of that time/);
    await until('the event of it', async () => rows('--event', 'audit.export').length === 1);
    assert.match(rows('--event', 'audit.export')[0].record.actor, /^host:/);
  });
  test('prune: not before their time', () => {
    says(run('prune', config()), 1, /at least 180 days ago/);
    says(run('prune', config(), '--before', new Date().toISOString().slice(0, 10)), 1, /at least 180 days ago/);
    says(run('prune', config(), '--before', '2020-01-01'), 0, /^0 rows taken out, 0 kept/);
  });
  test('verify: checkpoints of the log, foreign ones, and a changed row', async () => {
    const checkpoints = [...stack.log('server').matchAll(/"event":"audit.checkpoint","at":"([^"]+)"/g)].map((match) => match[1]);
    assert.ok(checkpoints.length > 0);
    says(run('verify', config(), ...checkpoints.flatMap((text) => ['--since-checkpoint', text])), 0, /in order/);
    says(run('verify', config(), '--since-checkpoint', checkpoints[0].replace(/:(\d+):/, (_, seq) => `:${Number(seq) + 1}:`)), 1, /is no checkpoint of this installation/);
    await stack.server.stop();
    execFileSync('python3', ['-c', 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute("UPDATE audit SET record = replace(record, \'refused\', \'done\'), result = \'done\' WHERE seq = 2")\nc.commit()', stack.file('tongxing.db')]);
    const result = run('verify', config());
    says(result, 1, /the audit trail is not what was written/);
    assert.match(result.stdout, /^n1: row 2 was changed; rows 1 to 1 are in order\n/);
    stack.server.start();
    await stack.untilReady();
  });
});
