/* The operator at the shell: every mistake is one clear sentence and a status, and nothing is started. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import fs from 'node:fs';
import { Stack, binary } from './support/stack.mjs';
import * as kinds from './support/clients.mjs';

let stack;
before(async () => {
  stack = await Stack.start({ clients: [kinds.c1], portals: false });
});
after(() => stack?.stop());

const run = (args, { env = {}, input } = {}) =>
  spawnSync(binary, args, { encoding: 'utf8', timeout: 20000, input, env: { ...process.env, TONGXING_POPULATION_SECRET: 'population-secret-for-tests-only', ...env } });
const config = (change) => {
  const file = stack.file('changed.yaml');
  const parsed = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  change(parsed);
  fs.writeFileSync(file, JSON.stringify(parsed, null, 1));
  return file;
};
const says = (result, status, text) => {
  assert.equal(result.status, status, result.stderr);
  assert.match(result.stderr, text);
  assert.ok(!/Sanitizer|runtime error/.test(result.stderr), result.stderr);
};

test('check: good files, the sample, and every mistake at once', () => {
  assert.equal(run(['check', stack.file('tongxing.yaml')]).status, 0);
  const bad = run(['check', config((c) => { c.listen.port = 'x'; c.redis.prt = 1; delete c.sql; })]);
  says(bad, 1, /changed\.yaml:\d+: listen\.port: must be a whole number\n/);
  assert.match(bad.stderr, /redis\.prt: is not an option\n/);
  assert.match(bad.stderr, /sql\.path: is missing: sql\.driver sqlite needs a file\n/);
  says(run(['check', '/nonexistent']), 1, /cannot be read/);
  says(run(['check'], { env: { TONGXING_CONFIG: '/nonexistent/x.yaml' } }), 1, /\/nonexistent\/x\.yaml.* cannot be read/);
  says(run(['check', 'a', 'b']), 2, /usage: tongxing check/);
  assert.match(run(['check', '--reference']).stdout, /^server:\n/);
});
test('clients: mistakes name the client\'s line and the member', () => {
  fs.writeFileSync(stack.file('bad-clients.yaml'), 'clients:\n  - client_id: a\n    redirect_uris: ["http://rp.example/cb"]\n  - client_id: b b\n');
  const result = run(['check', config((c) => { c.clients.file = stack.file('bad-clients.yaml'); })]);
  says(result, 1, /bad-clients\.yaml:2: redirect_uris: http:\/\/rp\.example\/cb is http to another machine/);
  assert.match(result.stderr, /bad-clients\.yaml:4: client_id: /);
});
test('clients: a redirect to the server itself (RU-23)', () => {
  fs.writeFileSync(stack.file('own-clients.yaml'), JSON.stringify({ clients: [{ ...kinds.c1, redirect_uris: [`${stack.issuer}/authorize`] }] }));
  says(run(['check', config((c) => { c.clients.file = stack.file('own-clients.yaml'); })]), 1, /redirect_uris: leads to this server itself/);
});
test('serve: no core dump, and no privilege more than it began with (AD-08, AD-14)', () => {
  const read = (name) => fs.readFileSync(`/proc/${stack.server.child.pid}/${name}`, 'utf8');
  assert.match(read('limits'), /Max core file size +0 +0/);
  assert.match(read('status'), /NoNewPrivs:\s*1/);
});

test('serve: the port is in use, also by another server of ours', async () => {
  says(run(['serve', stack.file('tongxing.yaml')]), 1, /cannot listen on 127\.0\.0\.1 port \d+: Address already in use/);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  says(run(['serve', config((c) => { c.listen.port = other.address().port; })]), 1, /Address already in use/);
  other.close();
});
test('serve: no keys, keys that others can read, keys of another installation', () => {
  says(run(['serve', config((c) => { c.listen.port = 1; c.keys.folder = '/nonexistent'; })]), 1, /tongxing keys create/);
  fs.chmodSync(`${stack.folder}/keys/kek`, 0o644);
  says(run(['serve', stack.file('tongxing.yaml')]), 1, /can be read by others \(mode 0644\): make it 0600/);
  fs.chmodSync(`${stack.folder}/keys/kek`, 0o600);
  says(run(['serve', config((c) => { c.keys.kek = 'A'.repeat(43); })]), 1, /does not open with this key-encryption key/);
});
test('serve: databases and certificates it cannot use', () => {
  says(run(['serve', config((c) => { c.sql.path = '/nonexistent/x.db'; })]), 1, /database \/nonexistent\/x\.db cannot be opened: No such file or directory/);
  says(run(['serve', config((c) => { c.sql.path = stack.file('server.log'); })]), 1, /cannot be used/);
  says(run(['serve', config((c) => { c.listen.port = 0; c.ops.port = 0; c.audit = { folder: stack.file('other.spool') }; c.listen.tls_certificate = '/nonexistent.pem'; c.listen.tls_key = '/nonexistent.pem'; })]), 1, /certificate \/nonexistent\.pem cannot be used/);
});
test('serve: the spool of the audit trail is another server\'s, or can be read by others', () => {
  const free = (c) => { c.listen.port = 0; c.ops.port = 0; };
  says(run(['serve', config((c) => { free(c); c.server.node = 'one'; })]), 1, /spool of the audit trail \S+ is in use by another process/);
  fs.mkdirSync(stack.file('open.spool'), { mode: 0o755 });
  says(run(['serve', config((c) => { free(c); c.audit = { folder: stack.file('open.spool') }; })]), 1, /can be read by others \(mode 0755\): make it 0700/);
  says(run(['serve', config((c) => { free(c); c.server.node = 'a b'; })]), 1, /server\.node: must be at most 64 letters/);
});
test('migrate: from nothing, and when there is nothing to do; serve refuses an old schema where it may not migrate', () => {
  const fresh = config((c) => { c.sql = { path: stack.file('fresh.db'), migrate: false }; });
  says(run(['serve', fresh]), 1, /has schema version 0, this program needs \d+, and sql\.migrate is false: run tongxing migrate FILE/);
  assert.match(run(['migrate', fresh]).stdout, /^the schema went from version 0 to \d+\n$/);
  assert.match(run(['migrate', fresh]).stdout, /^the schema has version \d+ already\n$/);
  says(run(['migrate']), 2, /usage/);
});
test('PostgreSQL: a connection string that is none, and a server that is not there, without the password', () => {
  const postgres = (conninfo) => config((c) => { c.sql = { driver: 'postgres', conninfo }; });
  says(run(['check', config((c) => { c.sql = { driver: 'postgres' }; })]), 1, /sql\.conninfo: is missing: sql\.driver postgres needs to know where the database is/);
  for (const [command, conninfo, text] of [
    ['check', "host='x password=never-to-be-said", /sql\.conninfo: is no connection string of PostgreSQL/],
    ['serve', 'host=/nonexistent dbname=x user=x password=never-to-be-said', /PostgreSQL database cannot be reached: .*No such file/],
    ['migrate', 'postgresql://x:never-to-be-said@127.0.0.1:1/x', /PostgreSQL database cannot be reached: .*Connection refused/],
  ]) {
    const result = run([command, postgres(conninfo)]);
    says(result, 1, text);
    assert.ok(!result.stderr.includes('never-to-be-said'));
  }
});
test('serve: an unset variable, and an upstream nobody knows', () => {
  says(run(['serve', config((c) => { c.redis.password = '${NOBODY_SET_THIS}'; })]), 1, /no variable NOBODY_SET_THIS/);
  says(run(['serve', config((c) => { c.registration.upstream = 'nobody'; })]), 1, /names no entry of upstreams/);
  says(run(['serve', config((c) => { c.listen.port = 0; c.ops.port = 0; c.audit = { folder: stack.file('other.spool') }; c.upstreams.population.adapter = 'nobody'; })]), 1, /there is no adapter nobody/);
});
test('keys: list, rotate, and an algorithm that is not ours', () => {
  assert.match(run(['keys', 'list', stack.file('tongxing.yaml')]).stdout, /ES256 {2}active/);
  says(run(['keys', 'rotate', stack.file('tongxing.yaml'), 'HS256']), 2, /not one of keys\.algorithms/);
  says(run(['keys', 'melt', stack.file('tongxing.yaml')]), 2, /create, list or rotate/);
  assert.equal(fs.statSync(`${stack.folder}/keys`).mode & 0o077, 0);
});
test('account add: what is taken, and what is no account', () => {
  assert.match(stack.addAccount(kinds.aliceAccount), /^[\w-]{22}$/);
  says(run(['account', 'add', stack.file('tongxing.yaml')], { input: JSON.stringify({ ...kinds.aliceAccount, username: 'other' }) }), 4, /belongs to another account/);
  says(run(['account', 'add', stack.file('tongxing.yaml')], { input: '{"name":1}' }), 1, /not a JSON object of claims/);
  says(run(['account', 'add', stack.file('tongxing.yaml')], { input: '{"name":"x"}' }), 1, /password: is missing/);
});
test('nothing personal is readable in the database', () => {
  const bytes = fs.readFileSync(stack.file('tongxing.db'), 'latin1') + fs.readFileSync(stack.file('tongxing.db-wal'), 'latin1');
  for (const text of ['测试甲', '110105188812310013', '13800138000', 'alice@rp.example', kinds.alice.password]) {
    assert.ok(!bytes.includes(Buffer.from(text).toString('latin1')), text);
  }
});
test('no command, an unknown one', () => {
  says(run([]), 2, /usage: tongxing COMMAND/);
  says(run(['nobody']), 2, /usage: tongxing COMMAND/);
});
