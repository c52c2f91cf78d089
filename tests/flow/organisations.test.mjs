/*
 * Acting for organisations, as people, portals and those who should not be there meet it.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack } from './support/stack.mjs';
import { launch, person as openPage, screenshot } from './support/chromium.mjs';
import { Agent, follow, hidden, requestOf, tokensOf, claimsOf } from './support/agent.mjs';

const secret = (name) => `${name}-secret-for-tests-only-0123456789`;
const portal = (client_id, extra) => ({
  client_id,
  client_name: `${client_id} 门户`,
  'client_name#en': `Portal ${client_id}`,
  client_secret: secret(client_id),
  redirect_uris: [`https://${client_id}.example/cb`],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile cn_org offline_access',
  subject_type: 'pairwise',
  tongxing_consent: 'statutory',
  ...extra,
});
const open = portal('open', { tongxing_acting: 'optional' });
const only = portal('only', { tongxing_acting: 'required' });
const plain = portal('plain', {});

const accounts = {
  lawful: { username: 'lawful', password: 'Lawful-Pass-2026', level: 3, name: '测试甲', id_number: '110105188812310013', id_type: 1 },
  other: { username: 'other', password: 'Other-Pass-2026', level: 2, name: '测试乙', id_number: '110105188812310021', id_type: 1 },
};

let stack, browser;
before(async () => {
  stack = await Stack.start({ clients: [open, only, plain], portals: false });
  for (const account of Object.values(accounts)) stack.addAccount(account);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/* A browser in which somebody has signed in at one of our own pages, and that page. */
async function signedIn(who, target = '/organisations') {
  const agent = new Agent(stack);
  const landed = await visit(agent, target, who);
  assert.equal(landed.status, 200, landed.html);
  return agent;
}

/* Follows redirects between our own pages, signing in where asked. */
async function visit(agent, target, who) {
  let answer = await agent.request(target);
  for (let hops = 0; hops < 10; hops++) {
    if (answer.status === 303) {
      answer = await agent.request(answer.location);
    } else if (/id="login-submit"/.test(answer.html) && who) {
      answer = await agent.request('/login', { form: { flow: hidden(answer.html), username: who.username, password: who.password, action: 'login' } });
    } else {
      return answer;
    }
  }
  throw new Error('went round in circles');
}

const tokenOf = (html) => html.match(/name="token" value="([^"]+)"/)?.[1];
const alert = (answer) => answer.html.match(/role="alert"[^>]*>([^<]*)/)?.[1];
const entry = { name: '示例有限公司', credit_code: '91350100M000100Y43' };

