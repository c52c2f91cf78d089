/* UnionPay: every answer code, every way it can fail, and signatures and encryption against Node's crypto and openssl(1). */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { constants, createHash, createPrivateKey, createSign, createVerify, privateDecrypt, X509Certificate } from 'node:crypto';
import { UpstreamUnderTest, openssl, serviceOf } from './support/upstreams.mjs';

const merchant = '777290058110097';
const jia = { name: '测试甲', id_number: '110105188812310013', bank_card: '6226388000000095', phone: '+8613800138001' };
const li = { name: '李示例', id_number: '370102188506150110', phone: '+8613800138002' };
const aygul = { name: '阿依古丽·示例', id_number: '650102188303210467', bank_card: '6217990000000000006', phone: '+8613800138003' };
let upstream;

function keys({ file }) {
  for (const [name, serial] of [['merchant', 68759529225], ['encrypt', 68759622183], ['sign', 69026276696], ['next', 7]]) {
    openssl(['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-set_serial', `${serial}`,
      '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]);
    fs.chmodSync(file(`${name}.key`), 0o600);
  }
  fs.writeFileSync(file('bare.pem'), openssl(['x509', '-in', file('merchant.crt'), '-pubkey', '-noout']));
}

before(async () => {
  const entry = { adapter: 'unionpay', app_id: merchant, sign_key: 'merchant.key', sign_cert: 'merchant.crt', encrypt_cert: 'encrypt.crt',
    verify_cert: 'sign.crt' };
  const env = {};
  upstream = await UpstreamUnderTest.start({ service: 'unionpay', entry, env, files: (made) => {
    keys({ file: (name) => made.file(name) });
    env.TONGXING_UNIONPAY_KEYS = made.folder;
  } });
});
after(() => upstream?.stop());

describe('answers of the issuers', () => {
  const rows = [
    ['all four', jia, 'match'],
    ['a name with a dot, and one that fits only folded', { ...aygul, name: '阿依古丽•示例' }, 'match'],
    ['another name', { ...jia, name: '测试乙' }, 'mismatch'],
    ['another number', { ...jia, id_number: '110105188812310021' }, 'mismatch'],
    ['another phone', { ...jia, phone: '+8613800138002' }, 'mismatch'],
    ['another person\'s card', { ...li, bank_card: jia.bank_card }, 'mismatch'],
    ['a card that is lost (63)', { ...li, bank_card: '6216261000000000018' }, 'state_bad'],
    ['an issuer that wants to be asked itself (60)', { ...li, bank_card: '6226090000000048' }, 'unsupported'],
    ['a card that is not enrolled (72)', { ...li, bank_card: '6228880000000000006' }, 'unsupported'],
    ['limited by risk control (38)', { name: '𠮷样例', id_number: '320102188111110799', bank_card: '622999000000000004', phone: '+8613800138004' }, 'rate_limited'],
    ['a card nobody issued (62)', { ...jia, bank_card: '6229990000000000993' }, 'unsupported'],
    ['a card with a wrong check digit: the issuer says so (61)', { ...jia, bank_card: '6226388000000096' }, 'invalid_input'],
  ];
  for (const [name, asked, result] of rows) {
    test(name, async () => {
      const calls = await upstream.calls();
      const answer = await upstream.try(asked);
      assert.equal(answer.result, result, answer.stderr);
      assert.equal(answer.level, result === 'match' ? 2 : 0);
      assert.equal(answer.method, 'bank_four_element_match');
      assert.equal(answer.authority, 'unionpay');
      assert.match(answer.check_id, /^[0-9a-f]{32}$/);
      assert.equal(await upstream.calls(), calls + 1);
    });
  }
  const never = [
    ['no card', { ...jia, bank_card: undefined }, 'invalid_input'],
    ['no phone', { ...jia, phone: undefined }, 'invalid_input'],
    ['no name', { ...jia, name: undefined }, 'invalid_input'],
    ['letters in the card', { ...jia, bank_card: '622638800000009X' }, 'invalid_input'],
    ['a name that would be fields of its own', { ...jia, name: '甲&certifId=370102188506150110' }, 'invalid_input'],
    ['a name that would close the bracket', { ...jia, name: '甲}' }, 'invalid_input'],
    ['a phone of another country', { ...jia, phone: '+85251234567' }, 'invalid_input'],
    ['a residence permit', { ...jia, name: '香港示例', id_number: '810000189005010113' }, 'unsupported'],
    ['a permanent-residence card', { ...jia, name: 'EXAMPLE PERSON', id_number: '911840189005010016' }, 'unsupported'],
  ];
  for (const [name, asked, result] of never) {
    test(`${name}: ${result}, without a call`, async () => {
      const calls = await upstream.calls();
      const answer = await upstream.try(asked);
      assert.equal(answer.result, result, answer.stderr);
      assert.equal(answer.level, 0);
      assert.equal(await upstream.calls(), calls);
    });
  }
});

/* The gateway promises no media type: what is signed by it is its answer, whatever it is called. */
test('every fault: the right result, in bounded time, and never a match', () => upstream.faultMatrix(jia, { wrong_type: 'match' }));

test('a call that came to nothing is not made again', async () => {
  await upstream.simulate('hang');
  const calls = await upstream.calls();
  assert.equal((await upstream.try(jia)).result, 'upstream_error');
  assert.equal(await upstream.calls(), calls + 1);
  await upstream.simulate('normal');
  const service = await serviceOf(() => ({ headers: { connection: 'close', 'content-length': 100 }, body: 'x' }));
  assert.equal((await upstream.try(jia, { entry: { url: service.url, timeout_ms: 700 } })).result, 'upstream_error');
  assert.equal(service.requests.length, 1);
  await service.stop();
});

test('an answer signed with a key that is not UnionPay\'s is none; the next key counts once it is configured', async () => {
  assert.equal((await upstream.try(jia, { entry: { verify_cert: 'next.crt' } })).result, 'upstream_error');
  assert.equal((await upstream.try(jia, { entry: { verify_cert: 'next.crt', verify_cert_next: 'sign.crt' } })).result, 'match');
});

test('a merchant that UnionPay does not know gets no answer', async () => {
  assert.equal((await upstream.try(jia, { entry: { app_id: '777290058110098' } })).result, 'upstream_error');
  assert.equal((await upstream.try(jia, { entry: { sign_key: 'next.key', sign_cert: 'next.crt' } })).result, 'upstream_error');
});

describe('against another implementation', () => {
  const read = (name) => fs.readFileSync(upstream.file(name), 'utf8');
  const digest = (fields) => createHash('sha256').update(Object.keys(fields).filter((name) => name !== 'signature').sort()
    .map((name) => `${name}=${fields[name]}`).join('&')).digest('hex');
  const open = (sealed) => {
    try {
      return privateDecrypt({ key: createPrivateKey(read('encrypt.key')), padding: constants.RSA_PKCS1_PADDING }, Buffer.from(sealed, 'base64')).toString();
    } catch { /* Node refuses this padding in some of its releases: openssl(1) does it */
      return openssl(['pkeyutl', '-decrypt', '-inkey', upstream.file('encrypt.key')], Buffer.from(sealed, 'base64')).toString();
    }
  };
  const tried = async (change = (fields) => fields, write = (fields) => Object.entries(fields).map((field) => field.join('=')).join('&')) => {
    const service = await serviceOf(({ body }) => {
      const { version, encoding, signMethod, txnType, txnSubType, merId, orderId, txnTime } = Object.fromEntries(new URLSearchParams(body));
      const fields = change({ version, encoding, signMethod, txnType, txnSubType, merId, orderId, txnTime, respCode: '00', respMsg: '成功[0000000]',
        reserved: '{a=1&b=2}', signPubKeyCert: read('next.crt') });
      const signature = createSign('RSA-SHA256').update(digest(fields)).sign(read('sign.key'), 'base64');
      return { headers: { 'content-type': 'text/html' }, body: write({ signature, ...fields }) };
    });
    try {
      return { ...(await upstream.try(jia, { entry: { url: service.url } })), requests: service.requests };
    } finally {
      await service.stop();
    }
  };

  test('what is sent: the published fields, signed and encrypted as published', async () => {
    const { result, requests } = await tried();
    assert.equal(result, 'match');
    assert.equal(requests.length, 1);
    const [{ method, url, headers, body }] = requests;
    assert.equal(`${method} ${url}`, 'POST /gateway/api/backTransReq.do');
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    const { signature, accNo, customerInfo, orderId, txnTime, ...fixed } = Object.fromEntries(new URLSearchParams(body));
    assert.deepEqual(fixed, { version: '5.1.0', encoding: 'utf-8', signMethod: '01', txnType: '72', txnSubType: '01', bizType: '001001', accessType: '0',
      channelType: '07', certId: '68759529225', encryptCertId: '68759622183', merId: merchant });
    assert.match(orderId, /^[0-9a-z]{8,32}$/);
    const beijing = Date.parse(txnTime.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6+08:00'));
    assert.ok(Math.abs(Date.now() - beijing) < 60000, txnTime);
    const certificate = new X509Certificate(read('merchant.crt'));
    assert.ok(createVerify('RSA-SHA256').update(digest({ accNo, customerInfo, orderId, txnTime, ...fixed })).verify(certificate.publicKey, signature, 'base64'));
    assert.equal(open(accNo), jia.bank_card);
    const [, id, name, sealed] = Buffer.from(customerInfo, 'base64').toString().match(/^\{certifTp=01&certifId=(.*?)&customerNm=(.*?)&encryptedInfo=(.*)\}$/);
    assert.equal(id, jia.id_number);
    assert.equal(name, jia.name);
    assert.equal(open(sealed), 'phoneNo=13800138001');
    for (const word of [jia.bank_card, '13800138001', jia.id_number]) assert.ok(!body.includes(word), 'nothing of it is in the clear');
  });
  const bad = {
    'of another order': [(f) => ({ ...f, orderId: '0'.repeat(32) })],
    'of another time': [(f) => ({ ...f, txnTime: '20200101000000' })],
    'of another merchant': [(f) => ({ ...f, merId: '777290058110098' })],
    'of another kind': [(f) => ({ ...f, txnType: '01' })],
    'of an older interface': [(f) => ({ ...f, version: '5.0.0' })],
    'a code nobody knows': [(f) => ({ ...f, respCode: '99' })],
    'no code': [({ respCode, ...f }) => f],
    'changed after it was signed': [undefined, (f) => Object.entries({ ...f, respCode: '66' }).map((e) => e.join('=')).join('&')],
    'a field added after it was signed': [undefined, (f) => `${Object.entries(f).map((e) => e.join('=')).join('&')}&more=1`],
    'a field twice': [undefined, (f) => `respCode=00&${Object.entries(f).map((e) => e.join('=')).join('&')}`],
    'percent-encoded, which its signature is not over': [undefined, (f) => new URLSearchParams(f).toString()],
    'without a signature': [undefined, ({ signature, ...f }) => Object.entries(f).map((e) => e.join('=')).join('&')],
  };
  for (const [name, [change, write]] of Object.entries(bad)) {
    test(`${name}: no answer`, async () => assert.equal((await tried(change, write)).result, 'upstream_error'));
  }
});

test('settings that cannot work are refused, by name', async () => {
  const refused = async (entry, pattern) => {
    const { code, stderr } = await upstream.try(jia, { entry });
    assert.equal(code, 1);
    assert.match(stderr, pattern);
  };
  await refused({ app_id: 'not-a-merchant' }, /upstreams\.tried\.app_id: must be the merchant's number/);
  await refused({ channel: '09' }, /upstreams\.tried\.channel: must be "07" or "08"/);
  await refused({ sign_key: 'nowhere.key' }, /upstreams\.tried\.sign_key: .*nowhere\.key cannot be read/);
  await refused({ sign_key: 'merchant.crt' }, /upstreams\.tried\.sign_key: .*can be read by others/);
  await refused({ encrypt_cert: 'merchant.key' }, /upstreams\.tried\.encrypt_cert: .*does not hold an RSA key/);
  await refused({ encrypt_cert: 'bare.pem' }, /sign_cert and encrypt_cert must be certificates/);
  await refused({ sign_cert: 'next.crt' }, /sign_cert is not the certificate of sign_key/);
  await refused({ verify_cert: undefined }, /upstreams\.tried\.verify_cert: is missing/);
});

test('nothing of it was written down', () => {
  const words = [jia, li, aygul].flatMap((person) => Object.values(person)).map((word) => word.replace('+86', ''));
  upstream.assertNothingLeaked([...words, '6216261000000000018', '6226388000000096', '810000189005010113', 'PRIVATE KEY', 'certifId', 'customerNm']);
});
