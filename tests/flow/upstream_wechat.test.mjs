/* WeChat's sign-in against its simulator: every account of the register, every way it can fail, and nothing personal or secret in what is written. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Trial, Browser, certificate, timeout_ms } from './support/sign_in_trial.mjs';
import { freePort } from './support/stack.mjs';

const secrets = { TONGXING_WECHAT_SECRET: 'wechat-website-secret-for-tests', TONGXING_WECHAT_IN_APP_SECRET: 'wechat-official-secret-for-tests' };
const return_url = 'https://sso.example/return';
const told = ['甲的微信', '独行', '微信用户', '高风险', 'oUnion-simulated', 'wx_jia'];
let trial, port, codes;

const entry = (address, extra = {}) => ({
  adapter: 'wechat', url: address, open_url: address, app_id: 'tongxing', secret: '${TONGXING_WECHAT_SECRET}', in_app_id: 'tongxing-in-app',
  in_app_secret: '${TONGXING_WECHAT_IN_APP_SECRET}', timeout_ms, breaker_errors: 1000, ...extra,
});
const configure = (address, outbound, extra) => trial.configure({ wechat: entry(address, extra) }, outbound);

before(async () => {
  codes = [];
  trial = new Trial(secrets);
  port = await trial.simulate();
  configure(`http://127.0.0.1:${port}`);
});
after(async () => {
  await trial.stop();
  for (const word of [...told, ...codes, ...Object.values(secrets)]) assert.ok(!trial.written.includes(word), `${word} was written`);
});

const control = async (mode, delay_ms = 0) => {
  const answer = await fetch(`http://127.0.0.1:${port}/_control`, { method: 'POST', body: new URLSearchParams({ service: 'wechat', mode, delay_ms }) });
  assert.equal(answer.status, 200);
  return answer.json();
};

/* What the person does on the page; where the browser goes then. */
async function confirm(url, account) {
  const browser = new Browser();
  const page = await browser.request(url);
  assert.equal(page.status, 200, page.html);
  const uuid = page.html.match(/name=uuid value="([^"]+)"/)[1];
  const answer = await browser.request(new URL('/connect/confirm', url), { uuid, account });
  if (answer.location) codes.push(answer.location.searchParams.get('code'));
  return answer;
}

async function signIn(account, asked = {}) {
  const attempt = await trial.begin('wechat', { return_url, ...asked });
  const { location } = await confirm(attempt.url, account);
  return { attempt, location, ...(await attempt.finish(location)) };
}

const accounts = [['wx_jia', 'match'], ['wx_yi', 'match'], ['wx_alone', 'match'], ['wx_blocked', 'state_bad']];

describe('the website\'s QR code', () => {
  test('the address is the one that WeChat takes, letter by letter', async () => {
    const attempt = await trial.begin('wechat', { return_url });
    const url = new URL(attempt.url);
    assert.equal(attempt.other_device, false);
    assert.equal(url.pathname, '/connect/qrconnect');
    assert.match(url.searchParams.get('state'), /^[0-9a-f]{32}$/);
    assert.equal(attempt.url, `http://127.0.0.1:${port}/connect/qrconnect?appid=tongxing&redirect_uri=https%3A%2F%2Fsso.example%2Freturn&response_type=code` +
      `&scope=snsapi_login&state=${url.searchParams.get('state')}#wechat_redirect`);
    await attempt.end();
  });
  for (const [account, result] of accounts) {
    test(`${account}: ${result}`, async () => {
      const answer = await signIn(account);
      assert.equal(answer.result, result);
      assert.equal(answer.subject, result === 'match');
      assert.equal(answer.level, 0, 'who it is, WeChat does not say');
      assert.equal(answer.certified, false);
      assert.equal(answer.authority, 'wechat');
      assert.equal(await answer.attempt.end(), 0);
    });
  }
  test('who refuses is not sent back', async () => {
    const attempt = await trial.begin('wechat', { return_url });
    const answer = await confirm(attempt.url, '');
    assert.equal(answer.status, 200);
    assert.equal(answer.location, null);
    assert.equal((await attempt.finish('')).result, 'pending', 'nothing came back yet');
    assert.equal((await attempt.finish(`${return_url}?state=${new URL(attempt.url).searchParams.get('state')}`)).result, 'mismatch', 'as older apps of WeChat say it');
    await attempt.end();
  });
  test('a page is good for one confirmation', async () => {
    const attempt = await trial.begin('wechat', { return_url });
    const browser = new Browser();
    const page = await browser.request(attempt.url);
    const form = { uuid: page.html.match(/name=uuid value="([^"]+)"/)[1], account: 'wx_jia' };
    const first = await browser.request(new URL('/connect/confirm', attempt.url), form);
    codes.push(first.location.searchParams.get('code'));
    assert.equal((await browser.request(new URL('/connect/confirm', attempt.url), form)).status, 400);
    await attempt.end();
  });
});

