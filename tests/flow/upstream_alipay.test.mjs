/*
 * Alipay's two adapters against its simulator, and both against an implementation of the gateway that is not ours: Node's crypto signs and verifies
 * here, so that the two sides of our own code cannot be wrong together.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createSign, createVerify, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import fs from 'node:fs';
import { freePort } from './support/stack.mjs';
import { Trial, makeCertificate } from './support/upstream_trial.mjs';
import { openssl } from './support/upstreams.mjs';

const appId = '2021000000000000';
const timeout_ms = 700;
const encrypt_key = 'AAECAwQFBgcICQoLDA0ODw==';
const someone = { name: '测试甲', id_number: '110105188812310013' };
const accounts = { jia: '074aFICT0000000000000000000000000001', yi: '074aFICT0000000000000000000000000002', uncertified: '074aFICT0000000000000000000000000003',
  passport: '074aFICT0000000000000000000000000004', company: '074aFICT0000000000000000000000000005', frozen: '074aFICT0000000000000000000000000006' };

let trial, simulator, keys;
before(async () => {
  trial = new Trial();
  keys = trial.file('keys');
  fs.mkdirSync(keys, { mode: 0o700 });
  const pem = (name) => `${keys}/${name}.pem`;
  for (const side of ['alipay', 'app', 'stranger']) {
    openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', pem(`${side}_private_key`)]);
    openssl(['pkey', '-in', pem(`${side}_private_key`), '-pubout', '-out', pem(`${side}_public_key`)]);
  }
  openssl(['req', '-x509', '-new', '-key', pem('stranger_private_key'), '-days', '30', '-set_serial', '98765432109876543210', '-subj', '/C=CN/O=Fictional/OU=Roots/CN=Fictional Root R1',
    '-out', pem('alipay_root_certificate')]);
  for (const [side, serial] of [['alipay', '4660'], ['app', '22136']]) {
    openssl(['req', '-new', '-key', pem(`${side}_private_key`), '-subj', `/C=CN/O=Fictional ${side}/CN=${side}`, '-out', pem(`${side}_request`)]);
    openssl(['x509', '-req', '-in', pem(`${side}_request`), '-CA', pem('alipay_root_certificate'), '-CAkey', pem('stranger_private_key'), '-set_serial', serial, '-days', '30',
      '-out', pem(`${side}_certificate`)]);
  }
  simulator = await trial.simulate({ env: { TONGXING_ALIPAY_KEYS: keys, TONGXING_ALIPAY_ENCRYPT_KEY: encrypt_key }, appId });
  configure();
});
after(() => trial?.stop());

const key = (name) => fs.readFileSync(`${keys}/${name}.pem`);

/* The entries of the configuration, for a gateway at an address. */
function configure(at = simulator, more = {}, config = {}) {
  const common = { url: `${at}/gateway.do`, app_id: appId, timeout_ms, app_private_key: 'keys/app_private_key.pem' };
  const byKey = { ...common, alipay_public_key: 'keys/alipay_public_key.pem', ...more };
  const byCertificate = { ...common, app_certificate: 'keys/app_certificate.pem', alipay_certificate: 'keys/alipay_certificate.pem',
    alipay_root_certificate: 'keys/alipay_root_certificate.pem', ...more };
  const authorize_url = `${simulator}/oauth2/publicAppAuthorize.htm`;
  trial.configure({
    ali: { adapter: 'alipay', authorize_url, ...byKey },
    ali_base: { adapter: 'alipay', authorize_url, scope: 'auth_base', ...byKey },
    ali_old: { adapter: 'alipay', authorize_url, subject: 'user_id', ...byKey },
    ali_sealed: { adapter: 'alipay', authorize_url, encrypt_key, ...byKey },
    ali_sealed_certificate: { adapter: 'alipay', authorize_url, encrypt_key, ...byCertificate },
    ali_certificate: { adapter: 'alipay', authorize_url, ...byCertificate },
    face: { adapter: 'alipay_face', ...byKey },
    face_new: { adapter: 'alipay_face', product: 'verification', ...byKey },
    face_zhima: { adapter: 'alipay_face', product: 'zhima', ...byKey },
    face_sealed: { adapter: 'alipay_face', encrypt_key, ...byKey },
    face_zhima_sealed: { adapter: 'alipay_face', product: 'zhima', encrypt_key, ...byKey },
    face_certificate: { adapter: 'alipay_face', ...byCertificate },
  }, config);
}

const press = async (url, fields) => {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() };
};

/* --- signing in --- */

const return_url = 'http://localhost:1/return/ali';

async function leave(name = 'ali') {
  const going = trial.go(name, { return_url });
  const { url, other_device } = await going.answer();
  assert.equal(other_device, false);
  return { ...going, url: new URL(url) };
}

