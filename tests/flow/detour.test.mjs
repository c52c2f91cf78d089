/*
 * Coming back from another service, by whoever wants to use up what it allows us: made-up codes are counted, and a service that is waited for is not asked at
 * each request.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from './support/stack.mjs';
import { Agent, hidden, requestOf } from './support/agent.mjs';
import { inputs, redis, told, visit } from './support/own_pages.mjs';
import { onDatabase } from './support/registration.mjs';
import { appId, entries, environment, makeKeys } from './support/ways.mjs';

const password = 'Citizen-Pass-2026';
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
    portals: false, appId, env: environment(keys), clients: [1, 3].map(client),
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

describe('a service that is waited for', () => {
  const people = [['测试甲', '110105188812310013'], ['测试乙', '110105188812310021'], ['王样例', '310101188607040247'], ['赵虚构', '440106188708090359'], ['李示例', '370102188506150110']];
  /* A person of level 2 at the page that waits for their telephone. */
  async function waiting() {
    const [name, id_number] = people.shift(), who = { username: `waits${people.length}`, password };
    stack.addAccount({ ...who, level: 2, name, id_type: 1, id_number });
    const agent = new Agent(stack);
    const verify = await visit(agent, await agent.authorize(requestOf(client(3)).parameters), who);
    const page = await agent.request('/verify', { form: { flow: hidden(verify.html), presence: 'face' } });
    assert.match(page.html, /id="detour-done"/, told(page.html));
    return { agent, page, press: () => agent.request(`/return?state=${inputs(page.html).state}`) };
  }
  const waits = (answer) => answer.status === 200 && /尚未收到结果/.test(told(answer.html)) && /id="detour-link"/.test(answer.html);
  /* The person shows a face on the telephone; where its browser is sent then. */
  async function pass(page) {
    const link = page.html.match(/id="detour-link" href="([^"]+)"/)[1].replaceAll('&amp;', '&');
    const shown = await fetch(link), html = await shown.text();
    const certify_id = html.match(/name=certify_id value="?([^">]+)/)[1];
    const answer = await fetch(new URL(html.match(/action="([^"]+)"/)[1], shown.url), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ certify_id, outcome: 'pass' }) });
    return new URL(answer.headers.get('location'));
  }

  /* How often a service is called at most by what is done: once in two seconds. */
  async function paced(service, act) {
    const before = await calls(service), started = Date.now();
    await act();
    const most = 1 + Math.floor((Date.now() - started) / 2000);
    assert.ok((await calls(service)) - before <= most, `not oftener than ${most} times`);
  }

  test('is asked once in two seconds, and notices then', { timeout: 60000 }, async () => {
    const { page, press } = await waiting();
    await paced('face', async () => {
      for (let i = 0; i < 20; i++) assert.ok(waits(await press()));
      await Promise.all(Array.from({ length: 10 }, async () => assert.ok(waits(await press()))));
    });
    await pass(page);
    await sleep(2100);
    const done = await press();
    assert.equal(done.status, 303, told(done.html));
  });

  test('is asked at once when it sends the browser back', { timeout: 60000 }, async () => {
    const { agent, page, press } = await waiting();
    assert.ok(waits(await press()));
    const back = await pass(page);
    assert.ok(back.searchParams.has('checked'));
    const done = await agent.request(back.pathname + back.search);
    assert.equal(done.status, 303, told(done.html));
  });

  test('says one thing once, to whoever comes back from it at once', { timeout: 60000 }, async () => {
    const { agent, page, press } = await waiting();
    const back = await pass(page), rows = () => onDatabase(stack, (database) => database.prepare("SELECT COUNT(*) AS n FROM verifications WHERE method = 'face_1to1'").get().n);
    const before = rows();
    const answers = await Promise.all([agent.request(back.pathname + back.search), press(), agent.request(back.pathname + back.search), press()]);
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.equal(rows(), before + 1);
  });

  test('is asked no oftener by whoever writes that it did', { timeout: 60000 }, async () => {
    const { agent, page } = await waiting();
    await paced('face', async () => {
      for (let i = 0; i < 20; i++) assert.ok(waits(await agent.request(`/return?state=${inputs(page.html).state}&from=${i}`)));
    });
  });

  test('is asked sixty times in all', { timeout: 60000 }, async () => {
    const keysOf = async () => [...String(await redis(stack, 'KEYS', 'at:*')).matchAll(/at:[^\r]+/g)].map(([key]) => key);
    const { page, press } = await waiting(), known = await keysOf();
    assert.ok(waits(await press()));
    const lasting = [];
    for (const key of (await keysOf()).filter((key) => !known.includes(key))) if (Number(String(await redis(stack, 'TTL', key)).match(/:(-?\d+)/)[1]) > 2) lasting.push(key);
    assert.equal(lasting.length, 1, 'besides that of the pause');
    await redis(stack, 'INCRBY', lasting[0], '59'); // as if it had been asked so often
    await pass(page);
    await sleep(2100);
    const before = await calls('face');
    assert.ok(waits(await press()), 'nobody is asked any more');
    assert.equal(await calls('face'), before);
  });
});
