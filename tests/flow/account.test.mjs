/* The person's own pages: what they show, what they change, and what they refuse. In a real browser for what people do, by hand for what they must not. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import { Agent, tokensOf, token, userinfo } from './support/agent.mjs';
import { audited as inTrail, idNumber, inputs, makeStale, masked, open, rows as select, send, sessionId, signedIn as signIn, somebody as makeSomebody, text, told, visit } from './support/own_pages.mjs';
import { onDatabase } from './support/registration.mjs';
import { nameOnHost } from './support/admin.mjs';
import { totp } from './support/totp.mjs';
import * as c from './support/clients.mjs';

let stack, browser;
before(async () => {
  stack = await Stack.start({ clients: c.clients });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const somebody = (extra) => makeSomebody(stack, extra);
const signedIn = (who) => signIn(stack, who);
const rows = (sql, ...values) => select(stack, sql, ...values);
const audited = (account_id, event) => inTrail(stack, account_id, event);

const sensitive = ['/account/password', '/account/second-factor', '/account/close', '/account/merge'];
const all = ['/account', '/account/methods', '/account/sessions', '/account/portals', '/account/disclosures', '/account/activity', '/account/export', ...sensitive];

describe('in a browser', () => {
  async function story(page, who, shot, words) {
    await page.goto(`${stack.issuer}/`);
    await page.fill('#username', who.username);
    await page.fill('#password', who.password);
    await page.click('#login-submit');
    await page.waitForURL(`${stack.issuer}/account`);
    assert.equal(await page.textContent('#name'), '欧**');
    assert.equal(await page.textContent('#id-number'), masked(who.id_number));
    assert.match(await page.textContent('#level'), words.level);
    await screenshot(page, `${shot}-account`);
    for (const name of ['methods', 'sessions', 'portals', 'disclosures', 'activity', 'merge', 'export', 'close']) {
      await page.click(`#to-${name}`);
      await page.waitForURL(`${stack.issuer}/account/${name}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} fits the screen`);
      await screenshot(page, `${shot}-account-${name}`);
      await page.click('.crumb a');
    }
    await page.click('#to-methods');
    await page.click('#to-second-factor');
    const secret = await page.textContent('#secret');
    await screenshot(page, `${shot}-account-second-factor`);
    await page.fill('#code', totp(secret));
    await page.click('#second-factor-enrol');
    assert.equal(await page.textContent('#notice'), words.second_factor);
    await page.click('#to-password');
    await page.fill('#password', 'short');
    await page.fill('#again', 'short');
    await page.click('#password-save');
    await screenshot(page, `${shot}-account-password`);
    assert.equal(await page.textContent('#error'), words.weak);
    await page.fill('#password', 'Another-Pass-1');
    await page.fill('#again', 'Another-Pass-1');
    await page.click('#password-save');
    assert.equal(await page.textContent('#notice'), words.password);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await screenshot(page, `${shot}-account-methods-after`);
    await page.goto(`${stack.issuer}/account/close`);
    await page.check('#sure');
    await page.click('#close-now');
    assert.equal(await page.textContent('#closed'), words.closed);
    await screenshot(page, `${shot}-account-closed`);
  }

  test('in Chinese', async () => {
    const who = somebody({ id_number: idNumber(), id_type: 1 }), page = await person(browser);
    await tokensOf(new Agent(stack), c.ask, who, { scope: 'openid profile phone' });
    await story(page, who, 'zh', { level: /L2 姓名和证件号码已核验/, second_factor: '动态口令已启用。', weak: '密码太短或太简单。', password: '密码已修改，其他登录已结束。', closed: '账号已注销。' });
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    assert.deepEqual(page.problems, []);
  });
  test('in English, in the dark', async () => {
    const who = somebody({ id_number: idNumber(), id_type: 1 }), page = await person(browser, { locale: 'en-GB' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await story(page, who, 'en-dark', { level: /L2 name and number confirmed/, second_factor: 'One-time passwords are set up.', weak: 'The password is too short or too simple.', password: 'The password was changed, and you were signed out everywhere else.', closed: 'Your account is closed.' });
    assert.deepEqual(page.problems, []);
  });
  test('without JavaScript: two accounts become one', async () => {
    const kept = somebody({ level: 1 }), gone = somebody({ id_number: idNumber(), id_type: 1 }), page = await person(browser, { javaScriptEnabled: false });
    await tokensOf(new Agent(stack), c.ask, gone, { scope: 'openid profile' });
    await page.goto(`${stack.issuer}/account/merge`);
    await page.fill('#username', kept.username);
    await page.fill('#password', kept.password);
    await page.click('#login-submit');
    await page.fill('#username', gone.username);
    await page.fill('#password', gone.password);
    await page.click('#merge-prove');
    await screenshot(page, 'zh-account-merge-confirm');
    assert.equal(await page.textContent('#level-after'), 'L2');
    await page.click('#merge-yes');
    assert.equal(await page.textContent('#notice'), '两个账号已合并。');
    await page.goto(`${stack.issuer}/recover`);
    await screenshot(page, 'zh-recover');
    await page.fill('#username', gone.phone_number);
    await page.click('#recover-start');
    await screenshot(page, 'zh-recover-ways');
  });
});

describe('getting there', () => {
  test('whoever is not signed in signs in, and comes back to the page', async () => {
    const who = somebody();
    for (const path of all) {
      const agent = new Agent(stack);
      const first = await agent.request(path);
      assert.equal(first.status, 303);
      assert.match(first.location, /^\/authorize\?client_id=tongxing-account&/);
      const page = await visit(agent, first, who);
      assert.equal(page.status, 200, path);
      assert.equal(page.url, `${stack.issuer}${path}`);
    }
    assert.equal((await new Agent(stack).request('/')).location, '/account');
  });

  test('the code that comes back opens nothing', async () => {
    const who = somebody(), agent = new Agent(stack);
    let answer = await agent.request('/account');
    for (let hops = 0; !/\/account\?code=/.test(answer.location ?? ''); hops++) {
      assert.ok(hops < 5);
      answer = answer.status === 303 ? await agent.request(answer.location)
        : await agent.request('/login', { form: { ...inputs(answer.html), ...who, action: 'login' } });
    }
    const code = new URL(answer.location).searchParams.get('code');
    for (const code_verifier of [undefined, 'a'.repeat(43)]) {
      const form = { grant_type: 'authorization_code', client_id: 'tongxing-account', redirect_uri: `${stack.issuer}/account`, code, ...(code_verifier && { code_verifier }) };
      const refused = await fetch(`${stack.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
      assert.equal(refused.status, 400);
      assert.equal((await refused.json()).error, 'invalid_grant');
    }
  });

  test('coming back leads nowhere else', async () => {
    const agent = await signedIn(somebody());
    for (const state of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/account/../../x', '/accounts', '/login', '/logout', '/account\r\nX: y', '/account/%2f', `/account/${'a'.repeat(600)}`]) {
      const answer = await agent.request(`/account?${new URLSearchParams({ code: 'x', state })}`);
      const where = new URL(answer.location, stack.issuer);
      assert.equal(where.origin, stack.issuer, state);
      assert.match(where.pathname, /^\/(account|x)$/, state);
      assert.equal(answer.headers.get('x'), null);
    }
    assert.equal((await agent.request('/account?code=x&state=/account/sessions')).location, '/account/sessions');
  });

  test('no link makes a page say that something was done', async () => {
    const agent = await signedIn(somebody());
    for (const done of ['merged', 'password', 'account.done.merged', 'x'.repeat(500)]) assert.doesNotMatch((await open(agent, `/account?done=${done}`)).html, /id="notice"/);
    const page = await send(agent, '/account/sessions', { action: 'others' });
    assert.match(page.html, /id="notice"/);
    const again = await agent.request(page.url);
    assert.equal(again.status, 200);
    assert.doesNotMatch(again.html, /id="notice"/, 'shown once');
  });

  test('whoever cancels is told so, without going round in circles', async () => {
    const agent = new Agent(stack);
    const login = await open(agent, '/account');
    const cancelled = await visit(agent, await agent.request('/login', { form: { ...inputs(login.html), action: 'cancel' } }));
    assert.equal(cancelled.status, 200);
    assert.match(told(cancelled.html), /您没有登录/);
  });

  test('a client system of that name cannot be registered', () => {
    assert.throws(() => stack.command(['client', 'add', '--config', stack.file('tongxing.yaml'), '--id', 'tongxing-account', '--name', '假', '--redirect-uri', 'https://rp.example/cb']), /comes with the server/);
  });
});

describe('proving more', () => {
  const prove = async (agent, way, fields) => {
    const page = await open(agent, '/account/prove');
    assert.match(page.url, /\/verify\?flow=/);
    return visit(agent, await agent.request('/verify', { form: { flow: inputs(page.html).flow, way, ...fields } }));
  };
  test('leads to the step-up page and back; whoever declines is where they were', async () => {
    const who = somebody({ level: 1 }), agent = await signedIn(who);
    let page = await open(agent, '/account/prove');
    page = await visit(agent, await agent.request('/verify', { form: { flow: inputs(page.html).flow, action: 'decline' } }));
    assert.match(page.html, /id="level"><b>L1/);
    page = await prove(agent, 'population', { name: '王样例', id_number: '310101188607040247' });
    assert.match(page.html, /id="level"><b>L2/, told(page.html));
    assert.match(page.html, /公安人口库/);
  });
  test('and to merging, when the person turns out to have another account', async () => {
    somebody({ name: '李示例', id_number: '370102188506150110', id_type: 1 });
    const page = await prove(await signedIn(somebody({ level: 1 })), 'population', { name: '李示例', id_number: '370102188506150110' });
    assert.match(told(page.html), /您已有另一个实名账号/);
    assert.match(page.html, /id="to-merge" href="\/account\/merge"/);
  });
});

describe('what is sensitive asks for a fresh sign-in', () => {
  test('pages and posts of a sign-in that is ten minutes old', async () => {
    const who = somebody(), agent = await signedIn(who);
    const forms = {};
    for (const path of [...sensitive, '/account/methods', '/account/export']) forms[path] = inputs((await open(agent, path)).html);
    await makeStale(agent);
    for (const path of sensitive) {
      const answer = await agent.request(path);
      assert.match(answer.location, /^\/authorize\?.*&prompt=login$/, path);
    }
    for (const path of ['/account', '/account/methods', '/account/sessions', '/account/portals', '/account/export']) assert.equal((await agent.request(path)).status, 200, path);
    const posts = { '/account/password': { password: 'Other-Pass-1', again: 'Other-Pass-1' }, '/account/close': { sure: 'yes' }, '/account/methods': { link: 'ln_x' }, '/account/export': { action: 'whole' }, '/account/second-factor': { action: 'enrol', code: '000000' }, '/account/merge': { username: 'x', password: 'x' } };
    for (const [path, fields] of Object.entries(posts)) {
      const answer = await agent.request(path, { form: { ...forms[path], ...fields } });
      assert.match(answer.location ?? '', /^\/authorize\?.*&prompt=login$/, path);
    }
    const page = await open(agent, '/account/password', who);
    assert.match(page.html, /id="password-save"/);
    assert.equal(page.url, `${stack.issuer}/account/password`);
  });
});

describe('forms', () => {
  const changed = { password: 'Changed-Pass-1', again: 'Changed-Pass-1' };

  test('a token that is missing, malformed, another page’s, another person’s, another browser’s or used before', async () => {
    const who = somebody(), other = somebody();
    const agent = await signedIn(who), stranger = await signedIn(other), elsewhere = await signedIn(who);
    const token_of = async (from, path) => inputs((await open(from, path)).html).form;
    const refused = async (form) => {
      const answer = await agent.request('/account/password', { form: { ...changed, ...(form !== undefined && { form }) } });
      assert.equal(answer.status, 400);
      assert.match(told(answer.html), /已提交过或已失效/);
    };
    await refused(undefined);
    await refused('');
    await refused('AAAA');
    await refused('A'.repeat(15000));
    await refused(await token_of(agent, '/account/close'));
    await refused(await token_of(stranger, '/account/password'));
    await refused(await token_of(elsewhere, '/account/password'));
    const good = await token_of(agent, '/account/password');
    await refused(`${good.slice(0, -2)}AA`);
    const twice = await agent.request('/account/password', { body: new URLSearchParams([['form', good], ['form', good], ...Object.entries(changed)]), method: 'POST' });
    assert.equal(twice.status, 400);
    const sent = await Promise.all(Array.from({ length: 8 }, () => agent.request('/account/password', { form: { form: good, ...changed } })));
    assert.equal(sent.filter(({ status }) => status === 303).length, 1, 'one of eight at once');
    await refused(good);
  });

  test('a post from another site', async () => {
    const who = somebody(), agent = await signedIn(who);
    for (const path of ['/account/password', '/account/sessions', '/account/portals', '/account/export', '/account/close', '/account/methods', '/account/merge', '/account/second-factor', '/recover']) {
      const form = { ...inputs((await open(agent, path)).html), ...changed, sure: 'yes', action: 'others', step: 'start', username: 'x' };
      for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
        assert.equal((await agent.request(path, { form, headers })).status, 403, path);
      }
    }
    assert.equal((await open(agent, '/account')).status, 200);
  });

  test('a token of a session does not open in the next one of the same browser', async () => {
    const who = somebody(), other = somebody(), agent = await signedIn(who);
    const { form } = inputs((await open(agent, '/account/password')).html);
    agent.cookies.delete('__Host-session');
    await open(agent, '/account', other);
    assert.equal((await agent.request('/account/password', { form: { form, ...changed } })).status, 400);
  });
});

describe('the password', () => {
  test('a new one ends every other session and what systems hold for later', async () => {
    const who = somebody(), here = await signedIn(who), there = await signedIn(who);
    const offline = await tokensOf(there, c.c1, who, { scope: 'openid offline_access' });
    const online = await tokensOf(there, c.c2, who);
    const own = await tokensOf(here, c.c2, who);
    const page = await send(here, '/account/password', { password: 'Changed-Pass-1', again: 'Changed-Pass-1' });
    assert.match(told(page.html), /密码已修改/);
    assert.equal((await there.request('/account')).status, 303);
    assert.equal((await here.request('/account')).status, 200);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant');
    assert.equal((await userinfo(stack, offline.access_token)).status, 401);
    assert.equal((await userinfo(stack, online.access_token)).status, 401);
    assert.equal((await userinfo(stack, own.access_token)).status, 200);
    assert.match((await open(new Agent(stack), '/account', { ...who, password: 'Changed-Pass-1' })).html, /id="identity"/);
    const login = await open(new Agent(stack), '/account');
    assert.match(login.html, /id="login-submit"/);
    const event = await audited(who.account_id, 'password.change');
    assert.deepEqual([event.actor, event.result], [who.account_id, 'done']);
  });

  test('what is no good password changes nothing', async () => {
    const who = somebody(), agent = await signedIn(who);
    for (const [password, again, says] of [['short', 'short', /太短/], ['Good-Pass-1', 'Good-Pass-2', /不一致/], ['', '', /太短/], ['好'.repeat(100), '好'.repeat(100), /太短/]]) {
      const page = await send(agent, '/account/password', { password, again });
      assert.match(told(page.html), says);
    }
    assert.match((await open(new Agent(stack), '/account', who)).html, /id="identity"/);
  });
});

describe('one-time passwords', () => {
  const secretOf = (html) => html.match(/id="secret">([A-Z2-7]+)</)[1];

  test('are set up by showing one, asked for afterwards, and given up against another', async () => {
    const who = somebody(), agent = await signedIn(who);
    let page = await open(agent, '/account/second-factor');
    const secret = secretOf(page.html);
    assert.match(page.html, /<path d="M\d+ \d+h1v1h-1z/);
    page = await agent.request('/account/second-factor', { form: { ...inputs(page.html), action: 'enrol', code: totp(secret, Date.now() + 3600_000) } });
    assert.match(told(page.html), /动态口令不正确/);
    assert.equal(secretOf(page.html), secret, 'the same secret, for the app has it already');
    assert.equal(rows("SELECT 1 FROM credentials WHERE account_id = ? AND kind = 'totp'", who.account_id).length, 0);
    const form = inputs(page.html);
    page = await visit(agent, await agent.request('/account/second-factor', { form: { ...form, action: 'enrol', code: totp(secret) } }));
    assert.match(told(page.html), /已启用/);
    assert.equal((await agent.request('/account/second-factor', { form: { ...form, action: 'enrol', code: totp(secret) } })).status, 400);
    await audited(who.account_id, 'second_factor.enrol');

    /* a password alone is not enough any more for what is sensitive */
    const thief = new Agent(stack);
    const asked = await visit(thief, await thief.request('/account'), who);
    assert.match(asked.html, /id="second-factor-submit"/);
    assert.match((await open(thief, '/account/password', who)).html, /id="second-factor-submit"/);
    assert.match((await open(agent, '/account/password', who)).html, /id="password-save"/, 'who has shown one is not asked again at once');

    page = await send(agent, '/account/second-factor', { action: 'remove', code: '000000' });
    assert.match(told(page.html), /动态口令不正确/);
    page = await send(agent, '/account/second-factor', { action: 'remove', code: totp(secret) });
    assert.match(told(page.html), /动态口令不正确/, 'one that was used does not count again');
    page = await send(agent, '/account/second-factor', { action: 'remove', code: totp(secret, Date.now() + 30_000) });
    assert.match(told(page.html), /已停用/);
    await audited(who.account_id, 'second_factor.remove');
  });

  test('guesses are limited', async () => {
    const who = somebody(), agent = await signedIn(who);
    let last;
    for (let i = 0; i < 7; i++) last = await send(agent, '/account/second-factor', { action: 'enrol', code: '123456' });
    assert.match(told(last.html), /尝试次数过多/);
  });

  test('an administrator cannot give them up', async () => {
    const who = somebody();
    who.totp = nameOnHost(stack, { username: who.username, role: 'auditor', name: '测试' });
    const agent = new Agent(stack);
    await open(agent, '/account', who);
    const page = await send(agent, '/account/second-factor', { action: 'remove', code: totp(who.totp, Date.now() + 30_000) });
    assert.match(told(page.html), /您担任管理员/);
  });
});