/* The browser chooses an account there, and is sent back. */
async function choose(url, fields) {
  assert.equal((await fetch(url)).status, 200);
  const { status, location } = await press(url.origin + url.pathname, { ...Object.fromEntries(url.searchParams), ...fields });
  assert.equal(status, 303);
  return location;
}

async function signIn(fields, name = 'ali') {
  const going = await leave(name);
  const answer = await going.back(await choose(going.url, fields));
  await going.end();
  return answer;
}

describe('signing in', () => {
  test('the authorize page is asked for by app, scope, return address and state', async () => {
    const going = await leave();
    assert.deepEqual([...going.url.searchParams.keys()], ['app_id', 'scope', 'redirect_uri', 'state']);
    assert.equal(going.url.searchParams.get('redirect_uri'), return_url);
    assert.match(going.url.searchParams.get('state'), /^[0-9a-f]{32}$/);
    await going.end();
  });

  const rows = [
    ['jia', { certified: true, method: 'alipay_certified' }],
    ['yi', { certified: true, method: 'alipay_certified' }],
    ['uncertified', { certified: false, method: '' }],
    ['passport', { certified: false, method: '' }],
    ['company', { certified: false, method: '' }],
  ];
  for (const [account, told] of rows) {
    test(`${account} is known`, async () => {
      const answer = await signIn({ account: accounts[account] });
      assert.deepEqual(answer, { result: 'match', authority: 'alipay', check_id: '', level: 0, folded: false, subject: true, alert: false, status: answer.status, ...told });
    });
  }

  test('a frozen account is none', async () => {
    const answer = await signIn({ account: accounts.frozen });
    assert.equal(answer.result, 'state_bad');
    assert.equal(answer.subject, false);
  });

  test('whoever refuses is no match', async () => {
    const answer = await signIn({ refuse: '1' });
    assert.equal(answer.result, 'mismatch');
    assert.equal(answer.subject, false);
  });

  test('auth_base tells who it is, and nothing about them', async () => {
    const answer = await signIn({ account: accounts.jia }, 'ali_base');
    assert.equal(answer.result, 'match');
    assert.equal(answer.subject, true);
    assert.equal(answer.certified, false);
  });

  test('an older app may know people by user_id, and only where it gets one', async () => {
    assert.equal((await signIn({ account: accounts.jia }, 'ali_old')).result, 'match');
    assert.equal((await signIn({ account: accounts.yi }, 'ali_old')).result, 'upstream_error');
  });

  test('certificate mode', async () => {
    assert.equal((await signIn({ account: accounts.jia }, 'ali_certificate')).result, 'match');
  });

  for (const name of ['ali_sealed', 'ali_sealed_certificate']) {
    test(`encrypted content: ${name}`, async () => {
      const answer = await signIn({ account: accounts.jia }, name);
      assert.deepEqual([answer.result, answer.certified, answer.subject], ['match', true, true]);
      assert.equal((await signIn({ account: accounts.frozen }, name)).result, 'state_bad');
      const going = await leave(name);
      const address = new URL(await choose(going.url, { account: accounts.jia }));
      address.searchParams.set('auth_code', 'made-up');
      assert.equal((await going.back(address)).result, 'mismatch', 'a refusal is understood');
      await going.end();
    });
  }

  test('until the browser is back nothing is known', async () => {
    const going = await leave();
    assert.equal((await going.back()).result, 'pending');
    assert.equal((await going.back(await choose(going.url, { account: accounts.jia }))).result, 'match');
    await going.end();
  });

  test('a code is good once', async () => {
    const first = await leave();
    const address = new URL(await choose(first.url, { account: accounts.jia }));
    assert.equal((await first.back(address)).result, 'match');
    await first.end();
    const second = await leave();
    address.searchParams.set('state', second.url.searchParams.get('state'));
    assert.equal((await second.back(address)).result, 'mismatch');
    await second.end();
  });

  const returns = [
    ['another state', (params) => params.set('state', '0'.repeat(32))],
    ['no state', (params) => params.delete('state')],
    ['two states', (params) => params.append('state', params.get('state'))],
    ['another app', (params) => params.set('app_id', '2021000000000001')],
    ['a code that nobody gave', (params) => params.set('auth_code', 'made-up'), 'mismatch'],
    ['a code that is none', (params) => params.set('auth_code', 'a b&c')],
    ['an endless code', (params) => params.set('auth_code', 'c'.repeat(5000))],
  ];
  for (const [name, change, result = 'invalid_input'] of returns) {
    test(`coming back with ${name} is no match, and no error of Alipay's`, async () => {
      const going = await leave();
      const address = new URL(await choose(going.url, { account: accounts.jia }));
      change(address.searchParams);
      assert.equal((await going.back(address)).result, result);
      await going.end();
    });
  }
});

/* --- the face check --- */

async function faceBegin(name = 'face', asked = someone) {
  const going = trial.go(name, { return_url, ...asked });
  const begun = await going.answer();
  return { ...going, begun };
}

