/* The corporate register: every answer it has, every way it can fail, and both signatures against Node's crypto. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { UpstreamUnderTest, serviceOf } from './support/upstreams.mjs';

const secret = 'corporate-secret-for-tests-only';
const good = { org_name: '示例（通行）科技有限公司', credit_code: '91990000MA00TEXT06', representative_name: '测试甲' };
const four = { ...good, representative_number: '110105188812310013' };
const wang = { representative_name: '王样例', representative_number: '310101188607040247' };
let upstream;
before(async () => {
  upstream = await UpstreamUnderTest.start({
    service: 'corporate',
    entry: { adapter: 'corporate', app_id: 'tongxing', secret: '${TONGXING_CORPORATE_SECRET}' },
    env: { TONGXING_CORPORATE_SECRET: secret },
  });
});
after(() => upstream?.stop());

describe('answers of the register', () => {
  const rows = [
    ['three elements', good, { result: 'match', status: 'operating', method: 'enterprise_three_element_match', level: 1, folded: false }],
    ['four elements', four, { result: 'match', status: 'operating', method: 'enterprise_four_element_match', authority: 'samr-corporate' }],
    ['brackets of the other width', { ...four, org_name: '示例(通行)科技有限公司' }, { result: 'match', folded: true }],
    ['another representative', { ...good, representative_name: '李示例' }, { result: 'mismatch', level: 0, status: 'operating' }],
    ['another number', { ...four, representative_number: '370102188506150110' }, { result: 'mismatch', level: 0 }],
    ['another name', { ...four, org_name: '示例科技有限公司' }, { result: 'mismatch', level: 0 }],
    ['another code for that name', { ...four, credit_code: '91990000MA00EEEE57' }, { result: 'mismatch', level: 0 }],
    ['moved away: still at work', { org_name: '示例迁出商贸有限公司', credit_code: '91990000MA00DEMA8C', representative_name: '李示例' }, { result: 'match', status: 'moved' }],
    ['revoked', { org_name: '示例吊销商贸有限公司', credit_code: '91990000MA00AAAA4D', ...wang }, { result: 'state_bad', status: 'revoked', level: 0 }],
    ['cancelled', { org_name: '示例注销商贸有限公司', credit_code: '91990000MA00CANC43', ...wang }, { result: 'state_bad', status: 'cancelled', level: 0 }],
    ['withdrawn', { org_name: '示例撤销商贸有限公司', credit_code: '91990000MA00BBBB7C', ...wang }, { result: 'state_bad', status: 'withdrawn' }],
    ['closed', { org_name: '示例停业商贸有限公司', credit_code: '91990000MA00CCCCX6', ...wang }, { result: 'state_bad', status: 'closed' }],
    ['in a status the register cannot tell', { org_name: '示例其他商贸有限公司', credit_code: '91990000MA00UNKN9N', ...wang }, { result: 'unsupported', status: 'unknown', level: 0 }],
    ['registered last week', { org_name: '示例新设商贸有限公司', credit_code: '91990000MA00DDDD28', representative_name: '赵虚构' }, { result: 'not_found', level: 0 }],
    ['nobody', { org_name: '示例无此公司', credit_code: '91990000MA00FFFF86', representative_name: '赵虚构' }, { result: 'not_found' }],
    ['a shop of one person', { org_name: '示例甲小吃店', credit_code: '92990000MA00GEH19K', representative_name: '欧阳示例' }, { result: 'match' }],
    ['a foundation', { org_name: '示例公益基金会', credit_code: '53990000MJ000000XG', representative_name: '司马虚构' }, { result: 'match' }],
  ];
  for (const [name, asked, expected] of rows) {
    test(name, async () => {
      const { answers, stderr, took, ...answer } = await upstream.try(asked);
      assert.deepEqual({ ...answer, ...expected }, answer, stderr);
      assert.match(answer.check_id, /^ent-/);
      assert.equal(answer.code, 0);
    });
  }
  const incomplete = [
    ['no representative', { ...good, representative_name: undefined }],
    ['no code', { ...good, credit_code: undefined }],
    ['no name', { ...good, org_name: '' }],
    ['a code with a wrong check character', { ...good, credit_code: '91990000MA00TEXT07' }],
    ['a name without end', { ...good, org_name: '甲'.repeat(400) }],
  ];
  for (const [name, asked] of incomplete) {
    test(`${name}: refused without a call`, async () => {
      const calls = await upstream.calls();
      assert.equal((await upstream.try(asked)).result, 'invalid_input');
      assert.equal(await upstream.calls(), calls);
    });
  }
});

test('every fault: the right result, in bounded time, and never a match', () => upstream.faultMatrix(four));

test('with the wrong secret the register refuses us, and with the wrong name', async () => {
  assert.equal((await upstream.try(four, { env: { TONGXING_CORPORATE_SECRET: 'another-secret-of-some-length' } })).result, 'upstream_error');
  assert.equal((await upstream.try(four, { entry: { app_id: 'somebody' } })).result, 'upstream_error');
});

describe('against another implementation', () => {
  const sign = (parts, key = secret) => createHmac('sha256', key)
    .update([...parts.slice(0, 3), createHash('sha256').update(parts[3]).digest('hex')].join('\n')).digest('hex');
  const tried = async (change = (data) => data, seal = (envelope) => envelope) => {
    const service = await serviceOf(({ headers, body }) => {
      const asked = JSON.parse(body);
      const data = JSON.stringify(change({ MerchantBizId: asked.MerchantBizId, RequestId: randomUUID(), Code: '200', Message: 'success',
        Result: { BizCode: '1', ReasonDetail: '', Status: '1', OpenTime: '2018-09-25/9999-09-09' } }));
      const timestamp = `${Date.now()}`;
      return { headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(seal({ data, timestamp, signature: sign(['tongxing', timestamp, headers['x-nonce'], data]) })) };
    });
    try {
      return { ...(await upstream.try(four, { entry: { url: service.url } })), requests: service.requests };
    } finally {
      await service.stop();
    }
  };

  test('our signature is the one described, and the request is in the published shape', async () => {
    const { result, requests: [request, ...more] } = await tried();
    const { headers, body } = request;
    assert.equal(result, 'match');
    assert.equal(more.length, 0);
    assert.equal(`${request.method} ${request.url}`, 'POST /api/v1/ent-element-verify');
    assert.equal(headers['x-signature'], sign(['tongxing', headers['x-timestamp'], headers['x-nonce'], body]));
    assert.ok(Math.abs(Date.now() - headers['x-timestamp']) < 60000);
    const { MerchantBizId, ...rest } = JSON.parse(body);
    assert.match(MerchantBizId, /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, { SceneCode: 'tongxing', UserAuthorization: '1', InfoVerifyType: 'ENT_4META', LicenseNo: four.credit_code,
      EntName: four.org_name, LegalPersonName: four.representative_name, LegalPersonCertNo: four.representative_number });
  });
  const bad = {
    'signed with another secret': [undefined, (e) => ({ ...e, signature: createHmac('sha256', 'another').update(e.data).digest('hex') })],
    'not signed': [undefined, ({ signature, ...e }) => e],
    'all match, but the name differs': [(d) => ({ ...d, Result: { ...d.Result, ReasonDetail: 'EntNameFlag' } })],
    'all match, of no status': [(d) => ({ ...d, Result: { BizCode: '1' } })],
    'a status nobody knows': [(d) => ({ ...d, Result: { ...d.Result, Status: '9' } })],
    'a number for a text': [(d) => ({ ...d, Result: { ...d.Result, BizCode: 1 } })],
    'of another request': [(d) => ({ ...d, MerchantBizId: 'f'.repeat(32) })],
    'a code nobody knows': [(d) => ({ ...d, Code: 'Forbidden.AccountAccessDenied' })],
    'without a result': [({ Result, ...d }) => d],
  };
  for (const [name, [change, seal]] of Object.entries(bad)) {
    test(`${name}: no answer`, async () => assert.equal((await tried(change, seal)).result, 'upstream_error'));
  }
});

test('settings that cannot work are refused, by name', async () => {
  const refused = async (entry, pattern) => {
    const { code, stderr } = await upstream.try(four, { entry });
    assert.equal(code, 1);
    assert.match(stderr, pattern);
  };
  await refused({ secret: 'short' }, /upstreams\.tried: app_id is missing, or secret is shorter/);
  await refused({ url: 'ftp://register.example' }, /upstreams\.tried\.url: must start with https/);
  await refused({ sign_key: 'key.pem' }, /upstreams\.tried\.sign_key: is not an option of the adapter corporate/);
});

test('nothing of it was written down', () => {
  upstream.assertNothingLeaked([secret, ...Object.values(four), ...Object.values(wang), '示例吊销', '91990000', '李示例', '370102188506150110', '有限公司']);
});