describe('sessions', () => {
  test('are listed with where they began, and ended one by one or all at once', async () => {
    const who = somebody(), here = await signedIn(who), there = new Agent(stack), third = await signedIn(who);
    there.headers['user-agent'] = 'Mozilla/5.0 (Linux; Android 14; x) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 "><script>';
    await open(there, '/account', who);
    await tokensOf(there, c.c1, who);
    let page = await open(here, '/account/sessions');
    assert.equal(page.html.match(/class="session"/g).length, 3);
    assert.match(page.html, /Chrome, Android/);
    assert.match(page.html, /127\.0\.0\.1/);
    assert.doesNotMatch(page.html, /<script>/);
    page = await send(here, '/account/sessions', { session: sessionId(there) });
    assert.match(told(page.html), /已退出/);
    assert.equal((await there.request('/account')).status, 303);
    assert.equal((await third.request('/account')).status, 200);
    page = await send(here, '/account/sessions', { action: 'others' });
    assert.equal((await third.request('/account')).status, 303);
    assert.equal((await here.request('/account')).status, 200);
    await until('both in the trail', async () => rows("SELECT 1 FROM audit WHERE actor = ? AND event = 'logout'", who.account_id).length === 2);
  });

  test('somebody else’s is not ended', async () => {
    const victim = somebody(), who = somebody(), theirs = await signedIn(victim), agent = await signedIn(who);
    for (const session of [sessionId(theirs), 'AAAAAAAAAAAAAAAAAAAAAA', '', '../x', 'x'.repeat(3000)]) {
      const page = await send(agent, '/account/sessions', { session });
      assert.equal(page.status, 404, session.slice(0, 40));
    }
    assert.equal((await theirs.request('/account')).status, 200);
  });
});

