/* Text messages through the HTTP gateway: both forms of body and of authentication, every answer, every fault. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Upstreams, certificateFor } from './support/upstream_visits.mjs';

const secret = 'sms-secret-for-tests-only-0123456789';
const message = { phone: '+8613800138000', code: '493027' };
let upstreams;

const entries = (url, more = {}) => {
  const common = { adapter: 'sms_http', url: `${url}/sms/send`, app_id: 'tongxing', secret: '${TONGXING_SMS_SECRET}', timeout_ms: 600, template: 'T-zh', template_en: 'T-en', template_recover: 'T-recover', minutes_member: 'minutes',
    transaction_member: 'transaction', echo_member: 'transaction', success_member: 'code', success_value: 'OK', limited_values: 'LIMITED BUSY', refused_values: 'UNREACHABLE', ...more };
  return { sms: common, signed: { ...common, auth: 'hmac', body: 'form', phone_form: 'national' } };
};

before(async () => {
  upstreams = await Upstreams.start({ env: { TONGXING_SMS_SECRET: secret } });
  await upstreams.simulate();
  upstreams.configure(entries(upstreams.url));
});
after(() => upstreams?.stop());

const arrived = async (phone = message.phone) => (await fetch(`${upstreams.url}/sms/_messages?${new URLSearchParams({ phone })}`)).json();

describe('a message', () => {
  for (const name of ['sms', 'signed']) {
    test(`${name}: arrives`, async () => {
      const answer = await upstreams.ask(name, { ...message, code: `12345${name.length}` });
      assert.equal(answer.result, 'match');
      const [newest] = await arrived();
      assert.match(newest.transaction, /^[0-9a-f]{32}$/);
      assert.deepEqual({ ...newest, at: 0, transaction: '' }, { phone: message.phone, code: `12345${name.length}`, template: 'T-zh', minutes: '5', transaction: '', at: 0 });
    });
  }
  test('is shown on the page of the phone', async () => {
    const html = await (await fetch(`${upstreams.url}/sms/?phone=13800138000`)).text();
    assert.match(html, /class=code>123456</);
  });
  test('a notice has a text of its own, one for all, and neither code nor minutes', async () => {
    assert.equal((await upstreams.ask('sms', { phone: message.phone, notice: true })).result, 'invalid_input', 'there is no text for it');
    upstreams.configure(entries(upstreams.url, { template_phone_changed: 'T-changed' }));
    for (const name of ['sms', 'signed']) {
      assert.equal((await upstreams.ask(name, { phone: message.phone, notice: true })).result, 'match');
      const [newest] = await arrived();
      assert.deepEqual([newest.code, newest.template, newest.minutes], ['', 'T-changed', '']);
    }
    assert.match(await (await fetch(`${upstreams.url}/sms/?phone=13800138000`)).text(), /class=notice>【通行】您账号的手机号已更换/);
    upstreams.configure(entries(upstreams.url));
  });
  test('a phone that cannot be reached', async () => {
    assert.equal((await upstreams.ask('sms', { ...message, phone: '+8613900000000' })).result, 'invalid_input');
    assert.deepEqual(await arrived('+8613900000000'), []);
  });
  test('no phone', async () => assert.equal((await upstreams.ask('sms', { code: '1' })).result, 'invalid_input'));
});

test('an independent client signs as we do', async () => {
  const body = JSON.stringify({ phone: '13800138009', code: '777777' });
  const timestamp = `${Date.now()}`, nonce = randomBytes(16).toString('base64url');
  const text = ['tongxing', timestamp, nonce, createHash('sha256').update(body).digest('hex')].join('\n');
  const send = (signature) => fetch(`${upstreams.url}/sms/send`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-app-id': 'tongxing', 'x-timestamp': timestamp, 'x-nonce': nonce, 'x-signature': signature } });
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  assert.equal((await send(signature)).status, 200);
  assert.equal((await send(signature)).status, 401, 'a nonce is good once');
});

describe('faults', () => {
  for (const mode of ['error', 'hang', 'garbage', 'wrong_type', 'replay', 'wrong_transaction', 'oversized', 'truncated', 'redirect']) {
    test(`${mode}: an error within its time, and no second message`, async () => {
      await upstreams.ask('sms', message); // something to answer again
      const { calls } = await upstreams.mode('sms', mode);
      const answer = await upstreams.ask('sms', message);
      assert.equal(answer.result, 'upstream_error');
      assert.ok(answer.took_ms < 2500, `took ${answer.took_ms} ms`);
      assert.equal((await upstreams.mode('sms', 'normal')).calls, calls + 1);
    });
  }
  test('refuse: rate limited', async () => {
    await upstreams.mode('sms', 'refuse');
    assert.equal((await upstreams.ask('sms', message)).result, 'rate_limited');
    await upstreams.mode('sms', 'normal');
  });
  test('slow, within its time', async () => {
    await upstreams.mode('sms', 'slow', 200);
    assert.equal((await upstreams.ask('sms', message)).result, 'match');
    await upstreams.mode('sms', 'normal');
  });
  test('a secret that is not ours', async () => {
    upstreams.env.TONGXING_SMS_SECRET = 'another-secret-for-tests-only-01234';
    assert.equal((await upstreams.ask('sms', message)).result, 'upstream_error');
    assert.equal((await upstreams.ask('signed', message)).result, 'upstream_error');
    upstreams.env.TONGXING_SMS_SECRET = secret;
  });
  test('TLS: an authority that is known; one that is not; another name; nobody', async () => {
    const good = certificateFor(upstreams.folder, '127.0.0.1');
    const other = certificateFor(upstreams.folder, 'sms.example');
    for (const [tls, ca, result] of [[good, good.ca, 'match'], [good, other.ca, 'upstream_error'], [other, other.ca, 'upstream_error']]) {
      await upstreams.stopSimulator();
      await upstreams.simulate(tls);
      upstreams.configure(entries(upstreams.url), { ca_file: ca });
      assert.equal((await upstreams.ask('sms', message)).result, result);
    }
    await upstreams.stopSimulator();
    assert.equal((await upstreams.ask('sms', message)).result, 'upstream_error');
  });
});

test('options that cannot work are named', async () => {
  for (const [more, name] of [[{ body: 'xml' }, 'body'], [{ auth: 'basic' }, 'auth'], [{ secret: 'short' }, 'secret'], [{ success_value: undefined }, 'success_member'], [{ transaction_member: undefined }, 'echo_member'],
    [{ auth: 'hmac', app_id: undefined }, 'app_id'], [{ phone_form: 'raw' }, 'phone_form'], [{ template_recover: undefined }, 'template_recover']]) {
    upstreams.configure({ sms: { ...entries('http://127.0.0.1:1').sms, ...more } });
    await upstreams.ask('sms', message);
    assert.match(upstreams.errors, new RegExp(`upstreams.sms.*${name}`), name);
  }
});

test('no number, no code and no secret was written', () => {
  assert.ok(upstreams.written.length > 1000);
  for (const text of ['13800138000', '13900000000', message.code, '123456', secret]) assert.ok(!upstreams.written.includes(text), text);
});
