/* Changing one's phone number on one's own page: by its person, in a browser; by whoever would like to; on both databases, and while they are down. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack, until } from './support/stack.mjs';
import { Agent, tokensOf, token, userinfo } from './support/agent.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import * as own from './support/own_pages.mjs';
import { totp } from './support/totp.mjs';
import * as c from './support/clients.mjs';

const { inputs, open, told, visit, text } = own;
const PATH = '/account/phone';
const sms = (ports, more) => ({
  sms: { adapter: 'sms_http', url: `http://127.0.0.1:${ports.simulator}/sms/send`, secret: '${TONGXING_SMS_SECRET}', timeout_ms: 1000, breaker_errors: 1000, transaction_member: 'transaction',
    success_member: 'code', success_value: 'OK', limited_values: 'LIMITED', refused_values: 'UNREACHABLE', template: 'zh', template_en: 'en', template_recover: 'recover', template_phone_changed: 'changed', ...more },
});
const startStack = (database, more) => Stack.start({
  portals: false, clients: c.clients, database,
  options: { sms: { resend_s: 10, per_address: 1000, per_phone: 3, per_phone_and_address: 3 } },
  upstreams: (ports) => sms(ports, more),
});

let stack, browser;
before(async () => {
  process.env.TONGXING_SMS_SECRET = 'sms-secret-for-tests-only-0123456789';
  stack = await startStack('sqlite');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

let numbers = 0;
const number = () => `1370013${String(++numbers).padStart(4, '0')}`;
const masked = (phone) => `${phone.replace('+86', '').slice(0, 3)}****${phone.slice(-4)}`;
const wrong = (code) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;
const simulator = (on, path, options) => fetch(`http://127.0.0.1:${on.ports.simulator}${path}`, options);
const messages = async (phone, on = stack) => (await simulator(on, `/sms/_messages?phone=${phone.replace('+86', '')}`)).json();
const codeOf = async (phone, on) => (await messages(phone, on)).find(({ code }) => code).code;
const notices = async (phone, on) => (await messages(phone, on)).filter(({ code }) => !code);
const somebody = (extra, on = stack) => own.somebody(on, extra);
const signedIn = (who, on = stack) => own.signedIn(on, who);
const rows = (sql, ...values) => own.rows(stack, sql, ...values);
const audited = (who, event) => own.audited(stack, who.account_id, event);

/* By hand: the number is sent, and what page comes; a code is sent, and what comes of it. */
async function ask(agent, phone, who) {
  const page = await open(agent, PATH, who);
  return agent.request(PATH, { form: { ...inputs(page.html), action: 'send', phone } });
}
const give = (agent, page, code, extra = {}) => agent.request(PATH, { form: { ...inputs(page.html), action: 'check', code, ...extra } });
async function change(agent, phone, on) {
  const page = await ask(agent, phone);
  return visit(agent, await give(agent, page, await codeOf(phone, on)));
}
const allAnswer = async (agent) => {
  for (let i = 0; i < 8; i++) if ((await agent.request('/account')).status !== 200) return false;
  return true;
};
const shown = async (agent) => (await open(agent, '/account')).html.match(/id="phone">([^ ]+) · ([^<]+)</)?.slice(1);
async function signsIn(username, password, on = stack) {
  const agent = new Agent(on), login = await open(agent, '/account');
  return (await agent.request('/login', { form: { ...inputs(login.html), username, password, action: 'login' } })).status === 303;
}