describe('client systems with access', () => {
  test('withdrawing ends what was given, and nothing else', async () => {
    const who = somebody(), agent = new Agent(stack);
    const scope = { scope: 'openid profile' };
    const asked = await tokensOf(agent, c.ask, who, scope);
    const offline = await tokensOf(agent, c.c1, who, { scope: 'openid offline_access' });
    const other = await tokensOf(agent, c.c2, who);
    const later = await codeAfterConsent(agent, who, scope);
    let page = await open(agent, '/account/portals', who);
    assert.equal(page.html.match(/class="portal"/g).length, 3);
    assert.match(page.html, /问卷&lt;script&gt;/);
    page = await send(agent, '/account/portals', { client: 'ask' });
    assert.match(told(page.html), /已撤回/);
    assert.equal((await userinfo(stack, asked.access_token)).status, 401, 'of this session');
    assert.equal((await token(stack, c.ask, later)).body.error, 'invalid_grant', 'a code that was on its way');
    assert.equal((await userinfo(stack, offline.access_token)).status, 200);
    assert.equal((await userinfo(stack, other.access_token)).status, 200);
    page = await send(agent, '/account/portals', { client: 'c1' });
    assert.equal((await userinfo(stack, offline.access_token)).status, 401);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant');
    assert.equal((await token(stack, c.c2, { grant_type: 'refresh_token', refresh_token: other.refresh_token })).status, 200);
    assert.equal((await audited(who.account_id, 'consent.withdraw')).actor, who.account_id);
    await new Promise((resolve) => setTimeout(resolve, 1100)); /* cuts are by the second */
    const again = await tokensOf(agent, c.ask, who, scope);
    assert.equal((await userinfo(stack, again.access_token)).status, 200, 'consent was asked for again, and given');
  });

  test('one that has nothing is not there', async () => {
    const agent = await signedIn(somebody());
    for (const client of ['c1', 'nobody', '', 'x'.repeat(5000)]) assert.equal((await send(agent, '/account/portals', { client })).status, 404);
  });
});

