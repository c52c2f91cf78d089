/* The national network identity against its simulator: every result, every fault, and nothing personal or secret written anywhere. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Upstreams, certificateFor, click, hrefOf, openssl, sm2Keys } from './support/upstream_visits.mjs';

const person = { name: '测试甲', id_number: '110105188812310013' };
let upstreams, platform, client;

const entries = (url, more = {}) => {
  const common = { adapter: 'network_identity', url, app_id: 'tongxing', business_id: '0001', private_key: client.file, public_key: platform.publicFile, page_url: `${url}/ncid/launch`, timeout_ms: 700, ...more };
  return { one: common, two: { ...common, mode: 2 }, three: { ...common, mode: 3 }, four: { ...common, mode: 4, attributes: 'sex phone maskedName' } };
};

before(async () => {
  upstreams = await Upstreams.start();
  platform = sm2Keys(upstreams.folder, 'platform');
  client = sm2Keys(upstreams.folder, 'client');
  Object.assign(upstreams.env, { TONGXING_NETWORK_IDENTITY_PRIVATE_KEY: platform.file, TONGXING_NETWORK_IDENTITY_CLIENT_KEY: client.publicFile });
  await upstreams.simulate();
  upstreams.configure(entries(upstreams.url));
});
after(() => upstreams?.stop());

/* In the page that stands for the app: somebody by the name they go by, or a choice by its id. */
const as = (who) => async (url) => {
  if (url === undefined) return undefined;
  const html = await (await fetch(url)).text();
  const id = html.match(new RegExp(`id="choose-(\\d+)"[^>]*>${who}<`))?.[1] ?? who;
  return click(new URL(hrefOf(html, `choose-${id}`), url));
};

describe('signing in', () => {
  for (const [name, level, method] of [['one', 2, 'network_credential'], ['two', 2, 'network_credential'], ['three', 3, 'network_credential_face'], ['four', 3, 'network_credential_face']]) {
    test(`mode ${name}: level ${level}, a pseudonym, and nobody vouches for a name`, async () => {
      const answer = await upstreams.ask(name, {}, as('测试甲'));
      assert.equal(answer.result, 'match');
      assert.equal(answer.level, level);
      assert.equal(answer.method, method);
      assert.equal(answer.authority, 'national-network-identity');
      assert.equal(answer.subject, true);
      assert.equal(answer.certified, false);
      assert.match(answer.check_id, /^NC-/);
    });
  }
  for (const [who, result] of [['欧阳示例', 'state_bad'], ['nobody', 'not_found'], ['cancel', 'mismatch']]) {
    test(`${who}: ${result}`, async () => {
      const answer = await upstreams.ask('one', {}, as(who));
      assert.equal(answer.result, result);
      assert.equal(answer.level, 0);
      assert.equal(answer.subject, false);
    });
  }
  test('another face does not pass where a face is looked at', async () => {
    assert.equal((await upstreams.ask('three', {}, as('other'))).result, 'mismatch');
    assert.equal((await upstreams.ask('one', {}, as('other'))).result, 'match');
  });
  test('what the app is launched with', async () => {
    await upstreams.ask('four', {}, as('测试甲'));
    const { searchParams } = new URL(upstreams.beginUrl);
    assert.equal(searchParams.get('orgID'), 'tongxing');
    assert.equal(searchParams.get('businessID'), '0001');
    assert.equal(searchParams.get('type'), '1');
    assert.equal(searchParams.get('authMode'), 'R04');
    assert.match(searchParams.get('bizSeq'), /^[0-9a-f]{32}$/);
    assert.equal(searchParams.get('state'), searchParams.get('bizSeq'));
  });
});

describe('presence: is it this person?', () => {
  test('the person', async () => assert.equal((await upstreams.ask('three', person, as('测试甲'))).result, 'match'));
  test('somebody else who is proven as well', async () => assert.equal((await upstreams.ask('three', person, as('李示例'))).result, 'mismatch'));
  test('nobody of the person is in the address', () => {
    for (const text of [person.id_number, encodeURIComponent(person.name)]) assert.ok(!upstreams.beginUrl.includes(text));
  });
});