async function facePage(url) {
  const address = url.includes('/gateway.do') ? (await fetch(url, { redirect: 'manual' })).headers.get('location') : url;
  const page = await fetch(address);
  assert.equal(page.status, 200);
  assert.deepEqual([...(await page.text()).matchAll(/name=outcome value=(\w+)/g)].map((match) => match[1]), ['pass', 'fail', 'attack', 'leave']);
  return new URL(address);
}

async function show(url, outcome) {
  const page = await facePage(url);
  return press(page.origin + page.pathname, { certify_id: page.searchParams.get('certify_id'), outcome });
}

const authorities = { face: 'alipay-face', face_new: 'alipay-face', face_zhima: 'zhima', face_sealed: 'alipay-face', face_zhima_sealed: 'zhima' };
const products = Object.keys(authorities);
for (const product of products) {
  describe(`the face check: ${product}`, () => {
    test('passed: level 3, by face', async () => {
      const going = await faceBegin(product);
      assert.equal(going.begun.other_device, true);
      assert.equal((await going.back()).result, 'pending');
      await show(going.begun.url, 'pass');
      const answer = await going.back();
      assert.equal(answer.result, 'match');
      assert.equal(answer.level, 3);
      assert.equal(answer.method, 'face_1to1');
      assert.equal(answer.authority, authorities[product]);
      assert.ok(answer.check_id);
      assert.equal(answer.alert, false);
      assert.equal(await going.end(), 0);
    });

    for (const [outcome, alert] of [['fail', false], ['attack', true]]) {
      test(`${outcome}: no match${alert ? ', with the alert' : ''}`, async () => {
        const going = await faceBegin(product);
        await show(going.begun.url, outcome);
        const answer = await going.back();
        assert.equal(answer.result, 'mismatch');
        assert.equal(answer.level, 0);
        assert.equal(answer.alert, alert);
        await going.end();
      });
    }

    test('left: still pending, however often it is asked, and whatever the waiting page sends along', async () => {
      const going = await faceBegin(product);
      assert.equal((await show(going.begun.url, 'leave')).status, 200);
      for (const address of ['', '', `${return_url}?state=${'0'.repeat(32)}`]) assert.equal((await going.back(address)).result, 'pending');
      await going.end();
    });

    test('a face that is not the one of the name and number does not pass', async () => {
      for (const asked of [{ ...someone, name: '测试乙' }, { name: '陈停用', id_number: '420102188001020913' }, { name: '无此人', id_number: '110105188801010015' }]) {
        const going = await faceBegin(product, asked);
        await show(going.begun.url, 'pass');
        assert.equal((await going.back()).result, 'mismatch');
        await going.end();
      }
    });

    test('a check is done once', async () => {
      const going = await faceBegin(product);
      const page = await facePage(going.begun.url);
      const fields = { certify_id: page.searchParams.get('certify_id') };
      await press(page.origin + page.pathname, { ...fields, outcome: 'fail' });
      assert.equal((await press(page.origin + page.pathname, { ...fields, outcome: 'pass' })).status, 409);
      assert.equal((await going.back()).result, 'mismatch');
      await going.end();
    });

    test('nobody without a name and a number is sent there', async () => {
      assert.equal((await faceBegin(product, { name: someone.name })).begun.result, 'invalid_input');
    });
  });
}

test('a residence permit is taken by the one product and not by the others', async () => {
  const asked = { name: '台湾示例', id_number: '830000189005010133' };
  for (const product of ['face_new', 'face_zhima']) assert.equal((await faceBegin(product, asked)).begun.result, 'unsupported');
  assert.equal((await faceBegin('face', { name: 'EXAMPLE PERSON', id_number: '911840189005010016' })).begun.result, 'unsupported');
  const going = await faceBegin('face', asked);
  await show(going.begun.url, 'pass');
  assert.equal((await going.back()).result, 'match');
  await going.end();
});

for (const product of ['face', 'face_zhima']) {
  test(`${product}: returns with the state, and a failure that has no reason is one when the person was there`, async () => {
    const going = await faceBegin(product);
    const { status, location } = await show(going.begun.url, 'fail');
    assert.equal(status, 303);
    const back = new URL(location);
    assert.equal(back.origin + back.pathname, return_url);
    assert.match(back.searchParams.get('state'), /^[0-9a-f]{32}$/);
    assert.equal((await going.back(back)).result, 'mismatch');
    await going.end();
  });
}

test('what Zhima lets the browser say of the outcome is not believed', async () => {
  const going = await faceBegin('face_zhima');
  const biz_no = JSON.parse(new URL(going.begun.url).searchParams.get('biz_content')).biz_no;
  const back = new URL((await show(going.begun.url, 'fail')).location);
  assert.deepEqual(JSON.parse(back.searchParams.get('biz_content')), { biz_no, passed: 'false' });
  back.searchParams.set('biz_content', JSON.stringify({ biz_no, passed: 'true' }));
  assert.equal((await going.back(back)).result, 'mismatch');
  await going.end();
});

