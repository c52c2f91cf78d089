/*
 * The administration console in a real browser on a real server: administrators sign in with password and one-time password, register a client
 * system, approve it; the settings the console shows are run as they are, and a person signs in through them.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Program, Stack, root, until } from './support/stack.mjs';
import { launch, screenshot } from './support/chromium.mjs';
import { nameOnHost } from './support/admin.mjs';
import { totp } from './support/totp.mjs';
import { alice, aliceAccount } from './support/clients.mjs';

const admins = {
  system: { username: 'sys', password: 'System-Pass-2026', role: 'system', name: '系统管理员甲' },
  security: { username: 'sec', password: 'Security-Pass-2026', role: 'security', name: '安全管理员乙' },
  auditor: { username: 'aud', password: 'Auditor-Pass-2026', role: 'auditor', name: '审计管理员丙' },
};
const accountOf = ({ username, password, name }, nth) => ({ username, password, level: 2, name, phone_number: `+861380013820${nth}`, id_type: 1 });

let stack, browser, portal;
const pages = {}; // role → the page in which they are signed in

before(async () => {
  stack = await Stack.start({ portals: false });
  browser = await launch();
  stack.addAccount(aliceAccount);
  Object.values(admins).forEach((admin, nth) => stack.addAccount(accountOf(admin, nth)));
  for (const admin of Object.values(admins)) admin.totp = nameOnHost(stack, admin);
});
after(async () => {
  await portal?.stop();
  await browser?.close();
  await stack?.stop();
});

const consoleAt = (hash = '') => `${stack.issuer}/admin/${hash}`;

/* What the browser says of itself: violations of the policy and errors of scripts. A refusal that the API meant is no error. */
function listen(page) {
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(`${error.stack ?? error}`));
  page.on('console', (message) => {
    const meant = /Failed to load resource/.test(message.text()) && message.location().url.includes('/admin/api/v1/');
    if (['error', 'warning'].includes(message.type()) && !meant) page.problems.push(message.text());
  });
}

async function newPage({ locale = 'zh-CN', width = 1280, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ locale, colorScheme, reducedMotion: 'reduce', viewport: { width, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  listen(page);
  await page.exposeFunction('violated', (what) => page.problems.push(what));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) => window.violated(`${event.violatedDirective} ${event.blockedURI}`)),
  );
  return page;
}

async function typeCredentials(page, { username, password }) {
  await page.waitForSelector('#login-submit');
  await page.fill('[name=username]', username);
  await page.fill('[name=password]', password);
  await page.click('#login-submit');
}

async function signIn(role, hash = '', options) {
  const page = await newPage(options);
  await page.goto(consoleAt(hash));
  await page.click('#sign-in');
  await typeCredentials(page, admins[role]);
  await page.waitForSelector('#second-factor-submit');
  await page.fill('[name=code]', totp(admins[role].totp));
  await page.click('#second-factor-submit');
  await page.waitForSelector('nav.side');
  return (pages[role] = page);
}

/* The view of a hash is there, and not the one before it. */
const open = async (page, hash, selector) => {
  if (page.url() === consoleAt(hash)) await page.reload();
  else await page.goto(consoleAt(hash));
  await page.waitForSelector(`main[data-view="${hash.replace(/^#\/|\?.*/g, '')}"]:not([aria-busy])`);
  await page.waitForSelector(selector);
};

const noProblems = (page) => assert.deepEqual(page.problems.splice(0), []);

/* One step of the wizard: fields are filled, and the next step is there. */
async function step(page, name, fields, next) {
  await page.waitForSelector(`[data-next=${name}]`);
  for (const [field, value] of Object.entries(fields)) {
    const target = page.locator(`main [name="${field}"]`).first();
    if (value === true) await target.check();
    else await target.fill(value);
  }
  await page.click(`[data-next=${name}]`);
  await page.waitForSelector(next ? `[data-next=${next}]` : '[data-credential=client_id]');
}

