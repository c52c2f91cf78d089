/* W3C Trace Context: a request's trace is in its log lines and goes along to the register; nothing is made up unasked. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Stack, freePort, until } from './support/stack.mjs';
import { Agent, requestOf, hidden } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const person = { name: '李示例', id_number: '370102188506150110', phone: '13700137002', password: 'Li-Pass-2026!' };
let register, asked, url;
before(async () => {
  asked = [];
  register = createServer((request, response) => {
    asked.push(request.headers);
    request.resume();
    response.writeHead(500).end();
  }).listen(await freePort(), '127.0.0.1');
  await once(register, 'listening');
  url = `http://127.0.0.1:${register.address().port}`;
});
after(() => register?.close());

async function withStack(log, run) {
  const population = { adapter: 'population', url, app_id: 'tongxing', secret: '${TONGXING_POPULATION_SECRET}', timeout_ms: 700, breaker_errors: 1000, breaker_ms: 1000 };
  const stack = await Stack.start({ clients: kinds.clients, portals: false, options: { upstreams: { population }, log: { format: 'json', level: 'debug', ...log } } });
  try {
    await run(stack);
  } finally {
    await stack.stop();
  }
}

async function tryToRegister(stack, headers) {
  asked.length = 0;
  const agent = new Agent(stack);
  const login = await agent.request((await agent.authorize(requestOf(kinds.c1).parameters)).location);
  const answer = await agent.request('/register', { form: { flow: hidden(login.html), ...person, action: 'register' }, headers });
  assert.equal(answer.status, 503);
  const id = answer.headers.get('x-request-id');
  const answered = (line) => line.event === 'http.answered' && line.request_id === id;
  const lines = await until('the last line of the request', async () => {
    const all = stack.log('server').split('\n').slice(0, -1).map((line) => JSON.parse(line));
    return all.some(answered) && all.filter((line) => line.request_id === id);
  });
  assert.ok(lines.length >= 3);
  return lines;
}

test('with a traceparent', () => withStack({}, async (stack) => {
  const lines = await tryToRegister(stack, { traceparent: `00-${trace}-${span}-01`, tracestate: 'vendor=free text' });
  for (const line of lines) {
    assert.equal(line.trace_id, trace);
    assert.match(line.span_id, /^[0-9a-f]{16}$/);
    assert.notEqual(line.span_id, span);
  }
  assert.equal(new Set(lines.map((line) => line.span_id)).size, 1);
  assert.ok(asked.length >= 1);
  for (const { traceparent, tracestate } of asked) {
    const [, traced, child, flags] = traceparent.match(/^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/);
    assert.deepEqual([traced, flags, tracestate], [trace, '01', undefined]);
    assert.ok(![span, lines[0].span_id].includes(child));
  }
  for (const traceparent of [undefined, `00-${trace.toUpperCase()}-${span}-01`, `00-${trace}-${span}-01, 00-${trace}-${span}-01`, `ff-${trace}-${span}-01`]) {
    const lines = await tryToRegister(stack, traceparent && { traceparent });
    for (const line of lines) assert.equal(line.trace_id, undefined);
    for (const headers of asked) assert.equal(headers.traceparent, undefined);
  }
}));

test('log.trace makes one up', () => withStack({ trace: true }, async (stack) => {
  const [first, ...more] = await tryToRegister(stack, {});
  assert.match(first.trace_id, /^[0-9a-f]{32}$/);
  for (const line of more) assert.equal(line.trace_id, first.trace_id);
  assert.ok(asked[0].traceparent.startsWith(`00-${first.trace_id}-`));
  const [other] = await tryToRegister(stack, { traceparent: `00-${trace}-${span}-00` });
  assert.equal(other.trace_id, trace);
  assert.ok(asked[0].traceparent.endsWith('-00'));
}));
