/* Social security cards: every answer, every way it can fail, and SM2, SM3 and the signatures against openssl(1). */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { UpstreamUnderTest, openssl, serviceOf } from './support/upstreams.mjs';

const secret = 'social-insurance-secret-for-tests';
const jia = { name: '测试甲', id_number: '110105188812310013', social_card: 'A00000001', region: '110105' };
const li = { name: '李示例', id_number: '370102188506150110', social_card: 'B00000002', region: '370102' };
const aygul = { name: '阿依古丽·示例', id_number: '650102188303210467', social_card: 'C00000003', region: '650102' };
const hong = { name: '香港示例', id_number: '810000189005010113', social_card: 'H00000004', region: '440106' };
let upstream;

before(async () => {
  const env = { TONGXING_SOCIAL_INSURANCE_SECRET: secret };
  upstream = await UpstreamUnderTest.start({
    service: 'social_insurance',
    entry: { adapter: 'social_insurance', app_id: 'tongxing', secret: '${TONGXING_SOCIAL_INSURANCE_SECRET}', platform_key: 'platform.pub' },
    env,
    files: (made) => {
      for (const name of ['platform', 'other']) {
        openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2', '-out', made.file(`${name}.key`)]);
        openssl(['pkey', '-in', made.file(`${name}.key`), '-pubout', '-out', made.file(`${name}.pub`)]);
        fs.chmodSync(made.file(`${name}.key`), 0o600);
      }
      env.TONGXING_SOCIAL_INSURANCE_KEY = made.file('platform.key');
    },
  });
});
after(() => upstream?.stop());

describe('answers of the platform', () => {
  const rows = [
    ['all four', jia, 'match'],
    ['a name that fits only folded', { ...aygul, name: '阿依古丽。示例' }, 'match'],
    ['a residence permit', hong, 'match'],
    ['another name', { ...jia, name: '测试乙' }, 'mismatch'],
    ['another card', { ...jia, social_card: 'A00000002' }, 'mismatch'],
    ['a card that is lost', li, 'state_bad'],
    ['no card of that region', { ...jia, region: '310101' }, 'not_found'],
    ['nobody of that number', { ...jia, id_number: '11010518881231003X' }, 'not_found'],
    ['a region that is not connected', { ...jia, region: '540102' }, 'unsupported'],
    ['a number that is none: the platform says so', { ...jia, id_number: '110105188812310011' }, 'invalid_input'],
  ];
  for (const [name, asked, result] of rows) {
    test(name, async () => {
      const answer = await upstream.try(asked);
      assert.equal(answer.result, result, answer.stderr);
      assert.equal(answer.level, result === 'match' ? 2 : 0);
      assert.equal(answer.method, 'social_insurance_match');
      assert.equal(answer.authority, 'mohrss-social-insurance');
      if (result !== 'invalid_input') assert.match(answer.check_id, /^sic-/);
    });
  }
  const never = [
    ['no card', { ...jia, social_card: undefined }],
    ['no region', { ...jia, region: undefined }],
    ['a region that is none', { ...jia, region: '990000' }],
    ['no name', { ...jia, name: '' }],
    ['a name without end', { ...jia, name: '甲'.repeat(100) }],
    ['no number', { ...jia, id_number: undefined }],
    ['a card with marks in it', { ...jia, social_card: 'A000&00001' }],
  ];
  for (const [name, asked] of never) {
    test(`${name}: refused without a call`, async () => {
      const calls = await upstream.calls();
      assert.equal((await upstream.try(asked)).result, 'invalid_input');
      assert.equal(await upstream.calls(), calls);
    });
  }
  for (const cipher of ['asn1', 'c1c2c3', 'c1c3c2']) {
    test(`encrypted texts laid out as ${cipher}`, async () => assert.equal((await upstream.try(jia, { entry: { cipher } })).result, 'match'));
  }
});

test('every fault: the right result, in bounded time, and never a match', () => upstream.faultMatrix(jia));

test('the wrong secret, the wrong name and the wrong key come to nothing', async () => {
  assert.equal((await upstream.try(jia, { env: { TONGXING_SOCIAL_INSURANCE_SECRET: 'another-secret-of-some-length' } })).result, 'upstream_error');
  assert.equal((await upstream.try(jia, { entry: { app_id: 'somebody' } })).result, 'upstream_error');
  assert.equal((await upstream.try(jia, { entry: { platform_key: 'other.pub' } })).result, 'upstream_error');
  assert.equal((await upstream.try(jia, { entry: { path: '/elsewhere' } })).result, 'upstream_error');
});