async function register(page, { id, sandbox = false, name, redirect, scopes = [] }) {
  await open(page, '#/clients/new', '[data-next=kind]');
  await page.check('input[value=web]');
  await step(page, 'kind', sandbox ? { sandbox } : {}, 'names');
  await step(page, 'names', { client_name: name, client_id: id }, 'addresses');
  await step(page, 'addresses', { redirect_uris: redirect, post_logout_redirect_uris: new URL('/', redirect).href }, 'proof');
  for (const scope of scopes) await page.check(`input[name=scope][value=${scope}]`);
  await step(page, 'proof', {}, 'credentials');
  await step(page, 'credentials', {}, 'check');
  await step(page, 'check', {});
}

describe('signing in', () => {
  test('is needed, wants the second factor, and comes back to the view', async () => {
    const page = await signIn('system', '#/clients');
    assert.equal(page.url(), consoleAt('#/clients'));
    assert.equal(await page.textContent('.who b'), admins.system.name);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage })), '{}');
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes('at_'), 'no token outlives the page');
    noProblems(page);
  });

  test('goes on after a reload without a question', async () => {
    const page = pages.system;
    await open(page, '#/agencies', '.filters');
    await page.reload();
    await page.waitForSelector('.filters');
    assert.equal(page.url(), consoleAt('#/agencies'));
    noProblems(page);
  });

  test('an answer that nobody here asked for is refused', async () => {
    const page = await newPage();
    await page.goto(`${stack.issuer}/admin/?code=ac_forged&state=forged`);
    await page.waitForSelector('.sign-in .note');
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await page.isVisible('nav.side'), false);
    noProblems(page);
    await page.context().close();
  });

  test('somebody who is no administrator gets nowhere', async () => {
    const page = await newPage({ locale: 'en' });
    await page.goto(consoleAt());
    await page.click('#sign-in');
    await typeCredentials(page, alice);
    await page.waitForSelector('text=This account has no one-time password');
    await page.goto(consoleAt('#/clients'));
    await page.waitForSelector('#sign-in');
    assert.equal(await page.isVisible('nav.side'), false);
    await page.context().close();
  });
});