describe('inside WeChat', () => {
  test('another app is not WeChat', async () => {
    const attempt = await trial.begin('wechat', { return_url, inside: 'alipay' });
    assert.equal(new URL(attempt.url).pathname, '/connect/qrconnect');
    await attempt.end();
  });
  test('the official account is asked, with its own secret', async () => {
    const attempt = await trial.begin('wechat', { return_url, inside: 'wechat' });
    const url = new URL(attempt.url);
    assert.equal(url.pathname, '/connect/oauth2/authorize');
    assert.deepEqual([...url.searchParams.keys()], ['appid', 'redirect_uri', 'response_type', 'scope', 'state']);
    assert.equal(url.searchParams.get('appid'), 'tongxing-in-app');
    assert.equal(url.searchParams.get('scope'), 'snsapi_userinfo');
    assert.equal(url.hash, '#wechat_redirect');
    await attempt.end();
  });
  for (const [account, result] of [...accounts, ['wx_snapshot', 'unsupported']]) {
    test(`${account}: ${result}`, async () => {
      const answer = await signIn(account, { inside: 'wechat' });
      assert.equal(answer.result, result);
      assert.equal(answer.subject, result === 'match');
      await answer.attempt.end();
    });
  }
});

describe('what the browser brings', () => {
  test('a code is good once', async () => {
    const answer = await signIn('wx_jia');
    assert.equal(answer.result, 'match');
    await answer.attempt.end();
    const again = await trial.begin('wechat', { return_url });
    const replayed = new URL(answer.location);
    replayed.searchParams.set('state', new URL(again.url).searchParams.get('state'));
    assert.equal((await again.finish(replayed)).result, 'mismatch');
    await again.end();
  });
  test('what does not belong to this sign-in asks nobody', async () => {
    const { calls } = await control('normal');
    for (const query of ['code=c', 'code=c&state=', 'code=c&state=0123456789abcdef0123456789abcdef', 'code=c&state=STATE&state=STATE',
      'code=&state=STATE', 'code=c&code=d&state=STATE', `code=${'c'.repeat(257)}&state=STATE`]) {
      const attempt = await trial.begin('wechat', { return_url });
      const answer = await attempt.finish(`${return_url}?${query.replaceAll('STATE', new URL(attempt.url).searchParams.get('state'))}`);
      assert.equal(answer.result, 'invalid_input', query);
      assert.equal(answer.subject, false);
      await attempt.end();
    }
    assert.equal((await control('normal')).calls, calls);
  });
  /* Else anybody could open the breaker for all others. */
  test('a made-up code is WeChat\'s no, and no error of WeChat\'s', async () => {
    for (const code of ['made-up', '../../x', '%00', '<script>']) {
      const attempt = await trial.begin('wechat', { return_url });
      const answer = await attempt.finish(`${return_url}?code=${encodeURIComponent(code)}&state=${new URL(attempt.url).searchParams.get('state')}`);
      assert.equal(answer.result, 'mismatch', code);
      await attempt.end();
    }
  });
});

