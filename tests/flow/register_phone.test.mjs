/* Registering where text messages can be sent: the phone is shown to be at hand first, in a browser and against an attacker's requests. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { Agent, hidden, requestOf, tokensOf, userinfo } from './support/agent.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import * as kinds from './support/clients.mjs';

const secret = 'sms-secret-for-tests-only-0123456789';
let stack, browser;
before(async () => {
  process.env.TONGXING_SMS_SECRET = secret;
  stack = await Stack.start({
    clients: kinds.clients,
    options: {
      sms: { resend_s: 10, per_address: 1000, per_phone: 3 },
      registration: { attempts_per_number: 100, attempts_per_address: 1000 },
    },
    upstreams: (ports) => ({
      sms: { adapter: 'sms_http', url: `http://127.0.0.1:${ports.simulator}/sms/send`, secret: '${TONGXING_SMS_SECRET}', timeout_ms: 700, breaker_errors: 1000,
        success_member: 'code', success_value: 'OK', limited_values: 'LIMITED', refused_values: 'UNREACHABLE', template: 'zh', template_en: 'en', template_recover: 'recover', template_recover_en: 'recover_en' },
    }),
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const simulator = () => `http://127.0.0.1:${stack.ports.simulator}`;
const messages = async (phone) => (await fetch(`${simulator()}/sms/_messages?phone=${phone}`)).json();
const smsMode = async (mode) => assert.ok((await fetch(`${simulator()}/_control`, { method: 'POST', body: new URLSearchParams({ service: 'sms', mode }) })).ok);
const wrong = (code) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

async function story(page, who, shot) {
  await page.goto(`http://localhost:${stack.ports.a}/`);
  await page.click('#portal-sign-in');
  await page.click('#register-link');
  assert.equal(await page.locator('[name=id_number]').count(), 0, 'the phone comes first');
  await page.fill('#phone', who.phone);
  await screenshot(page, `${shot}-phone`);
  await page.click('#send-code');
  await page.waitForSelector('#code-sent');
  assert.match(await page.textContent('#code-sent'), new RegExp(`${who.phone.slice(0, 3)}\\*+${who.phone.slice(-4)}`));
  await screenshot(page, `${shot}-code`);
  const [{ code, template }] = await messages(who.phone);
  await page.fill('#code', wrong(code));
  await page.click('#check-code');
  assert.match(await page.textContent('#error'), who.wrong);
  await page.fill('#code', code);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#proven-phone');
  await screenshot(page, `${shot}-form`);
  for (const field of ['name', 'id_number', 'password']) await page.fill(`[name=${field}]`, field === 'name' ? '别人' : who[field]);
  await page.click('#register-submit');
  await page.waitForSelector('#error');
  assert.equal(await page.locator('#proven-phone').count(), 1, 'a refusal does not cost the phone');
  for (const field of ['name', 'id_number', 'password']) await page.fill(`[name=${field}]`, who[field]);
  await page.click('#register-submit');
  await page.waitForURL(`http://localhost:${stack.ports.a}/`);
  assert.equal(await page.textContent('#portal-name'), who.name);
  return template;
}

describe('a citizen registers', () => {
  test('in Chinese', async () => {
    const page = await person(browser);
    assert.equal(await story(page, { name: '测试甲', id_number: '110105188812310013', phone: '13800138001', password: 'Phone-Pass-1', wrong: /验证码不正确/ }, 'sms-zh'), 'zh');
    assert.deepEqual(page.problems, []);
  });
  test('in English', async () => {
    const page = await person(browser, { locale: 'en-GB' });
    assert.equal(await story(page, { name: '李示例', id_number: '370102188506150110', phone: '13800138002', password: 'Phone-Pass-2', wrong: /not right/ }, 'sms-en'), 'en');
    assert.deepEqual(page.problems, []);
  });
  test('with JavaScript off', async () => {
    const page = await person(browser, { javaScriptEnabled: false });
    await story(page, { name: '王样例', id_number: '310101188607040247', phone: '13800138003', password: 'Phone-Pass-3', wrong: /验证码不正确/ }, 'sms-no-script');
  });
});

test('the phone is told as verified', async () => {
  const tokens = await tokensOf(new Agent(stack), kinds.c1, { username: '13800138001', password: 'Phone-Pass-1' }, { scope: 'openid phone' });
  const claims = await (await userinfo(stack, tokens.access_token)).json();
  assert.equal(claims.phone_number, '+8613800138001');
  assert.equal(claims.phone_number_verified, true);
});

describe('what an attacker may send', () => {
  const open = async () => {
    const agent = new Agent(stack);
    await agent.request((await agent.authorize(requestOf(kinds.c1).parameters)).location);
    const flow = hidden((await agent.request((await agent.authorize(requestOf(kinds.c1).parameters)).location)).html);
    return { agent, post: (form) => agent.request('/register', { form: { flow, ...form } }) };
  };
  const proofOf = (html) => html.match(/name="phone_proof" value="([^"]+)"/)?.[1];
  const zhao = { name: '赵虚构', id_number: '440106188708090359', password: 'Zhao-Pass-2026' };

  test('no proof, a made-up one, one of another flow: no account', async () => {
    const { post } = await open(), other = await open();
    await other.post({ action: 'send_code', phone: '13800138010' });
    const [{ code }] = await messages('13800138010');
    const proof = proofOf((await other.post({ action: 'check_code', phone: '13800138010', code })).html);
    assert.ok(proof);
    for (const form of [{}, { phone: '13800138010' }, { phone_proof: 'AAAA' }, { phone_proof: proof }, { phone_proof: `${proof}A` }, { phone: '13800138010', action: 'skip_phone' }]) {
      const answer = await post({ ...zhao, action: 'register', ...form });
      assert.equal(answer.status, 200);
      assert.ok(!answer.location);
    }
    const skipped = await post({ ...zhao, action: 'register' });
    assert.match(skipped.html, /id="send-code"/);
  });
  test('the number in the form is not looked at, only the one that was proven', async () => {
    const { agent, post } = await open();
    await post({ action: 'send_code', phone: '13800138011' });
    const [{ code }] = await messages('13800138011');
    const proof = proofOf((await post({ action: 'check_code', phone: '13800138011', code })).html);
    const answer = await post({ ...zhao, phone: '13900139999', phone_proof: proof, action: 'register' });
    assert.equal(answer.status, 303);
    const back = new URL(answer.location, stack.issuer);
    assert.ok(back.searchParams.get('code'), back.href);
    const tokens = await tokensOf(agent, kinds.c1, undefined, { scope: 'openid phone' });
    assert.equal((await (await userinfo(stack, tokens.access_token)).json()).phone_number, '+8613800138011');
  });
  test('a code for one flow or phone is nothing for another', async () => {
    const first = await open(), second = await open();
    await first.post({ action: 'send_code', phone: '13800138012' });
    const [{ code }] = await messages('13800138012');
    assert.match((await second.post({ action: 'check_code', phone: '13800138012', code })).html, /验证码已失效/);
    assert.match((await first.post({ action: 'check_code', phone: '13800138013', code })).html, /验证码已失效/);
    assert.ok(proofOf((await first.post({ action: 'check_code', phone: '13800138012', code })).html));
    assert.match((await first.post({ action: 'check_code', phone: '13800138012', code })).html, /验证码已失效/, 'once');
  });
  test('thirty guesses at once are five guesses, and then the right one is gone', async () => {
    const { post } = await open();
    await post({ action: 'send_code', phone: '13800138014' });
    const [{ code }] = await messages('13800138014');
    const answers = await Promise.all(Array.from({ length: 30 }, () => post({ action: 'check_code', phone: '13800138014', code: wrong(code) })));
    assert.equal(answers.filter(({ html }) => /验证码不正确/.test(html)).length, 5);
    assert.equal(answers.filter(({ html }) => /验证码已失效/.test(html)).length, 25);
    assert.match((await post({ action: 'check_code', phone: '13800138014', code })).html, /验证码已失效/);
  });
  test('a right code five times at once: one proof', async () => {
    const { post } = await open();
    await post({ action: 'send_code', phone: '13800138015' });
    const [{ code }] = await messages('13800138015');
    const answers = await Promise.all(Array.from({ length: 5 }, () => post({ action: 'check_code', phone: '13800138015', code })));
    assert.equal(answers.filter(({ html }) => proofOf(html)).length, 1);
  });
  test('asked for again at once, ten times at once: one message', async () => {
    const { post } = await open();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post({ action: 'send_code', phone: '13800138016' })));
    assert.equal(answers.filter(({ html }) => /验证码刚刚发送过/.test(html)).length, 9);
    assert.equal((await messages('13800138016')).length, 1);
  });
  test('a phone that is no phone, and one that cannot be sent to', async () => {
    const { post } = await open();
    for (const phone of ['', '12345', '+1 555 0100', '<script>']) {
      const { html } = await post({ action: 'send_code', phone });
      assert.match(html, /id="phone-error"/);
      assert.ok(!html.includes('<script>'));
    }
    assert.match((await post({ action: 'send_code', phone: '13900000000' })).html, /无法向该手机号发送短信/);
  });
  test('a phone of another account: said only to who has it at hand', async () => {
    const { post } = await open();
    await until('the phone to be sent to again', async () => !/刚刚发送过/.test((await post({ action: 'send_code', phone: '13800138003' })).html));
    const [{ code }] = await messages('13800138003');
    const proof = proofOf((await post({ action: 'check_code', phone: '13800138003', code })).html);
    const answer = await post({ name: '司马虚构', id_number: '120102188402290112', password: 'Sima-Pass-2026', phone_proof: proof, action: 'register' });
    assert.match(answer.html, /该手机号已用于其他账号/);
    assert.match(answer.html, /id="send-code"/);
  });
});

describe('the gateway', () => {
  const page = async () => {
    const agent = new Agent(stack);
    const flow = hidden((await agent.request((await agent.authorize(requestOf(kinds.c1).parameters)).location)).html);
    return (phone) => agent.request('/register', { form: { flow, action: 'send_code', phone } });
  };
  for (const [mode, phone] of [['error', '13800138020'], ['hang', '13800138021'], ['garbage', '13800138022'], ['refuse', '13800138023']]) {
    test(`${mode}: cannot be sent now`, async () => {
      await smsMode(mode);
      const answer = await (await page())(phone);
      await smsMode('normal');
      assert.equal(answer.status, 503);
      assert.match(answer.html, /暂时无法发送短信/);
    });
  }
  test('gone without a Redis: nothing is sent, and the person is told to try again', async () => {
    const send = await page();
    await stack.redis.stop('SIGKILL');
    const answer = await send('13800138024');
    stack.redis.start();
    await stack.untilReady();
    assert.equal(answer.status, 503);
    assert.deepEqual(await messages('13800138024'), []);
  });
});

test('each message and each try is in the audit trail, without number and code', async () => {
  const trail = stack.command(['audit', 'search', stack.file('tongxing.yaml'), '--event', 'phone_code', '--limit', '500', '--json']);
  for (const word of ['sent', 'right', 'wrong', 'gone', 'too_soon', 'number_refused', 'cannot_send']) assert.ok(trail.includes(word), word);
  for (const word of ['138001380', '13900000000']) assert.ok(!trail.includes(word), word);
});

test('no number and no code is in a log', async () => {
  const log = stack.log('server');
  const codes = (await Promise.all(['13800138001', '13800138002', '13800138011', '13800138014'].map(messages))).flat().map(({ code }) => code);
  assert.ok(codes.length >= 4);
  for (const text of ['138001380', '13900000000', secret, ...codes.map((code) => `"${code}"`)]) assert.ok(!log.includes(text), text);
});
