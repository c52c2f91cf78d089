/* The authorization endpoint against bad and odd requests: abuse cases §2.1 to §2.4, and the basic conformance modules about requests. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack } from './support/stack.mjs';
import { Agent, requestOf, follow, codeOf, tokensOf, claimsOf, hidden, random, token } from './support/agent.mjs';
import * as kinds from './support/clients.mjs';

const { c1, nat, query, ask, level3, alice, bob } = kinds;
const variant = (client_id, extra) => ({ ...c1, client_id, client_name: client_id, ...extra });
const second = variant('second', { tongxing_second_factor: true });
const delegated = variant('delegated', { scope: 'openid cn_org', tongxing_acting: 'required' });
let stack, signedIn;
before(async () => {
  stack = await Stack.start({ clients: [...kinds.clients, second, delegated], portals: false });
  stack.addAccount(kinds.aliceAccount);
  stack.addAccount(kinds.bobAccount);
  signedIn = new Agent(stack);
  await codeOf(signedIn, c1, alice);
});
after(() => stack?.stop());

/* 400, a page of ours, nowhere to go, and nothing of the request in it. */
async function page(answer, reflected = []) {
  assert.equal(answer.status, 400);
  assert.equal(answer.location, null);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
  for (const text of reflected) assert.ok(!answer.html.includes(text), `reflected ${text}`);
}

const withText = (parameters, text) => `/authorize?${new URLSearchParams(parameters)}${text}`;

describe('nothing is redirected before client and redirect_uri are sure', () => {
  const bad = {
    'client_id twice': '&client_id=c2',
    'client_id twice, the second encoded (AZ-04)': '&client%5Fid=c2',
    'redirect_uri twice (AZ-01)': '&redirect_uri=https%3A%2F%2Frp.example%2Fcb',
    'a malformed escape (HT-14)': '&x=%zz',
    'a NUL (HT-14)': '&x=%00',
    'overlong UTF-8 (HT-14)': '&x=%c0%af',
  };
  for (const [name, text] of Object.entries(bad)) {
    test(name, async () => page(await signedIn.request(withText(requestOf(c1).parameters, text))));
  }
  const ids = ['', 'nope', "c1' OR '1'='1", 'c1)(uid=*', '../c1', 'c1\r\nDEL x', '{"$ne":1}', 'C1', 'c1 ', 'disabled', '<script>alert(1)</script>'];
  for (const client_id of ids) {
    test(`client_id ${JSON.stringify(client_id)} (AZ-07, AZ-08)`, async () => {
      const answer = await signedIn.authorize({ ...requestOf(c1).parameters, client_id });
      await page(answer, ['<script>alert']);
      assert.match(answer.html, /<code>client_id<\/code>/);
    });
  }
  test('an unknown and a disabled client read the same', async () => {
    const [unknown, disabled] = await Promise.all(['nope', 'disabled'].map((client_id) => signedIn.authorize({ ...requestOf(c1).parameters, client_id })));
    const plain = (html) => html.replace(/rq_[\w-]+/, '');
    assert.equal(plain(unknown.html), plain(disabled.html));
  });
});

