/* Backup and restore: while people register, from one database into the other, and with files that are not as they were written. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { Stack, binary } from './support/stack.mjs';
import { Agent, codeOf, tokensOf, requestOf, userinfo } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice, ask } = kinds;
let from, to;
before(async () => {
  from = await Stack.start({ clients: kinds.clients, portals: false });
  to = await Stack.start({ clients: kinds.clients, portals: false, database: 'postgres' });
  from.addAccount(kinds.aliceAccount);
  await codeOf(new Agent(from), ask, alice); /* a consent */
});
after(async () => {
  await from?.stop();
  await to?.stop();
});

const run = (stack, args, prefix = []) => {
  const [command, ...rest] = [...prefix, binary, ...args];
  return spawnSync(command, rest, { encoding: 'utf8', timeout: 20000, env: { ...process.env, ...stack.env } });
};
const fresh = (name) => {
  const config = JSON.parse(fs.readFileSync(from.file('tongxing.yaml'), 'utf8'));
  config.sql = { path: from.file(`${name}.db`) };
  fs.writeFileSync(from.file(`${name}.yaml`), JSON.stringify(config));
  return from.file(`${name}.yaml`);
};
const lines = (file) => fs.readFileSync(file, 'utf8').trimEnd().split('\n');
const says = (result, status, text) => {
  assert.equal(result.status, status, result.stderr);
  assert.match(result.stderr, text);
  assert.ok(!/Sanitizer|runtime error/.test(result.stderr), result.stderr);
};
const rowsOf = (file) => lines(file).slice(1, -1).filter((line) => !line.startsWith('["audit')).sort();

