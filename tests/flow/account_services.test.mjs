/* Own accounts and other services: linking WeChat, getting an account back by it or by one's face, and merging two by one's face. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Stack, until } from './support/stack.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import { Agent, tokensOf, token, userinfo } from './support/agent.mjs';
import { totp } from './support/totp.mjs';
import { onDatabase } from './support/registration.mjs';
import * as own from './support/own_pages.mjs';
import * as c from './support/clients.mjs';

const { inputs, told, open, visit, send } = own;
let stack, services, folder, browser;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-services-'));
  services = await own.Services.start(folder);
  stack = await Stack.start({ clients: c.clients, options: { upstreams: services.upstreams, outbound: { allow_private_hosts: [`127.0.0.1:${services.port}`] } } });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  await services?.stop();
  fs.rmSync(folder, { recursive: true });
});

const somebody = (extra) => own.somebody(stack, extra);
const signedIn = (who) => own.signedIn(stack, who);
const rows = (sql, ...values) => own.rows(stack, sql, ...values);
const links = (who) => rows('SELECT link_id FROM links WHERE account_id = ? ORDER BY created_at, link_id', who.account_id).map(({ link_id }) => link_id);
async function canSignIn(who) {
  const agent = new Agent(stack), login = await open(agent, '/account');
  const answer = await agent.request('/login', { form: { ...inputs(login.html), username: who.username, password: who.password, action: 'login' } });
  return answer.status === 303;
}

/* At WeChat's page of a detour that has begun, and back. */
async function comeBack(agent, answer, account) {
  assert.equal(answer.status, 303, own.text(answer.html));
  const back = await services.wechat(answer.location, account);
  return agent.request(`${back.pathname}${back.search}`);
}
const leave = async (agent) => agent.request('/account/methods', { form: { ...inputs((await open(agent, '/account/methods')).html), service: 'wechat' } });
const link = async (agent, account) => visit(agent, await comeBack(agent, await leave(agent), account));
const freeWechat = () => onDatabase(stack, (database) => database.exec('DELETE FROM links'));

describe('linked services', () => {
  test('are linked, sign in, and are unlinked', async () => {
    freeWechat();
    const who = somebody(), agent = await signedIn(who);
    let page = await link(agent, 'wx_jia');
    assert.match(told(page.html), /关联成功/);
    assert.match(page.html, /甲的微信/);
    await own.audited(stack, who.account_id, 'link.add');
    const elsewhere = new Agent(stack), login = await open(elsewhere, '/account');
    page = await visit(elsewhere, await comeBack(elsewhere, await elsewhere.request('/login', { form: { ...inputs(login.html), service: 'wechat' } }), 'wx_jia'));
    assert.match(page.html, /id="identity"/);
    page = await send(agent, '/account/methods', { link: links(who)[0] });
    assert.match(told(page.html), /已解除/);
    assert.deepEqual(links(who), []);
    await own.audited(stack, who.account_id, 'link.remove');
  });

  test('what somebody else has linked, or left for, is not linked', async () => {
    freeWechat();
    const one = somebody(), two = somebody(), agent = await signedIn(one), other = await signedIn(two);
    await link(agent, 'wx_jia');
    assert.match(told((await link(other, 'wx_jia')).html), /已关联到其他账号/);
    /* the way back in a browser that another person has signed in with meanwhile, and in one that never left */
    const left = await leave(agent), back = await services.wechat(left.location, 'wx_yi');
    const stranger = await signedIn(two);
    assert.equal((await stranger.request(`${back.pathname}${back.search}`)).status, 400);
    agent.cookies.set('__Host-session', other.cookies.get('__Host-session'));
    assert.equal((await agent.request(`${back.pathname}${back.search}`)).status, 400);
    assert.equal(links(two).length, 0);
    const theirs = links(one)[0];
    assert.equal((await send(other, '/account/methods', { link: theirs })).status, 409, 'somebody else’s link');
    assert.deepEqual(links(one), [theirs]);
  });

  test('the last way of signing in stays, whoever asks how often at once', async () => {
    freeWechat();
    const who = somebody(), agent = await signedIn(who);
    await link(agent, 'wx_jia');
    onDatabase(stack, (database) => database.prepare("UPDATE links SET upstream = 'another' WHERE account_id = ?").run(who.account_id)); // one of each service
    await link(agent, 'wx_yi');
    onDatabase(stack, (database) => database.prepare("DELETE FROM credentials WHERE account_id = ?").run(who.account_id));
    const pages = await Promise.all(links(who).map(() => open(agent, '/account/methods')));
    const sent = await Promise.all(links(who).map((id, i) => agent.request('/account/methods', { form: { ...inputs(pages[i].html), link: id } })));
    assert.deepEqual(sent.map(({ status }) => status).sort(), [303, 409]);
    assert.equal(links(who).length, 1);
    const page = await send(agent, '/account/methods', { link: links(who)[0] });
    assert.equal(page.status, 409);
    assert.match(told(page.html), /最后一种登录方式/);
    assert.match((await open(agent, '/account/password')).html, /设置密码/, 'who has none sets one');
    await send(agent, '/account/password', { password: 'First-Pass-1', again: 'First-Pass-1' });
    assert.match(told((await send(agent, '/account/methods', { link: links(who)[0] })).html), /已解除/);
  });
});

