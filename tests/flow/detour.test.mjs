/*
 * Coming back from another service, by whoever wants to use up what it allows us: made-up codes are counted.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from './support/stack.mjs';
import { Agent, hidden, requestOf } from './support/agent.mjs';
import { appId, entries, environment, makeKeys } from './support/ways.mjs';

const attempts_per_address = 3;
const jia = '074aFICT0000000000000000000000000001';
let stack, keys;
const client = (level) => ({
  client_id: `level${level}`, client_name: `等级 ${level} 门户`, token_endpoint_auth_method: 'none', redirect_uris: ['https://rp.example/cb'],
  scope: 'openid profile', tongxing_level: level, tongxing_consent: 'statutory',
});

before(async () => {
  keys = makeKeys();
  stack = await Stack.start({
    portals: false, appId, env: environment(keys), clients: [client(1)],
    options: { listen: { trusted_proxies: ['127.0.0.1', '::1'] }, login: { attempts_per_address } },
    upstreams: (ports) => entries(`http://127.0.0.1:${ports.simulator}`, keys),
  });
});
after(async () => {
  await stack?.stop();
  fs.rmSync(keys, { recursive: true });
});

/* How often a service was called; the workers' numbers are taken over once a second. */
async function calls(service) {
  await sleep(1500);
  const metrics = await (await fetch(`http://127.0.0.1:${stack.ports.ops}/metrics`)).text();
  const ours = [...metrics.matchAll(/^tongxing_upstream_calls_total\{(.*)\} (\d+)$/gm)].filter(([, labels]) => labels.includes(`upstream="${service}"`));
  assert.ok(ours.length > 0, `nothing is told of ${service}`);
  return ours.reduce((sum, [, , number]) => sum + Number(number), 0);
}

describe('what a browser brings back', () => {
  let addresses = 0;
  /* Somebody at an address, on the way to a service. */
  async function leave(service, address) {
    const agent = new Agent(stack);
    agent.headers['x-forwarded-for'] = address;
    const login = await agent.request((await agent.authorize(requestOf(client(1)).parameters)).location);
    const left = await agent.request('/login', { form: { flow: hidden(login.html), service } });
    assert.equal(left.status, 303);
    return { agent, url: new URL(left.location), state: new URL(left.location).searchParams.get('state') };
  }
  async function bringMadeUp(service, parameter, address, nth) {
    const { agent, state } = await leave(service, address);
    return agent.request(`/return?${new URLSearchParams({ state, [parameter]: `made-up-${nth}` })}`);
  }

  for (const [service, parameter] of [['alipay', 'auth_code'], ['wechat', 'code'], ['ncid', 'idCardAuthData']]) {
    test(`${service}: made-up codes of one address are counted`, { timeout: 60000 }, async () => {
      const address = `192.0.2.${++addresses}`, statuses = [];
      await leave(service, address);
      const before = await calls(service), begun = attempts_per_address + 3;
      for (let i = 0; i < begun; i++) statuses.push((await bringMadeUp(service, parameter, address, i)).status);
      assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
      assert.equal((await calls(service)) - before, begun + attempts_per_address, 'whoever is over the limit costs the service no call');
      assert.equal((await bringMadeUp(service, parameter, `192.0.2.${++addresses}`, 0)).status, 200, 'other addresses are others');
    });
  }

  test('who is right is not counted, nor is a service that fails', { timeout: 60000 }, async () => {
    const address = `192.0.2.${++addresses}`;
    const come = async () => {
      const { agent, url } = await leave('alipay', address);
      const chosen = await fetch(url.origin + url.pathname, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ ...Object.fromEntries(url.searchParams), account: jia }) });
      return agent.request(chosen.headers.get('location'));
    };
    const statuses = async () => {
      const all = [];
      for (let i = 0; i < attempts_per_address + 1; i++) all.push((await come()).status);
      return new Set(all);
    };
    assert.deepEqual(await statuses(), new Set([200]));
    const set = (mode) => fetch(`http://127.0.0.1:${stack.ports.simulator}/_control`, { method: 'POST', body: new URLSearchParams({ service: 'alipay', mode }) });
    assert.ok((await set('garbage')).ok);
    assert.deepEqual(await statuses(), new Set([503]));
    assert.ok((await set('normal')).ok);
  });
});
