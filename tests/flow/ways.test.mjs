/*
 * Every way to prove who one is, from a portal's request to its token, in a browser, against the services' simulators: the level is raised as
 * docs/decisions/levels.md says, and nothing personal is written anywhere on the way.
 */
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import fs from 'node:fs';
import { freePort, Stack, until } from './support/stack.mjs';
import { addProven } from './support/verified_claims.mjs';
import { totp } from './support/totp.mjs';
import { onDatabase } from './support/registration.mjs';
import { Agent, claimsOf, post, requestOf } from './support/agent.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import { appId, entries, environment, makeKeys, secretsOf } from './support/ways.mjs';

const password = 'Citizen-Pass-2026';
const jia = { name: '测试甲', id_number: '110105188812310013' };
let stack, province, browser, keys, portal, portalPort;
const hubSecret = 'hub-secret-for-tests-only-0123456789';
const client = (level) => ({
  client_id: `level${level}`, client_name: `等级 ${level} 门户`, 'client_name#en': `Portal of level ${level}`, token_endpoint_auth_method: 'none',
  redirect_uris: [`http://localhost:${portalPort}/cb`], scope: 'openid profile', tongxing_level: level, tongxing_consent: 'statutory',
});
const guarded = () => ({ ...client(1), client_id: 'guarded', tongxing_second_factor: true });
const asking = () => ({ ...client(2), client_id: 'asking', tongxing_consent: 'ask' });

