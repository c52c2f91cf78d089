/* /metrics as Prometheus reads it: with Prometheus' own parser, and its numbers held against what was done. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack, until, root } from './support/stack.mjs';
import { Agent, tokensOf, token, requestOf, hidden } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

/* The parser is Debian's package, for Debian's own Python. */
const { c1, machine, alice } = kinds;
let stack;
before(async () => {
  stack = await Stack.start({ clients: kinds.clients, portals: false });
  stack.addAccount(kinds.aliceAccount);
});
after(() => stack?.stop());

async function scrape() {
  const answer = await fetch(`http://127.0.0.1:${stack.ports.ops}/metrics`);
  const text = await answer.text();
  const { families, samples } = JSON.parse(execFileSync('/usr/bin/python3', [path.join(root, 'tests/flow/support/exposition.py')], { input: text, maxBuffer: 1 << 24 }));
  const value = (name, labels = {}) => {
    const found = samples.filter(([n, l]) => n === name && Object.entries(labels).every(([key, wanted]) => l[key] === wanted));
    assert.ok(found.length > 0, `there is no ${name} ${JSON.stringify(labels)}`);
    return found.reduce((sum, [, , number]) => sum + number, 0);
  };
  return { answer, text, families, samples, value };
}

/* How much a number rises by what is done; numbers of the layers below are taken over once a second. */
async function rise(name, labels, wanted, act) {
  const before = (await scrape()).value(name, labels);
  await act();
  await until(`${name} ${JSON.stringify(labels)} to rise by ${wanted}`, async () => (await scrape()).value(name, labels) - before === wanted, 5000);
}

describe('the exposition', () => {
  test('is what the format says, and complete', async () => {
    await until('both workers to be connected', async () => (await scrape()).value('tongxing_redis_up') === 1);
    const { answer, text, families, samples, value } = await scrape();
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.ok(text.endsWith('\n'));
    const names = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name]) => name);
    assert.ok(names.length > 30);
    assert.equal(new Set(names).size, names.length);
    assert.equal(Object.keys(families).length, names.length);
    for (const [name, { help }] of Object.entries(families)) assert.ok(help, `${name} has no help`);
    const places = samples.map(([name, labels]) => JSON.stringify([name, labels]));
    assert.equal(new Set(places).size, places.length, 'a sample comes twice');
    assert.equal(value('tongxing_workers'), 2);
    assert.equal(value('tongxing_clients'), stack.clients.length + 1); // and people's own pages
    assert.equal(value('tongxing_sql_up'), 1);
    assert.equal(value('tongxing_build_info', { version: '0.1.0' }), 1);
    assert.equal(value('tongxing_signing_keys', { alg: 'ES256', state: 'active' }), 1);
    assert.ok(value('tongxing_signing_key_age_seconds', { alg: 'ES256' }) < 600);
    assert.ok(Math.abs(value('process_start_time_seconds') - Date.now() / 1000) < 600);
    assert.ok(value('process_resident_memory_bytes') > 1e6);
    assert.ok(value('process_open_fds') > 5 && value('process_open_fds') < value('process_max_fds'));
  });
  test('classes of a histogram rise up to the count', async () => {
    await fetch(`${stack.issuer}/jwks`);
    const { samples, value } = await scrape();
    const classes = samples.filter(([name, labels]) => name === 'tongxing_http_request_duration_seconds_bucket' && labels.route === '/jwks');
    assert.equal(classes.length, 17);
    for (let i = 1; i < classes.length; i++) {
      assert.ok(classes[i][2] >= classes[i - 1][2]);
      assert.ok(parseFloat(classes[i][1].le.replace('+Inf', 'Infinity')) > parseFloat(classes[i - 1][1].le));
    }
    assert.equal(classes.at(-1)[1].le, '+Inf');
    assert.equal(classes.at(-1)[2], value('tongxing_http_request_duration_seconds_count', { route: '/jwks' }));
  });
  test('is not on the public listener', async () => {
    assert.equal((await fetch(`${stack.issuer}/metrics`)).status, 404);
  });
});