describe('the pages', () => {
  test('lead through a sign-in and back, and say so when it was cancelled', async () => {
    const agent = new Agent(stack);
    const first = await agent.request('/organisations/enter');
    assert.equal(first.status, 303);
    assert.match(first.location, /^\/authorize\?.*client_id=tongxing-account/);
    const login = await visit(agent, first.location);
    const cancelled = await agent.request('/login', { form: { flow: hidden(login.html), action: 'cancel' } });
    const back = await agent.request(cancelled.location);
    assert.match(back.html, /您已取消登录/);
    const landed = await visit(agent, '/organisations/enter', accounts.lawful);
    assert.match(landed.html, /id="enter-submit"/);
  });

  test('go back only to themselves', async () => {
    const agent = await signedIn(accounts.lawful);
    for (const state of ['https://evil.example/', '//evil.example/', '/login', '/organisations\r\nX: y', '/organisations/enter#x', '/organisationsé'])
      assert.equal((await agent.request(`/organisations?code=x&state=${encodeURIComponent(state)}`)).location, '/organisations', state);
    assert.equal((await agent.request('/organisations?code=x&state=%2Forganisations%2Fone%3Fid%3Dor_1')).location, '/organisations/one?id=or_1');
  });

  test('take a form only from the page itself', async () => {
    const agent = await signedIn(accounts.lawful, '/organisations/enter');
    const page = await agent.request('/organisations/enter');
    const token = tokenOf(page.html);
    const login = await visit(agent, `/authorize?${new URLSearchParams(requestOf(open, { prompt: 'login' }).parameters)}`);
    assert.ok(hidden(login.html));
    const cases = {
      'without a token': { form: entry },
      'with rubbish': { form: { ...entry, token: 'AAAA' } },
      'with what another page of this browser was given': { form: { ...entry, token: hidden(login.html) } },
      'with a token twice': { form: [...Object.entries(entry), ['token', token], ['token', token]] },
    };
    for (const [what, options] of Object.entries(cases)) {
      const answer = await agent.request('/organisations/enter', options);
      assert.equal(answer.status, 400, what);
      assert.match(answer.html, /页面已失效/, what);
    }
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal((await agent.request('/organisations/enter', { form: { ...entry, token }, headers })).status, 403);
    /* Of another session in the same browser, of another browser, and for another page. */
    const stranger = await signedIn(accounts.other, '/organisations/enter');
    assert.equal((await stranger.request('/organisations/enter', { form: { ...entry, token } })).status, 400);
    const grant = await agent.request('/organisations/mandate?id=ma_x', { form: { token, action: 'accept', version: '1' } });
    assert.equal(grant.status, 404);
    const bad = await agent.request('/organisations/enter', { form: { ...entry, credit_code: '1', token } });
    assert.equal(bad.status, 200);
    assert.match(alert(bad), /18 位统一社会信用代码/);
  });

  test('know nobody below level 3 as a representative, and nobody who is not signed in', async () => {
    const agent = await signedIn(accounts.other, '/organisations/enter');
    const page = await agent.request('/organisations/enter');
    assert.match(page.html, /id="too-low"/);
    const answer = await agent.request('/organisations/enter', { form: { ...entry, token: tokenOf(page.html) } });
    assert.match(alert(answer), /三级实名认证/);
    const stranger = new Agent(stack);
    for (const path of ['/organisations', '/organisations/enter', '/organisations/one?id=x', '/organisations/grant?id=x', '/organisations/mandate?id=x']) {
      assert.match((await stranger.request(path)).location, /^\/authorize\?/, path);
      assert.equal((await agent.request(path, { method: 'DELETE' })).status, 405, path);
    }
  });

  test('hide what is none of theirs', async () => {
    const agent = await signedIn(accounts.lawful, '/organisations/enter');
    for (const id of ['x', 'or_AAAAAAAAAAAAAAAAAAAAAA', '', '%00', '../x', "'%20OR%201=1", 'x'.repeat(300)])
      for (const page of ['one', 'grant', 'mandate'])
        assert.ok([400, 404].includes((await agent.request(`/organisations/${page}?id=${id}`)).status), `${page} ${id}`);
  });
});

describe('without any mandate', () => {
  test('who may choose is asked nothing, and acts for themselves', async () => {
    const agent = new Agent(stack);
    const tokens = await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org' });
    assert.equal(claimsOf(tokens.id_token).cn_org, undefined);
    assert.equal(claimsOf(tokens.access_token).cn_org_id, undefined);
    await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org', prompt: 'none' });
    await tokensOf(agent, open, accounts.other, { scope: 'openid cn_org', prompt: 'none', acting: 'x'.repeat(300) });
  });

  test('who must act for an organisation cannot go on', async () => {
    const agent = new Agent(stack);
    const { parameters } = requestOf(only, { scope: 'openid cn_org' });
    await follow(agent, await agent.authorize(requestOf(plain).parameters), accounts.other);
    let answer = await agent.authorize(parameters);
    assert.match(answer.location, /^\/acting\?/);
    answer = await agent.request(answer.location);
    assert.match(answer.html, /id="nobody"/);
    for (const mandate of ['self', 'ma_x', '', "'"]) {
      const tried = await agent.request('/acting', { form: { flow: hidden(answer.html), mandate } });
      assert.equal(tried.status, 200, mandate);
      assert.match(tried.html, /id="error"/, mandate);
    }
    const cancelled = await agent.request('/acting', { form: { flow: hidden(answer.html), action: 'cancel' } });
    assert.equal(new URL(cancelled.location).searchParams.get('error'), 'access_denied');
    const silent = await agent.authorize(requestOf(only, { scope: 'openid cn_org', prompt: 'none' }).parameters);
    assert.equal(new URL(silent.location).searchParams.get('error'), 'interaction_required');
  });

  test('who did not ask for it is not asked', async () => {
    const agent = new Agent(stack);
    await tokensOf(agent, only, accounts.other, { scope: 'openid' });
    await tokensOf(agent, plain, accounts.other, { scope: 'openid cn_org', acting: 'x' });
  });
});

test('the pages fit a phone, in both languages', async () => {
  for (const locale of ['zh-CN', 'en']) {
    const page = await openPage(browser, { locale, javaScriptEnabled: false });
    await page.goto(`${stack.issuer}/organisations`);
    await page.fill('[name=username]', accounts.lawful.username);
    await page.fill('[name=password]', accounts.lawful.password);
    await page.click('#login-submit');
    await page.waitForSelector('#none');
    await screenshot(page, `organisations-none-${locale}`);
    await page.click('#enter');
    await page.waitForSelector('#enter-submit');
    await screenshot(page, `organisations-enter-${locale}`);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});