describe('redirect_uri is compared as a whole string (RU-01 to RU-25)', () => {
  const bad = [
    'https://evil.example/cb', 'https://rp.example/cb/../evil', 'https://rp.example/cb/./', 'https://rp.example/cb//', 'https://rp.example/cb/..;/x',
    'https://rp.example@evil.example/cb', 'https://rp.example:443@evil.example', 'http://localhost:80@evil.example', 'https://rp.example\\@evil.example',
    'https:\\\\evil.example', 'https:/evil.example', '///evil.example', '/\\evil.example', 'https://rp.example/cbx', 'https://rp.example/cb/x',
    'https://rp.example/cb/', 'https://rp.example/c', 'https://RP.example/cb', 'HTTPS://rp.example/cb', 'https://rp.example/CB', 'https://rp.example/cb?x=1',
    'https://rp.example/cb#', 'https://rp.example/cb#x', 'https://rp.example/cb%23x', 'https://rp.example/%63b', 'https://rp.example/cb%00',
    'https://rp.example/cb%0d%0aSet-Cookie:x', 'https://rp.example/cb%09', ' https://rp.example/cb', 'https://rp.example/cb ', 'ht\ntps://rp.example/cb',
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:x', 'about:blank', 'http://rp.example/cb',
    'https://rp.example:443/cb', `https://rp.example/cb${'x'.repeat(5000)}`, '"><script>alert(1)</script>',
  ];
  for (const redirect_uri of bad) {
    test(JSON.stringify(redirect_uri.slice(0, 60)), async () => {
      const answer = await signedIn.authorize({ ...requestOf(c1).parameters, redirect_uri });
      await page(answer, ['<script>alert', 'evil.example']);
      assert.match(answer.html, /<code>redirect_uri<\/code>/);
    });
  }
  test('omitted, though only one is registered (RU-20)', async () => page(await signedIn.authorize(requestOf(c1, { redirect_uri: undefined }).parameters)));
  test('a registered query must be there, as it is (oidcc-redirect-uri-query-mismatch)', async () => {
    for (const redirect_uri of ['https://rp.example/cb', 'https://rp.example/cb?a=2', 'https://rp.example/cb?a=1&b=2']) {
      await page(await signedIn.authorize(requestOf(query, { redirect_uri }).parameters));
    }
  });
  test('a registered query is kept, and ours added (oidcc-redirect-uri-query-OK)', async () => {
    const back = await follow(signedIn, await signedIn.authorize(requestOf(query).parameters));
    assert.equal(back.searchParams.get('a'), '1');
    assert.match(back.searchParams.get('code'), /^ac_/);
  });
  test('the port of a loopback literal is free for native clients, nothing else is (RU-17)', async () => {
    const back = await follow(signedIn, await signedIn.authorize(requestOf(nat, { redirect_uri: 'http://127.0.0.1:51004/cb' }).parameters));
    assert.equal(back.host, '127.0.0.1:51004');
    for (const redirect_uri of ['http://127.0.0.1:51004/other', 'http://127.0.0.1:51004/cb?x=1', 'http://localhost:51004/cb', 'http://127.0.0.2:51004/cb', 'http://[::1]:5/cb']) {
      await page(await signedIn.authorize(requestOf(nat, { redirect_uri }).parameters));
    }
    await page(await signedIn.authorize(requestOf(c1, { redirect_uri: 'http://127.0.0.1:51004/cb' }).parameters));
  });
  test('a private-use scheme, exactly (RU-19)', async () => {
    const back = await follow(signedIn, await signedIn.authorize(requestOf(nat, { redirect_uri: 'com.example.app:/cb' }).parameters));
    assert.equal(back.protocol, 'com.example.app:');
  });
});