test('certificate mode of the face check', async () => {
  const going = await faceBegin('face_certificate');
  await show(going.begun.url, 'pass');
  assert.equal((await going.back()).result, 'match');
  await going.end();
});

/* --- faults --- */

/* What each mode does to a call; wrong_type is none: the gateway promises no media type, the signature is what counts. */
const faults = { slow: 'upstream_error', hang: 'upstream_error', error: 'upstream_error', garbage: 'upstream_error', bad_signature: 'upstream_error',
  replay: 'upstream_error', wrong_transaction: 'upstream_error', oversized: 'upstream_error', truncated: 'upstream_error', redirect: 'upstream_error', refuse: 'rate_limited' };

async function within(ms, what) {
  const started = Date.now();
  const value = await what();
  assert.ok(Date.now() - started < ms, `took ${Date.now() - started} ms`);
  return value;
}

const inMode = async (mode, what) => {
  await trial.mode(simulator, 'alipay', mode, 1500);
  try {
    return await within(timeout_ms + 2000, what);
  } finally {
    await trial.mode(simulator, 'alipay', 'normal');
  }
};

describe('faults', () => {
  for (const [mode, result] of Object.entries(faults)) {
    test(`${mode}: ${result}`, async () => {
      for (const name of ['ali', 'ali_sealed']) {
        const going = await leave(name);
        const address = await choose(going.url, { account: accounts.jia });
        assert.equal((await inMode(mode, () => going.back(address))).result, result, `${name}, signing in`);
        await going.end();
      }
      for (const product of products) {
        const checked = await faceBegin(product);
        await show(checked.begun.url, 'pass');
        assert.equal((await inMode(mode, () => checked.back())).result, result, `${product}, the query`);
        await checked.end();
        if (mode === 'wrong_transaction' || mode === 'replay') continue; /* initialize tells of no transaction: see below */
        const begun = await inMode(mode, () => faceBegin(product));
        assert.equal(begun.begun.result, result, `${product}, initialize`);
        await begun.end();
      }
    });
  }

  /* Nothing in the gateway's answers belongs to one request: the channel binds them, and what the query tells of the person. */
  for (const product of ['face', 'face_zhima']) {
    test(`${product}: the check of another, replayed as this one, is never a match`, async () => {
      const first = await faceBegin(product, { name: '测试乙', id_number: '110105188812310021' });
      await first.end();
      const second = await inMode('replay', () => faceBegin(product));
      const [before, now] = [first, second].map(({ begun }) => new URL(begun.url).searchParams.get('biz_content'));
      assert.equal(now, before);
      await show(second.begun.url, 'pass');
      assert.equal((await second.back()).result, 'upstream_error');
      await second.end();
    });
  }

  test('any media type will do', async () => {
    const going = await leave();
    const address = await choose(going.url, { account: accounts.jia });
    assert.equal((await inMode('wrong_type', () => going.back(address))).result, 'match');
    await going.end();
  });

  test('a connection that is refused', async () => {
    configure(`http://localhost:${await freePort()}`);
    try {
      for (const product of products) assert.equal((await within(timeout_ms + 2000, () => faceBegin(product))).begun.result, 'upstream_error', product);
    } finally {
      configure();
    }
  });

  test('TLS: a certificate that is trusted, one that is not, and one for another name', async () => {
    const good = makeCertificate(trial.folder, 'localhost'), other = makeCertificate(trial.folder, 'other.example');
    const secure = await trial.simulate({ env: { TONGXING_ALIPAY_KEYS: keys }, appId, tls: good });
    const misnamed = await trial.simulate({ env: { TONGXING_ALIPAY_KEYS: keys }, appId, tls: other });
    const trusting = (file) => ({ outbound: { ca_file: file } });
    try {
      for (const [at, config, begun] of [[secure, trusting(good.certificate), true], [secure, {}, false], [secure, trusting(other.certificate), false],
        [misnamed, trusting(other.certificate), false]]) {
        configure(at, {}, config);
        for (const product of ['face', 'face_new', 'face_zhima']) {
          const going = await within(timeout_ms + 2000, () => faceBegin(product));
          assert.equal(going.begun.url !== undefined, begun, product);
          if (!begun) assert.equal(going.begun.result, 'upstream_error', product);
          await going.end();
        }
      }
    } finally {
      configure();
    }
  });

  test('an answer with the certificate of another is none', async () => {
    configure(simulator, { alipay_certificate: 'keys/app_certificate.pem', alipay_public_key: undefined });
    try {
      assert.equal((await faceBegin('face_certificate')).begun.result, 'upstream_error');
    } finally {
      configure();
    }
  });

  test('the key of another', async () => {
    configure(simulator, { alipay_public_key: 'keys/stranger_public_key.pem' });
    try {
      assert.equal((await faceBegin()).begun.result, 'upstream_error');
    } finally {
      configure();
    }
  });
});

