/* CTID against its simulator: every result, every fault, and nothing personal or secret written anywhere. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Upstreams, certificateFor, click, hrefOf, openssl, sm2Keys } from './support/upstream_visits.mjs';

const secret = 'ctid-secret-for-tests-only-0123456789';
const key = '00112233445566778899aabbccddeeff';
const person = { name: '测试甲', id_number: '110105188812310013' };
let upstreams, keys;

const entries = (url, more = {}) => {
  const common = { adapter: 'ctid', url: `${url}/idauth`, app_id: 'tongxing', secret: '${TONGXING_CTID_SECRET}', key: '${TONGXING_CTID_KEY}', public_key: keys.publicFile, timeout_ms: 700, ...more };
  return { ctid: common, face: { ...common, mode: 'face', page_url: `${url}/ctid` } };
};

before(async () => {
  upstreams = await Upstreams.start({ env: { TONGXING_CTID_SECRET: secret, TONGXING_CTID_KEY: key } });
  keys = sm2Keys(upstreams.folder, 'platform');
  upstreams.env.TONGXING_CTID_PRIVATE_KEY = keys.file;
  await upstreams.simulate();
  upstreams.configure(entries(upstreams.url));
});
after(() => upstreams?.stop());

const withOutcome = (outcome) => async (url) => {
  if (url === undefined) return undefined;
  const html = await (await fetch(url)).text();
  return click(new URL(hrefOf(html, `outcome-${outcome}`), url));
};

describe('name and number', () => {
  for (const [what, asked, result] of [
    ['of a person', person, 'match'],
    ['another name', { ...person, name: '测试乙' }, 'mismatch'],
    ['nobody has the number', { name: '测试丙', id_number: '110105188812310048' }, 'mismatch'],
    ['no longer valid', { name: '陈停用', id_number: '420102188001020913' }, 'mismatch'],
    ['a rare character', { name: '𠮷样例', id_number: '320102188111110799' }, 'match'],
    ['a number that cannot be', { ...person, id_number: '110105188812310014' }, 'invalid_input'],
  ]) {
    test(what, async () => {
      const answer = await upstreams.ask('ctid', asked);
      assert.equal(answer.result, result);
      assert.equal(answer.level, result === 'match' ? 2 : 0);
      assert.equal(answer.authority, 'ctid');
      if (result === 'match') assert.match(answer.check_id, /^[0-9a-f]{18}$/);
    });
  }
});

describe('presence', () => {
  for (const [outcome, result] of [['0', 'match'], ['1', 'mismatch'], ['2', 'unsupported'], ['F', 'invalid_input'], ['c', 'mismatch']]) {
    test(`outcome ${outcome}: ${result}`, async () => {
      const answer = await upstreams.ask('face', person, withOutcome(outcome));
      assert.equal(answer.result, result);
      assert.equal(answer.level, result === 'match' ? 3 : 0);
      assert.equal(answer.method, 'ctid_face');
    });
  }
  test('another name is a no whatever the face', async () => {
    assert.equal((await upstreams.ask('face', { ...person, name: '测试乙' }, withOutcome('0'))).result, 'mismatch');
  });
  test('not done: pending, and what the browser says instead counts for nothing', async () => {
    const asked = [];
    const answer = await upstreams.ask('face', person, async (url, pending) => {
      asked.push(pending?.result);
      return asked.length < 3 ? 'http://localhost/return?authResult=00XX&code=0' : undefined;
    });
    assert.deepEqual(asked, [undefined, 'pending', 'pending']);
    assert.equal(answer.result, 'pending');
  });
  test('nobody is in the address of the page', () => {
    for (const text of [person.name, encodeURIComponent(person.name), person.id_number]) assert.ok(!upstreams.beginUrl.includes(text));
  });
  test('a page elsewhere is not gone to', async () => {
    upstreams.configure({ ...entries(upstreams.url), face: { ...entries(upstreams.url).face, page_url: 'https://ctid.example/ctid' } });
    assert.equal((await upstreams.ask('face', person, withOutcome('0'))).result, 'upstream_error');
    upstreams.configure(entries(upstreams.url));
  });
});

describe('faults', () => {
  const broken = ['error', 'hang', 'garbage', 'wrong_type', 'bad_signature', 'replay', 'wrong_transaction', 'oversized', 'truncated', 'redirect'];
  for (const mode of broken) {
    test(`${mode}: an error within its time`, async () => {
      if (mode === 'replay') await upstreams.ask('ctid', person); // something to answer again
      await upstreams.mode('ctid', mode);
      for (const name of ['ctid', 'face']) {
        const answer = await upstreams.ask(name, person, withOutcome('0'));
        assert.equal(answer.result, 'upstream_error', name);
        assert.equal(answer.level, 0);
        assert.ok(answer.took_ms < 2500, `took ${answer.took_ms} ms`);
      }
    });
  }
  test('refuse: rate limited', async () => {
    await upstreams.mode('ctid', 'refuse');
    assert.equal((await upstreams.ask('ctid', person)).result, 'rate_limited');
    assert.equal((await upstreams.ask('face', person)).result, 'rate_limited');
  });
  test('slow, within its time: an answer; slower than that: an error, all exchanges together', async () => {
    await upstreams.mode('ctid', 'slow', 100);
    assert.equal((await upstreams.ask('ctid', person)).result, 'match');
    await upstreams.mode('ctid', 'slow', 300);
    const answer = await upstreams.ask('ctid', person);
    assert.equal(answer.result, 'upstream_error');
    assert.ok(answer.took_ms < 2500);
    await upstreams.mode('ctid', 'normal');
  });
  test('between the steps: what breaks while the person is away is no answer', async () => {
    for (const mode of broken) {
      const answer = await upstreams.ask('face', person, async (url) => {
        const back = await withOutcome('0')(url);
        await upstreams.mode('ctid', mode);
        return back;
      });
      await upstreams.mode('ctid', 'normal');
      assert.equal(answer.result, 'upstream_error', mode);
    }
  });
  test('a secret that is not ours', async () => {
    upstreams.env.TONGXING_CTID_SECRET = 'another-secret-for-tests-only-01234';
    assert.equal((await upstreams.ask('ctid', person)).result, 'upstream_error');
    upstreams.env.TONGXING_CTID_SECRET = secret;
  });
  test('a platform with another key', async () => {
    const other = sm2Keys(upstreams.folder, 'other');
    upstreams.configure(entries(upstreams.url, { public_key: other.publicFile }));
    assert.equal((await upstreams.ask('ctid', person)).result, 'upstream_error');
    upstreams.configure(entries(upstreams.url));
  });
});

/* By Node's AES and OpenSSL's command line: both of our sides cannot be wrong together. */
test('an independent client understands the platform', async () => {
  const post = (target, body, headers = {}) =>
    fetch(`${upstreams.url}/idauth${target}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }).then((answer) => answer.json());
  const { data: { token } } = await post('/auth/getCode', { appId: 'tongxing', appSecret: secret });
  const iv = randomBytes(16), nonce = randomBytes(16).toString('base64url'), outSerial = randomBytes(16).toString('hex');
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(key, 'hex'), iv);
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify({ outSerial, requestId: '' })), cipher.final()]);
  const answer = await post('/validateIdentity/apply/0x40', { data: sealed.toString('base64') }, { authorization: token, appid: 'tongxing', nonce });
  const bytes = Buffer.from(answer.data, 'base64');
  const decipher = createDecipheriv('aes-128-cbc', Buffer.from(key, 'hex'), bytes.subarray(0, 16));
  const applied = JSON.parse(Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]));
  assert.equal(applied.outSerial, outSerial);
  const random = Buffer.from(applied.randNum, 'base64');
  assert.deepEqual([...random.subarray(16, 18)], [0, 15]);
  const file = (name, content) => (fs.writeFileSync(path.join(upstreams.folder, name), content), path.join(upstreams.folder, name));
  for (const [text, signature] of [[`${answer.code}\n${nonce}\n${answer.data}`, Buffer.from(answer.sign, 'base64')], [random.subarray(0, 16), random.subarray(18)]]) {
    const verdict = openssl('dgst', '-sm3', '-verify', keys.publicFile, '-sigopt', 'distid:1234567812345678', '-signature', file('signature', signature), file('text', text));
    assert.match(verdict, /Verified OK/);
  }
});

describe('TLS', () => {
  const restart = async (tls) => {
    await upstreams.stopSimulator();
    await upstreams.simulate(tls);
  };
  test('a certificate of an authority that is known; one of another; one for another name', async () => {
    const good = certificateFor(upstreams.folder, '127.0.0.1');
    const other = certificateFor(upstreams.folder, 'ctid.example');
    await restart(good);
    upstreams.configure(entries(upstreams.url), { ca_file: good.ca });
    assert.equal((await upstreams.ask('ctid', person)).result, 'match');
    upstreams.configure(entries(upstreams.url));
    assert.equal((await upstreams.ask('ctid', person)).result, 'upstream_error');
    await restart(other);
    upstreams.configure(entries(upstreams.url), { ca_file: other.ca });
    assert.equal((await upstreams.ask('ctid', person)).result, 'upstream_error');
  });
  test('nobody listens', async () => {
    await upstreams.stopSimulator();
    const answer = await upstreams.ask('ctid', person);
    assert.equal(answer.result, 'upstream_error');
    assert.ok(answer.took_ms < 2500);
  });
});

test('options that cannot work are named', async () => {
  for (const [more, name] of [[{ key: 'short' }, 'key'], [{ mode: 'iris' }, 'mode'], [{ public_key: 'nowhere.pem' }, 'public_key'], [{ secret: 'short' }, 'secret'],
    [{ mode: 'face' }, 'page_url'], [{ url: 'ftp://x' }, 'url'], [{ colour: 'red' }, 'colour']]) {
    const broken = { ...entries('http://127.0.0.1:1').ctid, ...more };
    upstreams.configure({ ctid: broken });
    await upstreams.ask('ctid', person);
    assert.match(upstreams.errors, new RegExp(`upstreams.ctid.*${name}`), name);
  }
});

test('nothing personal and no secret was written', () => {
  assert.ok(upstreams.written.length > 1000);
  for (const text of [person.name, person.id_number, '测试乙', '陈停用', '420102188001020913', secret, key]) assert.ok(!upstreams.written.includes(text), text);
});