describe('in a browser', () => {
  async function story(page, who, shot, words) {
    const phone = number();
    await page.goto(`${stack.issuer}/account`);
    await page.fill('#username', who.username);
    await page.fill('#password', who.password);
    await page.click('#login-submit');
    await screenshot(page, `${shot}-account-with-phone`);
    await page.click('#to-phone');
    const fits = async (what) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} fits the screen`);
    await fits('the number');
    await page.fill('#phone', '12');
    await page.click('#phone-send');
    assert.match(await page.textContent('#error'), words.bad);
    assert.equal(await page.inputValue('#phone'), '12');
    if (words.same) {
      await page.fill('#phone', who.phone_number);
      await page.click('#phone-send');
      assert.match(await page.textContent('#error'), words.same);
    }
    await screenshot(page, `${shot}-account-phone`);
    await page.fill('#phone', ` ${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)} `);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#code');
    assert.match(await page.textContent('#code-sent'), new RegExp(masked(phone).replaceAll('*', '\\*')));
    await fits('the code');
    await screenshot(page, `${shot}-account-phone-code`);
    await page.click('#phone-resend');
    assert.match(await page.textContent('#error'), words.soon);
    const code = await codeOf(phone);
    await page.fill('#code', wrong(code));
    await page.click('#phone-save');
    assert.match(await page.textContent('#error'), words.wrong);
    await screenshot(page, `${shot}-account-phone-wrong`);
    await page.fill('#code', ` ${code} `);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#notice');
    assert.equal(await page.textContent('#notice'), words.done);
    assert.equal(await page.textContent('#phone'), `${masked(phone)} · ${words.proven}`);
    await screenshot(page, `${shot}-account-phone-done`);
    await audited(who, 'phone.change');
    await page.click('#to-activity');
    assert.ok((await page.textContent('main')).includes(words.event));
    return phone;
  }
  const zh = { bad: /11 位手机号/, same: /当前的手机号/, soon: /稍候/, wrong: /验证码不正确/, done: '手机号已更新，今后可用新手机号登录。', proven: '已验证', event: '更换手机号' };
  const en = { bad: /11-digit/, same: /already/, soon: /wait/, wrong: /not right/, done: 'Your phone number was changed. From now on you can sign in with the new one.', proven: 'confirmed', event: 'Phone number changed' };

  test('in Chinese; the old number is told', async () => {
    const who = somebody(), page = await person(browser);
    const phone = await story(page, who, 'zh', zh);
    assert.equal((await messages(phone))[0].template, 'zh');
    const [notice] = await until('the notice', async () => (await notices(who.phone_number)).length && (await notices(who.phone_number)));
    assert.equal(notice.template, 'changed');
    assert.equal(await signsIn(phone, who.password), true);
    assert.equal(await signsIn(who.phone_number, who.password), false);
    assert.deepEqual(page.problems, []);
  });
  test('with JavaScript off; a number that was only stated is told nothing', async () => {
    const who = somebody({ phone_number_verified: false }), page = await person(browser, { javaScriptEnabled: false });
    await story(page, who, 'no-script', { ...zh, same: undefined });
    await sleep(500);
    assert.deepEqual(await messages(who.phone_number), []);
  });
  test('in English, in the dark; somebody without a number adds one', async () => {
    const who = somebody({ phone_number: undefined, phone_number_verified: undefined }), page = await person(browser, { locale: 'en-GB' });
    await page.emulateMedia({ colorScheme: 'dark' });
    const phone = await story(page, who, 'en-dark', { ...en, same: undefined });
    assert.equal((await messages(phone))[0].template, 'en');
    assert.deepEqual(page.problems, []);
  });
});

describe('what follows', () => {
  test('claims, evidence, history and the copy of the data have the new number; who is signed in stays so', async () => {
    const who = somebody({ id_number: own.idNumber(), id_type: 1 }), phone = number(), agent = await signedIn(who), there = await signedIn(who);
    const offline = await tokensOf(there, c.c1, who, { scope: 'openid phone offline_access' });
    const claims = async () => (await userinfo(stack, offline.access_token)).json();
    assert.equal((await claims()).phone_number, who.phone_number);
    await change(agent, phone);
    const { phone_number, phone_number_verified } = await claims();
    assert.deepEqual([phone_number, phone_number_verified], [`+86${phone}`, true]);
    assert.equal((await there.request('/account')).status, 200);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).status, 200);

    const [{ transaction }] = await messages(phone);
    const data = await (await agent.request('/account/export', { form: { ...inputs((await open(agent, '/account/export')).html), action: 'masked' } })).json();
    assert.equal(data.profile.phone_number, `+86${phone}`);
    const kept = data.evidence.filter(({ method }) => method === 'phone_possession');
    assert.deepEqual(kept.map(({ authority, reference, level, counts }) => [authority, reference, level, counts]), [['sms', transaction, 1, true]]);

    const next = number();
    await change(agent, next);
    const left = rows("SELECT check_id, ended_at FROM verifications WHERE account_id = ? AND method = 'phone_possession' ORDER BY checked_at, ended_at DESC", who.account_id);
    assert.deepEqual(left.map(({ check_id, ended_at }) => [check_id, ended_at > 0]), [[transaction, true], [(await messages(next))[0].transaction, false]]);
    assert.equal(rows('SELECT level FROM accounts WHERE account_id = ?', who.account_id)[0].level, 2);
    const event = await audited(who, 'phone.change');
    assert.deepEqual([event.actor, event.result], [who.account_id, 'done']);
    await until('the notice in the trail', async () => rows("SELECT 1 FROM audit WHERE subject = ? AND event = 'phone.notice' AND result = 'done'", who.account_id).length === 2);
    const history = (await open(agent, '/account/activity')).html;
    for (const what of ['更换手机号', '短信通知原手机号']) assert.ok(history.includes(what), what);
  });

  test('a recovery that a code to the old number had carried ends', async () => {
    const who = somebody({ level: 1 }), stranger = new Agent(stack), agent = await signedIn(who);
    const step = (page, fields) => stranger.request('/recover', { form: { ...inputs(page.html), ...fields } });
    const ways = await step(await stranger.request('/recover'), { username: who.username });
    const waiting = await step(ways, { action: 'code' });
    const code = await until('the code', async () => codeOf(who.phone_number));
    const shown_ = await step(waiting, { code });
    assert.match(shown_.html, /id="recover-save"/);
    await change(agent, number());
    assert.equal((await step(shown_, { password: 'Stolen-Pass-1', again: 'Stolen-Pass-1' })).status, 400);
    assert.equal(await signsIn(who.username, who.password), true);
  });

  test('the old number is free: somebody else may have it', async () => {
    const who = somebody(), other = somebody();
    await change(await signedIn(who), number());
    const agent = await signedIn(other);
    await change(agent, who.phone_number);
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
  });
});

describe('whoever should not change it', () => {
  test('a sign-in that is not fresh, or lacks the second factor, signs in again; nothing is sent', async () => {
    const who = somebody(), agent = await signedIn(who), phone = number();
    const asks = inputs((await open(agent, PATH)).html), code = await ask(agent, phone), sent = await messages(phone);
    await own.makeStale(agent);
    for (const answer of [await agent.request(PATH), await agent.request(PATH, { form: { ...asks, action: 'send', phone: number() } }), await give(agent, code, sent[0].code)])
      assert.match(answer.location ?? '', /^\/authorize\?.*&prompt=login$/);
    const again = await open(agent, PATH, who);
    assert.match(again.html, /id="phone-send"/);
    assert.equal(again.url, `${stack.issuer}${PATH}`);

    const there = await signedIn(who), page = await open(agent, '/account/second-factor');
    const secret = page.html.match(/id="secret">([A-Z2-7]+)</)[1];
    await visit(agent, await agent.request('/account/second-factor', { form: { ...inputs(page.html), action: 'enrol', code: totp(secret) } }));
    assert.match((await there.request(PATH)).location, /^\/authorize\?/);
    assert.match((await open(there, PATH)).html, /id="second-factor-submit"/);
    assert.match((await open(agent, PATH)).html, /id="phone-send"/, 'who has just given it is asked for nothing');
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
  });

  test('a form of another browser, session, purpose or person, a used or bent one, another site: nothing', async () => {
    const who = somebody(), agent = await signedIn(who), twin = await signedIn(who), stranger = await signedIn(somebody()), phone = number();
    const page = await ask(agent, phone), code = await codeOf(phone), form = inputs(page.html);
    const asking = inputs((await open(agent, PATH)).html);
    for (const other of [twin, stranger]) assert.equal((await give(other, page, code)).status, 400);
    for (const extra of [{ action: 'send', phone }, { form: asking.form }, { form: `${form.form.slice(0, -2)}xx` }, { form: '' }]) assert.equal((await give(agent, page, code, extra)).status, 400);
    assert.equal((await agent.request(PATH, { form: { ...form, action: 'check', code }, headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
    const carried = new Agent(stack);
    carried.cookies = new Map([...agent.cookies].filter(([name]) => /session/.test(name)));
    assert.equal((await give(carried, page, code)).status, 400, 'the session in another browser');
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
    const done = await give(agent, page, code, { phone: number() });
    assert.equal(done.status, 303, 'in its own place it is good, for the number that it was sent to');
    assert.deepEqual(await shown(agent), [masked(phone), '已验证']);
    assert.equal((await give(agent, page, code)).status, 400, 'once');
  });

  test('of two tabs, and of eight at once, one wins', async () => {
    const who = somebody(), agent = await signedIn(who), [one, two] = [number(), number()];
    const first = await ask(agent, one), second = await ask(agent, two);
    const answers = await Promise.all([...Array(4)].flatMap(async () => [await give(agent, first, await codeOf(one)), await give(agent, second, await codeOf(two))]));
    assert.equal(answers.flat().filter(({ status }) => status === 303).length, 1);
    assert.equal(rows('SELECT 1 FROM identifiers WHERE account_id = ? AND kind = 2', who.account_id).length, 1);
    await sleep(500);
    assert.equal((await notices(who.phone_number)).length, 1);
  });

  test('a tab of before the change begins anew', async () => {
    const who = somebody(), agent = await signedIn(who), [one, two] = [number(), number()];
    const old = await ask(agent, one);
    await change(agent, two);
    const late = await give(agent, old, await codeOf(one));
    assert.equal(late.status, 409);
    assert.match(told(late.html), /账号刚刚有变动/);
    assert.deepEqual(await shown(agent), [masked(two), '已验证']);
    await until('the refusal in the trail', async () => (await audited(who, 'phone.change')).reason === 'changed_meanwhile');
  });

  test('five guesses; the right code afterwards is none', async () => {
    const who = somebody(), agent = await signedIn(who), phone = number();
    let page = await ask(agent, phone);
    const code = await codeOf(phone);
    for (let i = 0; i < 5; i++) {
      page = await give(agent, page, wrong(code));
      assert.match(page.html, /验证码不正确/);
    }
    page = await give(agent, page, code);
    assert.match(page.html, /验证码已失效/);
    assert.match(page.html, /id="phone-send"/);
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
  });

  test('messages are limited, for a number and for an account, before they are sent', async () => {
    const who = somebody(), agent = await signedIn(who), answers = [];
    for (let i = 0; i < 11; i++) answers.push((await ask(agent, number())).status);
    assert.deepEqual(answers, [...Array(10).fill(200), 429]);
    assert.deepEqual(await messages(`1370013${String(numbers).padStart(4, '0')}`), []);
  });

  test('a number that cannot be reached, and a gateway that is down, are said', async () => {
    const agent = await signedIn(somebody());
    const refused = await ask(agent, '13900000000');
    assert.match(refused.html, /无法向该手机号发送短信/);
    await simulator(stack, '/_control', { method: 'POST', body: new URLSearchParams({ service: 'sms', mode: 'error' }) });
    const down = await ask(agent, number());
    await simulator(stack, '/_control', { method: 'POST', body: new URLSearchParams({ service: 'sms', mode: 'normal' }) });
    assert.equal(down.status, 503);
    assert.match(down.html, /id="phone-send"/);
  });
});

describe('a number of another account', () => {
  const plain = (html, phone) => html.replace(/(name="form" value=")[^"]*/g, '$1').replaceAll(masked(phone), '…');

  test('looks like any other, in text, status and time, to whoever does not have the phone', async () => {
    const agent = await signedIn(somebody()), kinds = [somebody().phone_number, somebody({ phone_number_verified: false }).phone_number, number(), number()];
    const answers = [new Set(), new Set()], times = kinds.map(() => []);
    for (const [i, phone] of kinds.entries()) {
      const page = await open(agent, PATH), begun = performance.now();
      const sent = await agent.request(PATH, { form: { ...inputs(page.html), action: 'send', phone } });
      times[i].push(performance.now() - begun);
      answers[0].add(`${sent.status} ${plain(sent.html, phone)}`);
      const tried = performance.now(), guess = await give(agent, sent, wrong(await codeOf(phone)));
      times[i].push(performance.now() - tried);
      answers[1].add(`${guess.status} ${plain(guess.html, phone)}`);
    }
    for (const set of answers) assert.equal(set.size, 1, [...set].join('\n\n'));
    for (const which of [0, 1]) {
      const taken = times.map((list) => list[which]);
      assert.ok(Math.max(...taken) - Math.min(...taken) < 200, taken.join(' '));
    }
  });

  test('is not taken away: whoever has the phone is told, and shown the way to merging', async () => {
    const who = somebody(), holder = somebody(), agent = await signedIn(who);
    const page = await ask(agent, holder.phone_number), refused = await give(agent, page, await codeOf(holder.phone_number));
    assert.equal(refused.status, 409);
    assert.match(told(refused.html), /已用于其他账号/);
    assert.match(refused.html, /id="to-merge" href="\/account\/merge"/);
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
    assert.equal(await signsIn(holder.phone_number, holder.password), true);
    assert.equal((await audited(who, 'phone.change')).reason, 'taken');
    assert.equal(rows("SELECT 1 FROM audit WHERE subject = ? AND event = 'phone.change'", holder.account_id).length, 0);
    await sleep(500);
    for (const { phone_number } of [who, holder]) assert.deepEqual(await notices(phone_number), []);
  });
});

test('Redis is down: 503 and nothing changed; afterwards the same form is good', async () => {
  const who = somebody(), agent = await signedIn(who), phone = number(), page = await ask(agent, phone), code = await codeOf(phone);
  await stack.redis.stop('SIGKILL');
  try {
    assert.equal((await give(agent, page, code)).status, 503);
    assert.equal((await agent.request(PATH)).status, 503);
    assert.equal(rows('SELECT 1 FROM audit_outbox').length + rows("SELECT 1 FROM audit WHERE subject = ? AND event = 'phone.change'", who.account_id).length, 0);
  } finally {
    stack.redis.start();
    await stack.untilReady();
  }
  await until('both workers', () => allAnswer(agent));
  assert.equal((await give(agent, page, code)).status, 303);
  assert.deepEqual(await shown(agent), [masked(phone), '已验证']);
});

test('no number and no code is in what is written', () => {
  for (const name of ['server', 'simulator']) assert.doesNotMatch(stack.log(name), /1370013\d{4}|1390013\d{4}/);
});

describe('where it is not offered', () => {
  for (const [how, more] of [['no text for the notice', { template_phone_changed: undefined }], ['no gateway', null]]) {
    test(`${how}: neither page nor link`, async () => {
      const other = await (more ? startStack('sqlite', more) : Stack.start({ portals: false }));
      try {
        const agent = await signedIn(somebody({}, other), other);
        assert.doesNotMatch((await open(agent, '/account')).html, /to-phone/);
        assert.equal((await agent.request(PATH)).status, 404);
        assert.equal((await agent.request(PATH, { form: { action: 'send', phone: '13700139999' } })).status, 404);
      } finally {
        await other.stop();
      }
    });
  }
});

describe('on PostgreSQL', () => {
  let other;
  before(async () => {
    other = await startStack('postgres');
  });
  after(() => other?.stop());

  test('the same; of eight at once one wins; a taken number stays where it is', async () => {
    const who = somebody({}, other), holder = somebody({}, other), agent = await signedIn(who, other), phone = number();
    const page = await ask(agent, phone), code = await codeOf(phone, other);
    const answers = await Promise.all([...Array(8)].map(() => give(agent, page, code)));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.deepEqual(await shown(agent), [masked(phone), '已验证']);
    assert.equal(await signsIn(phone, who.password, other), true);
    assert.equal(await signsIn(who.phone_number, who.password, other), false);
    await until('the notice', async () => (await notices(who.phone_number, other)).length === 1);
    const taken = await ask(agent, holder.phone_number), refused = await give(agent, taken, await codeOf(holder.phone_number, other));
    assert.equal(refused.status, 409);
    await change(agent, who.phone_number, other);
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
  });

  test('the database is down: 503 and nothing changed; back again: a new code is good', async () => {
    const who = somebody({}, other), agent = await signedIn(who, other), phone = number(), page = await ask(agent, phone), code = await codeOf(phone, other);
    await other.postgres.do('stop');
    try {
      assert.equal((await give(agent, page, code)).status, 503);
      assert.equal((await agent.request(PATH)).status, 503);
    } finally {
      await other.postgres.do('start');
    }
    await until('both workers', () => allAnswer(agent));
    assert.deepEqual(await shown(agent), [masked(who.phone_number), '已验证']);
    const next = number();
    assert.match(told((await change(agent, next, other)).html), /已更新/);
    assert.deepEqual(await shown(agent), [masked(next), '已验证']);
    assert.deepEqual((await notices(who.phone_number, other)).length, 1);
  });
});