describe('a backup', () => {
  test('is whole, though accounts are written all the while; none of them waits for it', async () => {
    let going = true;
    const add = async (i) => {
      const child = spawn(binary, ['account', 'add', from.file('tongxing.yaml')], { env: { ...process.env, ...from.env }, stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.end(JSON.stringify({ name: `写者${i}`, username: `writer${i}`, password: 'Writer-Pass-2026' }));
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    };
    const writing = (async () => {
      let i = 0;
      while (going || i < 5) await add(i++);
      return i;
    })();
    const counts = [];
    for (let i = 0; i < 5; i++) {
      const child = spawn(binary, ['backup', from.file('tongxing.yaml'), from.file(`b${i}`)], { env: { ...process.env, ...from.env }, stdio: ['ignore', 'ignore', 'inherit'] });
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      const ids = new Set(lines(from.file(`b${i}`)).slice(1, -1).map((line) => JSON.parse(line)).filter(([table]) => table === 'accounts').map((row) => row[1]));
      for (const line of lines(from.file(`b${i}`)).slice(1, -1)) { /* one snapshot: no password or identifier without its account */
        const [table, first, , third] = JSON.parse(line);
        if (table === 'credentials') assert.ok(ids.has(first));
        if (table === 'identifiers') assert.ok(ids.has(third));
      }
      counts.push(ids.size);
    }
    going = false;
    const written = await writing;
    assert.ok(counts[4] > counts[0] && counts[4] <= written + 1, `${counts}`);
  });
  test('is for its owner only, replaces an older one, leaves nothing else behind, and is an event', () => {
    const file = from.file('whole');
    fs.writeFileSync(file, 'old', { mode: 0o644 });
    const result = run(from, ['backup', from.file('tongxing.yaml'), file]);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /whole: \d+ rows\n$/);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(fs.readdirSync(from.folder).filter((name) => name.startsWith('whole')), ['whole']);
    assert.ok(lines(file).some((line) => /^\["audit(_outbox)?"/.test(line) && line.includes('\\"event\\":\\"backup\\"')), 'of the backups before');
    const { rows, sha256 } = JSON.parse(lines(file).at(-1));
    assert.equal(rows, lines(file).length - 2);
    assert.equal(sha256, createHash('sha256').update(`${lines(file).slice(0, -1).join('\n')}\n`).digest('hex'));
    for (const text of ['测试甲', '110105188812310013', alice.password]) assert.ok(!fs.readFileSync(file, 'utf8').includes(text), text);
  });
  test('that cannot be written says why and leaves the older one', () => {
    const file = from.file('whole');
    const before = fs.readFileSync(file, 'utf8');
    says(run(from, ['backup', from.file('tongxing.yaml'), '/nonexistent/x']), 1, /backup \/nonexistent\/x cannot be written: No such file/);
    says(run(from, ['backup', from.file('tongxing.yaml'), file], ['bash', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$@"', 'bash']), 1, /cannot be written: File too large/);
    assert.equal(fs.readFileSync(file, 'utf8'), before);
    assert.deepEqual(fs.readdirSync(from.folder).filter((name) => name.startsWith('whole')), ['whole']);
    says(run(from, ['backup', from.file('tongxing.yaml')]), 2, /usage/);
    says(run(from, ['backup', fresh('none'), from.file('x')]), 1, /schema version 0/);
  });
});

describe('restoring', () => {
  test('a file that is not as it was written changes nothing, and the line is named', () => {
    const good = lines(from.file('whole')), last = good.length;
    const account = good.findIndex((line) => line.startsWith('["accounts"'));
    const changed = (change) => {
      const copy = [...good];
      change(copy);
      return `${copy.join('\n')}\n`;
    };
    const bad = [
      ['', /:1: this is no backup/],
      ['{"tongxing":"backup"}\n', /:1: this is no backup/],
      [changed((copy) => { copy[0] = copy[0].replace('"schema":', '"schema":9'); }), /:1: .*schema version 9\d/],
      [changed((copy) => { copy[0] = copy[0].replace('profile_sealed', 'profile'); }), /:1: its tables are others/],
      [changed((copy) => copy.pop()), new RegExp(`:${last}: is not whole`)],
      [changed(() => {}).slice(0, -20), new RegExp(`:${last}: is not whole`)],
      [changed(() => {}).slice(0, good[0].length + 30), /:2: is not whole/],
      [changed((copy) => copy.splice(account, 1)), new RegExp(`:${last - 1}: the lines before are not those`)],
      [changed((copy) => { copy[account] = copy[account].replace(/,2,/, ',3,'); }), new RegExp(`:${last}: the lines before are not those`)],
      [changed((copy) => { copy[account] = copy[account].replace(']', ''); }), new RegExp(`:${account + 1}: is damaged`)],
      [changed((copy) => { copy[account] = '["nobody",1]'; }), new RegExp(`:${account + 1}: is no row of this schema`)],
      [changed((copy) => { copy[account] = copy[account].replace(/"base64url":"/, '"base64url":"?'); }), new RegExp(`:${account + 1}: is no row of this schema`)],
      [changed((copy) => { copy[account] = `${copy[account].slice(0, 20)}\0${copy[account].slice(20)}`; }), new RegExp(`:${account + 1}: is `)],
      [changed((copy) => { copy[account] = `${copy[account].slice(0, 20)}\0what no sum is made of\n${copy[account].slice(20)}`; }), new RegExp(`:${account + 1}: is damaged`)],
      [changed((copy) => copy.push(copy[account])), new RegExp(`:${last + 1}: something follows`)],
    ];
    const config = fresh('damaged');
    assert.equal(run(from, ['migrate', config]).status, 0);
    for (const [text, about] of bad) {
      fs.writeFileSync(from.file('bad'), text);
      says(run(from, ['restore', config, from.file('bad')]), 1, about);
    }
    says(run(from, ['restore', config, '/nonexistent']), 1, /cannot be read: No such file/);
    says(run(from, ['restore', config]), 2, /usage/);
    assert.equal(run(from, ['restore', config, from.file('whole')]).status, 0, 'it is still empty');
    says(run(from, ['restore', config, from.file('whole')]), 1, /is not empty: the table accounts has rows/);
  });
  test('into PostgreSQL, with the folder of keys: people are known there, with what they have allowed', async () => {
    await to.server.stop();
    fs.rmSync(to.file('keys'), { recursive: true });
    fs.cpSync(from.file('keys'), to.file('keys'), { recursive: true });
    const result = run(to, ['restore', to.file('tongxing.yaml'), from.file('whole')]);
    assert.equal(result.status, 0, result.stderr);
    says(run(to, ['restore', to.file('tongxing.yaml'), from.file('whole')]), 1, /is not empty/);
    to.server.start();
    await to.untilReady();
    const agent = new Agent(to);
    const tokens = await tokensOf(agent, c1, alice, { scope: 'openid profile' });
    assert.equal((await (await userinfo(to, tokens.access_token)).json()).name, kinds.aliceAccount.name);
    const silent = await agent.authorize(requestOf(ask, { prompt: 'none' }).parameters);
    assert.ok(new URL(silent.location).searchParams.get('code'), silent.location);
    await codeOf(new Agent(to), c1, { username: 'writer0', password: 'Writer-Pass-2026' });
  });
  test('and back: every row is what it was', () => {
    const file = from.file('from-postgres'), again = from.file('again');
    assert.equal(run(to, ['backup', to.file('tongxing.yaml'), file]).status, 0);
    const told = (row) => row.startsWith('["disclosures"'); // userinfo was asked in between
    assert.deepEqual(rowsOf(file).filter((row) => !told(row)), rowsOf(from.file('whole')).filter((row) => !told(row)));
    const config = fresh('back');
    assert.equal(run(from, ['restore', config, file]).status, 0);
    assert.equal(run(from, ['backup', config, again]).status, 0);
    assert.deepEqual(rowsOf(again), rowsOf(file));
  });
});