describe('what is counted', () => {
  const basic = { grant_type: 'client_credentials' };
  test('requests by route and class; made-up addresses are "other"', async () => {
    await rise('tongxing_http_requests_total', { route: '/jwks', status: '2xx' }, 3, async () => {
      for (let i = 0; i < 3; i++) await (await fetch(`${stack.issuer}/jwks`)).text();
    });
    await rise('tongxing_http_requests_total', { route: 'other', status: '4xx' }, 2, async () => {
      for (const made of ['/nothing', '/"quoted"']) await (await fetch(stack.issuer + made)).text();
    });
    await rise('tongxing_http_requests_total', { route: 'asset', status: '2xx' }, 1, async () => (await fetch(`${stack.issuer}/assets/style.css`)).text());
    assert.ok(!(await scrape()).text.includes('nothing{'));
  });
  test('tokens by grant, and client authentication', async () => {
    await rise('tongxing_tokens_total', { grant: 'client_credentials', result: 'done' }, 1, () => token(stack, machine, basic));
    await rise('tongxing_tokens_total', { grant: 'other', result: 'refused' }, 1, () => token(stack, machine, { grant_type: 'password' }));
    await rise('tongxing_events_total', { event: 'client.authentication', result: 'refused' }, 1, () => token(stack, { ...machine, client_secret: 'x' }, basic));
    await rise('tongxing_events_total', { event: 'token', result: 'refused' }, 1, () => token(stack, machine, { ...basic, scope: 'unheard_of' }));
  });
  test('a sign-in: the event, the session, Redis and SQL', async () => {
    const before = await scrape();
    await tokensOf(new Agent(stack), c1, alice);
    const names = ['tongxing_redis_commands_total', 'tongxing_redis_round_trip_duration_seconds_count', 'tongxing_sql_duration_seconds_count'];
    const after = await until('the layers below', async () => {
      const now = await scrape();
      return names.every((name) => now.value(name) > before.value(name)) && now;
    });
    const more = (name, labels) => after.value(name, labels) - before.value(name, labels);
    assert.equal(more('tongxing_sessions_started_total'), 1);
    assert.equal(more('tongxing_events_total', { event: 'login', result: 'done' }), 1);
    assert.equal(more('tongxing_events_total', { event: 'authorization', result: 'done' }), 1);
    assert.equal(more('tongxing_events_total', { event: 'disclosure', result: 'done' }), 1);
    assert.ok(more('process_cpu_seconds_total') > 0);
  });
  test('adapters: calls by result, the breaker, and what it kept away', async () => {
    const agent = new Agent(stack);
    const login = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
    const person = { name: '李示例', id_number: '370102188506150110', phone: '13700137002', password: 'Li-Pass-2026!' };
    const register = (form) => agent.request('/register', { form: { flow: hidden(login.html), ...person, ...form, action: 'register' } });
    const upstream = 'population';
    await rise('tongxing_upstream_calls_total', { upstream, result: 'mismatch' }, 1, () => register({ name: '别人' }));
    await stack.simulate('error');
    /* Breakers are the workers' own, and open after three errors: of eight checks two at least are not made. */
    for (let i = 0; i < 8; i++) await register();
    await until('checks that are not made', async () => (await scrape()).value('tongxing_upstream_not_called_total', { upstream }) >= 2);
    await until('the open breaker', async () => (await scrape()).value('tongxing_upstream_breakers_open', { upstream }) >= 1);
    const { value } = await scrape();
    assert.ok(value('tongxing_upstream_calls_total', { upstream, result: 'upstream_error' }) >= 3);
    assert.ok(value('tongxing_upstream_call_duration_seconds_count', { upstream }) >= 4);
    await stack.simulate('normal');
  });
  test('Redis that goes away and comes back', async () => {
    const connections = (await scrape()).value('tongxing_redis_connections_total');
    assert.equal(connections, 3); // two workers, and the background
    await stack.redis.stop();
    await until('redis to be down', async () => (await scrape()).value('tongxing_redis_up') === 0);
    await fetch(`${stack.issuer}/authorize?${new URLSearchParams(requestOf(c1).parameters)}`, { headers: { cookie: `__Host-session=ss_${'A'.repeat(43)}` }, redirect: 'manual' });
    await until('the failed round trip', async () => (await scrape()).value('tongxing_redis_failed_total') >= 1);
    assert.ok((await scrape()).value('tongxing_events_total', { event: 'authorization', result: 'failed' }) >= 1);
    stack.redis.start();
    await until('redis to be up', async () => (await scrape()).value('tongxing_redis_up') === 1);
    await until('all to be connected again', async () => (await scrape()).value('tongxing_redis_connections_total') >= connections + 3);
  });
});

/* One command of words without spaces, one answer, as bytes. */
async function redis(...words) {
  const socket = connect(stack.ports.redis, '127.0.0.1');
  socket.end(`${words.join(' ')}\r\n`);
  const parts = [];
  for await (const part of socket) parts.push(part);
  return Buffer.concat(parts);
}

/* The plain counters of a packed record (src/model/activity.c), in LEB128. */
function countersOf(reply) {
  const bytes = reply.subarray(reply.indexOf('\r\n') + 2);
  const numbers = [];
  for (let at = 0; numbers.length < 8; at++) {
    let number = 0, shift = 0;
    for (; bytes[at] & 0x80; at++, shift += 7) number += (bytes[at] & 0x7f) << shift;
    numbers.push(number + (bytes[at] << shift));
  }
  const [version, sign_ins, refused, failed, registrations, tokens, requests, errors] = numbers;
  return { version, sign_ins, refused, failed, registrations, tokens, requests, errors };
}

test('the minute goes into the history when it is over', async () => {
  if (Date.now() % 60000 > 57000) await sleep(4000); /* else the sign-in could fall into the next one */
  await tokensOf(new Agent(stack), c1, alice);
  const minute = Math.floor(Date.now() / 60000);
  const key = await until('the minute to be over', async () => {
    const found = (await redis('KEYS', `mh:{${minute}:*`)).toString().match(/mh:\{\S+\}/);
    return found && found[0];
  }, 65000);
  const counters = countersOf(await redis('GET', key));
  assert.equal(counters.version, 1);
  assert.ok(counters.sign_ins >= 1 && counters.tokens >= 1 && counters.requests >= 4, JSON.stringify(counters));
  const node = key.match(/:([^:}]+)\}/)[1];
  assert.ok((await redis('HKEYS', `mn:{${Math.floor(minute / 60)}}`)).includes(node));
  const left = Number((await redis('TTL', key)).toString().match(/\d+/)[0]);
  assert.ok(left > 24 * 3600 && left <= 25 * 3600);
});
