/* The administration shell on the host of a running server: real binary, real database, real Redis. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, binary, root, until } from './support/stack.mjs';
import { Agent, codeOf, follow, requestOf, token, tokensOf } from './support/agent.mjs';
import { signInWithLibrary } from './support/library.mjs';
import * as kinds from './support/clients.mjs';

const PROMISED_MS = 1000; // how soon a running server knows of a change

let stack, alice, bob;
before(async () => {
  stack = await Stack.start({ clients: [kinds.c1, kinds.ask], portals: false });
  alice = stack.addAccount(kinds.aliceAccount);
  bob = stack.addAccount(kinds.bobAccount);
});
after(() => stack?.stop());

const secrets = { TONGXING_POPULATION_SECRET: 'population-secret-for-tests-only' };
const environment = (user) => ({ ...process.env, ...secrets, TONGXING_CONFIG: stack.file('tongxing.yaml'), ...(user && { SUDO_USER: user }) });

function run(args, { user, input = '', env = {} } = {}) {
  const result = spawnSync(binary, args, { encoding: 'utf8', timeout: 60000, input, env: { ...environment(user), ...env }, maxBuffer: 64 << 20 });
  assert.ok(!/Sanitizer|runtime error|check failed/.test(result.stderr), result.stderr);
  assert.equal(result.signal, null, result.stderr);
  return result;
}
/* Done, and the JSON document. */
function done(args, options) {
  const result = run([...args, '--json'], options);
  assert.equal(result.status, 0, `${args.join(' ')}: ${result.stderr}`);
  assert.equal(result.stdout.trim().split('\n').length, 1);
  return JSON.parse(result.stdout);
}
/* Refused, with nothing on standard output, in both forms. */
function refused(args, status, text, options) {
  const plain = run(args, options);
  assert.equal(plain.status, status, `${args.join(' ')}: ${plain.stdout}${plain.stderr}`);
  assert.match(plain.stderr, text);
  assert.equal(plain.stdout, '');
  const json = run([...args, '--json'], options);
  assert.equal(json.status, status, json.stderr);
  assert.equal(json.stdout, '');
  const said = JSON.parse(json.stderr);
  assert.equal(said.error, ['', 'could_not', 'usage', 'not_found', 'conflict', 'unavailable'][status]);
  return said;
}
/* The same without holding up this process, which may be the portal that is told. */
async function doneMeanwhile(args) {
  const child = spawn(binary, [...args, '--json'], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (bytes) => { text += bytes; });
  const [status] = await once(child, 'close');
  assert.equal(status, 0, args.join(' '));
  return JSON.parse(text);
}
const shown = (args, options) => {
  const result = run(args, options);
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
};