async function codeAfterConsent(agent, who, scope) {
  const { codeOf } = await import('./support/agent.mjs');
  const { nonce, ...form } = await codeOf(agent, c.ask, who, scope);
  return form;
}

describe('who received what', () => {
  test('is shown as it was given, and nobody else’s', async () => {
    const who = somebody({ gender: 'female' }), other = somebody(), agent = new Agent(stack);
    const tokens = await tokensOf(agent, c.ask, who, { scope: 'openid profile' });
    await userinfo(stack, tokens.access_token);
    await tokensOf(new Agent(stack), c.c1, other, { scope: 'openid profile' }).then(({ access_token }) => userinfo(stack, access_token));
    await until('both to be noted', async () => rows('SELECT 1 FROM disclosures WHERE account_id IN (?, ?)', who.account_id, other.account_id).length >= 2);
    const page = await open(agent, '/account/disclosures', who);
    assert.equal(page.html.match(/class="disclosure"/g).length, 1, text(page.html));
    assert.match(page.html, /问卷&lt;script&gt;/);
    assert.match(page.html, /姓名/);
    assert.doesNotMatch(page.html, /<script>/);
  });

  test('page by page', async () => {
    const who = somebody(), agent = await signedIn(who);
    onDatabase(stack, (database) => {
      const insert = database.prepare("INSERT INTO disclosures (account_id, client_id, claims, times, first_at, last_at) VALUES (?, ?, 'name', 1, ?, ?)");
      for (let i = 0; i < 45; i++) insert.run(who.account_id, `system${String(i).padStart(2, '0')}`, 1700000000 + i, 1700000000 + i);
    });
    const seen = [];
    for (let path = '/account/disclosures'; path; ) {
      const page = await open(agent, path);
      seen.push(...[...page.html.matchAll(/<b>(system\d\d)</g)].map(([, name]) => name));
      path = page.html.match(/id="older" href="([^"]+)"/)?.[1];
    }
    assert.deepEqual(seen, [...Array(45).keys()].reverse().map((i) => `system${String(i).padStart(2, '0')}`));
    for (const page of ['-1', '99999999999999999999', 'x', '2&page=1', '%00']) assert.ok([200, 400].includes((await open(agent, `/account/disclosures?page=${page}`)).status), page);
  });
});