describe('a sandbox client system', () => {
  const shown = {};

  test('is registered through the wizard, which checks each step', async () => {
    const page = pages.system;
    await open(page, '#/clients/new', '[data-next=kind]');
    await step(page, 'kind', { sandbox: true }, 'names');
    await page.click('[data-next=names]');
    await page.waitForSelector('[name=client_name][aria-invalid]');
    await step(page, 'names', { client_name: '示例门户', 'client_name#en': 'Sample portal', client_id: 'sample' }, 'addresses');
    await page.fill('[name=redirect_uris]', 'https://elsewhere.example/callback');
    await until('the server to be asked while typing', () => page.isVisible('[name=redirect_uris][aria-invalid]'));
    await page.click('[data-next=addresses]');
    assert.equal(await page.isVisible('[data-next=addresses]'), true);
    const redirect = `http://localhost:${stack.ports.a}/callback`;
    await step(page, 'addresses', { redirect_uris: redirect, post_logout_redirect_uris: `http://localhost:${stack.ports.a}/` }, 'proof');
    await step(page, 'proof', {}, 'credentials');
    await step(page, 'credentials', {}, 'check');
    await step(page, 'check', {});
    shown.id = await page.textContent('[data-credential=client_id]');
    shown.secret = await page.textContent('[data-credential=client_secret]');
    assert.equal(shown.id, 'sample');
    assert.ok(shown.secret.length >= 32);
    await page.click('[data-tab="openid-client"]');
    shown.program = await page.locator('[data-settings="openid-client"]').nth(1).textContent();
    await page.click('[data-tab=general]');
    shown.general = await page.textContent('[data-settings=general]');
    await screenshot(page, 'console-registered');
    noProblems(page);
  });

  test('its secret is shown once', async () => {
    const page = pages.system;
    await open(page, '#/clients/sample', '[data-settings]');
    assert.equal(await page.isVisible('[data-credential=client_secret]'), false);
    assert.ok(!(await page.content()).includes(shown.secret));
    await open(page, '#/clients/new', '[data-next=kind]');
    assert.ok(!(await page.content()).includes(shown.secret));
  });

  test('the general settings are those of discovery', async () => {
    const settings = Object.fromEntries(shown.general.split('\n').map((line) => line.split(/: (.*)/)));
    const metadata = await (await fetch(settings.Discovery)).json();
    assert.equal(settings.Issuer, metadata.issuer);
    const endpoints = {
      'Authorization endpoint': 'authorization_endpoint',
      'Token endpoint': 'token_endpoint',
      'UserInfo endpoint': 'userinfo_endpoint',
      'JWK set': 'jwks_uri',
      'End session endpoint': 'end_session_endpoint',
    };
    for (const [name, member] of Object.entries(endpoints)) assert.equal(settings[name], metadata[member], name);
  });

  test('the shown program runs as it is, and a person signs in through it', async () => {
    fs.symlinkSync(path.join(root, 'tests/flow/node_modules'), stack.file('node_modules'));
    fs.writeFileSync(stack.file('portal.mjs'), shown.program);
    portal = new Program('the shown program', process.execPath, [stack.file('portal.mjs')], {
      env: { CLIENT_SECRET: shown.secret },
      log: stack.file('shown.log'),
    }).start();
    const address = `http://localhost:${stack.ports.a}/`;
    await until('the shown program', async () => (await fetch(address, { redirect: 'manual' })).status === 303);
    const page = await newPage();
    await page.goto(address);
    await typeCredentials(page, alice);
    await page.click('#consent-allow');
    await page.waitForURL(`${address}callback**`);
    const person = JSON.parse(await page.textContent('body'));
    assert.equal(person.name, aliceAccount.name);
    await page.context().close();
    await portal.stop('SIGKILL');
    portal = undefined;
  });
});

describe('a client system for everybody', () => {
  test('is submitted, cannot be approved by whoever submitted it, and is approved by another', async () => {
    const page = pages.system;
    await register(page, { id: 'hall', name: '网上办事大厅', redirect: 'https://hall.example.gov.cn/callback', scopes: ['phone'] });
    await page.click('main button:has-text("提交审批")');
    await page.waitForSelector('.note-good:has-text("等待审批")');
    await open(page, '#/approvals', '[data-client=hall]');
    await page.click('[data-client=hall] summary');
    await page.waitForSelector('[data-client=hall] .note');
    assert.equal(await page.isVisible('[data-client=hall] [data-action=approve]'), false);

    const other = await signIn('security', '#/approvals', { locale: 'en', colorScheme: 'dark' });
    await other.click('[data-client=hall] summary');
    await other.click('[data-client=hall] [data-action=approve]');
    await other.click('dialog button[type=submit]');
    await until('the approval', async () => !(await other.isVisible('[data-client=hall]')));
    await open(other, '#/clients/hall', '[data-settings]');
    assert.match(await other.textContent('main .badge'), /approved/);
    await screenshot(other, 'console-approved-dark');
    noProblems(page);
    noProblems(other);
  });

  test('a change of it waits, and is compared and approved', async () => {
    const page = pages.system;
    await open(page, '#/clients/hall/edit', '[name=client_name]');
    await page.fill('[name=redirect_uris]', 'https://hall.example.gov.cn/callback\nhttps://hall.example.gov.cn/m/callback');
    await page.click('main form button[type=submit]');
    await page.waitForSelector('.diff-added:has-text("/m/callback")');
    const other = pages.security;
    await open(other, '#/clients/hall', '[data-action=approve]');
    await other.click('[data-action=approve]');
    await other.click('dialog button[type=submit]');
    await until('the change', async () => !(await other.isVisible('.diff-added')));
    assert.match(await other.textContent('main'), /\/m\/callback/);
    noProblems(page);
    noProblems(other);
  });

  test('two who change it at once: the second is told, and keeps what was typed', async () => {
    const page = pages.system;
    const second = await page.context().newPage();
    listen(second);
    await second.goto(consoleAt('#/clients/hall/edit'));
    await second.click('#sign-in');
    await second.waitForSelector('[name=client_name]');
    await open(page, '#/clients/hall/edit', '[name=client_name]');
    await page.fill('[name=policy_uri]', 'https://hall.example.gov.cn/privacy');
    await page.click('main form button[type=submit]');
    await page.waitForSelector('.diff-added:has-text("/privacy")');
    await second.fill('[name="client_name#en"]', 'Service hall');
    await second.click('main form button[type=submit]');
    await second.waitForSelector('.form-problems .alert');
    assert.match(await second.textContent('.form-problems'), /\/privacy/);
    assert.equal(await second.inputValue('[name="client_name#en"]'), 'Service hall');
    await second.click('main form button[type=submit]');
    await second.waitForSelector('.diff-added:has-text("Service hall")');
    noProblems(second);
    await second.close();
  });
});