describe('errors go back to the client, with state and iss (AZ-02 to AZ-35, PK-01, PK-02)', () => {
  const rows = {
    'response_type missing': [{ response_type: undefined }, 'invalid_request'],
    'response_type token': [{ response_type: 'token' }, 'unsupported_response_type', 'hash'],
    'response_type code id_token': [{ response_type: 'id_token code' }, 'unsupported_response_type', 'hash'],
    'response_type twice in itself': [{ response_type: 'code code' }, 'invalid_request'],
    'response_type with two blanks': [{ response_type: 'code  id_token' }, 'invalid_request', 'hash'],
    'response_type with a tab': [{ response_type: 'code\ttoken' }, 'invalid_request'],
    'response_mode unknown': [{ response_mode: 'evil' }, 'invalid_request'],
    'scope without openid': [{ scope: 'profile' }, 'invalid_scope'],
    'scope empty': [{ scope: '' }, 'invalid_scope'],
    'scope with quotes': [{ scope: 'openid "x"' }, 'invalid_scope'],
    'scope with a tab': [{ scope: 'openid\tadmin' }, 'invalid_scope'],
    'scope of ten thousand words': [{ scope: `openid ${'a '.repeat(5000)}` }, 'invalid_scope'],
    'challenge missing': [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    'challenge empty': [{ code_challenge: '' }, 'invalid_request'],
    'method plain': [{ code_challenge_method: 'plain' }, 'invalid_request'],
    'method s256': [{ code_challenge_method: 's256' }, 'invalid_request'],
    'method missing': [{ code_challenge_method: undefined }, 'invalid_request'],
    'method without challenge': [{ code_challenge: undefined }, 'invalid_request'],
    'challenge too short': [{ code_challenge: 'abc' }, 'invalid_request'],
    'prompt unknown': [{ prompt: 'magic' }, 'invalid_request'],
    'prompt none and login': [{ prompt: 'none login' }, 'invalid_request'],
    'request object': [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    'request_uri': [{ request_uri: 'https://rp.example/r' }, 'request_uri_not_supported'],
    registration: [{ registration: '{}' }, 'registration_not_supported'],
    'claims not JSON': [{ claims: '{' }, 'invalid_request'],
    'claims a list': [{ claims: '[]' }, 'invalid_request'],
    'a hint that is no token': [{ id_token_hint: 'x' }, 'invalid_request'],
    'a hint without signature': [{ id_token_hint: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' }, 'invalid_request'],
    'nonce of 5000': [{ nonce: 'n'.repeat(5000) }, 'invalid_request'],
    ...Object.fromEntries(['-1', 'abc', '1.5', '+5', ' 5', '0x10', '1e3'].map((max_age) => [`max_age ${max_age}`, [{ max_age }, 'invalid_request']])),
  };
  for (const [name, [extra, error, part = 'search']] of Object.entries(rows)) {
    test(name, async () => {
      const { parameters } = requestOf(c1, extra);
      const answer = await signedIn.authorize(parameters);
      assert.equal(answer.status, 303, answer.html);
      const url = new URL(answer.location);
      const got = new URLSearchParams(url[part].slice(1));
      assert.equal(`${url.origin}${url.pathname}`, 'https://rp.example/cb');
      assert.equal(got.get('error'), error);
      assert.equal(got.get('state'), parameters.state);
      assert.equal(got.get('iss'), stack.issuer);
      assert.equal(got.get('code'), null);
      assert.match(got.get('error_description'), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    });
  }
  for (const name of ['state', 'nonce', 'scope', 'response_type', 'prompt', 'code_challenge']) {
    test(`${name} twice`, async () => {
      const { parameters } = requestOf(c1, { prompt: 'login' });
      const answer = await signedIn.request(withText(parameters, `&${name}=x`));
      const url = new URL(answer.location);
      assert.equal(url.searchParams.get('error') ?? new URLSearchParams(url.hash.slice(1)).get('error'), 'invalid_request');
      assert.equal(url.searchParams.has('state'), name !== 'state');
    });
  }
});

describe('what is no error', () => {
  const rows = {
    'a parameter nobody knows': { extra: 'foobar' }, 'display page': { display: 'page' }, 'display popup': { display: 'popup' },
    'ui_locales of nobody': { ui_locales: 'se' }, 'claims_locales': { claims_locales: 'se' }, 'acr_values': { acr_values: 'urn:tongxing:loa:2 1' },
    'state with blanks and ünïcode': { state: 'a b&c=d+é"<>' }, 'state of 4 KB': { state: 's'.repeat(4096) }, 'no state': { state: undefined },
    'no nonce': { nonce: undefined }, 'a huge max_age': { max_age: '99999999999999999999' }, 'login_hint with markup': { login_hint: '"><svg onload=alert(1)>' },
    'empty parameters': { prompt: '', max_age: '', claims: '' }, 'unknown scopes': { scope: 'openid nobody.knows' }, 'fragment': { response_mode: 'fragment' },
    'claims asked one by one': { claims: '{"userinfo":{"name":{"essential":true},"nobody":null}}' },
  };
  for (const [name, extra] of Object.entries(rows)) {
    test(name, async () => {
      const { parameters } = requestOf(c1, extra);
      const answer = await signedIn.authorize(parameters);
      assert.equal(answer.status, 303, answer.html);
      const url = new URL(answer.location);
      const got = new URLSearchParams(extra.response_mode ? url.hash.slice(1) : url.search);
      assert.equal(got.get('error'), null, answer.location.slice(0, 300));
      assert.match(got.get('code'), /^ac_[\w-]{43}$/);
      assert.equal(got.get('state'), parameters.state ?? null);
    });
  }
  test('a request by POST (oidcc-ensure-post-request-succeeds)', async () => {
    const answer = await signedIn.request('/authorize', { form: requestOf(c1).parameters });
    assert.match(new URL(answer.location).searchParams.get('code'), /^ac_/);
  });
  test('HEAD makes nothing (AZ-28)', async () => {
    assert.equal((await signedIn.request(`/authorize?${new URLSearchParams(requestOf(c1).parameters)}`, { method: 'HEAD' })).status, 405);
  });
  test('the Host header decides nothing (IS-02)', async () => {
    const answer = await new Agent(stack).request('/.well-known/openid-configuration', { headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' } });
    assert.equal((await answer.json()).issuer, stack.issuer);
  });
});

describe('prompt, max_age and hints', () => {
  test('prompt none without a session (oidcc-prompt-none-not-logged-in)', async () => {
    const stranger = new Agent(stack);
    const answer = await stranger.authorize(requestOf(c1, { prompt: 'none' }).parameters);
    assert.equal(new URL(answer.location).searchParams.get('error'), 'login_required');
    assert.equal(stranger.cookies.size, 0);
  });
  test('prompt none with a session: the same sub and auth_time (oidcc-prompt-none-logged-in)', async () => {
    const [first, second] = [await tokensOf(signedIn, c1, alice, { max_age: '15000' }), await tokensOf(signedIn, c1, undefined, { prompt: 'none', max_age: '10000' })];
    const [a, b] = [first, second].map((tokens) => claimsOf(tokens.id_token));
    assert.equal(a.sub, b.sub);
    assert.equal(a.auth_time, b.auth_time);
  });
  test('prompt login asks again, and auth_time is newer (oidcc-prompt-login)', async () => {
    const agent = new Agent(stack);
    const first = claimsOf((await tokensOf(agent, c1, alice, { max_age: '1000' })).id_token);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const answer = await agent.authorize(requestOf(c1, { prompt: 'login' }).parameters);
    assert.match(answer.location, /^\/login\?flow=/);
    const second = claimsOf((await tokensOf(agent, c1, alice, { prompt: 'login', max_age: '1000' })).id_token);
    assert.ok(second.auth_time > first.auth_time);
    assert.equal(second.sid, first.sid);
  });
  test('max_age 0 and 1 ask again (oidcc-max-age-1)', async () => {
    const agent = new Agent(stack);
    await codeOf(agent, c1, alice);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    for (const max_age of ['0', '1']) {
      assert.match((await agent.authorize(requestOf(c1, { max_age }).parameters)).location, /^\/login/);
    }
  });
  test('a hint of the same person, and of another (AZ-22)', async () => {
    const { id_token } = await tokensOf(signedIn, c1, alice);
    const same = await signedIn.authorize(requestOf(c1, { prompt: 'none', id_token_hint: id_token }).parameters);
    assert.ok(new URL(same.location).searchParams.get('code'));
    const other = new Agent(stack);
    await codeOf(other, c1, bob);
    const differs = await other.authorize(requestOf(c1, { prompt: 'none', id_token_hint: id_token }).parameters);
    assert.equal(new URL(differs.location).searchParams.get('error'), 'login_required');
    const foreign = await signedIn.authorize(requestOf(kinds.c2, { id_token_hint: id_token }).parameters);
    assert.equal(new URL(foreign.location).searchParams.get('error'), 'invalid_request');
  });
  test('login_hint is shown, escaped (AZ-23)', async () => {
    const agent = new Agent(stack);
    const answer = await agent.authorize(requestOf(c1, { login_hint: '"><svg onload=alert(1)>' }).parameters);
    const login = await agent.request(answer.location);
    assert.ok(login.html.includes('&quot;&gt;&lt;svg onload=alert(1)&gt;'));
    assert.ok(!login.html.includes('<svg'));
  });
  test('ui_locales before Accept-Language, and only from the list', async () => {
    for (const [ui_locales, lang] of [['en', 'en'], ['fr en-GB', 'en'], ['../../etc/passwd', 'zh-CN'], ['zh-Hans-CN', 'zh-CN']]) {
      const agent = new Agent(stack);
      const login = await agent.request((await agent.authorize(requestOf(c1, { ui_locales }).parameters)).location);
      assert.match(login.html, new RegExp(`<html lang="${lang}">`));
    }
  });
  const essential4 = { claims: JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:tongxing:loa:4'] } } }) };
  test('a level that the sign-in does not have leads to the step-up page, which may be declined', async () => {
    for (const [client, extra] of [[level3, {}], [c1, essential4]]) {
      const answer = await signedIn.authorize(requestOf(client, extra).parameters);
      assert.match(answer.location, /^\/verify\?flow=/);
      const page = await signedIn.request(answer.location);
      assert.match(page.html, /id="way-window"/);
      const declined = await signedIn.request('/verify', { form: { flow: hidden(page.html), action: 'decline' } });
      assert.equal(new URL(declined.location).searchParams.get('error'), 'unmet_authentication_requirements');
      const again = await signedIn.request('/verify', { form: { flow: hidden(page.html), action: 'decline' } });
      assert.equal(again.status, 400);
    }
  });
  test('a level that the sign-in does not have is not met where no page may be shown', async () => {
    for (const [client, extra] of [[level3, {}], [c1, essential4]]) {
      const answer = await signedIn.authorize(requestOf(client, { ...extra, prompt: 'none' }).parameters);
      assert.equal(new URL(answer.location).searchParams.get('error'), 'unmet_authentication_requirements');
    }
  });
  test('a level that is only wished for (acr_values) leads there too, and whoever declines goes on without', async () => {
    const wish = { acr_values: 'urn:tongxing:loa:4 urn:tongxing:loa:3' };
    const page = await signedIn.request((await signedIn.authorize(requestOf(c1, wish).parameters)).location);
    assert.match(page.html, /<b>L3<\/b>/);
    const declined = await signedIn.request('/verify', { form: { flow: hidden(page.html), action: 'decline' } });
    assert.ok(new URL(declined.location).searchParams.get('code'), declined.location);
    const silent = await signedIn.authorize(requestOf(c1, { ...wish, prompt: 'none' }).parameters);
    assert.ok(new URL(silent.location).searchParams.get('code'), silent.location);
  });
  test('the step-up page is the session\'s alone, and a way that is not offered is not taken', async () => {
    const page = await signedIn.request((await signedIn.authorize(requestOf(level3).parameters)).location);
    const flow = hidden(page.html);
    assert.equal((await new Agent(stack).request('/verify', { form: { flow, action: 'decline' } })).status, 400);
    for (const way of ['population', 'otp', 'nobody', '']) {
      const answer = await signedIn.request('/verify', { form: { flow, way } });
      assert.equal(answer.status, 200);
      assert.match(answer.html, /id="error"/);
    }
  });
});

describe('the pages keep their flow', () => {
  const start = async (client = c1, extra) => {
    const agent = new Agent(stack);
    const answer = await agent.authorize(requestOf(client, extra).parameters);
    const login = await agent.request(answer.location);
    return { agent, flow: hidden(login.html), login };
  };
  test('a tampered flow is refused (AZ-29)', async () => {
    const { agent, flow } = await start();
    for (const bad of [flow.slice(0, -1), `${flow}A`, flow.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), '', 'x', flow.slice(4)]) {
      assert.equal((await agent.request('/login', { form: { flow: bad, ...alice, action: 'login' } })).status, 400);
    }
    assert.equal((await agent.request(`/login?flow=${flow}&flow=${flow}`)).status, 400);
  });
  test('another browser cannot go on with it (IS-05, IS-08)', async () => {
    const { flow } = await start();
    assert.equal((await new Agent(stack).request('/login', { form: { flow, ...alice, action: 'login' } })).status, 400);
    const other = await start();
    assert.equal((await other.agent.request('/login', { form: { flow, ...alice, action: 'login' } })).status, 400);
  });
  test('a form that another site posts is refused (IS-05)', async () => {
    const { agent, flow } = await start();
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      assert.equal((await agent.request('/login', { form: { flow, ...alice, action: 'login' }, headers })).status, 403);
    }
    const fine = await agent.request('/login', { form: { flow, ...alice, action: 'login' }, headers: { origin: stack.issuer, 'sec-fetch-site': 'same-origin' } });
    assert.equal(fine.status, 303);
  });
  test('a completed flow does not go on again (AZ-34)', async () => {
    const { agent, flow } = await start();
    const form = { flow, ...alice, action: 'login' };
    assert.match((await agent.request('/login', { form })).location, /^https:\/\/rp\.example\/cb\?code=/);
    assert.equal((await agent.request('/login', { form })).status, 400);
    assert.equal((await agent.request(`/login?flow=${flow}`)).status, 400);
  });
  test('consent is asked once, remembered, and its page cannot be skipped (AZ-32)', async () => {
    const { agent, flow } = await start(ask, { scope: 'openid phone' });
    const consent = await agent.request((await agent.request('/login', { form: { flow, ...alice, action: 'login' } })).location);
    assert.match(consent.html, /问卷&lt;script&gt;/);
    assert.ok(!consent.html.includes('<script>'));
    const none = await agent.authorize(requestOf(ask, { prompt: 'none' }).parameters);
    assert.equal(new URL(none.location).searchParams.get('error'), 'consent_required');
    const skipped = await agent.request('/consent', { form: { flow, action: 'allow' } });
    assert.equal(skipped.status, 400, 'the flow of the sign-in page does not serve here');
    const denied = await agent.request('/consent', { form: { flow: hidden(consent.html), action: 'deny' } });
    assert.equal(new URL(denied.location).searchParams.get('error'), 'access_denied');
    await codeOf(agent, ask, alice, { scope: 'openid phone' });
    const silent = await agent.authorize(requestOf(ask, { prompt: 'none', scope: 'openid phone' }).parameters);
    assert.ok(new URL(silent.location).searchParams.get('code'));
    const wider = await agent.authorize(requestOf(ask, { prompt: 'none', scope: 'openid phone email' }).parameters);
    assert.equal(new URL(wider.location).searchParams.get('error'), 'consent_required');
    const again = await agent.authorize(requestOf(ask, { prompt: 'consent', scope: 'openid phone' }).parameters);
    assert.match(again.location, /^\/consent/);
  });
  test('no page is skipped by posting to another (AZ-32)', async () => {
    const posts = [['/consent', { action: 'allow' }], ['/acting', { mandate: 'self' }], ['/second-factor', { code: '000000' }], ['/verify', { action: 'decline' }], ['/login', { ...alice, action: 'login' }]];
    for (const [client, extra, own] of [[level3, {}, '/verify'], [second, {}, '/second-factor'], [delegated, { scope: 'openid cn_org' }, '/acting'], [ask, { scope: 'openid phone', prompt: 'consent' }, '/consent']]) {
      for (const [path, form] of posts.filter(([path]) => path !== own)) {
        const { agent, flow } = await start(client, extra);
        const { location } = await agent.request('/login', { form: { flow, ...alice, action: 'login' } });
        assert.ok(location.startsWith(`${own}?`), location);
        const answer = await agent.request(path, { form: { flow: new URL(location, stack.issuer).searchParams.get('flow'), ...form } });
        assert.ok(!answer.location?.includes('code='), `${client.client_id}: ${path} led to ${answer.location}`);
        if (answer.location && !answer.location.includes('error=')) assert.ok(answer.location.startsWith(`${own}?`), `${client.client_id}: ${path} led to ${answer.location}`);
      }
    }
  });
  test('offline_access is always asked for', async () => {
    const answer = await signedIn.authorize(requestOf(c1, { prompt: 'none', scope: 'openid offline_access' }).parameters);
    assert.equal(new URL(answer.location).searchParams.get('error'), 'consent_required');
  });
  test('what opens something is no cookie of a session (LG-13)', async () => {
    const { code } = await codeOf(signedIn, c1, alice);
    for (const value of [code, random(), `ss_${random()}`, `ss_${random()}${random()}`, 'ss_', '']) {
      const agent = new Agent(stack);
      agent.cookies.set('__Host-session', value);
      assert.match((await agent.authorize(requestOf(c1).parameters)).location, /^\/login/);
    }
  });
  test('a copy of the cookie opens nothing once its owner has signed in again (IS-08)', async () => {
    const agent = new Agent(stack), thief = new Agent(stack);
    const first = claimsOf((await tokensOf(agent, c1, alice)).id_token);
    thief.cookies.set('__Host-session', agent.cookies.get('__Host-session'));
    const silent = (who) => who.authorize(requestOf(c1).parameters).then(({ location }) => location);
    assert.match(await silent(thief), /^https:\/\/rp\.example\/cb\?code=/, 'until then it does');
    const second = claimsOf((await tokensOf(agent, c1, alice, { prompt: 'login' })).id_token);
    assert.match(await silent(thief), /^\/login/);
    assert.match(await silent(agent), /^https:\/\/rp\.example\/cb\?code=/);
    assert.ok(first.sid && first.sid === second.sid, 'it is one session to the client system');
  });
  test('cookies are for this host, for https and for no script (LG-14)', async () => {
    const agent = new Agent(stack);
    const answer = await agent.authorize(requestOf(c1).parameters);
    const login = await agent.request(answer.location);
    const done = await agent.request('/login', { form: { flow: hidden(login.html), ...alice, action: 'login' } });
    for (const line of [...answer.headers.getSetCookie(), ...done.headers.getSetCookie()]) {
      assert.match(line, /^__Host-\w+=[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    }
  });
});

describe('signing in', () => {
  const attempt = async (form, headers) => {
    const agent = new Agent(stack);
    const login = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
    return agent.request('/login', { form: { flow: hidden(login.html), action: 'login', ...form }, headers });
  };
  const plain = (html) => html.replace(/value="[^"]*"/g, '').replace(/flow=[\w-]+/g, '');
  test('wrong password, unknown account, odd input: one text (LG-07, LG-10, LG-11)', async () => {
    const texts = new Set();
    for (const form of [
      { username: 'bob', password: 'wrong' }, { username: 'nobody-1', password: 'wrong' }, { username: 'nobody-2', password: '' }, { username: '', password: '' },
      { username: "*)(uid=*))", password: 'x' }, { username: "' OR 1=1 --", password: 'x' }, { username: 'nobody-3', password: 'p'.repeat(5000) },
      { username: 'nobody-4', password: '   ' }, { username: '😀', password: '😀' },
    ]) {
      const answer = await attempt(form);
      assert.equal(answer.status, 200);
      texts.add(plain(answer.html));
    }
    assert.equal(texts.size, 1);
  });
  test('a locked account refuses the right password too, and only there (LG-01, LG-02, LG-05)', async () => {
    stack.addAccount({ username: 'carol', password: 'Carol-Pass-2026', level: 2, name: '王样例' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => attempt({ username: 'carol', password: 'wrong' })));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 5, 'the limit holds under a parallel rush');
    assert.equal((await attempt({ username: 'carol', password: 'Carol-Pass-2026' })).status, 429);
    assert.equal((await attempt(alice)).status, 303);
  });
  test('a forwarded address from nobody we trust changes nothing (LG-04)', async () => {
    assert.equal((await attempt({ username: 'carol', password: 'Carol-Pass-2026' }, { 'x-forwarded-for': '192.0.2.1' })).status, 429);
  });
});