before(async () => {
  keys = makeKeys();
  portalPort = await freePort();
  portal = createServer((request, answer) => answer.end('<!doctype html><title>portal</title><p id="there">there')).listen(portalPort, '127.0.0.1');
  await once(portal, 'listening');
  province = await Stack.start({ portals: false });
  stack = await Stack.start({
    portals: false,
    appId,
    env: { ...environment(keys), TONGXING_HUB_SECRET: hubSecret },
    clients: [...[1, 2, 3, 4].map(client), guarded(), asking()],
    options: { registration: { attempts_per_number: 100, attempts_per_address: 1000 }, proofs: { attempts_per_account: 20, attempts_per_card: 20 } },
    upstreams: (ports) => ({
      ...entries(`http://127.0.0.1:${ports.simulator}`, keys),
      zhima: { ...entries(`http://127.0.0.1:${ports.simulator}`, keys).face, product: 'zhima', encrypt_key: '${TONGXING_ALIPAY_ENCRYPT_KEY}' },
      labour: {
        adapter: 'rest', url: `http://127.0.0.1:${ports.simulator}`, title: '人社厅在册核验', title_en: 'Labour register', authority: 'labour-office', services: ['person'],
        asks: ['name', 'id_number', 'phone'], level: 2, request: { method: 'POST', path: '/labour', json: { name: '{{name}}', number: '{{id_number}}', mobile: '{{phone_national}}' } },
        answer: { status: [200], content_type: 'application/json', result: [{ at: '/result', type: 'number', table: { 1: 'match', 2: 'mismatch' } }] },
      },
      hub: {
        adapter: 'openid', url: province.issuer, app_id: 'hub', secret: '${TONGXING_HUB_SECRET}', title: '示例省平台', title_en: 'Example Province',
        scope: 'openid profile cn_id', userinfo: 'yes',
        map: { id_number: 'cn_id_number', plain_number: true, rules: [{ trust_framework: 'cn_gov_zwfw', assurance_level: ['L2', 'L3'], level: 2 }] },
      },
    }),
  });
  province.clients.push({
    client_id: 'hub', client_name: '邻省', client_secret: hubSecret, redirect_uris: [`${stack.issuer}/return`], scope: 'openid profile phone cn_id',
    tongxing_consent: 'statutory', tongxing_claims: ['name', 'birthdate', 'cn_id_number'], tongxing_legal_basis: 'statutory_duty',
  });
  province.writeClients();
  province.server.child.kill('SIGHUP');
  addProven(province, { username: 'zhao', password, name: '赵虚构', id_number: '440106188708090359', id_type: 1, phone_number: '+8613800138000' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  portal?.close();
  await stack?.stop();
  await province?.stop();
  fs.rmSync(keys, { recursive: true });
});

/* --- a person at a portal --- */

async function arrive(page, level, extra) {
  const { verifier, parameters } = requestOf(client(level), { scope: 'openid profile', ...extra });
  await page.goto(`${stack.issuer}/authorize?${new URLSearchParams(parameters)}`);
  return verifier;
}

async function landed(page) {
  await page.waitForSelector('#there');
  return new URL(page.url()).searchParams;
}

/* What the portal is told: the ID token's claims. */
async function tokenOf(page, level, verifier) {
  const parameters = await landed(page);
  assert.ok(parameters.get('code'), `${parameters}`);
  const answer = await post(stack, '/token', {
    grant_type: 'authorization_code', client_id: `level${level}`, code: parameters.get('code'), redirect_uri: client(level).redirect_uris[0], code_verifier: verifier,
  });
  assert.equal(answer.status, 200, answer.text);
  return claimsOf(answer.body.id_token);
}

async function signIn(page, username) {
  await page.fill('#username', username);
  await page.fill('#password', password);
  await page.click('#login-submit');
}

/* The page's flow, as somebody posts it from the same browser where they like. */
async function poster(page) {
  const agent = new Agent(stack);
  for (const { name, value } of await page.context().cookies(stack.issuer)) agent.cookies.set(name, value);
  const flow = await page.locator('[name=flow]').first().getAttribute('value');
  return (to, form) => agent.request(to, { form: { flow, ...form } });
}

/* What the trail says of a link that was not made. */
const told = (result, reason) => until(`the trail to tell of ${reason}`, async () => onDatabase(stack, (database) => database
  .prepare("SELECT record FROM audit WHERE event = 'link.add'").all().some(({ record }) => record.includes(`"result":"${result}"`) && record.includes(reason))));

/* A second factor for who is signed in, on another page of theirs; its secret. */
async function setUpFactor(page) {
  const own = await page.context().newPage();
  await own.goto(`${stack.issuer}/account/second-factor`);
  const secret = (await own.textContent('#secret')).replace(/\s/g, '');
  await own.fill('[name=code]', totp(secret));
  await own.click('#second-factor-enrol');
  await own.waitForLoadState();
  await own.close();
  return secret;
}

const acr = (level) => `urn:tongxing:loa:${level}`;
const addAccount = (account) => stack.addAccount({ password, id_type: account.id_number ? 1 : 0, ...account });
let phones = 100;
const stranger = (username) => addAccount({ username, level: 1, phone_number: `+8613900000${phones++}` });

async function take(page, way, typed) {
  if ((await page.getAttribute(`#way-${way}`, 'open')) === null) await page.click(`#way-${way} summary`); // what has just failed is still open
  for (const [name, value] of Object.entries(typed)) await page.fill(`#${way}-${name}`, value);
  await page.click(`#${way}-submit`);
}

describe('ways that a register decides raise somebody unknown to level 2', () => {
  const ways = [
    ['population', { name: '王样例', id_number: '310101188607040247' }],
    ['bank', { name: '测试甲', id_number: '110105188812310013', bank_card: '6226388000000095', phone: '13800138001' }],
    ['social', { name: '阿依古丽·示例', id_number: '650102188303210467', social_card: 'C00000003', region: '650102' }],
    ['ctid', { name: '𠮷样例', id_number: '320102188111110799' }],
  ];
  for (const [way, typed] of ways) {
    test(way, { timeout: 60000 }, async () => {
      stranger(`unknown-${way}`);
      const page = await person(browser, { javaScriptEnabled: way !== 'bank' });
      const verifier = await arrive(page, 2);
      await signIn(page, `unknown-${way}`);
      await page.waitForSelector(`#way-${way}`);
      assert.ok(await page.locator('#way-window').count(), 'a way without a machine is always named');
      if (way === 'bank') await screenshot(page, 'verify-zh');
      await take(page, way, { ...typed, name: '测试丙' });
      await page.waitForSelector('#error');
      assert.doesNotMatch(await page.textContent('#error'), /姓名|号码|手机|卡/, 'never says which field');
      await take(page, way, typed);
      const claims = await tokenOf(page, 2, verifier);
      assert.equal(claims.acr, acr(2));
      assert.deepEqual(claims.amr, ['pwd']);
      await page.context().close();
    });
  }
});

describe('the step-up page says', () => {
  const at = async (level, username, options, extra) => {
    const page = await person(browser, options);
    await arrive(page, level, extra);
    await signIn(page, username);
    await page.waitForSelector('#way-window');
    return page;
  };

  test('which documents are taken, and whose phone it is', { timeout: 60000 }, async () => {
    stranger('qi');
    for (const [locale, kinds, ours, banks] of [['zh-CN', /居民身份证、港澳台居民居住证或外国人永久居留身份证/, '手机号', '银行预留手机号'],
      ['en-US', /resident identity card, residence permit .* or foreign permanent resident/, 'Mobile phone', 'Phone number that the bank knows']]) {
      const page = await at(2, 'qi', { locale });
      for (const way of ['labour', 'bank', 'population']) await page.click(`#way-${way} summary`);
      assert.match(await page.textContent('#population-id_number-kinds'), kinds);
      assert.equal(await page.textContent('label[for=labour-phone]'), ours);
      assert.equal(await page.textContent('label[for=bank-phone]'), banks);
      if (locale === 'en-US') for (const title of await page.locator('summary').allTextContents()) assert.match(title, /^[A-Z]/);
      await screenshot(page, `verify-ways-${locale}`);
      await page.context().close();
    }
  });

  test('to look at a card number again that seems mistyped, and at no other', { timeout: 60000 }, async () => {
    stranger('ba');
    for (const [bank_card, hints, locale] of [['6226388000000096', 1, 'zh-CN'], ['6226388000000096', 1, 'en-US'], ['6216261000000000018', 0, 'zh-CN']]) {
      const page = await at(2, 'ba', { locale });
      await take(page, 'bank', { ...jia, bank_card, phone: '13800138001' });
      await page.waitForSelector('#error');
      assert.equal(await page.locator('#look-again').count(), hints, bank_card);
      if (hints) await screenshot(page, `verify-card-${locale}`);
      await page.context().close();
    }
  });

  test('that a level is only wished for, and how to go on without', { timeout: 60000 }, async () => {
    stranger('jiu');
    for (const [locale, wished, without] of [['zh-CN', /希望.*L3.*直接继续/s, /直接继续/], ['en-US', /would like.*L3.*go on without/s, /Go on without/]]) {
      const page = await at(1, 'jiu', { locale }, { acr_values: acr(3) });
      assert.match(await page.textContent('#wished'), wished);
      assert.match(await page.textContent('#verify-decline'), without);
      await screenshot(page, `verify-wished-${locale}`);
      await page.click('#verify-decline');
      assert.ok((await landed(page)).get('code'));
      await page.context().close();
    }
    const page = await at(2, 'jiu', {}, { acr_values: acr(3) });
    assert.equal(await page.locator('#wished').count(), 0);
    assert.match(await page.textContent('main'), /需达到等级\s*L2/, 'what is needed is said before what is wished for');
    await page.context().close();
  });
});

describe('a live face raises to level 3, and is never the only way', () => {
  async function atVerify(username) {
    const page = await person(browser);
    const verifier = await arrive(page, 3);
    await signIn(page, username);
    await page.waitForSelector('#way-face');
    assert.ok(await page.locator('#way-window').count());
    return { page, verifier };
  }

  test('is not begun before the person has read who sees it, and agreed to this alone', { timeout: 60000 }, async () => {
    addAccount({ username: 'liu', level: 2, name: '测试己', id_number: '110105188812310064', phone_number: `+8613900000${phones++}` });
    const begun = () => onDatabase(stack, (database) => database.prepare("SELECT record FROM audit WHERE event = 'verification.begin'").all())
      .map(({ record }) => JSON.parse(record));
    for (const [locale, javaScriptEnabled] of [['zh-CN', true], ['en-US', false]]) {
      const page = await person(browser, { locale, javaScriptEnabled });
      await arrive(page, 3);
      await signIn(page, 'liu');
      await page.click('#way-face summary');
      const notice = await page.textContent('#face-notice'), others = await page.textContent('#face-others');
      if (locale === 'zh-CN') {
        assert.match(notice, /姓名和证件号码将发送给\s*支付宝刷脸核身.*不接收、不保存/s);
        assert.match(others, /由您决定.*线下窗口/s);
        assert.equal(await page.textContent('#face-submit'), '同意并开始');
      } else {
        assert.match(notice, /name and identity number are sent to\s*Alipay face check.*none is kept here/s);
        assert.match(others, /your choice.*At a service counter/s);
        assert.equal(await page.textContent('#face-submit'), 'Agree and start');
      }
      await screenshot(page, `verify-face-${locale}`);
      const before = begun().length;
      const taken = await (await poster(page))('/verify', { way: 'face' });
      assert.match(taken.html, /id="error"/, 'the way alone is no yes');
      assert.equal(begun().length, before);
      await page.click('#face-submit');
      await page.waitForSelector('#detour-link');
      const [told] = await until('the trail to tell of the consent', async () => begun().length > before && begun().slice(-1));
      assert.deepEqual(told.detail, { upstream: 'face', consent: ['name', 'id_number', 'face'] });
      assert.equal(told.actor, told.subject);
      await page.context().close();
    }
  });

  test('Alipay\'s, on another device or this one', { timeout: 60000 }, async () => {
    addAccount({ username: 'yi', level: 2, name: '测试乙', id_number: '110105188812310021', phone_number: '+8613900000001' });
    const { page, verifier } = await atVerify('yi');
    await take(page, 'face', {});
    await page.waitForSelector('#detour-link');
    await page.waitForFunction(() => document.querySelector('.qr img')?.naturalWidth > 0);
    await screenshot(page, 'detour-face-zh');
    await page.click('#detour-done');
    await page.waitForSelector('#error', { state: 'visible' });
    const phone = await browser.newContext();
    const other = await phone.newPage();
    await other.goto(await page.getAttribute('#detour-link', 'href'));
    await other.click('button[value=pass]');
    await page.waitForTimeout(2100); // Alipay is asked once in two seconds
    await page.click('#detour-done');
    const claims = await tokenOf(page, 3, verifier);
    assert.equal(claims.acr, acr(3));
    assert.deepEqual([...claims.amr].sort(), ['face', 'mfa', 'pwd']);
    await phone.close();
    await page.context().close();
  });

  test('Zhima\'s, of an old contract, with encrypted content', { timeout: 60000 }, async () => {
    const { page, verifier } = await atVerify('yi');
    assert.match(await page.textContent('#way-zhima summary'), /芝麻认证/);
    await take(page, 'zhima', {});
    await page.click('#detour-link');
    await page.click('button[value=pass]');
    const claims = await tokenOf(page, 3, verifier);
    assert.equal(claims.acr, acr(3));
    assert.ok(claims.amr.includes('face'));
    await page.context().close();
  });

  test('another face, and an attack, do not pass; the person can take another way', { timeout: 60000 }, async () => {
    for (const outcome of ['fail', 'attack']) {
      const { page } = await atVerify('yi');
      await take(page, 'face', {});
      await page.click('#detour-link');
      await page.click(`button[value=${outcome}]`);
      await page.waitForSelector('#detour-done, #error, #way-face');
      if (await page.locator('#detour-done').count()) await page.click('#detour-done');
      await page.waitForSelector('#way-window');
      assert.ok(await page.locator('#way-ctid_face').count());
      await page.context().close();
    }
  });

  test('CTID\'s', { timeout: 60000 }, async () => {
    const { page, verifier } = await atVerify('yi');
    await take(page, 'ctid_face', {});
    await page.waitForSelector('#detour-link, #outcome-0');
    if (await page.locator('#detour-link').count()) await page.click('#detour-link');
    await page.click('#outcome-0');
    await page.waitForSelector('#there, #detour-done');
    if (await page.locator('#detour-done').count()) await page.click('#detour-done');
    const claims = await tokenOf(page, 3, verifier);
    assert.equal(claims.acr, acr(3));
    assert.ok(claims.amr.includes('face'));
    await page.context().close();
  });

  test('whoever declines is sent back', { timeout: 60000 }, async () => {
    const { page } = await atVerify('yi');
    await page.click('#verify-decline');
    assert.equal((await landed(page)).get('error'), 'unmet_authentication_requirements');
    await page.context().close();
  });
});

describe('other services sign people in', () => {
  test('Alipay opens an account when the register agrees, and signs in from then on', { timeout: 60000 }, async () => {
    const page = await person(browser);
    let verifier = await arrive(page, 2);
    await page.click('#service-alipay');
    await page.click('button[value="074aFICT0000000000000000000000000002"]');
    await page.waitForSelector('#carried');
    await screenshot(page, 'login-carried-zh');
    /* 乙 has an account already (above): who comes from Alipay signs in to it. */
    await signIn(page, 'yi');
    await page.click('#link-yes');
    assert.equal((await tokenOf(page, 2, verifier)).acr, acr(2));
    const again = await person(browser);
    verifier = await arrive(again, 2);
    await again.click('#service-alipay');
    await again.click('button[value="074aFICT0000000000000000000000000002"]');
    const claims = await tokenOf(again, 2, verifier);
    assert.equal(claims.acr, acr(2));
    assert.deepEqual(claims.amr, ['ali']);
    for (const one of [page, again]) await one.context().close();
  });

  test('somebody else\'s Alipay is not linked', { timeout: 60000 }, async () => {
    const page = await person(browser);
    await arrive(page, 1);
    await page.click('#service-alipay');
    await page.click('button[value="074aFICT0000000000000000000000000001"]');
    await page.waitForSelector('#carried');
    await signIn(page, 'yi');
    await page.click('#link-yes');
    await page.waitForSelector('#error');
    assert.match(await page.textContent('#error'), /另一个人/);
    await screenshot(page, 'link-other-person-zh');
    assert.equal(await page.locator('#link-yes').count(), 0);
    await page.click('#link-without');
    assert.ok((await landed(page)).get('code'));
    await told('refused', 'other_person');
    await page.context().close();
  });

  test('a person who refuses over there is back at the sign-in page', { timeout: 60000 }, async () => {
    const page = await person(browser);
    await arrive(page, 1);
    await page.click('#service-alipay');
    await page.click('button[name=refuse]');
    await page.waitForSelector('#login-submit');
    assert.ok(await page.locator('#error').count());
    await page.context().close();
  });

  test('WeChat is linked by whoever signs in and says so, and proves nothing by itself', { timeout: 60000 }, async () => {
    const page = await person(browser);
    let verifier = await arrive(page, 2);
    await page.click('#service-wechat');
    await page.click('form:has(input[name=account]) button');
    await page.waitForSelector('#carried');
    await signIn(page, 'yi');
    await page.click('#link-yes');
    await tokenOf(page, 2, verifier);
    const again = await person(browser);
    verifier = await arrive(again, 2);
    await again.click('#service-wechat');
    await again.click('form:has(input[name=account]) button');
    const claims = await tokenOf(again, 2, verifier);
    assert.deepEqual(claims.amr, ['wx']);
    assert.equal(claims.acr, acr(2));
    for (const one of [page, again]) await one.context().close();
  });

  for (const [service, level] of [['ncid', 2], ['ncid_face', 3]]) {
    test(`${service}: an account without a name, at level ${level}`, { timeout: 60000 }, async () => {
      const page = await person(browser);
      const verifier = await arrive(page, level);
      await page.click(`#service-${service}`);
      await page.waitForSelector('[id^=choose-], #detour-link');
      if (await page.locator('#detour-link').count()) await page.click('#detour-link');
      await page.click(`[id^=choose-]:has-text("${level === 2 ? '测试甲' : '李示例'}")`);
      await page.waitForSelector('#carried, #detour-done');
      if (await page.locator('#detour-done').count()) await page.click('#detour-done');
      await page.click('#register-link');
      assert.equal(await page.locator('#id_number').count(), 0, 'the number never becomes known');
      await page.click('#register-submit');
      const claims = await tokenOf(page, level, verifier);
      assert.equal(claims.acr, acr(level));
      assert.equal(claims.name, undefined);
      assert.ok(claims.amr.includes('ncid'));
      await page.context().close();
    });
  }
});

test('a network identity that says of nobody whose it is proves nothing about a person who is known', { timeout: 60000 }, async () => {
  const enter = async (page) => {
    await page.click('#service-ncid_face');
    await page.waitForSelector('[id^=choose-], #detour-link');
    if (await page.locator('#detour-link').count()) await page.click('#detour-link');
    await page.click('[id^=choose-]:has-text("王样例")');
    await page.waitForSelector('#carried, #detour-done, #way-window');
    if (await page.locator('#detour-done').count()) await page.click('#detour-done');
  };
  const page = await person(browser);
  await arrive(page, 3);
  await enter(page);
  await signIn(page, 'yi');
  await page.click('#link-yes');
  await page.waitForSelector('#way-window');
  const again = await person(browser);
  await arrive(again, 3);
  await enter(again);
  await again.waitForSelector('#way-window');
  assert.match(await again.textContent('main'), /目前为等级\s*L2/, 'signed in, and neither the face nor the credential counts');
  for (const one of [page, again]) await one.context().close();
});

describe('a child', () => {
  /* Somebody who becomes fourteen so many days from now, in Shanghai. */
  const born = (days) => {
    const day = new Date(Date.now() + 8 * 3600e3);
    day.setUTCFullYear(day.getUTCFullYear() - 14);
    day.setUTCDate(day.getUTCDate() + days);
    const digits = `110105${day.toISOString().slice(0, 10).replaceAll('-', '')}001`;
    return digits + '10X98765432'[[...digits].reduce((sum, digit, i) => sum + digit * (2 ** (17 - i) % 11), 0) % 11];
  };
  const askedOf = () => onDatabase(stack, (database) => database.prepare("SELECT COUNT(*) AS count FROM audit WHERE event = 'verification'").get().count);

  test('does not register alone, and no register is asked about them', { timeout: 60000 }, async () => {
    for (const [days, text] of [[1, /监护人/], [0, /未通过|核对/]]) {
      const before = askedOf(), page = await person(browser);
      await arrive(page, 2);
      await page.click('#register-link');
      for (const [name, value] of Object.entries({ name: '小测试', id_number: born(days), phone: '13900000199', password })) await page.fill(`#${name}`, value);
      await page.click('#register-submit');
      await page.waitForSelector('#error');
      assert.match(await page.textContent('#error'), text);
      if (days) await screenshot(page, 'register-child-zh');
      if (!days) await until('the register to be asked about who is fourteen today', async () => askedOf() > before);
      else assert.equal(askedOf(), before);
      await page.context().close();
    }
  });

  test('proves no number alone', { timeout: 60000 }, async () => {
    stranger('child');
    const page = await person(browser, { locale: 'en-US' });
    await arrive(page, 2);
    await signIn(page, 'child');
    await take(page, 'population', { name: '小测试', id_number: born(1) });
    await page.waitForSelector('#error');
    assert.match(await page.textContent('#error'), /service counter.*guardian/);
    await page.context().close();
  });

  test('is not looked in the face', { timeout: 60000 }, async () => {
    for (const [username, days, faces] of [['younger', 1, 0], ['older', 0, 1]]) {
      addAccount({ username, level: 2, name: '小测试', id_number: born(days), phone_number: `+8613900000${phones++}` });
      const page = await person(browser);
      await arrive(page, 3);
      await signIn(page, username);
      await page.waitForSelector('#way-window');
      assert.equal(await page.locator('#way-face').count(), faces, username);
      await page.context().close();
    }
  });
});

describe('a province, and a service counter', () => {
  test('whoever is known in another province signs in with it, and is the person that is proven there', { timeout: 60000 }, async () => {
    const page = await person(browser);
    let verifier = await arrive(page, 2);
    await page.click('#service-hub');
    await signIn(page, 'zhao');
    await page.waitForSelector('#carried');
    await page.click('#register-link');
    assert.equal(await page.textContent('#certified-name'), '赵虚构');
    await page.click('#register-submit');
    let claims = await tokenOf(page, 2, verifier);
    assert.equal(claims.acr, acr(2));
    assert.deepEqual(claims.amr, ['fed']);
    const again = await person(browser);
    verifier = await arrive(again, 2);
    await again.click('#service-hub');
    await signIn(again, 'zhao');
    assert.equal((await tokenOf(again, 2, verifier)).sub, claims.sub);
    for (const one of [page, again]) await one.context().close();
  });

  test('what another province says of somebody counts here when the register agrees', { timeout: 60000 }, async () => {
    const said = [
      { there: 'sima', here: 'mo', name: '司马虚构', id_number: '120102188402290112', level: 2 },
      { there: 'kong', here: 'ni', name: '孔虚构', id_number: '110105199001010010', level: 1 }, // whom the register does not know
    ];
    for (const { there, here, name, id_number, level } of said) {
      addProven(province, { username: there, password, name, id_number, id_type: 1, phone_number: `+8613800138${phones++}` });
      const account_id = stranger(here), page = await person(browser), again = await person(browser);
      let verifier = await arrive(page, 1);
      await page.click('#service-hub');
      await signIn(page, there);
      await page.waitForSelector('#carried');
      await signIn(page, here);
      await page.click('#link-yes');
      assert.equal((await tokenOf(page, 1, verifier)).acr, acr(level), `${name}: linked`);
      verifier = await arrive(again, 1);
      await again.click('#service-hub');
      await signIn(again, there);
      assert.equal((await tokenOf(again, 1, verifier)).acr, acr(level), `${name}: from then on`);
      const kept = onDatabase(stack, (database) => database.prepare("SELECT source FROM verifications WHERE account_id = ? AND source <> 'operator' ORDER BY source").all(account_id));
      assert.deepEqual(kept.map(({ source }) => source), level === 2 ? ['hub', 'population'] : [], name);
      for (const one of [page, again]) await one.context().close();
    }
  });

  test('in person and with a one-time password is level 4, once that is the person\'s', { timeout: 60000 }, async () => {
    const account = addAccount({ username: 'si', level: 2, name: '欧阳示例', id_number: '510104188402290134', phone_number: '+8613900000004' });
    /* As two administrators leave it (tests/flow/window.test.mjs). */
    onDatabase(stack, (database) => {
      database.prepare(`INSERT INTO verifications (verification_id, account_id, source, authority, method, check_id, folded, result, level, checked_at, expires_at)
        VALUES ('v4', ?, 'window', 'service-counter', 'in_person', 'wr_1', 0, 0, 4, 1, 0)`).run(account);
      database.prepare('UPDATE accounts SET level = 4 WHERE account_id = ?').run(account);
    });
    const page = await person(browser);
    const verifier = await arrive(page, 4);
    await signIn(page, 'si');
    await page.waitForSelector('#way-window');
    assert.equal(await page.locator('#way-otp').count(), 0, 'there is none yet');
    const secret = await setUpFactor(page);
    await page.reload();
    assert.match(await page.textContent('main'), /目前为等级\s*L2/, 'a password alone can set one up: it is worth no more');
    const stranger = await person(browser); // one who signs in with both is no further
    await arrive(stranger, 3);
    await signIn(stranger, 'si');
    await stranger.waitForSelector('#way-face');
    assert.equal(await stranger.locator('#way-otp').count(), 0);
    await stranger.context().close();
    await take(page, 'face', {});
    await page.click('#detour-link');
    await page.click('button[value=pass]');
    assert.equal((await tokenOf(page, 4, verifier)).acr, acr(4), 'given where the face was seen, it is the person\'s');
    const later = await person(browser);
    const second = await arrive(later, 4);
    await signIn(later, 'si');
    await later.click('#way-otp');
    await later.fill('#code', totp(secret, Date.now() + 30000));
    await later.click('#second-factor-submit');
    const claims = await tokenOf(later, 4, second);
    assert.equal(claims.acr, acr(4));
    assert.deepEqual([...claims.amr].sort(), ['mfa', 'otp', 'pwd']);
    await later.context().close();
    await page.context().close();
  });
});

test('an account of level 4 is not got back by a face alone, but with the one-time password that is bound to its person', { timeout: 120000 }, async () => {
  const zhuge = { name: '诸葛样例', id_number: '230103188501170310' };
  const account = addAccount({ username: 'zhuge', level: 2, ...zhuge, phone_number: '+8613900000005' });
  onDatabase(stack, (database) => {
    database.prepare(`INSERT INTO verifications (verification_id, account_id, source, authority, method, check_id, folded, result, level, checked_at, expires_at)
      VALUES ('v5', ?, 'window', 'service-counter', 'in_person', 'wr_2', 0, 0, 4, 1, 0)`).run(account);
    database.prepare('UPDATE accounts SET level = 4 WHERE account_id = ?').run(account);
  });
  const leave = async (page) => {
    await page.goto(`${stack.issuer}/recover`);
    await page.fill('#username', 'zhuge');
    await page.click('#recover-start');
    await page.click('#way-ctid_face summary');
    await page.fill('#ctid_face-name', zhuge.name);
    await page.fill('#ctid_face-id_number', zhuge.id_number);
    await page.click('#presence-ctid_face');
  };
  const lost = await person(browser);
  await leave(lost);
  assert.match(await lost.textContent('#error'), /没有与本人绑定的动态口令/, 'nobody is asked for their face in vain');

  const before = await person(browser);
  await arrive(before, 3);
  await signIn(before, 'zhuge');
  await take(before, 'face', {});
  await before.click('#detour-link');
  await before.click('button[value=pass]');
  await landed(before);
  await before.goto(`${stack.issuer}/account/second-factor`);
  const secret = (await before.textContent('#secret')).replace(/\s/g, '');
  await before.fill('[name=code]', totp(secret));
  await before.click('#second-factor-enrol');
  await before.waitForURL(/done=/);

  await leave(lost);
  await lost.click('#outcome-0');
  await lost.waitForSelector('#lost');
  await screenshot(lost, 'zh-recover-factor');
  for (const wrong of ['000000', totp(secret)]) {
    await lost.fill('#code', wrong);
    await lost.click('#recover-check');
    assert.match(await lost.textContent('#error'), /动态口令不正确/, 'or was used before');
  }
  await lost.fill('#code', totp(secret, Date.now() + 30000));
  await lost.click('#recover-check');
  await lost.fill('#password', 'Recovered-Pass-2026');
  await lost.fill('#again', 'Recovered-Pass-2026');
  await lost.click('#recover-save');
  await lost.waitForSelector('#recovered');
  await until('the trail to have it', async () => onDatabase(stack, (database) =>
    database.prepare("SELECT record FROM audit WHERE subject = ? AND event = 'account.recovery' AND result = 'done'").all(account)).some(({ record }) => record.includes('"shown":["identity","presence","factor"]')));
  for (const page of [lost, before]) await page.context().close();
});

describe('a sign-in page that another person left open after coming back from WeChat', () => {
  let before;
  const links = () => onDatabase(stack, (database) => database.prepare("SELECT COUNT(*) n FROM links WHERE upstream = 'wechat'").get()).n;
  const leaveOpen = async (page, of = client(2)) => {
    await page.goto(`${stack.issuer}/authorize?${new URLSearchParams(requestOf(of, { scope: 'openid profile' }).parameters)}`);
    await page.click('#service-wechat');
    await page.locator('form:has(input[name=account]) button').nth(1).click();
    await page.waitForSelector('#carried');
  };
  beforeEach(() => { before = links(); });

  test('links nothing to who signs in there unless they say so, with or without scripts', { timeout: 60000 }, async () => {
    addAccount({ username: 'wu', level: 2, name: '测试戊', id_number: '110105188812310056', phone_number: `+8613900000${phones++}` });
    for (const [locale, javaScriptEnabled] of [['zh-CN', true], ['en-US', false]]) {
      const page = await person(browser, { locale, javaScriptEnabled });
      await leaveOpen(page);
      await signIn(page, 'wu');
      await page.waitForSelector('#link-yes');
      assert.match(await page.textContent('main'), locale === 'zh-CN' ? /微信/ : /WeChat/);
      assert.ok((await page.textContent('#link-label')).trim());
      await screenshot(page, `link-${locale}`);
      if (javaScriptEnabled) assert.equal(await page.evaluate(() => document.activeElement.id), 'link-no');
      assert.equal(links(), before, 'nothing is linked before the answer');
      if (javaScriptEnabled) await page.keyboard.press('Enter');
      else await page.click('#link-no');
      assert.ok((await landed(page)).get('code'));
      assert.equal(links(), before);
      await page.context().close();
    }
    await told('refused', 'by_the_person');
    const other = await person(browser);
    await leaveOpen(other);
    assert.ok(await other.locator('#carried').count(), 'still nobody\'s');
    await other.context().close();
  });

  test('lets nobody by who posts the flow to another page', { timeout: 60000 }, async () => {
    const page = await person(browser);
    await leaveOpen(page, asking());
    const early = await poster(page);
    assert.equal((await early('/link', { action: 'yes' })).status, 400, 'nobody has signed in');
    await signIn(page, 'wu');
    await page.waitForSelector('#link-yes');
    const post = await poster(page);
    for (const [path, form] of [['/verify', { action: 'decline' }], ['/acting', { mandate: 'self' }], ['/second-factor', { code: '000000' }], ['/login', {}]]) {
      const answer = await post(path, form);
      assert.doesNotMatch(`${answer.location}`, /code=/, path);
    }
    assert.equal(links(), before);
    const answer = await post('/link', { action: 'no' });
    assert.match(answer.location, /^\/consent\?/);
    assert.match((await post('/consent', { action: 'allow' })).location, /^\/link\?/);
    await page.context().close();
  });

  test('links nothing by a password alone to an account that has a second factor', { timeout: 60000 }, async () => {
    const page = await person(browser);
    await leaveOpen(page);
    await signIn(page, 'si');
    await landed(page);
    assert.equal(links(), before);
    await page.context().close();
    const other = await person(browser);
    await leaveOpen(other, guarded());
    await signIn(other, 'si');
    await other.waitForSelector('#second-factor-submit');
    const answer = await (await poster(other))('/link', { action: 'yes' });
    assert.match(answer.location, /^\/second-factor\?/);
    assert.equal(links(), before);
    await other.context().close();
  });

  test('is asked about where the second factor was given, and linked by a yes', { timeout: 60000 }, async () => {
    const own = await person(browser), page = await person(browser);
    await arrive(own, 2);
    await signIn(own, 'wu');
    await landed(own);
    const secret = await setUpFactor(own);
    await leaveOpen(page, guarded());
    await signIn(page, 'wu');
    await page.fill('#code', totp(secret, Date.now() + 30000));
    await page.click('#second-factor-submit');
    await page.click('#link-yes');
    assert.ok((await landed(page)).get('code'));
    assert.equal(links(), before + 1);
    for (const one of [own, page]) await one.context().close();
  });
});

test('a service that does not answer: a page that says what the person can do, and it does not count', { timeout: 60000 }, async () => {
  stranger('unlucky');
  await fetch(`http://127.0.0.1:${stack.ports.simulator}/_control`, { method: 'POST', body: new URLSearchParams({ service: 'unionpay', mode: 'garbage' }) });
  const page = await person(browser);
  await arrive(page, 2);
  await signIn(page, 'unlucky');
  await take(page, 'bank', { ...jia, bank_card: '6226388000000095', phone: '13800138001' });
  await page.waitForSelector('#error');
  assert.match(await page.textContent('#error'), /不计入次数/);
  assert.ok(await page.locator('#way-social').count(), 'other ways are there');
  await page.context().close();
});

test('what was typed and told is in no log', () => {
  const secrets = [...Object.values(secretsOf), '110105188812310013', '110105188812310021', '310101188607040247', '650102188303210467', '320102188111110799',
    '6226388000000095', 'C00000003', '13800138001', '测试甲', '测试乙', '王样例', '阿依古丽', '𠮷样例', '诸葛样例', '230103188501170310'];
  for (const name of ['server', 'simulator', 'redis']) {
    const log = stack.log(name);
    for (const secret of secrets) assert.ok(!log.includes(secret), `${secret} in the log of ${name}`);
  }
});