/* --- an implementation that is not ours --- */

const signingText = (params) =>
  [...params].filter(([name, value]) => name !== 'sign' && value !== '').sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join('&');
const sign = (text, pem) => createSign('RSA-SHA256').update(text, 'utf8').sign(createPrivateKey(pem), 'base64');
const fits = (text, signature, pem) => createVerify('RSA-SHA256').update(text, 'utf8').verify(createPublicKey(pem), signature, 'base64');
const serialName = (file) => {
  const shown = openssl(['x509', '-in', file, '-noout', '-issuer', '-nameopt', 'RFC2253']).toString().trim().replace(/^issuer=\s*/, '');
  const serial = BigInt(`0x${openssl(['x509', '-in', file, '-noout', '-serial']).toString().trim().split('=')[1]}`);
  return createHash('md5').update(`${shown}${serial}`).digest('hex');
};
const chinaTime = (ms = Date.now()) => new Date(ms + 8 * 3600 * 1000).toISOString().slice(0, 19).replace('T', ' ');

/* A gateway by Node: verifies what it is sent, answers what `tell` says, signed. */
async function nodeGateway(tell) {
  const heard = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const params = new Map(new URLSearchParams(body));
    heard.push({ params, type: request.headers['content-type'], path: request.url, signed: fits(signingText(params), params.get('sign'), key('app_public_key')) });
    response.writeHead(200, { 'content-type': 'text/html;charset=utf-8' }).end(tell(params));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { at: `http://127.0.0.1:${server.address().port}`, heard, close: () => server.close() };
}
const answerOf = (method, content, more = '') => `{"${method.replaceAll('.', '_')}_response":${content}${more},"sign":"${sign(content, key('alipay_private_key')).replaceAll('/', '\\/')}"}`;

test('what we send is what another reads, and what another signs is what we take', async () => {
  const certificate = `,"alipay_cert_sn":"${serialName(`${keys}/alipay_certificate.pem`)}"`;
  const contents = {
    'alipay.system.oauth.token': ' {\t"access_token" : "authusrBnode" ,"open_id":"node-1","expires_in":"1296000"}\n'.trim(),
    'alipay.user.info.share': '{"code":"10000","msg":"Success","avatar":"https:\\/\\/a.example\\/b","nick_name":"\\u6d4b},\\"sign\\":\\"x","open_id":"node-1","is_certified":"F"}',
  };
  const gateway = await nodeGateway((params) => answerOf(params.get('method'), contents[params.get('method')], params.get('app_cert_sn') ? certificate : ''));
  try {
    configure(gateway.at);
    for (const name of ['ali', 'ali_certificate']) assert.equal((await signIn({ account: accounts.jia }, name)).result, 'match');
    assert.equal(gateway.heard.length, 4);
    for (const { params, type, path, signed } of gateway.heard) {
      assert.ok(signed);
      assert.equal(path, '/gateway.do');
      assert.equal(type, 'application/x-www-form-urlencoded;charset=utf-8');
      assert.deepEqual(['format', 'charset', 'sign_type', 'version', 'app_id'].map((name) => params.get(name)), ['JSON', 'utf-8', 'RSA2', '1.0', appId]);
      assert.ok(Math.abs(Date.parse(`${params.get('timestamp').replace(' ', 'T')}+08:00`) - Date.now()) < 10000);
    }
    const [token, info, named] = gateway.heard.map(({ params }) => params);
    assert.equal(token.get('grant_type'), 'authorization_code');
    assert.ok(token.get('code'));
    assert.equal(token.has('biz_content'), false);
    assert.equal(info.get('auth_token'), 'authusrBnode');
    assert.equal(info.has('app_cert_sn'), false);
    assert.equal(named.get('app_cert_sn'), serialName(`${keys}/app_certificate.pem`));
    assert.equal(named.get('alipay_root_cert_sn'), serialName(`${keys}/alipay_root_certificate.pem`));
  } finally {
    gateway.close();
    configure();
  }
});