describe('faults', () => {
  /* WeChat signs nothing, so bad_signature is not among them: a wrong certificate is (below). */
  const rows = [['slow', 'upstream_error', 2 * timeout_ms], ['hang', 'upstream_error'], ['error', 'upstream_error'], ['garbage', 'upstream_error'],
    ['wrong_type', 'upstream_error'], ['replay', 'upstream_error'], ['wrong_transaction', 'upstream_error'], ['oversized', 'upstream_error'],
    ['truncated', 'upstream_error'], ['redirect', 'upstream_error'], ['refuse', 'rate_limited'], ['slow', 'match', 200]];
  for (const [mode, result, delay_ms] of rows) {
    test(`${mode}${delay_ms ? ` by ${delay_ms} ms` : ''}: ${result}`, async () => {
      const before = await signIn('wx_yi');
      assert.equal(before.result, 'match');
      await before.attempt.end();
      const attempt = await trial.begin('wechat', { return_url });
      const { location } = await confirm(attempt.url, 'wx_jia');
      await control(mode, delay_ms);
      const answer = await attempt.finish(location);
      await control('normal');
      assert.equal(answer.result, result);
      assert.equal(answer.subject, result === 'match');
      assert.ok(answer.ms < timeout_ms + 1000, `took ${answer.ms} ms`);
      await attempt.end();
    });
  }

  const over = async (host, certificateHost, trusted) => {
    const files = certificate(trial.folder, `${certificateHost}-${trusted}`, certificateHost);
    const secure = await trial.simulate({ tls: files });
    trial.configure({ wechat: entry(`https://${host}:${secure}`, { open_url: `https://${host}:${secure}` }) },
      trusted ? { ca_file: files.cert } : {});
    const attempt = await trial.begin('wechat', { return_url });
    const state = new URL(attempt.url).searchParams.get('state');
    const answer = await attempt.finish(`${return_url}?code=any&state=${state}`);
    await attempt.end();
    return answer;
  };
  test('a certificate that is trusted and of its name is heard', async () => assert.equal((await over('localhost', 'localhost', true)).result, 'mismatch'));
  test('a certificate that nobody trusts is not', async () => assert.equal((await over('localhost', 'localhost', false)).result, 'upstream_error'));
  test('nor one of another name', async () => assert.equal((await over('localhost', 'other.example', true)).result, 'upstream_error'));
  test('nobody there', async () => {
    configure(`http://127.0.0.1:${await freePort()}`);
    const attempt = await trial.begin('wechat', { return_url });
    const answer = await attempt.finish(`${return_url}?code=any&state=${new URL(attempt.url).searchParams.get('state')}`);
    assert.equal(answer.result, 'upstream_error');
    assert.ok(answer.ms < timeout_ms + 1000);
    await attempt.end();
  });
  test('another secret is not taken', async () => {
    trial.configure({ wechat: entry(`http://127.0.0.1:${port}`, { secret: 'not-the-secret-at-all' }) });
    const answer = await signIn('wx_jia');
    assert.equal(answer.result, 'upstream_error');
    await answer.attempt.end();
  });
});

test('the configuration\'s mistakes are told with the option\'s name', () => {
  const rows = [[{ in_app_secret: undefined }, /in_app_id and in_app_secret go together/], [{ open_url: 'ftp://x' }, /upstreams\.wechat\.open_url/],
    [{ app_id: 'wx 1' }, /app_id/], [{ secret: 'short' }, /secret/], [{ url: 'https://api.example/' }, /upstreams\.wechat\.url/], [{ colour: 'green' }, /colour/]];
  for (const [extra, problem] of rows) {
    configure('https://api.example', {}, extra);
    assert.throws(() => trial.check(), (error) => problem.test(error.stderr + error.stdout), `${problem}`);
  }
  const { url, open_url, ...real } = entry('');
  trial.configure({ wechat: real });
  trial.check();
});

test('without addresses it is WeChat itself', async () => {
  const { url, open_url, ...real } = entry('');
  trial.configure({ wechat: real });
  const attempt = await trial.begin('wechat', { return_url });
  assert.ok(attempt.url.startsWith('https://open.weixin.qq.com/connect/qrconnect?appid=tongxing&'));
  await attempt.end();
});