describe('what a browser may bring', () => {
  test('nothing: pending', async () => {
    assert.equal((await upstreams.ask('one', {}, async (url) => (url ? 'http://localhost/return' : undefined))).result, 'pending');
  });
  test('a credential that was used before', async () => {
    let used;
    await upstreams.ask('one', {}, async (url) => (used = await as('测试甲')(url)));
    const again = await upstreams.ask('one', {}, async (url) => {
      const back = new URL(used);
      back.searchParams.set('state', new URL(url).searchParams.get('state'));
      return back.href;
    });
    assert.equal(again.result, 'mismatch');
  });
  test('a credential made for another serial number, never used', async () => {
    let other;
    await upstreams.ask('one', {}, async (url) => {
      if (!url) return undefined;
      other = new URL(await as('测试甲')(url));
      return 'http://localhost/return';
    });
    const answer = await upstreams.ask('one', {}, async (url) => {
      other.searchParams.set('state', new URL(url).searchParams.get('state'));
      return other.href;
    });
    assert.equal(answer.result, 'mismatch');
  });
  for (const [what, change] of [
    ['another state', (back) => back.searchParams.set('state', '0'.repeat(32))],
    ['no credential', (back) => back.searchParams.delete('idCardAuthData')],
    ['two of them', (back) => back.searchParams.append('idCardAuthData', 'x')],
    ['a very long one', (back) => back.searchParams.set('idCardAuthData', 'x'.repeat(7000))],
    ['controls', (back) => back.searchParams.set('idCardAuthData', 'a\nb')],
    ['another alphabet', (back) => back.searchParams.set('idCardAuthData', '测试甲')],
  ]) {
    test(`${what}: refused without asking`, async () => {
      const { calls } = await (await fetch(`${upstreams.url}/_control?service=network_identity`)).json();
      const answer = await upstreams.ask('one', {}, async (url) => {
        const back = new URL(await as('测试甲')(url));
        change(back);
        return back.href;
      });
      assert.equal(answer.result, 'invalid_input');
      assert.equal((await (await fetch(`${upstreams.url}/_control?service=network_identity`)).json()).calls, calls);
    });
  }
  test('a password mode without the password', async () => {
    const answer = await upstreams.ask('two', {}, async (url) => {
      const back = new URL(await as('测试甲')(url));
      back.searchParams.delete('certPwdData');
      return back.href;
    });
    assert.equal(answer.result, 'invalid_input');
  });
});

describe('faults', () => {
  for (const mode of ['error', 'hang', 'garbage', 'wrong_type', 'bad_signature', 'replay', 'wrong_transaction', 'oversized', 'truncated', 'redirect']) {
    test(`${mode}: an error within its time`, async () => {
      await upstreams.ask('three', person, as('测试甲')); // something to answer again
      await upstreams.mode('network_identity', mode);
      for (const name of ['one', 'three']) {
        const answer = await upstreams.ask(name, person, as('测试甲'));
        assert.equal(answer.result, 'upstream_error', name);
        assert.equal(answer.subject, false);
        assert.ok(answer.took_ms < 2500, `took ${answer.took_ms} ms`);
      }
      await upstreams.mode('network_identity', 'normal');
    });
  }
  test('refuse: rate limited', async () => {
    await upstreams.mode('network_identity', 'refuse');
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'rate_limited');
  });
  test('slow: an answer within its time, else an error', async () => {
    await upstreams.mode('network_identity', 'slow', 200);
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'match');
    await upstreams.mode('network_identity', 'slow', 1500);
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'upstream_error');
    await upstreams.mode('network_identity', 'normal');
  });
  test('a service with another key, and one that does not know ours', async () => {
    upstreams.configure(entries(upstreams.url, { public_key: client.publicFile }));
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'upstream_error');
    upstreams.configure(entries(upstreams.url, { private_key: platform.file }));
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'upstream_error');
    upstreams.configure(entries(upstreams.url, { signature: 'raw' }));
    assert.equal((await upstreams.ask('one', {}, as('测试甲'))).result, 'upstream_error', 'the other form of a signature');
    upstreams.configure(entries(upstreams.url));
  });
});