test('the face check asks that no photo is kept, and its page is signed', async () => {
  const gateway = await nodeGateway((params) => answerOf(params.get('method'), '{"code":"10000","msg":"Success","certify_id":"node-check","web_url":"https://face.example/x"}'));
  try {
    configure(gateway.at);
    const first = await faceBegin('face'), second = await faceBegin('face_new');
    await Promise.all([first.end(), second.end()]);
    const [certify, verification] = gateway.heard.map(({ params }) => JSON.parse(params.get('biz_content')));
    assert.ok(gateway.heard.every(({ signed }) => signed));
    assert.equal(certify.biz_code, 'FACE');
    assert.deepEqual(certify.identity_param, { identity_type: 'CERT_INFO', cert_type: 'IDENTITY_CARD', cert_name: someone.name, cert_no: someone.id_number });
    assert.equal(certify.merchant_config.face_reserve_strategy, 'never');
    assert.match(certify.outer_order_no, /^[0-9a-zA-Z]{32}$/);
    assert.equal(verification.biz_code, 'DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION');
    assert.equal(verification.face_reserve_strategy, 'never');
    assert.equal(verification.cert_no, someone.id_number);
    const page = new URL(first.begun.url);
    assert.ok(fits(signingText(page.searchParams), page.searchParams.get('sign'), key('app_public_key')));
    assert.equal(page.searchParams.get('method'), 'alipay.user.certify.open.certify');
    assert.deepEqual(JSON.parse(page.searchParams.get('biz_content')), { certify_id: 'node-check' });
    assert.ok(!first.begun.url.includes(someone.id_number) && first.begun.url.length < 1800);
    assert.equal(second.begun.url, 'https://face.example/x');
  } finally {
    gateway.close();
    configure();
  }
});

test('Zhima is asked with texts inside, and its page is told where to return to', async () => {
  const gateway = await nodeGateway((params) => answerOf(params.get('method'), '{"code":"10000","msg":"Success","biz_no":"ZM201700000000000000000000000001"}'));
  try {
    configure(gateway.at);
    const going = await faceBegin('face_zhima');
    await going.end();
    const [{ params, signed }] = gateway.heard, biz = JSON.parse(params.get('biz_content'));
    assert.ok(signed);
    assert.equal(params.get('method'), 'zhima.customer.certification.initialize');
    assert.deepEqual(Object.keys(biz), ['transaction_id', 'product_code', 'biz_code', 'identity_param', 'merchant_config', 'ext_biz_param']);
    assert.match(biz.transaction_id, /^[0-9a-zA-Z]{32}$/);
    assert.deepEqual([biz.product_code, biz.biz_code, biz.ext_biz_param], ['w1010100000000002978', 'FACE', '{}']);
    assert.deepEqual(JSON.parse(biz.identity_param), { identity_type: 'CERT_INFO', cert_type: 'IDENTITY_CARD', cert_name: someone.name, cert_no: someone.id_number });
    assert.deepEqual(JSON.parse(biz.merchant_config), { need_user_authorization: 'false' });
    const page = new URL(going.begun.url);
    assert.ok(fits(signingText(page.searchParams), page.searchParams.get('sign'), key('app_public_key')));
    assert.equal(page.searchParams.get('method'), 'zhima.customer.certification.certify');
    assert.deepEqual(JSON.parse(page.searchParams.get('biz_content')), { biz_no: 'ZM201700000000000000000000000001' });
    assert.equal(page.searchParams.get('return_url'), `${return_url}?checked=1&state=${biz.transaction_id}`);
    assert.ok(!going.begun.url.includes(someone.id_number) && going.begun.url.length < 1800);
  } finally {
    gateway.close();
    configure();
  }
});

/* --- encrypted content, as Node has it --- */

const zeros = Buffer.alloc(16);
const sealWith = (text, base64) => {
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(base64, 'base64'), zeros);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
};
const seal = (text) => sealWith(text, encrypt_key);
const unseal = (text) => {
  const cipher = createDecipheriv('aes-128-cbc', Buffer.from(encrypt_key, 'base64'), zeros);
  return Buffer.concat([cipher.update(text, 'base64'), cipher.final()]).toString('utf8');
};

test('encrypted content: what we send is what another opens, and what another seals is what we read', async () => {
  const contents = {
    'alipay.system.oauth.token': '{"access_token":"authusrBsealed","open_id":"node-1","expires_in":"1296000"}',
    'alipay.user.info.share': '{"code":"10000","msg":"Success","nick_name":"测试","open_id":"node-1","is_certified":"F"}',
    'alipay.user.certify.open.initialize': '{"code":"10000","msg":"Success","certify_id":"node-check"}',
    'zhima.customer.certification.initialize': '{"code":"10000","msg":"Success","biz_no":"ZM201700000000000000000000000003"}',
  };
  const gateway = await nodeGateway((params) => answerOf(params.get('method'), `"${seal(contents[params.get('method')])}"`));
  try {
    configure(gateway.at);
    assert.equal((await signIn({ account: accounts.jia }, 'ali_sealed')).result, 'match');
    const begun = [];
    for (const name of ['face_sealed', 'face_zhima_sealed']) {
      const going = await faceBegin(name);
      begun.push(going.begun.url);
      await going.end();
    }
    assert.equal(gateway.heard.length, 4);
    for (const { params, signed } of gateway.heard) {
      assert.ok(signed, 'over what is encrypted');
      assert.equal(params.get('encrypt_type'), 'AES');
    }
    const [token, info, certify, zhima] = gateway.heard.map(({ params }) => JSON.parse(unseal(params.get('biz_content'))));
    assert.deepEqual([token, info], [{}, {}]);
    assert.equal(gateway.heard[0].params.get('grant_type'), 'authorization_code', 'what is at the top stays there');
    assert.equal(certify.identity_param.cert_no, someone.id_number);
    assert.equal(JSON.parse(zhima.identity_param).cert_no, someone.id_number);
    for (const [url, content] of [[begun[0], { certify_id: 'node-check' }], [begun[1], { biz_no: 'ZM201700000000000000000000000003' }]]) {
      const page = new URL(url).searchParams;
      assert.ok(fits(signingText(page), page.get('sign'), key('app_public_key')));
      assert.equal(page.get('encrypt_type'), 'AES');
      assert.deepEqual(JSON.parse(unseal(page.get('biz_content'))), content);
    }
  } finally {
    gateway.close();
    configure();
  }
});