describe('a copy of the data', () => {
  test('masked for whoever is signed in, whole after a fresh sign-in, and told of', async () => {
    const who = somebody({ id_number: idNumber(), id_type: 1, email: 'x@rp.example' }), agent = await signedIn(who);
    await tokensOf(agent, c.ask, who, { scope: 'openid profile' });
    const form = inputs((await open(agent, '/account/export')).html);
    const answer = await agent.request('/account/export', { form: { ...form, action: 'masked' } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-disposition'), /^attachment; filename="[a-z.-]+"$/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const data = await answer.json();
    assert.equal(data.profile.id_number, masked(who.id_number));
    assert.equal(data.profile.name, who.name);
    assert.equal(data.profile.email, 'x@rp.example');
    assert.equal(data.evidence.length, 1);
    assert.deepEqual(data.found_by, ['id_number', 'phone_number', 'user_name']);
    assert.deepEqual([data.password, data.one_time_password, data.links], [true, false, []]);
    assert.ok(Array.isArray(data.disclosures));
    assert.deepEqual(data.mandates, []);
    assert.deepEqual(data.consents.map(({ client_system }) => client_system), ['ask']);
    assert.equal(data.sessions.length, 1);
    assert.doesNotMatch(JSON.stringify(data), /argon2|secret|hash/);
    const whole = await (await agent.request('/account/export', { form: { ...inputs((await open(agent, '/account/export')).html), action: 'whole' } })).json();
    assert.equal(whole.profile.id_number, who.id_number);
    assert.deepEqual((await audited(who.account_id, 'account.export')).detail, { id_number: 'whole' });
  });
});

describe('closing', () => {
  test('ends everything, frees what found it, and keeps what must be kept', async () => {
    const who = somebody({ id_number: idNumber(), id_type: 1 }), agent = await signedIn(who), there = await signedIn(who);
    const offline = await tokensOf(there, c.c1, who, { scope: 'openid offline_access' });
    const own = await tokensOf(agent, c.ask, who, { scope: 'openid profile' });
    let page = await send(agent, '/account/close', {});
    assert.match(told(page.html), /先勾选/);
    page = await send(agent, '/account/close', { sure: 'yes' });
    assert.match(page.html, /id="closed"/);
    assert.equal(agent.cookies.get('__Host-session'), undefined);
    assert.equal((await there.request('/account')).status, 303);
    for (const { access_token } of [offline, own]) assert.equal((await userinfo(stack, access_token)).status, 401);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant');
    assert.match((await open(new Agent(stack), '/account')).html, /id="login-submit"/);
    const left = (table) => rows(`SELECT * FROM ${table} WHERE account_id = ?`, who.account_id);
    for (const table of ['identifiers', 'credentials', 'links', 'consents']) assert.deepEqual(left(table), [], table);
    assert.equal(left('verifications').length, 1);
    const [account] = left('accounts');
    assert.deepEqual([account.state, account.level, account.merged_into], [3, 1, null]);
    assert.ok(account.profile_sealed.length < 150, 'nothing of the person is in it');
    await audited(who.account_id, 'account.close');
    const { account_id, ...same } = who;
    assert.notEqual(stack.addAccount(same), account_id, 'the number, phone and name are free');
  });

  test('not while in office', async () => {
    const who = somebody();
    who.totp = nameOnHost(stack, { username: who.username, role: 'auditor', name: '测试' });
    const agent = new Agent(stack);
    const page = await open(agent, '/account/close', who);
    assert.match(page.html, /您担任管理员/);
    assert.doesNotMatch(page.html, /id="close-now"/);
    const { form } = inputs((await open(agent, '/account/export')).html);
    assert.equal((await agent.request('/account/close', { form: { form, sure: 'yes' } })).status, 400);
    assert.equal(rows('SELECT state FROM accounts WHERE account_id = ?', who.account_id)[0].state, 1);
  });
});

describe('merging', () => {
  const identified = (number) => ({ id_number: number, id_type: 1 });
  const prove = (agent, who, extra = {}) => send(agent, '/account/merge', { username: who.username, password: who.password, ...extra });
  const confirm = async (agent, page) => visit(agent, await agent.request('/account/merge', { form: { ...inputs(page.html), action: 'merge' } }));
  const account = (who) => rows('SELECT state, level, merged_into FROM accounts WHERE account_id = ?', who.account_id)[0];

  test('everything of the other account becomes this one’s, and the other is gone', async () => {
    const kept = somebody({ level: 1, phone_number: undefined, phone_number_verified: undefined, name: undefined });
    const gone = somebody(identified(idNumber()));
    const agent = await signedIn(kept), theirs = await signedIn(gone);
    const offline = await tokensOf(theirs, c.c1, gone, { scope: 'openid offline_access' });
    const online = await tokensOf(theirs, c.ask, gone, { scope: 'openid profile' });
    await tokensOf(agent, c.ask, kept, { scope: 'openid' });
    let page = await prove(agent, gone);
    assert.match(page.html, /id="merge-yes"/, text(page.html));
    assert.ok(page.html.includes(masked(gone.id_number)));
    assert.match(page.html, /id="level-after">L2</);
    assert.match(page.html.match(/id="portals">.*?<\/ul>/s)[0], /问卷/);
    assert.equal(account(gone).state, 1, 'nothing happens before the person says so');
    page = await confirm(agent, page);
    assert.match(told(page.html), /已合并/);
    assert.ok(page.html.includes(masked(gone.id_number)));
    assert.deepEqual({ ...account(gone) }, { state: 3, level: 1, merged_into: kept.account_id });
    assert.deepEqual({ ...account(kept) }, { state: 1, level: 2, merged_into: null });

    for (const table of ['identifiers', 'credentials', 'links', 'consents', 'verifications', 'disclosures', 'mandates'])
      assert.deepEqual(rows(`SELECT 1 FROM ${table} WHERE account_id = ?`, gone.account_id), [], table);
    assert.deepEqual(rows('SELECT client_id, scope FROM consents WHERE account_id = ? ORDER BY client_id', kept.account_id).map((row) => ({ ...row })),
      [{ client_id: 'ask', scope: 'openid' }, { client_id: 'c1', scope: 'openid offline_access' }], 'what both have stays as it was here');
    assert.equal((await theirs.request('/account')).status, 303);
    for (const { access_token } of [offline, online]) assert.equal((await userinfo(stack, access_token)).status, 401);
    assert.equal((await token(stack, c.c1, { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).body.error, 'invalid_grant');

    /* its number and phone find this account, its user name is free, its password opens nothing */
    for (const username of [gone.id_number, gone.phone_number]) assert.match((await open(new Agent(stack), '/account', { ...kept, username })).html, /id="identity"/);
    const old = new Agent(stack), login = await open(old, '/account');
    for (const username of [gone.username, gone.id_number]) {
      const refused = await old.request('/login', { form: { ...inputs(login.html), username, password: gone.password, action: 'login' } });
      assert.match(told(refused.html), /账号或密码不正确/);
    }
    const event = await audited(kept.account_id, 'account.merge');
    assert.deepEqual([event.actor, event.result, event.detail], [kept.account_id, 'done', { merged: gone.account_id }]);
  });

  test('not without proof of the other account', async () => {
    const kept = somebody({ level: 1 }), gone = somebody(identified(idNumber())), agent = await signedIn(kept);
    for (const extra of [{ password: 'Wrong-Pass-1' }, { password: '' }, { username: 'nobody' }, { username: '' }]) {
      const page = await prove(agent, gone, extra);
      assert.match(told(page.html), /未能证明/);
      assert.doesNotMatch(page.html, /merge-yes/);
    }
    /* a form made for something else, or nothing at all, is no proof */
    const { form } = inputs((await open(agent, '/account/merge')).html);
    for (const fields of [{ form }, {}, { form, account_id: gone.account_id, extra: gone.account_id }])
      assert.equal((await agent.request('/account/merge', { form: { ...fields, action: 'merge' } })).status, 400);
    assert.equal(account(gone).state, 1);
    assert.equal((await audited(gone.account_id, 'account.merge')).result, 'refused');
  });

  test('a password is less than an account of level 3 is proven by, and so is a one-time password that anybody may have set up', async () => {
    const kept = somebody({ level: 1 }), gone = somebody({ ...identified(idNumber()), level: 3 }), agent = await signedIn(kept);
    let page = await prove(agent, gone);
    assert.match(told(page.html), /还不足以证明/);
    assert.doesNotMatch(page.html, /merge-yes/);
    const theirs = await signedIn(gone), enrol = await open(theirs, '/account/second-factor'), secret = enrol.html.match(/id="secret">([A-Z2-7]+)</)[1];
    await visit(theirs, await theirs.request('/account/second-factor', { form: { ...inputs(enrol.html), action: 'enrol', code: totp(secret) } }));
    page = await prove(agent, gone, { code: totp(secret, Date.now() + 30000) });
    assert.match(told(page.html), /还不足以证明/);
    assert.equal(account(gone).state, 1);
    assert.equal((await audited(gone.account_id, 'account.merge')).reason, 'level');
  });

  test('the second factor of the other account is needed too, and comes along', async () => {
    const kept = somebody({ level: 1 }), gone = somebody(), agent = await signedIn(kept), theirs = await signedIn(gone);
    let page = await open(theirs, '/account/second-factor');
    const secret = page.html.match(/id="secret">([A-Z2-7]+)</)[1];
    await visit(theirs, await theirs.request('/account/second-factor', { form: { ...inputs(page.html), action: 'enrol', code: totp(secret) } }));
    for (const code of ['', '000000', totp(secret)]) assert.match(told((await prove(agent, gone, { code })).html), /未能证明/);
    page = await prove(agent, gone, { code: totp(secret, Date.now() + 30_000) });
    page = await confirm(agent, page);
    assert.match(told(page.html), /已合并/);
    assert.equal(rows("SELECT 1 FROM credentials WHERE account_id = ? AND kind = 'totp'", kept.account_id).length, 1);
    const asked = await open(new Agent(stack), '/account', { ...kept });
    assert.match(asked.html, /id="second-factor-submit"/);
  });

  test('two identity numbers are two people; an administrator’s account stays; one’s own is one already', async () => {
    const kept = somebody(identified(idNumber())), gone = somebody(identified(idNumber())), admin = somebody();
    nameOnHost(stack, { username: admin.username, role: 'system', name: '测试' });
    const agent = await signedIn(kept);
    assert.match(told((await prove(agent, gone)).html), /不是同一个人/);
    assert.match(told((await prove(agent, kept)).html), /当前账号/);
    const plain = await signedIn(somebody({ level: 1 }));
    const refused = await prove(plain, admin, { code: '000000' });
    assert.match(told(refused.html), /未能证明/, 'without the one-time password');
    for (const who of [kept, gone, admin]) assert.equal(account(who).state, 1);
  });

  test('once, even when asked eight times at once, and not both ways', async () => {
    const one = somebody({ level: 1 }), two = somebody({ level: 1 }), first = await signedIn(one), second = await signedIn(two);
    const there = await prove(first, two), back = await prove(second, one);
    const sent = await Promise.all([...Array(4)].flatMap(() => [
      first.request('/account/merge', { form: { ...inputs(there.html), action: 'merge' } }),
      second.request('/account/merge', { form: { ...inputs(back.html), action: 'merge' } }),
    ]));
    assert.equal(sent.filter(({ location }) => location?.startsWith('/account?done=')).length, 1, sent.map(({ status, location }) => `${status} ${location}`).join());
    assert.equal([account(one), account(two)].filter(({ state }) => state === 1).length, 1);
  });
});

describe('recovery', () => {
  const plain = (html) => html.replace(/(name="(?:form|flow)" value=")[^"]*|(flow=)[A-Za-z0-9_-]+/g, '$1$2');
  const start = async (agent, username, extra = {}) => {
    const page = await agent.request('/recover');
    return agent.request('/recover', { form: { ...inputs(page.html), username, ...extra } });
  };

  test('is linked from the sign-in page, which it comes back to', async () => {
    const agent = new Agent(stack), login = await open(agent, '/account');
    const link = login.html.match(/id="recover-link" href="([^"]+)"/)[1];
    const page = await agent.request(link);
    assert.match(page.html, /id="recover-start"/);
    assert.equal((await agent.request(page.html.match(/href="(\/login\?flow=[^"]+)"/)[1])).status, 200);
    assert.doesNotMatch((await agent.request('/recover?flow=%22%3E%3Cscript%3E')).html, /script/);
  });

  test('never says whether there is an account: not in text, status, headers or time', async () => {
    const known = somebody({ id_number: idNumber(), id_type: 1 }), suspended = somebody();
    stack.command(['account', 'suspend', '--config', stack.file('tongxing.yaml'), suspended.account_id]);
    const agent = new Agent(stack), kinds = [known.username, known.phone_number, known.id_number, suspended.username, 'nobody', '13900139999', idNumber(), `${'很'.repeat(30)}`];
    const times = kinds.map(() => []), answers = new Set();
    for (let round = 0; round < 5; round++) {
      for (const [i, username] of kinds.entries()) {
        const begun = performance.now();
        const page = await start(agent, username);
        times[i].push(performance.now() - begun);
        const headers = [...page.headers].filter(([name]) => !['date', 'content-length', 'x-request-id', 'traceparent'].includes(name));
        answers.add(JSON.stringify([page.status, plain(page.html), headers.filter(([name]) => name !== 'set-cookie')]));
      }
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
    const medians = times.map((list) => list.sort((a, b) => a - b)[2]);
    assert.ok(Math.max(...medians) - Math.min(...medians) < 60, medians.join(' '));
    assert.ok(Math.min(...medians) > 250, 'they wait for a time of their own');
  });

  test('the forms open once, in their browser, in their order', async () => {
    const who = somebody(), agent = new Agent(stack), other = new Agent(stack);
    const page = await agent.request('/recover'), form = { ...inputs(page.html), username: who.username };
    const ways = await agent.request('/recover', { form });
    assert.match(ways.html, /id="ways"/);
    assert.equal((await agent.request('/recover', { form })).status, 400, 'again');
    const { form: token_ } = inputs(ways.html);
    for (const step of ['start', 'code', 'password', 'nothing', '']) assert.equal((await agent.request('/recover', { form: { form: token_, step, username: 'x', password: 'New-Pass-1', again: 'New-Pass-1', code: '1' } })).status, 400, step);
    await other.request('/recover');
    assert.equal((await other.request('/recover', { form: { form: token_, step: 'ways', action: 'code' } })).status, 400, 'another browser');
    assert.match((await open(new Agent(stack), '/account', who)).html, /id="identity"/, 'the password is what it was');
  });

  test('is limited for a user name and an address', async () => {
    const agent = new Agent(stack);
    const answers = [];
    for (let i = 0; i < 12; i++) answers.push((await start(agent, 'limited-user')).status);
    assert.deepEqual(answers, [...Array(10).fill(200), 429, 429]);
  });
});
