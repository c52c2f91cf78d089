/* The HTTP layer of the running server, byte by byte: abuse cases §2.16, limits and time-outs. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from './support/stack.mjs';
import { c1 } from './support/clients.mjs';

let stack;
before(async () => {
  stack = await Stack.start({ clients: [c1], portals: false,
    options: { limits: { header_ms: 700, body_ms: 700, idle_ms: 1500, connections_per_address: 60, request_line: 2048, header_bytes: 4096, body_bytes: 4096 } } });
});
after(() => stack?.stop());

/* Sends the bytes, some of them later, and gives back all that came until the end or `ms`. */
async function raw(parts, ms = 4000) {
  const socket = connect(stack.ports.server, '127.0.0.1');
  let text = '', closed = false;
  socket.setEncoding('latin1').on('data', (chunk) => (text += chunk)).on('close', () => (closed = true)).on('error', () => {});
  for (const part of [parts].flat()) typeof part === 'number' ? await sleep(part) : socket.write(part, 'latin1');
  const deadline = Date.now() + ms;
  while (!closed && Date.now() < deadline) await sleep(10);
  socket.destroy();
  return { text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1])) };
}
const get = (path, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

describe('what is no request is refused, and the connection ends', () => {
  const rows = {
    'Content-Length and Transfer-Encoding': ['POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /jwks HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    'Transfer-Encoding alone': ['POST /token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /jwks HTTP/1.1\r\nHost: a\r\n\r\n', 411],
    'two lengths': ['POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx', 400],
    'a folded line': [get('/jwks', 'A: b\r\n c\r\n'), 400],
    'bare LF': ['GET /jwks HTTP/1.1\nHost: a\n\n', 400],
    'no Host': ['GET /jwks HTTP/1.1\r\n\r\n', 400],
    'HTTP/0.9': ['GET /jwks\r\n\r\n', 400],
    'HTTP/2 by preface': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    'TLS to the plain port': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    'a long line': [get(`/${'a'.repeat(3000)}`), 414],
    'a line without end': [`GET /${'a'.repeat(3000)}`, 414],
    'large fields': [get('/jwks', `A: ${'a'.repeat(5000)}\r\n`), 431],
    'many fields': [get('/jwks', 'A: b\r\n'.repeat(150)), 431],
    'a large body': ['POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n', 413],
    TRACE: ['TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    'Expect of something else': ['POST /token HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\nx', 417],
  };
  for (const [name, [bytes, status]] of Object.entries(rows)) {
    test(name, async () => {
      const { statuses, closed, text } = await raw(bytes);
      assert.deepEqual(statuses, [status], text);
      assert.ok(closed);
    });
  }
});

describe('what is one', () => {
  test('several in one packet, answered in order, the last closing', async () => {
    const { statuses, closed } = await raw(get('/jwks') + get('/nobody') + get('/jwks', 'Connection: close\r\n'));
    assert.deepEqual(statuses, [200, 404, 200]);
    assert.ok(closed);
  });
  test('one in many pieces', async () => {
    const { statuses } = await raw(['GE', 20, 'T /jwks HT', 20, 'TP/1.1\r\nHo', 20, 'st: a\r\nConnection: close\r', 20, '\n\r\n']);
    assert.deepEqual(statuses, [200]);
  });
  test('a half-closed client gets its answer', async () => {
    const socket = connect(stack.ports.server, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
    socket.end(get('/jwks'));
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(text, /^HTTP\/1\.1 200/);
  });
  test('Expect: 100-continue', async () => {
    const { statuses } = await raw(['POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n', 100, 'x']);
    assert.deepEqual(statuses, [100, 401]);
  });
  test('HEAD has the length and no body', async () => {
    const { text } = await raw('HEAD /jwks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(text, /Content-Length: \d{3,}/);
    assert.ok(text.endsWith('\r\n\r\n'));
  });
  test('paths are exact and decoded once (HT-13)', async () => {
    for (const path of ['/jwks/', '//jwks', '/jwks;x', '/JWKS', '/%2Fjwks', '/jwk%2573', '/a/../jwks', '/./jwks', '/t1%2f..%2fjwks', '/_control', '/ready', '/health', '/metrics']) {
      assert.deepEqual((await raw(get(path, 'Connection: close\r\n'))).statuses, [404], path);
    }
    assert.deepEqual((await raw(get('/jwk%73', 'Connection: close\r\n'))).statuses, [200]);
  });
  test('every answer carries the security fields, pages a policy', async () => {
    const { text } = await raw(get('/authorize', 'Connection: close\r\n'));
    for (const line of ['X-Content-Type-Options: nosniff', 'X-Frame-Options: DENY', 'Referrer-Policy: same-origin', 'Cache-Control: no-store', 'Content-Security-Policy: default-src \'none\'', 'X-Request-Id: rq_']) {
      assert.ok(text.includes(line), line);
    }
    assert.ok(!/form-action/.test(text));
  });
  test('a line break in a parameter makes no header (XS-08)', async () => {
    const { text } = await raw(get('/authorize?client_id=c1&redirect_uri=https%3A%2F%2Frp.example%2Fcb&response_type=x&state=a%0d%0aSet-Cookie:x=1', 'Connection: close\r\n'));
    assert.match(text, /state=a%0D%0ASet-Cookie%3Ax%3D1/);
    assert.ok(!/^Set-Cookie: ?x/im.test(text));
  });
});

describe('patience has an end (HT-08)', () => {
  test('a head that does not come', async () => assert.deepEqual((await raw(['GET /jwks HT', 300, 'TP/1.1\r\n', 300, 'A: b\r\n', 300, 'C: d\r\n'])).statuses, [408]));
  test('a body that does not come', async () => assert.deepEqual((await raw('POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx')).statuses, [408]));
  test('a client that says nothing', async () => {
    const { closed, text } = await raw('', 3000);
    assert.ok(closed);
    assert.equal(text, '');
  });
  test('one address has its share of connections, and others are served on', async () => {
    const sockets = Array.from({ length: 300 }, () => connect(stack.ports.server, '127.0.0.1').on('error', () => {}));
    await sleep(400);
    const open = sockets.filter((socket) => !socket.closed && socket.readyState === 'open').length;
    sockets.forEach((socket) => socket.destroy());
    assert.ok(open > 0 && open <= 120, `${open} stayed open, at two workers`);
    await sleep(100);
    assert.deepEqual((await raw(get('/jwks', 'Connection: close\r\n'))).statuses, [200]);
  });
});