/* Signed and verified by OpenSSL's command line: both of our sides cannot be wrong together. */
test('an independent client understands the service', async () => {
  const file = (name, content) => (content !== undefined && fs.writeFileSync(path.join(upstreams.folder, name), content), path.join(upstreams.folder, name));
  const bizSeq = 'f'.repeat(32);
  const back = new URL(await as('测试甲')(`${upstreams.url}/ncid/launch?${new URLSearchParams({ orgID: 'tongxing', businessID: '0001', bizSeq, type: '0', authMode: 'R01', returnUrl: 'http://localhost/return', state: bizSeq })}`));
  const bizPackage = JSON.stringify({ orgID: 'tongxing', businessID: '0001', bizSeq, authMode: 'R01', idCardAuthData: back.searchParams.get('idCardAuthData'), certPwdData: '' });
  openssl('dgst', '-sm3', '-sign', client.file, '-sigopt', 'distid:1234567812345678', '-out', file('signature'), file('text', bizPackage));
  const answer = await (await fetch(`${upstreams.url}/ncid/v1/authenticate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ bizPackage, sign: fs.readFileSync(file('signature')).toString('base64') }) })).json();
  const verdict = openssl('dgst', '-sm3', '-verify', platform.publicFile, '-sigopt', 'distid:1234567812345678', '-signature', file('signature', Buffer.from(answer.sign, 'base64')), file('text', answer.bizPackage));
  assert.match(verdict, /Verified OK/);
  assert.equal(JSON.parse(answer.bizPackage).authResult, '0');
  assert.equal(JSON.parse(answer.bizPackage).bizSeq, bizSeq);
});

describe('TLS', () => {
  test('a certificate of an authority that is known; one of another; one for another name; nobody', async () => {
    const good = certificateFor(upstreams.folder, '127.0.0.1');
    const other = certificateFor(upstreams.folder, 'ncid.example');
    const page = (scheme) => ({ page_url: `${scheme}://127.0.0.1:${upstreams.port}/ncid/launch` });
    const credential = async (url) => `http://localhost/return?${new URLSearchParams({ state: new URL(url).searchParams.get('state'), resultCode: 'C0000000', idCardAuthData: 'made-up' })}`;
    await upstreams.stopSimulator();
    await upstreams.simulate(good);
    upstreams.configure(entries(upstreams.url, page('https')), { ca_file: good.ca });
    assert.equal((await upstreams.ask('one', {}, credential)).result, 'mismatch', 'heard: it is no credential of its');
    upstreams.configure(entries(upstreams.url, page('https')));
    assert.equal((await upstreams.ask('one', {}, credential)).result, 'upstream_error');
    await upstreams.stopSimulator();
    await upstreams.simulate(other);
    upstreams.configure(entries(upstreams.url, page('https')), { ca_file: other.ca });
    assert.equal((await upstreams.ask('one', {}, credential)).result, 'upstream_error');
    await upstreams.stopSimulator();
    const answer = await upstreams.ask('one', {}, credential);
    assert.equal(answer.result, 'upstream_error');
    assert.ok(answer.took_ms < 2500);
  });
});

test('options that cannot work are named', async () => {
  for (const [more, name] of [[{ mode: 5 }, 'mode'], [{ signature: 'rsa' }, 'signature'], [{ private_key: platform.publicFile }, 'private_key'], [{ page_url: 'nowhere' }, 'page_url'],
    [{ attributes: 'idNumber' }, 'attributes'], [{ path: 'x' }, 'path'], [{ app_id: '' }, 'app_id'], [{ business_id: undefined }, 'business_id']]) {
    upstreams.configure({ one: { ...entries('http://127.0.0.1:1').one, ...more } });
    await upstreams.ask('one', {});
    assert.match(upstreams.errors, new RegExp(`upstreams.one.*${name}`), name);
  }
  fs.chmodSync(client.file, 0o644);
  upstreams.configure({ one: entries('http://127.0.0.1:1').one });
  await upstreams.ask('one', {});
  assert.match(upstreams.errors, /private_key.*0600/);
});

test('nothing personal and no secret was written', () => {
  assert.ok(upstreams.written.length > 1000);
  for (const text of [person.name, person.id_number, '李示例', '欧阳示例', '13800138011', 'PRIVATE KEY', 'idCardAuthData', 'cGFzc3dvcmQ=']) assert.ok(!upstreams.written.includes(text), text);
});
