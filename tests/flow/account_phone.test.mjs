/* Getting an account back by a code to its own phone: by its person, in a browser, and by everybody else. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack, until } from './support/stack.mjs';
import { Agent } from './support/agent.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import * as own from './support/own_pages.mjs';

const { inputs, open, idNumber } = own;
let stack, browser;
before(async () => {
  process.env.TONGXING_SMS_SECRET = 'sms-secret-for-tests-only-0123456789';
  stack = await Stack.start({
    portals: false,
    options: { sms: { per_address: 1000, per_phone: 100, per_phone_and_address: 100 } },
    upstreams: (ports) => ({
      sms: { adapter: 'sms_http', url: `http://127.0.0.1:${ports.simulator}/sms/send`, secret: '${TONGXING_SMS_SECRET}', timeout_ms: 2000,
        success_member: 'code', success_value: 'OK', template: 'zh', template_en: 'en', template_recover: 'recover', template_recover_en: 'recover_en' },
    }),
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const somebody = (extra = {}) => own.somebody(stack, { id_number: idNumber(), id_type: 1, ...extra });
const simulator = (path, options) => fetch(`http://127.0.0.1:${stack.ports.simulator}${path}`, options);
const messages = async (who) => (await simulator(`/sms/_messages?phone=${who.phone_number.slice(3)}`)).json();
const slow = (delay_ms) => simulator('/_control', { method: 'POST', body: new URLSearchParams({ service: 'sms', mode: 'normal', delay_ms }) });
const codeOf = (who) => until('a message', async () => (await messages(who))[0]?.code);
const other = (code) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

const step = (agent, page, fields) => agent.request('/recover', { form: { ...inputs(page.html), ...fields } });
async function ways(agent, username) {
  return step(agent, await agent.request('/recover'), { username });
}
const ask = async (agent, who, typed = {}) => step(agent, await ways(agent, who.username), { action: 'code', name: who.name, id_number: who.id_number ?? '', ...typed });

async function canSignIn(who) {
  const agent = new Agent(stack), login = await open(agent, '/account');
  return (await agent.request('/login', { form: { ...inputs(login.html), username: who.username, password: who.password, action: 'login' } })).status === 303;
}

describe('a person who has forgotten the password', () => {
  async function story(page, who, shot) {
    await page.goto(`${stack.issuer}/account`);
    await page.click('#recover-link');
    await page.fill('#username', who.username);
    await page.click('#recover-start');
    await page.fill('#name', who.name);
    await page.fill('#id_number', who.id_number);
    await screenshot(page, `${shot}-recover-ways-phone`);
    await page.click('#recover-code');
    await page.waitForSelector('#sent');
    const code = await codeOf(who);
    await page.fill('#code', other(code));
    await page.click('#recover-check');
    assert.ok(await page.isVisible('#error'));
    await screenshot(page, `${shot}-recover-code`);
    await page.fill('#code', code);
    await page.click('#recover-check');
    await page.fill('#password', 'Recovered-Pass-1');
    await page.fill('#again', 'Recovered-Pass-1');
    await page.click('#recover-save');
    await screenshot(page, `${shot}-recovered`);
    await page.click('#to-login');
    await page.fill('#username', who.username);
    await page.fill('#password', 'Recovered-Pass-1');
    await page.click('#login-submit');
    await page.waitForURL(`${stack.issuer}/account`);
    assert.deepEqual(page.problems, []);
  }
  test('in Chinese', async () => story(await person(browser), somebody(), 'zh'));
  test('in English, in the dark', async () => {
    const page = await person(browser, { locale: 'en-GB' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await story(page, somebody(), 'en-dark');
  });
  test('at level 1, by the phone alone, where that was proven', async () => {
    const who = own.somebody(stack, { level: 1 }), agent = new Agent(stack);
    let page = await ask(agent, who, { name: '', id_number: '' });
    page = await step(agent, page, { code: await codeOf(who) });
    assert.match(page.html, /id="recover-save"/);
    page = await step(agent, page, { password: 'Recovered-Pass-1', again: 'Recovered-Pass-1' });
    assert.match(page.html, /id="recovered"/);
    assert.equal(await canSignIn({ ...who, password: 'Recovered-Pass-1' }), true);
  });
});

describe('whoever is somebody else', () => {
  const plain = (html) => html.replace(/(name="(?:form|flow)" value=")[^"]*/g, '$1');

  test('sees the same, as fast, whether a code was sent or not, and to nobody one is sent for a user name alone', async () => {
    const known = somebody(), high = somebody({ level: 3 }), typed = own.somebody(stack, { level: 1, phone_number_verified: false });
    await slow(1500); /* the gateway takes its time: nobody waits for it */
    const kinds = [
      ['right name and number', known, {}],
      ['another name', somebody(), { name: '别人' }],
      ['another number', somebody(), { id_number: idNumber() }],
      ['nothing typed', somebody(), { name: '', id_number: '' }],
      ['a higher level', high, {}],
      ['a phone that was only typed', typed, {}],
      ['nobody', { username: 'nobody-there', name: '别人', id_number: idNumber() }, {}],
    ];
    const answers = new Set(), times = [];
    for (const [, who, extra] of kinds) {
      const agent = new Agent(stack), before = await ways(agent, who.username), begun = performance.now();
      const page = await step(agent, before, { action: 'code', name: who.name, id_number: who.id_number ?? '', ...extra });
      if (extra.name !== '') times.push(performance.now() - begun);
      answers.add(`${page.status} ${plain(page.html)}`);
      const wrong = await step(agent, page, { code: '000000' });
      answers.add(`${wrong.status} ${plain(wrong.html)}`);
    }
    assert.equal(answers.size, 2, [...answers].join('\n\n'));
    assert.ok(Math.max(...times) - Math.min(...times) < 700, times.join(' ')); // the gateway would add 1500, a busy machine some hundreds
    await slow(0);
    await codeOf(known);
    await sleep(500);
    for (const [what, who] of kinds.slice(1)) if (who.phone_number) assert.deepEqual(await messages(who), [], what);
  });

  test('has five guesses; the right code afterwards is none', async () => {
    const who = somebody(), agent = new Agent(stack);
    let page = await ask(agent, who);
    const code = await codeOf(who);
    for (let i = 0; i < 5; i++) {
      page = await step(agent, page, { code: other(code) });
      assert.match(page.html, /id="error">验证码不正确或已失效/);
    }
    page = await step(agent, page, { code });
    assert.doesNotMatch(page.html, /recover-save/);
    assert.equal(await canSignIn(who), true);
  });

  test('a code of another recovery, another account, another browser or another step opens nothing', async () => {
    const who = somebody(), victim = somebody(), agent = new Agent(stack), stranger = new Agent(stack);
    const first = await ask(agent, who), code = await codeOf(who);
    const again = await step(agent, await ways(agent, who.username), { action: 'code', name: who.name, id_number: who.id_number });
    assert.doesNotMatch((await step(agent, again, { code })).html, /recover-save/, 'of another recovery');
    const theirs = await ask(agent, victim);
    assert.doesNotMatch((await step(agent, theirs, { code })).html, /recover-save/, 'another account');
    await stranger.request('/recover');
    assert.equal((await step(stranger, first, { code })).status, 400, 'another browser');
    assert.equal((await step(agent, first, { step: 'password', password: 'Recovered-Pass-1', again: 'Recovered-Pass-1' })).status, 400, 'another step');
    const right = await step(agent, first, { code });
    assert.match(right.html, /id="recover-save"/, 'in its own place it is good');
    assert.equal((await step(agent, first, { code })).status, 400, 'once');
    const sent = await Promise.all([...Array(4)].map(() => step(agent, right, { password: 'Recovered-Pass-1', again: 'Recovered-Pass-1' })));
    assert.equal(sent.filter(({ html }) => /id="recovered"/.test(html)).length, 1);
    assert.equal(await canSignIn(victim), true);
    await until('the trail to have it', async () => own.rows(stack, "SELECT 1 FROM audit WHERE subject = ? AND event = 'account.recovery' AND result = 'done'", who.account_id).length === 1);
  });

  test('no number is in what is written', () => {
    for (const name of ['server', 'simulator']) assert.doesNotMatch(stack.log(name), /1390013\d{4}/);
  });
});