describe('against openssl(1)', () => {
  const hmac = (text) => openssl(['dgst', '-sm3', '-hmac', secret], text).toString().trim().split('= ').at(-1);
  const decrypt = (security) => {
    fs.writeFileSync(upstream.file('sealed'), Buffer.from(security, 'base64'));
    return JSON.parse(openssl(['pkeyutl', '-decrypt', '-inkey', upstream.file('platform.key'), '-in', upstream.file('sealed')]));
  };
  /* SEQUENCE { INTEGER r, INTEGER s } to r and s of 32 bytes. */
  const raw = (der) => {
    const integer = (at) => Buffer.concat([Buffer.alloc(32), der.subarray(at + 2, at + 2 + der[at + 1])]).subarray(-32);
    return Buffer.concat([integer(2), integer(4 + der[3])]).toString('base64');
  };
  const sign = (text, id = '1234567812345678') => {
    fs.writeFileSync(upstream.file('signed'), text);
    return raw(openssl(['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey', upstream.file('platform.key'), '-in', upstream.file('signed'),
      '-pkeyopt', `distid:${id}`]));
  };
  const tried = async ({ code = '0', change = (data) => data, id, seal = (reply) => reply, type = 'application/json' } = {}) => {
    const service = await serviceOf(({ body }) => {
      const { _api_access_id, _api_name, security } = Object.fromEntries(new URLSearchParams(body));
      const { bizSn } = decrypt(security);
      const data = JSON.stringify(change({ bizSn, result: '1', checkId: 'sic-7' }));
      const _api_timestamp = `${Date.now()}`;
      const text = `_api_access_id=${_api_access_id}&_api_name=${_api_name}&_api_timestamp=${_api_timestamp}&bizSn=${bizSn}&code=${code}&data=${data}`;
      return { headers: { 'content-type': type }, body: JSON.stringify(seal({ code, message: '', data, _api_timestamp, _api_signature: sign(text, id) })) };
    });
    try {
      return { ...(await upstream.try(jia, { entry: { url: service.url, cipher: 'asn1' } })), requests: service.requests };
    } finally {
      await service.stop();
    }
  };

  test('what is sent: signed with HMAC-SM3, the personal part encrypted with SM2', async () => {
    const { result, requests } = await tried();
    assert.equal(result, 'match');
    assert.equal(requests.length, 1);
    const [{ method, url, headers, body }] = requests;
    assert.equal(`${method} ${url}`, 'POST /essc/gateway', 'nothing of it is in the address');
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    const { _api_access_id, _api_name, _api_timestamp, security, _api_signature, ...more } = Object.fromEntries(new URLSearchParams(body));
    assert.deepEqual([_api_access_id, _api_name, more], ['tongxing', 'person.cardVerify', {}]);
    assert.ok(Math.abs(Date.now() - _api_timestamp) < 60000);
    assert.equal(_api_signature, hmac(`_api_access_id=tongxing&_api_name=person.cardVerify&_api_timestamp=${_api_timestamp}&security=${security}`));
    const { bizSn, ...person } = decrypt(security);
    assert.match(bizSn, /^[0-9a-f]{32}$/);
    assert.deepEqual(person, { aac003: jia.name, aac002: jia.id_number, aaz500: jia.social_card, aab301: jia.region });
  });
  const bad = {
    'signed without the identity that both sides agreed on': { id: '' },
    'of another request': { change: (d) => ({ ...d, bizSn: 'f'.repeat(32) }) },
    'a result nobody knows': { change: (d) => ({ ...d, result: '9' }) },
    'a number for a text': { change: (d) => ({ ...d, result: 1 }) },
    'a code nobody knows': { code: '500' },
    'changed after it was signed': { change: (d) => ({ ...d, result: '2' }), seal: (r) => ({ ...r, data: r.data.replace('"2"', '"1"') }) },
    'without a signature': { seal: ({ _api_signature, ...r }) => r },
    'as text/html': { type: 'text/html' },
  };
  for (const [name, options] of Object.entries(bad)) {
    test(`${name}: no answer`, async () => assert.equal((await tried(options)).result, 'upstream_error'));
  }
});

test('settings that cannot work are refused, by name', async () => {
  const refused = async (entry, pattern) => {
    const { code, stderr } = await upstream.try(jia, { entry });
    assert.equal(code, 1);
    assert.match(stderr, pattern);
  };
  await refused({ secret: 'short' }, /upstreams\.tried: app_id is missing .* secret is shorter/);
  await refused({ app_id: 'a&b' }, /upstreams\.tried: app_id is missing or has other marks/);
  await refused({ path: 'essc' }, /upstreams\.tried\.path: must start with \//);
  await refused({ api_name: 'a&b' }, /upstreams\.tried\.api_name: must be letters/);
  await refused({ cipher: 'C1C3C2' }, /upstreams\.tried\.cipher: must be c1c3c2, c1c2c3 or asn1/);
  await refused({ platform_key: 'nowhere.pub' }, /upstreams\.tried\.platform_key: .*nowhere\.pub cannot be read/);
  await refused({ platform_key: undefined }, /upstreams\.tried\.platform_key: is missing/);
});

test('nothing of it was written down', () => {
  upstream.assertNothingLeaked([secret, ...[jia, li, aygul, hong].flatMap((person) => Object.values(person)), 'PRIVATE KEY', 'aac003']);
});