/* Goes to an element with the Tab key, as somebody without a pointer does. */
async function tabTo(page, selector) {
  for (let i = 0; i < 120; i++) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${selector}`);
}

async function press(page, selector, key = 'Enter') {
  await tabTo(page, selector);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', `the focus on ${selector} is seen`);
  await page.keyboard.press(key);
}

async function type(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.type(text);
}

describe('everybody can use it', () => {
  test('a client system is registered with the keyboard alone', async () => {
    const page = pages.system;
    await open(page, '#/clients', 'main h1');
    await press(page, 'main a[href="#/clients/new"]');
    await page.waitForSelector('[data-next=kind]');
    await press(page, '[name=sandbox]', 'Space');
    await press(page, '[data-next=kind]');
    await page.waitForSelector('[data-next=names]');
    await type(page, '[name=client_name]', '键盘登记');
    await type(page, '[name=client_id]', 'by-keyboard');
    await press(page, '[data-next=names]');
    await page.waitForSelector('[data-next=addresses]');
    await type(page, '[name=redirect_uris]', 'http://localhost:3000/callback');
    await press(page, '[data-next=addresses]');
    for (const [name, next] of [
      ['proof', 'credentials'],
      ['credentials', 'check'],
    ]) {
      await page.waitForSelector(`[data-next=${name}]`);
      await press(page, `[data-next=${name}]`);
      await page.waitForSelector(`[data-next=${next}]`);
    }
    await press(page, '[data-next=check]');
    await page.waitForSelector('[data-credential=client_secret]');
    assert.equal(await page.textContent('[data-credential=client_id]'), 'by-keyboard');
    await tabTo(page, '[role=tab][aria-selected=true]');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-selected')), 'true');
    noProblems(page);
  });

  test('a question is left with Escape, and the focus is where it was', async () => {
    const page = pages.system;
    await open(page, '#/clients/by-keyboard', '[data-action=retire]');
    await press(page, '[data-action=retire]');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'retire');
  });

  test('the language is switched, remembered, and what was typed stays', async () => {
    const page = pages.system;
    await open(page, '#/agencies/new', '[name=credit_code]');
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    await page.fill('[name=name]', '示例省大数据局');
    await page.click('[data-language=en]');
    await page.waitForSelector('h1:has-text("Enter an agency")');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    assert.equal(await page.inputValue('[name=name]'), '示例省大数据局');
    await page.fill('[name=credit_code]', '123');
    await page.click('main form button[type=submit]');
    await page.waitForSelector('[name=credit_code][aria-invalid]');
    await page.reload();
    await page.waitForSelector('h1:has-text("Enter an agency")');
    await page.click('[data-language="zh-CN"]');
    await page.waitForSelector('h1:has-text("登记机构")');
    noProblems(page);
  });

  const views = [
    '#/clients',
    '#/clients/hall',
    '#/clients/hall/edit',
    '#/clients/new',
    '#/approvals',
    '#/agencies',
    '#/agencies/new',
    '#/admins',
    '#/settings',
    '#/keys',
    '#/me',
  ];

  test('every view fits a phone, has one heading and labels for all its fields', async () => {
    const page = pages.system;
    for (const width of [320, 360]) {
      await page.setViewportSize({ width, height: 740 });
      for (const hash of views) {
        await open(page, hash, 'main h1');
        await until(hash, () => page.evaluate(() => !document.querySelector('[aria-busy=true]')));
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${hash} is wider than ${width}`);
        assert.equal(await page.locator('h1').count(), 1, hash);
        const nameless = await page.evaluate(() =>
          [...document.querySelectorAll('main input, main select, main textarea')]
            .filter((field) => !field.labels?.length && !field.ariaLabel)
            .map((field) => field.name),
        );
        assert.deepEqual(nameless, [], hash);
        if (width === 360) await screenshot(page, `console-phone-${hash.replace(/\W+/g, '-')}`);
      }
    }
    assert.equal(await page.isVisible('#menu'), false);
    await page.click('.menu-button');
    await page.click('#menu a[href="#/agencies"]');
    await page.waitForSelector('.filters');
    assert.equal(await page.isVisible('#menu'), false);
    await page.setViewportSize({ width: 1280, height: 800 });
    noProblems(page);
  });

  test('text stands out from its back in light and dark', async () => {
    const page = pages.security;
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const hash of ['#/clients/hall', '#/approvals', '#/accounts']) {
        await open(page, hash, 'main h1');
        assert.deepEqual(await page.evaluate(faint), [], `${hash} ${colorScheme}`);
      }
      await screenshot(page, `console-${colorScheme}`);
    }
  });
});