/* To the page with the ways. */
async function begin(agent, username) {
  const page = await agent.request('/recover');
  return agent.request('/recover', { form: { ...inputs(page.html), username } });
}
const way = (agent, page, fields) => agent.request('/recover', { form: { ...inputs(page.html), ...fields } });
const setPassword = (agent, page, password) => agent.request('/recover', { form: { ...inputs(page.html), password, again: password } });

describe('recovery by a linked service', () => {
  test('gives the account back, and ends what anybody else has of it', async () => {
    freeWechat();
    const who = somebody(), there = await signedIn(who), agent = new Agent(stack);
    await link(there, 'wx_jia');
    const offline = await tokensOf(there, c.c1, who, { scope: 'openid offline_access' });
    const ways = await begin(agent, who.username);
    let page = await comeBack(agent, await way(agent, ways, { service: 'wechat' }), 'wx_jia');
    assert.match(page.html, /id="recover-save"/, told(page.html));
    for (const [password, again, says] of [['short', 'short', /太短/], ['Good-Pass-1', 'Good-Pass-2', /不一致/]]) {
      page = await agent.request('/recover', { form: { ...inputs(page.html), password, again } });
      assert.match(told(page.html), says);
    }
    const last = page, done = await setPassword(agent, page, 'Recovered-Pass-1');
    assert.match(done.html, /id="recovered"/);
    assert.equal((await setPassword(agent, last, 'Recovered-Pass-2')).status, 400, 'again');
    assert.equal((await there.request('/account')).status, 303);
    assert.equal((await userinfo(stack, offline.access_token)).status, 401);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant');
    assert.equal(await canSignIn(who), false);
    const event = await own.audited(stack, who.account_id, 'account.recovery');
    assert.deepEqual([event.result, event.actor], ['done', who.account_id]);
    const again = await open(new Agent(stack), '/account', { ...who, password: 'Recovered-Pass-1' });
    assert.match(again.html, /id="recovered"/, 'the person is told');
  });

  test('clears the counters of wrong passwords', async () => {
    freeWechat();
    const who = somebody(), agent = await signedIn(who), guesser = new Agent(stack);
    await link(agent, 'wx_jia');
    const login = await open(guesser, '/account');
    let refused;
    for (let i = 0; i < 7; i++) refused = await guesser.request('/login', { form: { ...inputs(login.html), username: who.username, password: 'Wrong-Pass-1', action: 'login' } });
    assert.equal(refused.status, 429);
    const page = await comeBack(agent, await way(agent, await begin(agent, who.username), { service: 'wechat' }), 'wx_jia');
    await setPassword(agent, page, 'Recovered-Pass-1');
    assert.equal(await canSignIn({ ...who, password: 'Recovered-Pass-1' }), true);
  });

  test('not by somebody else’s, not for somebody unknown, not at a higher level, not after the password was set', async () => {
    freeWechat();
    const who = somebody(), high = somebody({ level: 3 }), agent = await signedIn(who), other = await signedIn(high);
    await link(agent, 'wx_jia');
    await link(other, 'wx_yi');
    for (const [username, account] of [[who.username, 'wx_yi'], [who.username, 'wx_alone'], ['nobody', 'wx_jia'], [high.username, 'wx_yi'], [high.username, 'wx_jia']]) {
      const stranger = new Agent(stack);
      const page = await comeBack(stranger, await way(stranger, await begin(stranger, username), { service: 'wechat' }), account);
      assert.equal(page.status, 200);
      assert.match(told(page.html), /未能证明您是账号本人/, `${username} ${account}`);
      assert.doesNotMatch(page.html, /recover-save/);
    }
    assert.equal((await own.audited(stack, who.account_id, 'account.recovery')).result, 'refused');
    const slow = new Agent(stack);
    const page = await comeBack(slow, await way(slow, await begin(slow, who.username), { service: 'wechat' }), 'wx_jia');
    await send(agent, '/account/password', { password: 'Changed-Pass-1', again: 'Changed-Pass-1' });
    assert.equal((await setPassword(slow, page, 'Recovered-Pass-1')).status, 400);
    assert.equal(await canSignIn({ ...who, password: 'Changed-Pass-1' }), true);
  });

  test('the way back opens only in the browser that left, once', async () => {
    freeWechat();
    const who = somebody(), agent = await signedIn(who), stranger = new Agent(stack);
    await link(agent, 'wx_jia');
    const left = await way(agent, await begin(agent, who.username), { service: 'wechat' });
    const back = await services.wechat(left.location, 'wx_jia');
    await stranger.request('/recover');
    assert.equal((await stranger.request(`${back.pathname}${back.search}`)).status, 400);
    assert.match((await agent.request(`${back.pathname}${back.search}`)).html, /recover-save/);
    assert.equal((await agent.request(`${back.pathname}${back.search}`)).status, 400);
  });
});

