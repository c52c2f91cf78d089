/*
 * The console's files: how they are served, and that what is written down twice agrees: its texts with its code, its lists with the tables of the
 * server.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Stack, root } from './support/stack.mjs';

const folder = path.join(root, 'src/endpoint/admin/console');
const files = fs.readdirSync(folder, { recursive: true }).filter((name) => fs.statSync(path.join(folder, name)).isFile());
const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
const scripts = files.filter((name) => name.endsWith('.js'));
const table = (name, pattern) => [...fs.readFileSync(path.join(root, 'include/model', name), 'utf8').matchAll(pattern)].map((match) => match[1]);

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

let stack;
before(async () => (stack = await Stack.start({ portals: false })));
after(() => stack?.stop());

const get = (target, options) => fetch(`${stack.issuer}${target}`, { redirect: 'manual', ...options });

/* A path as it is, without what fetch makes of dots. */
const rawStatus = (target) =>
  new Promise((resolve, reject) => {
    http
      .get({ host: 'localhost', port: stack.ports.server, path: target }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
      .on('error', reject);
  });

function guarded(answer, name) {
  const policy = answer.headers.get('content-security-policy');
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    assert.ok(policy?.split('; ').includes(part), `${name}: ${part}`);
  }
  assert.ok(!/unsafe|https?:|\*|data:/.test(policy), policy);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('cache-control'), 'no-cache');
  assert.equal(answer.headers.get('set-cookie'), null);
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
}