describe('encrypted content', () => {
  const method = 'alipay.user.certify.open.initialize', done = '{"code":"10000","certify_id":"node-check"}', limited = '{"code":"40005"}';
  const sealed = seal(done), bytes = Buffer.from(sealed, 'base64');
  const error = (content) => `{"error_response":${content},"sign":"${sign(content, key('alipay_private_key'))}"}`;
  const rows = [
    ['a success that is not encrypted', () => answerOf(method, done), 'upstream_error'],
    ['a refusal that is not encrypted', () => answerOf(method, limited), 'rate_limited'],
    ['an error response that is not encrypted', () => error(limited), 'rate_limited'],
    ['an encrypted refusal', () => answerOf(method, `"${seal(limited)}"`), 'rate_limited'],
    ['an encrypted answer without a signature', () => `{"alipay_user_certify_open_initialize_response":"${sealed}"}`, 'upstream_error'],
    ['a signature over what was encrypted', () => `{"alipay_user_certify_open_initialize_response":"${sealed}","sign":"${sign(done, key('alipay_private_key'))}"}`, 'upstream_error'],
    ['a signature without the quotes', () => `{"alipay_user_certify_open_initialize_response":"${sealed}","sign":"${sign(sealed, key('alipay_private_key'))}"}`, 'upstream_error'],
    ['another key', () => answerOf(method, `"${sealWith(done, 'EBESExQVFhcYGRobHB0eHw==')}"`), 'upstream_error'],
    ['bad padding', () => answerOf(method, `"${bytes.subarray(0, 32).toString('base64')}"`), 'upstream_error'],
    ['a broken block', () => answerOf(method, `"${bytes.subarray(0, 40).toString('base64')}"`), 'upstream_error'],
    ['bad base64', () => answerOf(method, `"${sealed.slice(0, -1)}"`), 'upstream_error'],
    ['nothing', () => answerOf(method, '""'), 'upstream_error'],
    ['more than an answer may have', () => answerOf(method, `"${seal(done.replace('}', `,"x":"${'x'.repeat(60000)}"}`))}"`), 'upstream_error'],
    ['an answer that is sealed twice', () => answerOf(method, `"${seal(`"${sealed}"`)}"`), 'upstream_error'],
  ];
  for (const [name, tell, result] of rows) {
    test(`${name}: ${result}`, async () => {
      const gateway = await nodeGateway(tell);
      try {
        configure(gateway.at);
        assert.equal((await faceBegin('face_sealed')).begun.result, result);
        assert.equal(gateway.heard.length, 1);
      } finally {
        gateway.close();
        configure();
      }
    });
  }

  test('where it is not agreed an encrypted answer is none', async () => {
    const gateway = await nodeGateway(() => answerOf(method, `"${sealed}"`));
    try {
      configure(gateway.at);
      assert.equal((await faceBegin('face')).begun.result, 'upstream_error');
    } finally {
      gateway.close();
      configure();
    }
  });
});

test('unsigned, and signed by whom we do not know, are errors only', async () => {
  const content = '{"code":"10000","certify_id":"node-check"}', name = 'alipay_user_certify_open_initialize_response';
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const answers = [
    `{"${name}":${content}}`,
    `{"${name}":${content},"sign":"${sign(content, stranger.privateKey)}"}`,
    `{"${name}":${content},"sign":"${sign(content, key('app_private_key'))}"}`,
    `{"${name}":${content},"sign":"${sign(`{"${name}":${content}}`, key('alipay_private_key'))}"}`,
    `{"error_response":{"code":"40002","sub_code":"isv.invalid-signature","sub_msg":"${someone.name}"}}`,
    `{"error_response":{"code":"40005"}}`,
  ];
  const gateway = await nodeGateway(() => answers[gateway.heard.length - 1]);
  try {
    configure(gateway.at);
    for (let i = 0; i < answers.length; i++) assert.equal((await faceBegin()).begun.result, 'upstream_error', answers[i]);
    assert.equal(gateway.heard.length, answers.length);
  } finally {
    gateway.close();
    configure();
  }
});