/* People whom the authority knows by face, with numbers that only they have. */
const faces = [
  { name: '王样例', id_number: '310101188607040247' },
  { name: '赵虚构', id_number: '440106188708090359' },
  { name: '李示例', id_number: '370102188506150110' },
  { name: '欧阳示例', id_number: '510104188402290134' },
  { name: '司马虚构', id_number: '120102188402290112' },
  { name: '尼玛卓嘎', id_number: '610102188706060224' },
  { name: '诸葛样例', id_number: '230103188501170310' },
  { name: '一', id_number: '450102188912120443' },
  { name: '阿依古丽·示例', id_number: '650102188303210467' },
].map((face) => ({ ...face, id_type: 1 }));

describe('recovery by a face', () => {
  test('gives back an account of level 3', async () => {
    const who = somebody({ level: 3, ...faces[0] }), there = await signedIn(who), agent = new Agent(stack);
    let page = await begin(agent, who.phone_number);
    for (const wrong of [{ name: '王样品' }, { id_number: faces[1].id_number }, { name: '' }]) {
      page = await way(agent, page, { presence: 'face', name: who.name, id_number: who.id_number, ...wrong });
      assert.match(told(page.html), /未能证明您是账号本人/);
      assert.doesNotMatch(page.html, /detour-link/);
    }
    page = await way(agent, page, { presence: 'face', name: who.name, id_number: who.id_number });
    assert.match(page.html, /id="detour-link"/);
    page = await agent.request(await services.face(page, 'fail'));
    assert.match(told(page.html), /未能证明您是账号本人/);
    page = await way(agent, page, { presence: 'face', name: who.name, id_number: who.id_number });
    assert.deepEqual(await services.messages(who), [], 'nobody is sent a code before the face was seen');
    page = await agent.request(await services.face(page));
    assert.match(told(page.html), /切勿告诉任何人/);
    const { code, template } = await services.message(who);
    assert.equal(template, 'recover', 'the message says what it is for');
    page = await way(agent, page, { code });
    assert.match(page.html, /id="recover-save"/, told(page.html));
    assert.match((await setPassword(agent, page, 'Recovered-Pass-1')).html, /id="recovered"/);
    assert.equal((await there.request('/account')).status, 303);
    assert.equal(await canSignIn({ ...who, password: 'Recovered-Pass-1' }), true);
  });

  test('not before the authority has said yes', async () => {
    const who = somebody({ level: 3, ...faces[1] }), agent = new Agent(stack);
    let page = await way(agent, await begin(agent, who.username), { presence: 'face', name: who.name, id_number: who.id_number });
    page = await agent.request(`/return?state=${inputs(page.html).state}`);
    assert.match(told(page.html), /尚未收到结果/);
    for (const outcome of ['attack', 'fail']) {
      page = await way(agent, await begin(agent, who.username), { presence: 'face', name: who.name, id_number: who.id_number });
      page = await agent.request(await services.face(page, outcome));
      assert.doesNotMatch(page.html, /recover-save/);
    }
    assert.equal(await canSignIn(who), true);
  });

  test('not by a face that somebody else was talked into showing: the code is on their phone', async () => {
    const victim = somebody({ level: 3, ...faces[4] }), attacker = new Agent(stack);
    let page = await way(attacker, await begin(attacker, victim.username), { presence: 'face', name: victim.name, id_number: victim.id_number });
    page = await attacker.request(await services.face(page)); // the victim, who was sent the picture of the QR code
    const { code } = await services.message(victim), other = `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;
    for (const guess of ['', '000', other]) {
      page = await way(attacker, page, { code: guess });
      assert.doesNotMatch(page.html, /recover-save/);
    }
    page = await setPassword(attacker, page, 'Recovered-Pass-1');
    assert.match(page.html, /id="recover-check"/, 'it asks on');
    assert.equal(await canSignIn(victim), true);
    page = await way(attacker, page, { action: 'again' });
    assert.match(page.html, /id="recover-check"/);
    assert.match((await way(attacker, page, { code })).html, /id="recover-save"/, 'nothing else was missing');
  });

  test('without a proven phone: on this device alone', async () => {
    const who = somebody({ level: 3, phone_number_verified: false, ...faces[5] }), agent = new Agent(stack), typed = { name: who.name, id_number: who.id_number };
    let page = await way(agent, await begin(agent, who.username), { presence: 'face', ...typed });
    assert.match(told(page.html), /不能通过其他设备刷脸找回/);
    assert.doesNotMatch(page.html, /detour-link/);
    const left = await way(agent, page, { presence: 'face_here', ...typed });
    assert.equal(left.status, 303, told(left.html));
    page = await agent.request(await services.faceHere(left.location));
    assert.match(page.html, /id="recover-save"/, told(page.html));
    assert.match((await setPassword(agent, page, 'Recovered-Pass-1')).html, /id="recovered"/);
    assert.deepEqual(await services.messages(who), [], 'a phone that was only typed is sent nothing');
  });

  test('without a proven phone: not by a face that is shown in another browser than it was begun in', async () => {
    const victim = somebody({ level: 3, phone_number_verified: false, ...faces[6] }), attacker = new Agent(stack), theirs = new Agent(stack);
    const typed = { presence: 'face_here', name: victim.name, id_number: victim.id_number };
    let left = await way(attacker, await begin(attacker, victim.username), typed);
    await theirs.request('/recover');
    let back = await services.faceHere(left.location);
    assert.equal((await theirs.request(back)).status, 400, 'the way back leads to the victim’s browser');
    for (const guess of ['/return', '/return?state=', '/return?state=0123456789abcdef0123456789abcdef']) assert.equal((await attacker.request(guess)).status, 400);
    /* nor when the attacker has learned the way back before anybody was seen */
    left = await way(attacker, await begin(attacker, victim.username), typed);
    back = await services.faceHere(left.location, 'b');
    assert.match(told((await attacker.request(back)).html), /未能证明/);
    assert.equal(await services.faceHere(left.location), back);
    assert.equal((await attacker.request(back)).status, 400, 'it is over');
    assert.equal(await canSignIn(victim), true);
  });
});

test('merging by a face, where the other password is forgotten', async () => {
  const kept = somebody({ level: 1 }), gone = somebody({ level: 3, ...faces[2] }), agent = await signedIn(kept), theirs = await signedIn(gone);
  const enrol = await open(theirs, '/account/second-factor'), secret = enrol.html.match(/id="secret">([A-Z2-7]+)</)[1];
  await visit(theirs, await theirs.request('/account/second-factor', { form: { ...inputs(enrol.html), action: 'enrol', code: totp(secret) } }));
  let page = await send(agent, '/account/merge', { username: gone.username, name: gone.name, id_number: faces[3].id_number, presence: 'face' });
  assert.match(told(page.html), /未能证明/);
  page = await send(agent, '/account/merge', { username: gone.username, name: gone.name, id_number: gone.id_number, presence: 'face' });
  const state = await services.face(page);
  const stranger = await signedIn(somebody());
  assert.equal((await stranger.request(state)).status, 400, 'in another browser');
  page = await agent.request(state);
  const more = (fields) => agent.request('/account/merge', { form: { ...inputs(page.html), action: 'more', ...fields } });
  assert.match(told(page.html), /切勿告诉任何人/);
  assert.match(page.html, /政务服务窗口/);
  const { code, template } = await services.message(gone);
  assert.equal(template, 'recover');
  page = await more({ code: `${(Number(code[0]) + 1) % 10}${code.slice(1)}` });
  assert.match(page.html, /id="error">验证码不正确/);
  assert.equal((await agent.request('/account/merge', { form: { ...inputs(page.html), action: 'merge' } })).status, 400, 'a step further without');
  page = await more({ action: 'again' });
  page = await more({ code });
  assert.match(page.html, /启用了动态口令/, 'and the second factor');
  for (const wrong of ['', '000000', totp(secret)]) {
    page = await more({ code: wrong });
    assert.doesNotMatch(page.html, /merge-yes/);
  }
  page = await more({ code: totp(secret, Date.now() + 30_000) });
  assert.match(page.html, /id="merge-yes"/, told(page.html));
  page = await visit(agent, await agent.request('/account/merge', { form: { ...inputs(page.html), action: 'merge' } }));
  assert.match(told(page.html), /已合并/);
  const [account] = rows('SELECT level, state FROM accounts WHERE account_id = ?', kept.account_id);
  assert.deepEqual({ ...account }, { level: 3, state: 1 });
});

test('not merged by a face on another device, where no code can be sent to the other account’s phone', async () => {
  const kept = somebody({ level: 1 }), gone = somebody({ level: 3, phone_number_verified: false, ...faces[7] }), agent = await signedIn(kept);
  const typed = { username: gone.username, name: gone.name, id_number: gone.id_number };
  assert.match(told((await send(agent, '/account/merge', { ...typed, presence: 'face' })).html), /不能通过其他设备/);
  const page = await open(agent, '/account/merge');
  const left = await agent.request('/account/merge', { form: { ...inputs(page.html), ...typed, presence: 'face_here' } });
  assert.match((await agent.request(await services.faceHere(left.location))).html, /id="merge-yes"/);
});

describe('in a browser, a face is looked at only after the person was told who sees it, and agreed to this alone', () => {
  const phone = async (page, outcome) => {
    const another = await browser.newContext(), there = await another.newPage();
    await there.goto(await page.getAttribute('#detour-link', 'href'));
    await there.click(`button[value=${outcome}]`);
    await another.close();
    await page.click('#detour-done');
  };
  const says = async (page, locale, others) => {
    assert.match(await page.textContent('#face-notice'), locale === 'zh-CN' ? /将发送给\s*支付宝刷脸核身.*不保存/s : /sent to\s*Alipay face check.*none is kept/s);
    assert.match(await page.textContent('#face-others'), others);
    assert.equal(await page.textContent('#presence-face'), locale === 'zh-CN' ? '同意并开始' : 'Agree and start');
  };
  const consents = (who) => rows("SELECT record FROM audit WHERE subject = ? AND event = 'verification.begin'", who.account_id).map(({ record }) => JSON.parse(record).detail);
  const whole = { upstream: 'face', consent: ['name', 'id_number', 'face'] };

  test('recovering', async () => {
    const who = somebody({ level: 3, ...faces[8] }), locale = 'en-US', page = await person(browser, { locale, javaScriptEnabled: false });
    await page.goto(`${stack.issuer}/recover`);
    await page.fill('#username', who.username);
    await page.click('#recover-start');
    await page.click('#way-face summary');
    await says(page, locale, /WeChat, At a service counter/);
    await screenshot(page, `recover-face-${locale}`);
    await page.fill('#face-name', who.name);
    await page.fill('#face-id_number', who.id_number);
    assert.deepEqual(consents(who), []);
    await page.click('#presence-face');
    await phone(page, 'pass');
    await page.waitForSelector('#recover-check');
    await screenshot(page, `recover-code-${locale}`);
    await page.fill('#code', (await services.message(who)).code);
    await page.click('#recover-check');
    await page.waitForSelector('#recover-save');
    await until('the trail to have the consent', async () => consents(who).length === 1);
    assert.deepEqual(consents(who)[0], whole);
    await page.context().close();
  });

  test('merging', async () => {
    const kept = somebody({ level: 1 }), gone = somebody({ level: 3, ...faces[3] }), locale = 'zh-CN';
    const page = await person(browser, { locale, javaScriptEnabled: false });
    await page.goto(`${stack.issuer}/account/merge`);
    await page.fill('#username', kept.username);
    await page.fill('#password', kept.password);
    await page.click('#login-submit');
    await page.click('#way-face summary');
    await says(page, locale, /另一个账号的密码/);
    await screenshot(page, `merge-face-${locale}`);
    await page.fill('#face-username', gone.username);
    await page.fill('#face-name', gone.name);
    await page.fill('#face-id_number', gone.id_number);
    await page.click('#presence-face');
    await phone(page, 'pass');
    await page.waitForSelector('#merge-more');
    await screenshot(page, `merge-code-${locale}`);
    await page.fill('#code', (await services.message(gone)).code);
    await page.click('#merge-more');
    await page.waitForSelector('#merge-yes');
    await until('the trail to have the consent', async () => consents(gone).length === 1);
    assert.deepEqual(consents(gone)[0], whole);
    await page.context().close();
  });
});

test('in a browser, without JavaScript: WeChat is linked, and gives the account back', async () => {
  freeWechat();
  const who = somebody(), page = await person(browser, { javaScriptEnabled: false });
  const atWechat = async () => {
    await page.waitForURL(/\/connect\/qrconnect/);
    await page.click('form:has([value=wx_jia]) button');
  };
  await page.goto(`${stack.issuer}/account/methods`);
  await page.fill('#username', who.username);
  await page.fill('#password', who.password);
  await page.click('#login-submit');
  await page.click('#link-wechat');
  await atWechat();
  await page.waitForURL(/\/account\/methods\?done=/);
  await screenshot(page, 'zh-account-methods-linked');
  await page.context().clearCookies();
  await page.goto(`${stack.issuer}/account`);
  await page.click('#recover-link');
  await page.fill('#username', who.username);
  await page.click('#recover-start');
  await screenshot(page, 'zh-recover-ways');
  await page.click('#service-wechat');
  await atWechat();
  await page.fill('#password', 'Recovered-Pass-9');
  await page.fill('#again', 'Recovered-Pass-9');
  await screenshot(page, 'zh-recover-password');
  await page.click('#recover-save');
  await page.click('#to-login');
  await page.fill('#username', who.username);
  await page.fill('#password', 'Recovered-Pass-9');
  await page.click('#login-submit');
  await page.waitForURL(`${stack.issuer}/account`);
  await until('the trail to have it', async () => (await page.reload()) && page.isVisible('#recovered'));
  await screenshot(page, 'zh-account-recovered');
});