describe('serving', () => {
  test('every file, as it is in the repository, to anybody', async () => {
    assert.ok(files.length > 40);
    for (const name of files) {
      const answer = await get(`/admin/${name}`);
      assert.equal(answer.status, 200, name);
      assert.equal(answer.headers.get('content-type'), types[path.extname(name)], name);
      guarded(answer, name);
      assert.equal(await answer.text(), read(name), name);
    }
  });

  test('the folder is the index; without its slash it leads there', async () => {
    const index = await get('/admin/');
    assert.equal(await index.text(), read('index.html'));
    guarded(index, 'index');
    const bare = await get('/admin');
    assert.equal(bare.status, 303);
    assert.equal(bare.headers.get('location'), `${stack.issuer}/admin/`);
  });

  test('a file the browser has is not sent again; HEAD sends none', async () => {
    const tag = (await get('/admin/main.js')).headers.get('etag');
    assert.match(tag, /^"[\w-]{16}"$/);
    const again = await get('/admin/main.js', { headers: { 'if-none-match': tag } });
    assert.equal(again.status, 304);
    assert.equal(again.headers.get('etag'), tag);
    const other = await get('/admin/main.js', { headers: { 'if-none-match': '"other"' } });
    assert.equal(other.status, 200);
    const head = await get('/admin/main.js', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  test('an installation may put its own in their place', async () => {
    const own = path.join(stack.folder, 'pages');
    fs.mkdirSync(path.join(own, 'console/style'), { recursive: true });
    fs.writeFileSync(path.join(own, 'console/style/base.css'), 'body { color: #123456; }');
    const before = (await get('/admin/style/base.css')).headers.get('etag');
    stack.write({ server: { issuer: stack.issuer, workers: 2, pages_folder: own } });
    await stack.server.stop();
    stack.server.start();
    await stack.untilReady();
    const answer = await get('/admin/style/base.css');
    assert.equal(await answer.text(), 'body { color: #123456; }');
    assert.notEqual(answer.headers.get('etag'), before);
    assert.equal(await (await get('/admin/main.js')).text(), read('main.js'));
  });

  test('they are counted as files', async () => {
    await get('/admin/main.js');
    const metrics = await (await fetch(`http://127.0.0.1:${stack.ports.ops}/metrics`)).text();
    assert.match(metrics, /http_requests_total\{[^}]*route="asset"[^}]*\} [1-9]/);
  });

  test('nothing else, by no other name and no other method', async () => {
    for (const target of ['/admin/none.js', '/admin/views/', '/admin/views', '/admin/MAIN.JS', '/admin/main.js/', '/adminmain.js', '/Admin/']) {
      assert.equal((await get(target)).status, 404, target);
    }
    for (const target of [
      '/admin/../pages/login.html',
      '/admin/%2e%2e/pages/login.html',
      '/admin/..%2fpages%2flogin.html',
      '/admin/views/../main.js',
      '/admin//main.js',
    ]) {
      assert.notEqual(await rawStatus(target), 200, target);
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await get('/admin/main.js', { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get('allow'), 'GET, HEAD');
    }
  });
});

describe('what is written twice', async () => {
  const { texts } = await import(path.join(folder, 'texts/all.js'));
  const keys = Object.keys(texts);
  const code = scripts
    .filter((name) => !name.startsWith('texts/'))
    .map(read)
    .join('\n')
    .replaceAll(/\/\*[^]*?\*\//g, '');

  test('each text is there in both languages, with the same blanks', () => {
    for (const [key, pair] of Object.entries(texts)) {
      assert.equal(pair.length, 2, key);
      assert.equal(Boolean(pair[0]), Boolean(pair[1]), key);
      const blanks = pair.map((text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort());
      assert.deepEqual(blanks[0], blanks[1], key);
    }
  });

  test('no key is in two areas', () => {
    const defined = scripts
      .filter((name) => name.startsWith('texts/'))
      .flatMap((name) => [...read(name).matchAll(/^ {2}'?([\w.#]+)'?: \[/gm)].map((match) => match[1]));
    assert.equal(defined.length, keys.length);
    assert.deepEqual(
      defined.filter((key, i) => defined.indexOf(key) !== i),
      [],
    );
  });

  test('each text that the code names exists, and none is there for nothing', () => {
    const named = [...code.matchAll(/\bt(?:Or)?\('([^']+)'/g)].map((match) => match[1]);
    assert.ok(named.length > 200);
    assert.deepEqual(
      named.filter((key) => !keys.includes(key)),
      [],
    );
    const literal = new Set([...code.matchAll(/'([\w.#]+)'/g)].map((match) => match[1]));
    const groups = [...code.matchAll(/`(\w+(?:\.\w+)*)\.\$\{/g)].map((match) => `${match[1]}.`);
    const dynamic = ['state.', 'breaker.', 'admin_state.', 'account_state.', 'window_state.', 'agency_state.', 'key_state.', 'result.', 'verification.', ...groups];
    assert.deepEqual(
      keys.filter((key) => !literal.has(key) && !dynamic.some((group) => key.startsWith(group))),
      [],
    );
  });

  test('the lists are those of the server', async () => {
    const { events } = await import(path.join(folder, 'core/events.js'));
    const audited = table('events.def', /^EVENT\(\w+, "([^"]+)", (?:AUDITED|FAILURES),/gm);
    assert.ok(audited.length > 30);
    assert.deepEqual([...events].sort(), audited.sort());
    for (const event of audited) assert.ok(keys.includes(`event.${event}`), event);
    for (const permission of table('permissions.def', /^PERMISSION\(\w+, "([^"]+)"/gm))
      assert.ok(keys.includes(`permission.${permission}`), permission);
    for (const setting of table('settings.def', /^(?:FLAG|NUMBER)\((\w+),/gm)) {
      assert.ok(keys.includes(`setting.${setting}`) && keys.includes(`setting.${setting}.help`), setting);
    }
  });

  test('its claims are claims, its metadata is metadata', () => {
    const claims = table('claims.def', /^CLAIM\w*\(\w+, "([^"]+)"/gm);
    const offered = [...read('client/scopes.js').matchAll(/^ {2}(\w+): \[(.*)\],$/gm)]
      .filter((match) => match[1] !== 'openid')
      .flatMap((match) => [...match[2].matchAll(/'(\w+)'/g)].map((claim) => claim[1]));
    assert.ok(offered.length > 10);
    assert.deepEqual(
      offered.filter((claim) => !claims.includes(claim)),
      [],
    );
    const known = ['client_members.c', 'client_own_members.c'].flatMap((name) =>
      [...fs.readFileSync(path.join(root, 'src/model', name), 'utf8').matchAll(/^ {4}\{"([\w#]+)", read_\w+\}/gm)].map((match) => match[1]),
    );
    assert.ok(known.length > 30);
    const fields = [...read('client/fields.js').matchAll(/\btext\('([^']+)'/g)].map((match) => match[1]).filter((name) => name !== 'other_scopes');
    assert.deepEqual(
      fields.filter((name) => !known.includes(name)),
      [],
    );
    for (const member of known.filter((name) => name !== 'client_secret')) assert.ok(keys.includes(`member.${member}`), member);
  });
});

describe('what no file may have', () => {
  const forbidden = [
    [/\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTMLUnsafe/, 'markup from a string'],
    [/\beval\b|new Function|setTimeout\(['"`]/, 'code from a string'],
    [/localStorage\.setItem\((?!remembered)/, 'something kept in the browser for good'],
    [/https?:\/\/(?!(?:www\.w3\.org|portal\.example\.gov\.cn|localhost|127\.0\.0\.1|host\b))[\w.]/, 'an address of somebody else'],
  ];

  test('the scripts', () => {
    for (const name of scripts) for (const [pattern, what] of forbidden) assert.doesNotMatch(read(name), pattern, `${name}: ${what}`);
  });

  test('the page and the style sheets', () => {
    assert.doesNotMatch(read('index.html'), /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:/);
    for (const name of files.filter((file) => file.endsWith('.css'))) assert.doesNotMatch(read(name), /@import|url\(/, name);
  });
});
