/* The main job, as a person sees it, in a real browser: register at portal A, straight into portal B, out of both at once. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';

let stack, browser;
before(async () => {
  stack = await Stack.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const people = {
  'zh-CN': { name: '测试甲', id_number: '110105188812310013', phone: '13800138001', password: '通行-Tong2026' },
  en: { name: '李示例', id_number: '370102188506150110', phone: '13800138002', password: 'Correct-Horse-7' },
  'no script': { name: '买买提·虚构·示例', id_number: '653101188905050575', phone: '13800138003', password: 'Plain-Pages-1' },
};

const portal = (letter) => `http://localhost:${stack.ports[letter]}/`;

async function fillRegistration(page, who) {
  for (const [field, value] of Object.entries(who)) await page.fill(`[name=${field}]`, value);
  await page.click('#register-submit');
}

async function story(page, who, shot) {
  await page.goto(portal('a'));
  await page.click('#portal-sign-in');
  await screenshot(page, `${shot}-login`);
  await page.click('#register-link');
  await screenshot(page, `${shot}-register`);
  await fillRegistration(page, who);
  await page.waitForURL(portal('a'));
  assert.equal(await page.textContent('#portal-name'), who.name);
  assert.equal(await page.textContent('#portal-level'), 'urn:tongxing:loa:2');
  await screenshot(page, `${shot}-portal`);

  const pagesSeen = [];
  page.on('framenavigated', (frame) => pagesSeen.push(new URL(frame.url()).pathname));
  await page.goto(portal('b'));
  await page.click('#portal-sign-in');
  await page.waitForURL(portal('b'));
  assert.equal(await page.textContent('#portal-name'), who.name);
  assert.ok(!pagesSeen.includes('/login'), 'portal B needed no page');

  await page.click('#portal-sign-out');
  await page.waitForURL(portal('b'));
  await page.waitForSelector('#portal-sign-in');
  await until('portal A to notice', async () => {
    await page.goto(portal('a'));
    return page.isVisible('#portal-sign-in');
  });
  await page.click('#portal-sign-in');
  await page.waitForSelector('#login-submit');
}

describe('a citizen registers at one portal and is known at the next', () => {
  test('in Chinese', async () => {
    const page = await person(browser);
    await story(page, people['zh-CN'], 'zh');
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    assert.deepEqual(page.problems, []);
  });
  test('in English', async () => {
    const page = await person(browser, { locale: 'en-GB' });
    await story(page, people.en, 'en');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.deepEqual(page.problems, []);
  });
  test('with JavaScript off', async () => {
    const page = await person(browser, { javaScriptEnabled: false });
    await story(page, people['no script'], 'no-script');
  });
});

test('signing in again with identity number, phone and password', async () => {
  for (const username of [people['zh-CN'].id_number, people['zh-CN'].phone]) {
    const page = await person(browser);
    await page.goto(portal('a'));
    await page.click('#portal-sign-in');
    await page.fill('[name=username]', username);
    await page.fill('[name=password]', people['zh-CN'].password);
    await page.keyboard.press('Enter');
    await page.waitForURL(portal('a'));
    assert.equal(await page.textContent('#portal-name'), people['zh-CN'].name);
  }
});

test('a person whom the register does not confirm is refused without a word about which field', async () => {
  const refusals = [];
  const attempts = [
    { name: '测试丙', id_number: '110105188812310021' }, // another's number
    { name: '测试乙', id_number: '440106188708090359' }, // another's name
    { name: '陈停用', id_number: '420102188001020913' }, // in the register, no longer valid
  ];
  for (const attempt of attempts) {
    const page = await person(browser);
    await page.goto(portal('a'));
    await page.click('#portal-sign-in');
    await page.click('#register-link');
    await fillRegistration(page, { ...attempt, phone: '13900139000', password: 'Some-Pass-99' });
    await page.waitForSelector('#error');
    refusals.push(await page.textContent('#error'));
    assert.equal(await page.locator('.field-error').count(), 0);
    await screenshot(page, 'zh-refused');
  }
  assert.deepEqual(new Set(refusals), new Set(['信息核验未通过，请确认后重试。']));
});

test('cancelling at the sign-in page goes back to the portal', async () => {
  const page = await person(browser);
  await page.goto(portal('a'));
  await page.click('#portal-sign-in');
  await page.click('#login-cancel');
  await page.waitForURL(/callback\?error=access_denied/);
  assert.ok(await page.isVisible('#portal-problem'));
});