/* In the page: texts whose contrast with what is behind them is less than WCAG 2.2 AA asks (4.5, 3 for large text). */
function faint() {
  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const over = (top, under) => top.slice(0, 3).map((part, i) => part * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
  const backOf = (element) => {
    if (!element) return [255, 255, 255];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return (colour[3] ?? 1) === 1 ? colour : over(colour, backOf(element.parentElement));
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('.unseen, .skip, svg, :disabled')) continue;
    const style = getComputedStyle(element);
    const back = backOf(element);
    const [a, b] = [luminance(over(parse(style.color), back)), luminance(back)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) found.push(`${element.textContent.trim().slice(0, 30)} ${style.color} on ${back}`);
  }
  return [...new Set(found)];
}

describe('what a role may', () => {
  test('an auditor sees, and has nothing to press', async () => {
    const page = await signIn('auditor', '#/clients/hall');
    await page.waitForSelector('[data-settings]');
    assert.equal(await page.locator('[data-action]').count(), 0);
    assert.equal(await page.isVisible('main a[href$="/edit"]'), false);
    await open(page, '#/clients/new', 'main h1');
    assert.equal(await page.isVisible('[data-next]'), false);
    noProblems(page);
  });

  test('people are found by what they type, which is in no address', async () => {
    const page = pages.security;
    const addresses = [];
    page.on('request', (request) => addresses.push(request.url()));
    await open(page, '#/accounts', '[name=identifier]');
    await page.locator('[name=identifier]').first().fill(alice.username);
    await page.locator('main form button[type=submit]').first().click();
    await page.waitForSelector('h1:has-text("测**")');
    assert.ok(!addresses.some((address) => address.includes(alice.username)));
    assert.match(await page.textContent('main'), /sample/, 'the session and the consent name the client system');
    const text = await page.textContent('main');
    assert.ok(!text.includes(aliceAccount.name) && !text.includes(aliceAccount.id_number));
    await page.click('main button:has-text("End all sessions")');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('.empty:has-text("No session is open.")');
    noProblems(page);
  });

  test('a name with markup in it is a name', async () => {
    const page = pages.system;
    const name = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';
    await register(page, { id: 'hostile', sandbox: true, name, redirect: 'http://localhost:3000/cb' });
    await open(page, '#/clients?search=hostile', 'td a[href="#/clients/hostile"]');
    assert.equal(await page.textContent('td a[href="#/clients/hostile"]'), name);
    await open(page, '#/clients/hostile', 'h1');
    assert.equal(await page.textContent('h1'), name);
    assert.equal(await page.locator('main img, main script').count(), 0);
    noProblems(page);
  });

  test('a setting is changed, and an administrator is named with a second factor shown once', async () => {
    const page = pages.system;
    await open(page, '#/settings', '[data-setting=secret_overlap_s]');
    await page.fill('[data-setting=secret_overlap_s] [name=value]', '9999999');
    await page.click('[data-setting=secret_overlap_s] button[type=submit]');
    await page.waitForSelector('[data-setting=secret_overlap_s] [aria-invalid]');
    await page.fill('[data-setting=secret_overlap_s] [name=value]', '3600');
    await page.click('[data-setting=secret_overlap_s] button[type=submit]');
    await page.waitForSelector('.toast');
    stack.addAccount(accountOf({ username: 'new', password: 'New-Admin-2026', name: '新管理员' }, 9));
    await open(page, '#/admins', 'main .heading .buttons button');
    await page.click('main .heading .buttons button');
    await page.fill('dialog [name=username]', 'new');
    await page.fill('dialog [name=name]', '新管理员');
    await page.check('dialog input[value=auditor]');
    await page.click('dialog button[type=submit]');
    const secret = await page.textContent('[data-totp=secret]');
    assert.match(secret, /^[A-Z2-7]{32,}$/);
    assert.ok((await page.textContent('[data-totp=uri]')).startsWith('otpauth://totp/'));
    await page.keyboard.press('Escape');
    await page.waitForSelector('td:has-text("新管理员")');
    assert.ok(!(await page.content()).includes(secret));
    noProblems(page);
  });

  test('a new secret stands beside the old one', async () => {
    const page = pages.system;
    await open(page, '#/clients/hall', '[data-settings]');
    const before = await page.locator('section.card:has(h2:has-text("密钥")) tbody tr').count();
    await page.click('button:has-text("更换密钥")');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog [data-credential=client_secret]');
    await page.click('dialog button:has-text("已妥善保存")');
    await until('two secrets', async () => (await page.locator('section.card:has(h2:has-text("密钥")) tbody tr').count()) === before + 1);
    noProblems(page);
  });
});