describe('the simulator is as strict as the real one', () => {
  const request = async (changes = {}, pem = key('app_private_key')) => {
    const params = new Map(Object.entries({ app_id: appId, method: 'alipay.user.certify.open.query', format: 'JSON', charset: 'utf-8', sign_type: 'RSA2', timestamp: chinaTime(),
      version: '1.0', biz_content: '{"certify_id":"none"}', ...changes }));
    params.set('sign', sign(signingText(params), pem));
    const answer = await fetch(`${simulator}/gateway.do`, { method: 'POST', body: new URLSearchParams([...params]) });
    return answer.text();
  };

  test('it signs what it answers', async () => {
    const text = await request();
    const [, content, signature] = text.match(/^\{"alipay_user_certify_open_query_response":(\{.*\}),"sign":"([^"]+)"\}$/);
    assert.ok(fits(content, signature, key('alipay_public_key')));
    assert.equal(JSON.parse(content).sub_code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
  });

  const rows = [
    ['a signature of another', {}, 'isv.invalid-signature'],
    ['another app', { app_id: '2021000000000009' }, 'isv.invalid-app-id'],
    ['an old timestamp', { timestamp: chinaTime(Date.now() - 3600 * 1000) }, 'isv.invalid-timestamp'],
    ['a timestamp in UTC', { timestamp: chinaTime(Date.now() - 8 * 3600 * 1000) }, 'isv.invalid-timestamp'],
    ['RSA with SHA-1', { sign_type: 'RSA' }, 'isv.invalid-signature-type'],
    ['another way of encrypting', { encrypt_type: 'AES_V2' }, 'isv.decryption-error-not-valid-encrypt-type'],
    ['another charset', { charset: 'gbk' }, 'isv.invalid-format'],
    ['an unknown method', { method: 'alipay.trade.pay' }, 'isv.invalid-method'],
  ];
  for (const [name, changes, sub_code] of rows) {
    test(`it refuses ${name}`, async () => {
      const text = await request(changes, key(sub_code === 'isv.invalid-signature' ? 'stranger_private_key' : 'app_private_key'));
      assert.equal(JSON.parse(text).error_response.sub_code, sub_code);
      assert.equal(JSON.parse(text).sign, undefined);
    });
  }

  test('it opens what is encrypted with its key, and answers so', async () => {
    const text = await request({ encrypt_type: 'AES', biz_content: seal('{"certify_id":"none"}') });
    const [, content, signature] = text.match(/^\{"alipay_user_certify_open_query_response":("[^"]+"),"sign":"([^"]+)"\}$/);
    assert.ok(fits(content, signature, key('alipay_public_key')));
    assert.equal(JSON.parse(unseal(JSON.parse(content))).sub_code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    const refused = JSON.parse(await request({ encrypt_type: 'AES', biz_content: sealWith('{"certify_id":"none"}', 'EBESExQVFhcYGRobHB0eHw==') }));
    assert.equal(refused.alipay_user_certify_open_query_response.sub_code, 'isv.decryption-error-unknown');
  });

  test('it makes a check once for each order number', async () => {
    const biz_content = JSON.stringify({ outer_order_no: 'order0123456789abcdef', biz_code: 'FACE', identity_param: { identity_type: 'CERT_INFO', cert_type: 'IDENTITY_CARD',
      cert_name: someone.name, cert_no: someone.id_number }, merchant_config: { return_url, face_reserve_strategy: 'never' } });
    const method = 'alipay.user.certify.open.initialize';
    assert.match(await request({ method, biz_content }), /"code":"10000"/);
    assert.match(await request({ method, biz_content }), /"sub_code":"INVALID_PARAMETER"/);
    assert.match(await request({ method, biz_content: biz_content.replace('never', 'reserve').replace('order0', 'order1') }), /"sub_code":"INVALID_PARAMETER"/);
  });
});

test('a refusal is told to the operator by its code', () => {
  assert.match(trial.output, /alipay\.refused upstream=face method=alipay\.user\.certify\.open\.initialize code=40002 sub_code=isv\.invalid-signature authentic=no/);
});

test('nothing about the people, and no secret, was written anywhere', () => {
  const written = trial.written();
  const register = fs.readFileSync(new URL('../../config/register.yaml', import.meta.url), 'utf8');
  const personal = [...register.matchAll(/^\s+-?\s*(?:name|id_number|phone|mobile|open_id|user_id|user_name|nick_name): "?([^"\n]+?)"?$/gm)].map((match) => match[1])
    .filter((text) => text.length > 1);
  assert.ok(personal.length > 50 && written.length > 5000);
  const secrets = ['authusrB', encrypt_key, ...['app_private_key', 'alipay_private_key'].map((name) => key(name).toString().split('\n')[1])];
  for (const text of [...personal, ...secrets]) {
    assert.ok(!written.includes(text) && !written.includes(encodeURIComponent(text)), `${text} was written`);
  }
});