/* What was told of changes: in the outbox, or already taken by the audit trail. */
function events(name) {
  const script = `import sqlite3,sys
base = sqlite3.connect(sys.argv[1])
tables = {row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
for table in ('audit', 'audit_outbox'):
    for row in base.execute(f'SELECT record FROM {table}') if table in tables else []: print(row[0])`;
  const result = spawnSync('python3', ['-c', script, stack.file('tongxing.db')], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((event) => event.event === name);
}

const credentials = (id, secret) => ({ client_id: id, client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' });
const machineToken = (id, secret) => token(stack, credentials(id, secret), { grant_type: 'client_credentials' });
async function withinASecond(what, check) {
  const start = Date.now();
  await until(what, check, PROMISED_MS + 500); // half a second for the request itself on a busy machine
  return Date.now() - start;
}

/* A client system for machines, through all the states it needs; who submits may not approve. */
function machine(id, extra = []) {
  const entered = done(['client', 'add', '--id', id, '--name', '机器', '--grant', 'client_credentials', '--scope', 'register.read', ...extra]);
  done(['client', 'submit', id]);
  done(['client', 'approve', id], { user: 'second' });
  return entered.credentials.client_secret;
}

/* --- what is typed --- */

test('bad usage: what is wrong, how it is used, status 2', () => {
  refused(['clinet', 'list'], 2, /there is no clinet; did you mean client\?\nusage: tongxing COMMAND/);
  refused(['client', 'lsit'], 2, /did you mean list\?[^]*usage: tongxing client VERB/);
  refused(['client'], 2, /client needs a verb/);
  refused(['client', 'show'], 2, /ID is missing\nusage: tongxing client show ID/);
  refused(['client', 'list', '--sate', 'draft'], 2, /did you mean --state\?/);
  refused(['client', 'list', '--limit', '0'], 2, /--limit must be between 1 and 200/);
  refused(['client', 'list', '--limit', '201'], 2, /between 1 and 200/);
  refused(['client', 'add', '--public', '--auth-method', 'none', '--name', 'x'], 2, /give one of them/);
  refused(['session', 'end', alice], 2, /--all/);
  refused(['keys', 'list', stack.file('tongxing.yaml'), '--config', stack.file('tongxing.yaml')], 2, /given twice/);
});
test('the configuration: --config, $TONGXING_CONFIG, and what there is no file for', () => {
  assert.match(shown(['client', 'list', '--config', stack.file('tongxing.yaml')], { env: { TONGXING_CONFIG: '/nonexistent' } }), /^ID/);
  refused(['client', 'list'], 1, /\/nonexistent/, { env: { TONGXING_CONFIG: '/nonexistent' } });
  refused(['client', 'list'], 1, /\/etc\/tongxing\/tongxing\.yaml/, { env: { TONGXING_CONFIG: '' } });
});
test('help: three depths, an example with each verb that is a command line of its own table', () => {
  const everything = shown(['help']);
  const nouns = [...everything.matchAll(/^ {2}(\w+) {2,}/gm)].map((match) => match[1]);
  assert.ok(nouns.includes('client') && nouns.includes('settings') && nouns.length >= 14, everything);
  let verbs = 0;
  for (const noun of nouns) {
    const page = shown(['help', noun]);
    for (const [, verb] of page.startsWith(`usage: tongxing ${noun} VERB`) ? page.matchAll(/^ {2}([\w-]+) {2,}/gm) : []) {
      const help = shown(['help', noun, verb]);
      assert.equal(help, shown([noun, verb, '--help']));
      assert.match(help, new RegExp(`^usage: tongxing ${noun} ${verb}`));
      assert.match(help, new RegExp(`\nexample: tongxing ${noun} ${verb}`), help);
      verbs++;
    }
  }
  assert.ok(verbs >= 37, `${verbs}`);
});
test('docs/shell.md has the commands as the binary has them', () => {
  const page = fs.readFileSync(path.join(root, 'docs/shell.md'), 'utf8');
  const reference = shown(['help', '--reference']);
  assert.ok(reference.length > 5000);
  assert.ok(page.endsWith(reference), 'write it again: see the end of the page\'s first part');
});
test('completion: nouns, verbs, options, words, files', () => {
  const complete = (...words) => {
    const script = `source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _tongxing; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const result = spawnSync('bash', ['-c', script, 'bash', binary, 'tongxing', ...words], { encoding: 'utf8', cwd: root });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.trim().split('\n');
  };
  assert.deepEqual(complete('cl'), ['client']);
  assert.deepEqual(complete('client', 'su'), ['submit', 'suspend']);
  assert.deepEqual(complete('client', 'add', '--redi'), ['--redirect-uri']);
  assert.deepEqual(complete('client', 'list', '--state', 'su'), ['submitted', 'suspended']);
  assert.deepEqual(complete('client', 'add', '--metadata', 'READ'), ['README.md']);
  assert.deepEqual(complete('client', 'list', '--conf'), ['--config']);
  assert.deepEqual(complete('help', 'ag'), ['agency']);
  assert.ok(complete('keys', 'list', 'meson').includes('meson.build'));
});

/* --- client systems --- */

test('a client system: entered, submitted, approved by another, seen by the running server within a second', { skip: process.getuid() !== 0 && 'only root can be somebody else' }, async () => {
  const entered = done(['client', 'add', '--id', 'm1', '--name', '机器一', '--grant', 'client_credentials', '--scope', 'register.read']);
  assert.equal(entered.state, 'draft');
  const secret = entered.credentials.client_secret;
  assert.ok(secret.length >= 32);
  assert.ok(!run(['client', 'show', 'm1']).stdout.includes(secret), 'shown once');
  assert.equal((await machineToken('m1', secret)).status, 401);
  assert.equal(done(['client', 'submit', 'm1']).state, 'submitted');
  refused(['client', 'approve', 'm1'], 4, /whoever submitted it cannot approve it/);
  const approved = done(['client', 'approve', 'm1'], { user: 'second' });
  assert.equal(approved.state, 'approved');
  assert.equal(approved.approved_by, 'host:second');
  assert.match(approved.submitted_by, /^host:\w/);
  await withinASecond('the client system', async () => (await machineToken('m1', secret)).status === 200);

  done(['client', 'suspend', 'm1']);
  await withinASecond('its suspension', async () => (await machineToken('m1', secret)).status === 401);
  refused(['client', 'suspend', 'm1'], 4, /state/);
  done(['client', 'resume', 'm1']);
  await withinASecond('its return', async () => (await machineToken('m1', secret)).status === 200);

  for (const user of ['a b', '\u001b[2J', 'x'.repeat(100), 'a:b']) assert.equal(done(['client', 'update', 'm1', '--name', '机器'], { user }).submitted_by, 'host:root', user);
  done(['client', 'reject', 'm1'], { user: 'second' });

  const changed = done(['client', 'secret', 'm1']);
  const second = changed.credentials.client_secret;
  assert.equal(changed.secrets.length, 2);
  await withinASecond('the new secret', async () => (await machineToken('m1', second)).status === 200);
  assert.equal((await machineToken('m1', secret)).status, 200, 'the old one is still good');
  const third = done(['client', 'secret', 'm1', '--overlap', '0']).credentials.client_secret;
  await withinASecond('the end of the old ones', async () => (await machineToken('m1', second)).status === 401);
  assert.equal((await machineToken('m1', third)).status, 200);
  refused(['client', 'secret', 'm1', '--overlap', '9999999'], 2, /between 0 and 2592000/);

  refused(['client', 'retire', 'm1'], 2, /--yes/);
  assert.equal(done(['client', 'retire', 'm1', '--yes']).state, 'retired');
  await withinASecond('its end', async () => (await machineToken('m1', third)).status === 401);
  refused(['client', 'add', '--id', 'm1', '--grant', 'client_credentials'], 4, /exists/);

  for (const [event, actor] of [['client.create', /^host:/], ['client.submit', /^host:/], ['client.approve', /^host:second$/], ['client.suspend', /^host:/],
    ['client.resume', /^host:/], ['client.secret', /^host:/], ['client.retire', /^host:/]]) {
    const found = events(event).filter((row) => row.client_id === 'm1');
    assert.ok(found.length >= 1, event);
    assert.ok(found.every((row) => row.role === 'host' && actor.test(row.actor)), JSON.stringify(found));
    assert.ok(!JSON.stringify(found).includes(secret));
  }
});
test('end-sessions: what it holds is not valid any more', { skip: process.getuid() !== 0 && 'only root can be somebody else' }, async () => {
  const secret = machine('m2');
  let held;
  await withinASecond('the client system', async () => (held = await machineToken('m2', secret)).status === 200);
  const active = async () => (await fetch(`${stack.issuer}/introspect`, { method: 'POST', body: new URLSearchParams({ token: held.body.access_token }),
    headers: { authorization: `Basic ${Buffer.from(`m2:${secret}`).toString('base64')}` } })).json();
  assert.equal((await active()).active, true);
  done(['client', 'end-sessions', 'm2']);
  await withinASecond('the end of its tokens', async () => (await active()).active === false);
});
test('update: options change single members, a change waits, is sent back or let in', { skip: process.getuid() !== 0 && 'only root can be somebody else' }, () => {
  done(['client', 'add', '--id', 'u1', '--name', '门户', '--redirect-uri', 'https://u1.example/cb', '--scope', 'openid profile']);
  done(['client', 'submit', 'u1']);
  done(['client', 'approve', 'u1'], { user: 'second' });
  let client = done(['client', 'update', 'u1', '--redirect-uri', 'https://u1.example/a', '--redirect-uri', 'https://u1.example/b']);
  assert.deepEqual(client.metadata.redirect_uris, ['https://u1.example/cb']);
  assert.deepEqual(client.pending.redirect_uris, ['https://u1.example/a', 'https://u1.example/b']);
  assert.equal(client.pending.client_name, '门户');
  client = done(['client', 'update', 'u1', '--name-en', 'Portal']); // builds on what waits
  assert.deepEqual(client.pending.redirect_uris, ['https://u1.example/a', 'https://u1.example/b']);
  assert.equal(client.pending['client_name#en'], 'Portal');
  assert.match(shown(['client', 'list', '--search', 'u1']), /approved \(change waits\)/);
  refused(['client', 'approve', 'u1'], 4, /four_eyes/);
  client = done(['client', 'reject', 'u1'], { user: 'second' });
  assert.equal(client.pending, undefined);
  done(['client', 'update', 'u1', '--level', '3']);
  assert.equal(done(['client', 'approve', 'u1'], { user: 'second' }).metadata.tongxing_level, 3);
  fs.writeFileSync(stack.file('m.json'), JSON.stringify({ client_name: '全新', redirect_uris: ['https://u1.example/new'] }));
  client = done(['client', 'update', 'u1', '--metadata', stack.file('m.json'), '--scope', 'openid']);
  assert.deepEqual(client.pending, { client_name: '全新', redirect_uris: ['https://u1.example/new'], scope: 'openid' });
});
test('lost updates are noticed: a version that is old, and ten at once', async () => {
  const { version } = done(['client', 'add', '--id', 'c-many', '--redirect-uri', 'https://many.example/cb']);
  done(['client', 'update', 'c-many', '--name', 'first']);
  refused(['client', 'update', 'c-many', '--name', 'late', '--version', `${version}`], 4, /changed in the meantime/);
  const present = done(['client', 'show', 'c-many']).version;
  const runs = Array.from({ length: 10 }, async (_, i) => {
    const child = spawn(binary, ['client', 'update', 'c-many', '--name', `n${i}`, '--version', `${present}`], { env: environment(), stdio: 'ignore' });
    return [i, (await once(child, 'exit'))[0]];
  });
  const results = await Promise.all(runs);
  const winners = results.filter(([, status]) => status === 0);
  assert.equal(winners.length, 1, JSON.stringify(results));
  assert.ok(results.every(([, status]) => status === 0 || status === 4), JSON.stringify(results));
  const after = done(['client', 'show', 'c-many']);
  assert.equal(after.version, present + 1);
  assert.equal(after.metadata.client_name, `n${winners[0][0]}`);
});
test('the same rules as at the other doors: each mistake with its member', () => {
  const metadata = { redirect_uris: ['http://rp.example/cb'], tongxing_level: 9, nonsense: 1 };
  const said = refused(['client', 'add', '--metadata', '-'], 1, /redirect_uris: http:\/\/rp\.example\/cb is http to another machine/, { input: JSON.stringify(metadata) });
  const fields = said.errors.map((error) => error.field);
  assert.ok(['redirect_uris', 'tongxing_level', 'nonsense'].every((field) => fields.includes(field)), JSON.stringify(said));
  fs.writeFileSync(stack.file('rule-clients.yaml'), JSON.stringify({ clients: [{ client_id: 'x', client_secret: 's'.repeat(40), ...metadata }] }));
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.clients.file = stack.file('rule-clients.yaml');
  fs.writeFileSync(stack.file('rules.yaml'), JSON.stringify(config));
  const file = run(['check', stack.file('rules.yaml')]).stderr;
  for (const error of said.errors) assert.ok(file.includes(`${error.field}: ${error.detail}`), `${file}\n${error.field}: ${error.detail}`);
  refused(['client', 'add', '--id', 'c1', '--redirect-uri', 'https://rp.example/cb'], 4, /comes with the server's configuration/);
  refused(['client', 'add', '--id', 'a b', '--redirect-uri', 'https://rp.example/cb'], 1, /client_id/);
  refused(['client', 'add', '--agency', 'nobody', '--redirect-uri', 'https://rp.example/cb'], 1, /agency_id/);
  refused(['client', 'show', 'nobody'], 3, /there is no client nobody/);
  refused(['client', 'suspend', 'c1'], 3, /comes with the configuration/);
  refused(['client', 'approve', 'nobody'], 3, /there is no client nobody/);
  refused(['client', 'add', '--metadata', '/nonexistent'], 1, /\/nonexistent cannot be read: No such file/);
  refused(['client', 'add', '--metadata', '-'], 1, /not a JSON object/, { input: '[1]' });
});
test('sandbox: works at once, on this machine only', async () => {
  const entered = done(['client', 'add', '--id', 'sand', '--sandbox', '--public', '--redirect-uri', 'http://127.0.0.1:9/cb']);
  assert.equal(entered.state, 'approved');
  assert.equal(entered.sandbox, true);
  assert.equal(entered.credentials, undefined);
  assert.equal(entered.metadata.token_endpoint_auth_method, 'none');
  await withinASecond('the client system', async () => {
    const { parameters } = requestOf({ client_id: 'sand', redirect_uris: ['http://127.0.0.1:9/cb'] });
    return (await new Agent(stack).authorize(parameters)).status === 303;
  });
  const claims = await signInWithLibrary(stack, new Agent(stack), { client_id: 'sand', redirect_uri: 'http://127.0.0.1:9/cb' }, kinds.bob);
  assert.equal(claims.aud, 'sand', 'an unmodified openid-client needs issuer and id');
  refused(['client', 'secret', 'sand'], 4, /no use for a secret/);
  refused(['client', 'add', '--sandbox', '--public', '--redirect-uri', 'https://portal.example/cb'], 1, /redirect_uris/);
});
test('lists: by state, by text, page by page', () => {
  for (const id of ['p1', 'p2', 'p3']) done(['client', 'add', '--id', id, '--name', `页-${id}`, '--redirect-uri', 'https://p.example/cb']);
  const first = done(['client', 'list', '--search', '页-', '--limit', '2']);
  assert.deepEqual(first.items.map((item) => item.client_id), ['p1', 'p2']);
  const second = done(['client', 'list', '--search', '页-', '--limit', '2', '--after', first.next_after]);
  assert.deepEqual(second.items.map((item) => item.client_id), ['p3']);
  assert.equal(second.next_after, undefined);
  assert.ok(done(['client', 'list', '--state', 'draft']).items.every((item) => item.state === 'draft'));
  const lines = shown(['client', 'list', '--search', '页-']).trim().split('\n');
  assert.equal(lines.length, 4);
  const width = (text) => [...text].reduce((sum, character) => sum + (/[⺀-鿿]/.test(character) ? 2 : 1), 0);
  assert.equal(new Set(lines.map((line) => width(line.slice(0, line.search(/draft|STATE/))))).size, 1, 'aligned by what is seen');
});

/* --- agencies, administrators, settings --- */

test('agencies: entered, changed, shown; what is taken and what is wrong', () => {
  const agency = done(['agency', 'add', '--name', '示例省政务服务中心', '--contact-email', 'it@agency.example', '--contact-phone', '010-12345678']);
  assert.equal(agency.name, '示例省政务服务中心');
  const id = agency.agency_id;
  assert.equal(done(['agency', 'show', id]).contact_email, 'it@agency.example');
  const changed = done(['agency', 'update', id, '--name-en', 'Service Centre', '--contact-phone', '']);
  assert.equal(changed['name#en'], 'Service Centre');
  assert.equal(changed.contact_email, 'it@agency.example');
  assert.equal(changed.contact_phone, undefined);
  refused(['agency', 'update', id, '--name', 'x', '--version', `${agency.version}`], 4, /changed in the meantime/);
  refused(['agency', 'add', '--name', 'y', '--credit-code', '123'], 1, /credit_code/);
  refused(['agency', 'add'], 2, /--name is missing/);
  refused(['agency', 'show', 'nobody'], 3, /no agency nobody/);
  assert.ok(done(['agency', 'list', '--search', '政务服务']).items.some((item) => item.agency_id === id));
  assert.match(shown(['agency', 'list']), /示例省政务服务中心/);
  assert.equal(done(['client', 'add', '--id', 'of-agency', '--agency', id, '--redirect-uri', 'https://a.example/cb']).agency_id, id);
  assert.deepEqual(done(['client', 'list', '--agency', id]).items.map((item) => item.client_id), ['of-agency']);
  assert.equal(done(['agency', 'update', id, '--enabled', 'no']).enabled, false);
  refused(['client', 'add', '--agency', id, '--redirect-uri', 'https://a.example/cb'], 1, /agency_id/);
});
test('administrators: named with a second factor, listed, dismissed', () => {
  const made = done(['admin', 'create', '--username', 'alice', '--role', 'security', '--name', '王安']);
  assert.match(made.totp.secret, /^[A-Z2-7]{16,}$/);
  assert.ok(made.totp.uri.startsWith('otpauth://totp/') && made.totp.uri.includes(made.totp.secret), made.totp.uri);
  assert.equal(made.state, 'active');
  const listed = run(['admin', 'list']);
  assert.match(listed.stdout, /王安 +security +active/);
  assert.ok(!listed.stdout.includes(made.totp.secret));
  refused(['admin', 'create', '--username', 'alice', '--role', 'system', '--name', 'x'], 4, /has a role already/);
  refused(['admin', 'create', '--username', 'nobody', '--role', 'system', '--name', 'x'], 3, /no account of this person/);
  refused(['admin', 'create', '--username', '110105188812310013', '--role', 'system', '--name', 'x'], 2, /is no argument/);
  refused(['admin', 'create', '--role', 'system', '--name', 'x'], 4, /has a role already/, { input: '110105188812310013\n' });
  refused(['admin', 'create', '--username', 'bob', '--role', 'host', '--name', 'x'], 2, /host is not one of/);
  refused(['admin', 'create', '--username', 'bob', '--role', 'developer', '--name', 'x'], 1, /agency/);
  refused(['admin', 'remove', made.admin_id], 4, /last administrator of a role/);
  refused(['admin', 'approve', made.admin_id], 4, /confirmed already/);
  refused(['admin', 'remove', 'nobody'], 3, /no administrator nobody/);
  const other = done(['admin', 'create', '--username', 'bob', '--role', 'security', '--name', '李安']);
  const again = done(['admin', 'second-factor', made.admin_id]);
  assert.notEqual(again.totp.secret, made.totp.secret);
  refused(['admin', 'remove', other.admin_id, '--version', '99'], 4, /changed in the meantime/);
  assert.equal(done(['admin', 'remove', other.admin_id]).state, 'removed');
  assert.ok(!done(['admin', 'list']).items.some((item) => item.admin_id === other.admin_id));
  assert.match(shown(['admin', 'create', '--username', 'bob', '--role', 'auditor', '--name', '赵审']), /one-time password secret +[A-Z2-7]{16,}\n.*otpauth:/);
  assert.equal(events('admin.create').length, 3);
  assert.ok(!JSON.stringify(events('admin.second_factor')).includes(again.totp.secret));
});
test('settings: shown, changed, held to their range, used by the running server', () => {
  const before = done(['settings', 'list']).items;
  const flag = before.find((item) => item.name === 'four_eyes');
  assert.deepEqual([flag.value, flag.type, flag.version], [true, 'flag', 0]);
  assert.match(shown(['settings', 'list']), /secret_overlap_s +604800 s +604800 s +0 to 2592000/);
  refused(['settings', 'set', 'secret_overlap_s', '-1'], 1, /secret_overlap_s/);
  refused(['settings', 'set', 'secret_overlap_s', 'much'], 2, /whole number/);
  refused(['settings', 'set', 'four_eyes', 'perhaps'], 2, /true or false/);
  refused(['settings', 'set', 'nonsense', '1'], 3, /no setting nonsense/);
  const changed = done(['settings', 'set', 'four_eyes', 'off']);
  assert.deepEqual([changed.value, changed.version], [false, 1]);
  assert.match(changed.updated_by, /^host:/);
  refused(['settings', 'set', 'four_eyes', 'on', '--version', '0'], 4, /changed in the meantime/);
  done(['client', 'add', '--id', 'alone', '--redirect-uri', 'https://alone.example/cb']);
  assert.equal(done(['client', 'submit', 'alone']).state, 'approved');
  done(['settings', 'set', 'four_eyes', 'true']);
  assert.equal(events('setting.update').length, 2);
});

/* --- people --- */

test('accounts: found by what is typed into standard input, and nothing personal is shown', () => {
  for (const typed of ['110105188812310013', 'alice', '13800138000']) {
    const found = done(['account', 'find'], { input: `${typed}\n` });
    assert.equal(found.account_id, alice);
    const text = JSON.stringify(found) + shown(['account', 'find'], { input: typed }) + shown(['account', 'show', alice]);
    for (const secret of ['110105188812310013', '测试甲', '13800138000', 'alice@rp.example']) assert.ok(!text.includes(secret), secret);
    assert.match(found.name_masked, /^测\*+$/);
    assert.equal(found.verifications[0].source, 'operator');
  }
  refused(['account', 'find', '110105188812310013'], 2, /one argument too many/);
  refused(['account', 'find'], 2, /read from standard input/);
  refused(['account', 'find'], 3, /no account of this person/, { input: 'stranger\n' });
  for (const words of [['account', 'show'], ['account', 'suspend'], ['session', 'list'], ['consent', 'list']]) refused([...words, 'nobody'], 3, /no account nobody/);
  refused(['session', 'end', 'nobody', '--all'], 3, /no account nobody/);
  assert.ok(done(['account', 'list']).items.some((item) => item.account_id === bob));
  const page = done(['account', 'list', '--limit', '1']);
  assert.equal(done(['account', 'list', '--limit', '1', '--after', page.next_after]).items.length, 1);
});
test('account add: what is taken is a conflict; --json', () => {
  const made = done(['account', 'add'], { input: JSON.stringify({ username: 'carol', password: 'Carol-Pass-2026' }) });
  assert.match(made.account_id, /^[\w-]{22}$/);
  refused(['account', 'add'], 4, /belongs to another account/, { input: JSON.stringify({ username: 'carol', password: 'Carol-Pass-2026' }) });
  refused(['account', 'add'], 1, /password: is missing/, { input: '{}' });
});
test('account add: what is no person\'s, every mistake by its name, and canonical forms of the rest', () => {
  const add = (claims, status, text) => refused(['account', 'add'], status, text, { input: JSON.stringify({ username: 'dora', password: 'Dora-Pass-2026', ...claims }) });
  const rows = [
    [{ id_number: '110105188812310014' }, /id_number: has another check character/],
    [{ id_number: '700105188812310013' }, /id_number: begins with a region that does not exist/],
    [{ id_number: '110105188813310015' }, /id_number: holds a date of birth that cannot be/],
    [{ id_number: '1101051888' }, /id_number: must be 18 characters/],
    [{ id_number: '510104188402290134', id_type: 2 }, /id_type: is not the kind of document that id_number is of/],
    [{ name: '测\u202e试' }, /name: is no name of a person/],
    [{ name: '测\ue000' }, /name: holds private-use characters/],
    [{ name: '' }, /name: is no name of a person/],
    [{ given_name: '甲\u202e' }, /given_name: must be 1 to 256 bytes of text without invisible/],
    [{ address_formatted: 'x'.repeat(257) }, /address_formatted: must be 1 to 256 bytes/],
    [{ phone_number: '02112345678' }, /phone_number: must be a mobile phone number/],
    [{ username: '13800138009' }, /username: reads as a number, a phone/],
    [{ username: ' dora' }, /username: reads as .* or has spaces around it/],
    [{ password: 'short' }, /password: is none that people may choose/],
    [{ level: 5 }, /level: must be 1 to 4/],
    [{ level: 'two' }, /level: must be 1 to 4/],
  ];
  for (const [claims, text] of rows) {
    add(claims, 1, text);
  }
  const all = run(['account', 'add'], { input: JSON.stringify({ name: '\u202e', id_number: '1', phone_number: '2' }) }).stderr;
  for (const member of ['name', 'id_number', 'phone_number', 'password']) assert.match(all, new RegExp(`^  ${member}: `, 'm'));
  assert.doesNotMatch(all, /\u202e/);
  const claims = { username: 'dora', password: 'Dora-Pass-2026', name: ' 王样例 ', id_number: '３１０１０１１８８６０７０４０２４７', phone_number: '138 0013 8777' };
  const made = done(['account', 'add'], { input: JSON.stringify(claims) });
  for (const typed of ['310101188607040247', '+8613800138777', 'dora']) assert.equal(done(['account', 'find'], { input: `${typed}\n` }).account_id, made.account_id);
});
test('suspending ends the sessions and the sign-ins, resuming brings the sign-ins back', async () => {
  const agent = new Agent(stack);
  await codeOf(agent, kinds.c1, kinds.bob);
  assert.equal(done(['session', 'list', bob]).items.length, 1);
  const suspended = done(['account', 'suspend', bob]);
  assert.equal(suspended.state, 'suspended');
  assert.deepEqual(done(['session', 'list', bob]).items, []);
  assert.deepEqual(done(['account', 'list', '--state', 'suspended']).items.map((item) => item.account_id), [bob]);
  refused(['account', 'suspend', bob], 4, /already/);
  const { parameters } = requestOf(kinds.c1);
  await assert.rejects(follow(agent, await agent.authorize(parameters), kinds.bob), /signing in/);
  refused(['account', 'resume', bob, '--version', '1'], 4, /changed in the meantime/);
  assert.equal(done(['account', 'resume', bob]).state, 'active');
  await codeOf(agent, kinds.c1, kinds.bob);
});
test('unlock: after too many wrong passwords', async () => {
  const attempt = async (password) => {
    const agent = new Agent(stack);
    return follow(agent, await agent.authorize(requestOf(kinds.c1).parameters), { ...kinds.bob, password });
  };
  let locked = false;
  for (let i = 0; i < 20 && !locked; i++) {
    await assert.rejects(attempt('Wrong-Pass-2026'));
    locked = i >= 10;
  }
  await assert.rejects(attempt(kinds.bob.password), /signing in/);
  assert.deepEqual(done(['account', 'unlock'], { input: 'bob\n' }), { unlocked: true });
  await attempt(kinds.bob.password);
  refused(['account', 'unlock'], 3, /no account of this person/, { input: 'stranger\n' });
});
test('sessions: listed with their client systems, one ended, all ended; the portals are told', async () => {
  const told = [];
  const portal = createServer((request, response) => {
    told.push(request.url);
    request.resume().on('end', () => response.end());
  }).listen(stack.ports.a, 'localhost');
  await once(portal, 'listening');
  try {
    const zwfw = stack.clients[0];
    const agents = [new Agent(stack), new Agent(stack)];
    for (const agent of agents) await tokensOf(agent, zwfw, kinds.alice);
    const before = done(['session', 'list', alice]).items;
    assert.equal(before.length, 2);
    assert.deepEqual(before[0].client_ids, ['zwfw']);
    assert.deepEqual(before[0].amr, ['pwd']);
    assert.match(shown(['session', 'list', alice]), /pwd +zwfw/);
    refused(['session', 'end', bob, before[0].session_id], 3, /no such session/);
    assert.deepEqual(await doneMeanwhile(['session', 'end', alice, before[0].session_id]), { ended: true });
    assert.deepEqual(told, ['/backchannel-logout']);
    assert.deepEqual(done(['session', 'list', alice]).items.map((item) => item.session_id), [before[1].session_id]);
    await doneMeanwhile(['session', 'end', alice, '--all']);
    assert.deepEqual(done(['session', 'list', alice]).items, []);
    assert.equal(told.length, 2);
    for (const agent of agents) {
      const answer = await agent.authorize(requestOf(zwfw, { prompt: 'none' }).parameters);
      assert.match(answer.location, /error=login_required/);
    }
  } finally {
    portal.closeAllConnections();
    portal.close();
  }
  assert.ok(events('session.end').length >= 2);
});
test('consents: listed, withdrawn, asked for again', async () => {
  const agent = new Agent(stack);
  await codeOf(agent, kinds.ask, kinds.alice);
  assert.deepEqual(done(['consent', 'list', alice]).items.map((item) => item.client_id), ['ask']);
  assert.match(shown(['consent', 'list', alice]), /^ask +openid/m);
  assert.deepEqual(done(['consent', 'withdraw', alice, 'ask']), { withdrawn: true });
  refused(['consent', 'withdraw', alice, 'ask'], 3, /no such consent/);
  assert.match((await agent.authorize(requestOf(kinds.ask, { prompt: 'none' }).parameters)).location, /error=consent_required/);
});

/* --- at a terminal --- */

const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();

/* Runs it on a terminal of 60 columns, types the lines, and gives back what the screen showed. */
function terminal(args, lines, env = {}) {
  const script = `import fcntl, os, pty, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
shown, lines = b'', sys.stdin.read().splitlines()
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
    if lines and shown.endswith(b': '):
        os.write(fd, lines.pop(0).encode() + b'\\n')
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
  const result = spawnSync(python, ['-c', script, binary, ...args], { encoding: 'utf8', timeout: 30000, input: lines.join('\n'), env: { ...environment(), ...env } });
  assert.ok(!/Sanitizer|runtime error/.test(result.stdout), result.stdout);
  return { status: result.status, screen: result.stdout.replaceAll('\r\n', '\n') };
}

test('at a terminal: what is typed is not echoed, questions are asked, tables are cut', () => {
  const found = terminal(['account', 'find'], ['110105188812310013']);
  assert.equal(found.status, 0, found.screen);
  assert.match(found.screen, /^identity number, phone or user name \(not shown\): \n/);
  assert.ok(found.screen.includes(alice) && !found.screen.includes('110105188812310013'), found.screen);
  done(['client', 'add', '--id', 'tty', '--name', '很长的名字'.repeat(12), '--redirect-uri', 'https://t.example/cb']);
  const no = terminal(['client', 'retire', 'tty'], ['no']);
  assert.equal(no.status, 1, no.screen);
  assert.match(no.screen, /Type yes: no\ntongxing: nothing was changed/);
  const list = terminal(['client', 'list', '--search', '很长的名字'], []).screen;
  assert.match(list, /^tty +很长的… +draft/m);
  assert.equal(terminal(['client', 'retire', 'tty'], ['yes']).status, 0);
  assert.equal(done(['client', 'show', 'tty']).state, 'retired');
});

test('at a terminal: an upstream is tried with what is typed, and shows it masked', () => {
  const tried = terminal(['upstream', 'try', 'population', '--show'], ['测试甲', '110105188812310013']);
  assert.equal(tried.status, 0, tried.screen);
  assert.match(tried.screen, /^the name \(not shown\): \nthe identity number \(not shown\): \n> POST /);
  assert.match(tried.screen, /"name":"测\*","idNumber":"1101\*{10}0013"/);
  assert.match(tried.screen, /^\{"result":"match"/m);
  assert.ok(!tried.screen.includes('110105188812310013') && !tried.screen.includes('测试甲'), tried.screen);
});

test('at a terminal: a second factor is a picture too, and qrencode is not given it as an argument', () => {
  fs.mkdirSync(stack.file('bin'));
  fs.writeFileSync(stack.file('bin/qrencode'), '#!/bin/sh\nprintf "drawn[%s]" "$*"\ncat\n', { mode: 0o755 });
  const id = done(['admin', 'create', '--username', 'carol', '--role', 'system', '--name', '孙系']).admin_id;
  const drawn = terminal(['admin', 'second-factor', id], [], { PATH: `${stack.file('bin')}:${process.env.PATH}` });
  assert.equal(drawn.status, 0, drawn.screen);
  assert.match(drawn.screen, /drawn\[--type=UTF8 --margin=2\]otpauth:\/\/totp\//);
  const plain = terminal(['admin', 'second-factor', id], [], { PATH: '/nonexistent' });
  assert.equal(plain.status, 0, plain.screen);
  assert.match(plain.screen, /With the program qrencode installed/);
});

/* --- keys --- */

test('keys: as JSON, rotated with an event', () => {
  const before = done(['keys', 'list']).items;
  const active = (items) => items.find((item) => item.alg === 'ES256' && item.state === 'active').kid;
  const next = before.find((item) => item.alg === 'ES256' && item.state === 'next').kid;
  assert.equal(active(done(['keys', 'rotate', '--algorithm', 'ES256']).items), next);
  refused(['keys', 'rotate', '--algorithm', 'HS256'], 2, /not one of keys\.algorithms/);
  assert.deepEqual(events('keys.rotate').map((event) => [event.role, event.detail.alg]), [['host', 'ES256']]);
  assert.deepEqual(done(['keys', 'create']).items.length, before.length + 1);
});

/* --- what others have typed, and what does not answer --- */

test('hostile input: nothing of it reaches the terminal, nothing is too long', () => {
  const evil = '\u001b[31mred\u001b]0;title\u0007\u202emoc.live\u009b2J';
  const entered = run(['agency', 'add', '--name', 'x\u001b[2J'], {});
  assert.equal(entered.status, 2);
  assert.ok(!entered.stderr.includes('\u001b'));
  const invalid = spawnSync('sh', ['-c', `exec "$0" client add --name "$(printf 'a\\377\\376')"`, binary], { encoding: 'buffer', env: environment() });
  assert.equal(invalid.status, 2);
  assert.match(invalid.stderr.toString('latin1'), /a\\xff\\xfe is not UTF-8/);
  const metadata = run(['client', 'add', '--id', 'evil', '--metadata', '-'], { input: JSON.stringify({ client_name: evil, redirect_uris: ['https://e.example/cb'] }) });
  const listed = run(['client', 'list']).stdout + run(['client', 'list', '--json']).stdout + metadata.stdout + metadata.stderr +
    (metadata.status === 0 ? run(['client', 'show', 'evil']).stdout + run(['client', 'show', 'evil', '--json']).stdout : '');
  for (const bad of ['\u001b', '\u0007', '\u202e', '\u009b']) assert.ok(!listed.includes(bad), JSON.stringify(bad));
  const long = 'x'.repeat(10 << 20);
  refused(['client', 'add', '--metadata', '-'], 1, /longer than 262144 bytes/, { input: long });
  refused(['account', 'find'], 2, /standard input/, { input: long });
  refused(['account', 'add'], 1, /longer than/, { input: long });
  refused(['client', 'show', 'x'.repeat(70000)], 2, /longer than 65536 bytes/);
  refused(['client', 'show', "' OR 1=1 --"], 3, /there is no client/);
  refused(['client', 'add', '--metadata', '/dev/zero'], 1, /longer than/);
});
test('standard output is full: said, and not status 0', () => {
  const result = spawnSync('sh', ['-c', 'exec "$0" client list --json >/dev/full', binary], { encoding: 'utf8', env: environment() });
  assert.equal(result.status, 1);
  assert.match(result.stderr, /No space left/);
});
test('mistakes in clients.yaml do not keep anybody from suspending a client system', () => {
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.clients.file = stack.file('broken.yaml');
  fs.writeFileSync(stack.file('broken.yaml'), 'clients: [{client_id: a, redirect_uris: ["http://rp.example/cb"]}]');
  fs.writeFileSync(stack.file('broken-config.yaml'), JSON.stringify(config));
  const result = run(['client', 'list', '--config', stack.file('broken-config.yaml')]);
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stderr, /has mistakes/);
});
test('sessions in the server\'s memory: said', () => {
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.kv = { driver: 'memory' };
  fs.writeFileSync(stack.file('memory.yaml'), JSON.stringify(config));
  refused(['session', 'list', alice, '--config', stack.file('memory.yaml')], 5, /sessions live in the server's memory/);
  refused(['account', 'unlock', '--config', stack.file('memory.yaml')], 5, /memory/, { input: 'bob\n' });
  const result = run(['account', 'suspend', bob, '--config', stack.file('memory.yaml')]);
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stderr, /stay so until they end/);
  done(['account', 'resume', bob, '--config', stack.file('memory.yaml')]);
});
test('a database that cannot be used, keys that are not there', () => {
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.sql.path = stack.file('server.log');
  fs.writeFileSync(stack.file('nosql.yaml'), JSON.stringify(config));
  refused(['client', 'list', '--config', stack.file('nosql.yaml')], 5, /cannot be used/);
  config.sql.path = stack.file('tongxing.db');
  config.keys.folder = '/nonexistent';
  fs.writeFileSync(stack.file('nokeys.yaml'), JSON.stringify(config));
  refused(['client', 'list', '--config', stack.file('nokeys.yaml')], 1, /tongxing keys create/);
});
test('Redis down: sessions are out of reach, the register is not; rotating keys without a database is done and said', async () => {
  await stack.redis.stop();
  try {
    refused(['session', 'list', alice], 5, /Redis at 127\.0\.0\.1, port \d+, does not answer/);
    refused(['account', 'suspend', alice], 5, /Redis/);
    assert.equal(done(['account', 'show', alice]).state, 'active');
    assert.equal(done(['client', 'add', '--id', 'without-redis', '--redirect-uri', 'https://w.example/cb']).state, 'draft');
    const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
    config.sql.path = stack.file('server.log');
    fs.writeFileSync(stack.file('nosql.yaml'), JSON.stringify(config));
    const rotated = run(['keys', 'rotate', stack.file('nosql.yaml')]);
    assert.equal(rotated.status, 0, rotated.stderr);
    assert.match(rotated.stderr, /the audit trail does not know of it/);
  } finally {
    stack.redis.start();
    await stack.untilReady();
  }
});