describe('the dashboard', () => {
  const gap = null;
  const answer = {
    step_seconds: 60,
    from: '2026-01-05T02:00:00Z',
    series: {
      logins_done: [10, 20, gap, 40, 30],
      logins_refused: [1, 2, gap, 4, 3],
      registrations: [0, 0, gap, 1, 0],
      tokens: [5, 5, 5, 5, 5],
      requests: [100, 100, 100, 100, 100],
      errors: [0, 0, 0, 0, 5],
      latency_p50_ms: [2, 2, 2, 2, 2],
      latency_p95_ms: [9, 9, 9, 9, 9],
      latency_p99_ms: [20, 20, 20, 20, 21],
    },
    upstreams: [{ name: 'population', calls: [1, 2, 3, 4, 5], failures: [0, 0, 0, 0, 5], latency_ms: [90, 90, 90, 90, 900], breaker: 'open' }],
    clients: { approved: 3, submitted: 1 },
  };

  test('sums, plots with gaps, the same as a table, and what the breaker does', async () => {
    const page = pages.security;
    const asked = [];
    await page.route('**/admin/api/v1/dashboard?**', (route) => {
      asked.push(new URL(route.request().url()).search);
      return route.fulfill({ json: answer });
    });
    await open(page, '#/', '.plot');
    assert.equal(await page.textContent('.tile:has-text("Sign-ins") dd'), '100');
    assert.equal(await page.textContent('.tile:has-text("Refused") dd'), '109.1 %');
    assert.match(await page.textContent('[data-upstream=population] .badge'), /cut off/);
    const path = await page.getAttribute('.plot .line-0', 'd');
    assert.equal(path.match(/M/g).length, 2, 'nothing is drawn where nothing is known');
    assert.equal(path.match(/L/g).length, 2);
    assert.match(await page.textContent('.plot .unseen'), /Sign-ins: most 40, last 30/);
    await page.focus('.plot svg');
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.textContent('.plot-reading'), /Sign-ins 30 {3}Refused sign-ins 3/);
    await screenshot(page, 'console-dashboard');
    await page.locator('.plot button').first().click();
    assert.deepEqual(
      await page
        .locator('.plot-table tbody tr')
        .nth(1)
        .locator('td')
        .allTextContents()
        .then((cells) => cells.slice(1)),
      ['40', '4', '1'],
    );
    await page.click('a:has-text("Last day")');
    await until('the day', async () => asked.at(-1) === '?hours=24');
    await page.unroute('**/admin/api/v1/dashboard?**');
    noProblems(page);
  });

  test('ticks are round', async () => {
    const round = (values) => pages.security.evaluate(async (list) => list.map((await import('./widgets/plot.js')).roundUp), values);
    assert.deepEqual(await round([0, -1, 0.3, 1, 1.1, 2.2, 2.6, 7, 10, 1234]), [1, 1, 0.5, 1, 2, 2.5, 5, 10, 10, 2000]);
  });
});

describe('leaving', () => {
  test('signing out ends the session everywhere', async () => {
    const page = pages.system;
    await page.click('.bar-end button:last-child');
    await page.waitForSelector('#sign-in');
    assert.equal(page.url(), consoleAt());
    await page.click('#sign-in');
    await page.waitForSelector('#login-submit');
    noProblems(page);
  });

  test('who walks away is signed out of the console', async () => {
    const page = await pages.auditor.context().newPage();
    listen(page);
    await page.clock.install();
    await page.goto(consoleAt('#/clients'));
    await page.click('#sign-in');
    await page.waitForSelector('main table');
    await page.clock.runFor('08:00');
    await page.keyboard.press('Shift');
    await page.clock.runFor('08:00');
    assert.equal(await page.isVisible('main table'), true, 'a key was pressed in between');
    await page.clock.runFor('08:00');
    await page.waitForSelector('.sign-in .note:has-text("15 分钟")');
    assert.equal(await page.isVisible('table'), false);
    await page.click('#sign-in');
    await page.waitForSelector('#login-submit', { timeout: 5000 }); // the session is still there, but who is sitting here?
    noProblems(page);
    await page.close();
  });
});

describe('when something is down', () => {
  const calls = '**/admin/api/v1/clients?**';
  const trouble = {
    'the server': { answer: (route) => route.abort(), says: '无法连接服务器' },
    'the store': {
      answer: (route) =>
        route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          headers: { 'retry-after': '1' },
          body: JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, request_id: 'rq_test' }),
        }),
      says: '没有做任何更改',
    },
  };
  for (const [what, { answer, says }] of Object.entries(trouble)) {
    test(`${what}: it is said, and trying again goes on`, async () => {
      const page = pages.auditor;
      await open(page, '#/clients', 'main table');
      await page.fill('[name=search]', 'hall');
      await page.route(calls, answer);
      await page.click('main form button[type=submit]');
      await page.waitForSelector(`.alert:has-text("${says}")`);
      await page.unroute(calls);
      await page.click('.alert button');
      await page.waitForSelector('main table');
      assert.equal(await page.locator('tbody tr').count(), 1);
    });
  }
});
