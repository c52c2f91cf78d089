/*
 * Registers that nobody wrote a line of C for: described in YAML here, asked by the binary as it is. Every result of each, every fault, and
 * nothing personal or secret in whatever the processes write.
 */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Stack, binary, freePort, root } from './support/stack.mjs';
import { Agent, hidden, requestOf } from './support/agent.mjs';
import { c1 } from './support/clients.mjs';
import { Register, labour, companies, cards, certified } from './support/rest_register.mjs';

const TIMEOUT_MS = 1500;
const IN_TIME_MS = TIMEOUT_MS + 2500; // the start of a sanitised binary on a busy machine included
const environment = {
  TONGXING_LABOUR_SECRET: 'labour+secret/for tests=only',
  TONGXING_COMPANIES_SECRET: 'companies-secret-for-tests',
  TONGXING_CARDS_SECRET: 'cards-secret-for-tests',
};
const jia = { name: '测试甲', number: '110105188812310013', phone: '13800138000', card: '6226388000000095' };
const yi = { name: '阿依古丽·示例', number: '650102188303210467', phone: '13900139000', card: '6216261000000000018' };
const company = { code: '91990000MA00TEXT06', name: '示例（省）"信息" & 技术公司', representative: '李示例', representativeNumber: '370102188506150110' };
const asked = (person, more = {}) => ({ name: person.name, id_number: person.number, phone: `+86${person.phone}`, bank_card: person.card, ...more });

let folder, registers, config;
const written = []; // by all processes

const file = (name) => path.join(folder, name);

/* --- keys --- */

function openssl(...args) {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
}
function authority(name) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
}
function certificate(issuer, name, alternative) {
  fs.writeFileSync(file('extensions'), `subjectAltName=${alternative}\n`);
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-out', `${name}.pem`, '-days', '2', '-extfile', 'extensions');
}
const tlsOf = (name, issuer) => ({ cert: fs.readFileSync(file(`${name}.pem`)), key: fs.readFileSync(file(`${name}.key`)), ca: fs.readFileSync(file(`${issuer}.pem`)), requestCert: true, rejectUnauthorized: false });

/* --- descriptions --- */

/* The example of the page, with nothing but its address changed. */
function labourExample() {
  const page = fs.readFileSync(path.join(root, 'docs/upstreams/rest.md'), 'utf8');
  const example = /```yaml\nupstreams:\n([^]*?)```/.exec(page)?.[1];
  assert.ok(example, 'the page has its example');
  const changed = example.replace('https://labour.example/open', `http://127.0.0.1:${registers.labour.port}/open`);
  assert.notEqual(changed, example);
  return changed;
}

const companiesDescription = () => `
  companies:
    adapter: rest
    url: http://127.0.0.1:${registers.companies.port}/registry
    app_id: tongxing
    secret: \${TONGXING_COMPANIES_SECRET}
    timeout_ms: ${TIMEOUT_MS}
    authority: example-companies
    services: [organisation]
    asks: [organisation, representative]
    proof: enterprise_four_element_match
    request:
      method: GET
      path: "/companies/{{credit_code}}"
      query: {name: "{{org_name}}", representative: "{{representative_name}}", number: "{{representative_number}}"}
      personal_in_address: true
    authentication: {kind: basic}
    answer:
      status: [200, 404]
      rate_limited: [429]
      equals: {/code: "{{credit_code}}"}
      result:
        - {at: /found, type: number, table: {0: not_found, 1: next}}
        - {at: /same, type: flag, table: {true: match, false: mismatch}}
      evidence: {as_of: /updated}
      organisation: {status: /state, statuses: {存续: operating, 吊销: revoked, 注销: cancelled}, name: /name, type: /kind}
`;
const cardsDescription = () => `
  cards:
    adapter: rest
    url: http://127.0.0.1:${registers.cards.port}
    secret: \${TONGXING_CARDS_SECRET}
    timeout_ms: ${TIMEOUT_MS}
    authority: example-bank
    services: [person]
    asks: [name, id_number, phone, bank_card]
    proof: bank_four_element_match
    request:
      path: /cards
      form: {orderId: "{{transaction}}", txnTime: "{{time_beijing}}", accNo: "{{bank_card}}", certifId: "{{id_number}}", customerNm: "{{name}}", phoneNo: "{{phone}}"}
    authentication: {kind: bearer}
    answer:
      inside: /payload
      equals: {/orderId: "{{transaction}}"}
      result: {at: /respCode, type: text, table: {"00": match, "66": mismatch, "61": invalid_input, "62": unsupported, "63": state_bad, "37": rate_limited}}
      evidence: {check_id: /queryId}
`;
const certifiedDescription = (name = 'certified', port = registers.certified.port) => `
  ${name}:
    adapter: rest
    url: https://localhost:${port}
    timeout_ms: ${TIMEOUT_MS}
    authority: example-certified
    services: [person]
    asks: [name, id_number]
    proof: two_element_match
    request:
      method: PUT
      path: /check
      json: {ask: [{n: "{{name}}", i: "{{id_number}}", t: "{{transaction}}"}]}
    authentication: {kind: mtls, certificate: tongxing.pem, key: tongxing.key}
    answer:
      rate_limited: [429]
      equals: {/t: "{{transaction}}"}
      result: {at: /ok, type: flag, table: {true: match, false: mismatch}}
`;

const frame = () => `
server: {issuer: "http://localhost:8080"}
sql: {path: x.db}
keys: {folder: keys}
registration: {enabled: false}
outbound: {ca_file: trusted.pem}
upstreams:
`;

/* --- trials --- */

async function run(args, input, env = {}) {
  const started = Date.now();
  const child = spawn(binary, args, { env: { ...process.env, ...environment, TONGXING_CONFIG: config, ...env } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
  child.stdin.on('error', () => {}).end(input);
  const [status] = await once(child, 'close');
  written.push(output.stdout, output.stderr);
  assert.ok(!/Sanitizer|runtime error|check failed/.test(output.stderr), output.stderr);
  return { ...output, status, ms: Date.now() - started };
}

async function trial(name, question, ...more) {
  const result = await run(['upstream', 'try', config, name, ...more], `${JSON.stringify(question)}\n`);
  assert.ok(result.ms < IN_TIME_MS, `${name}: ${result.ms} ms`);
  assert.equal(result.stdout.trim().split('\n').length, 1, result.stdout + result.stderr);
  return { ...result, answer: JSON.parse(result.stdout) };
}
async function expectResult(name, question, wanted) {
  const { answer, stderr } = await trial(name, question);
  assert.equal(answer.result, wanted, `${stderr}${registers[name]?.complaint?.message ?? ''}`);
  return answer;
}

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-rest-'));
  authority('trusted');
  authority('stranger');
  certificate('trusted', 'register', 'DNS:localhost');
  certificate('trusted', 'elsewhere', 'DNS:elsewhere.example');
  certificate('stranger', 'impostor', 'DNS:localhost');
  certificate('trusted', 'tongxing', 'DNS:tongxing.example');
  const identity = { appId: 'tongxing' };
  registers = {
    labour: await Register.start(labour({ ...identity, secret: environment.TONGXING_LABOUR_SECRET }), { ownFaults: ['bad_signature', 'unsigned', 'replay', 'changed', 'wrong_transaction', 'unknown'] }),
    companies: await Register.start(companies({ ...identity, secret: environment.TONGXING_COMPANIES_SECRET }), { ownFaults: ['wrong_transaction'] }),
    cards: await Register.start(cards({ secret: environment.TONGXING_CARDS_SECRET }), { ownFaults: ['wrong_transaction'] }),
    certified: await Register.start(certified('tongxing'), { tls: tlsOf('register', 'trusted'), ownFaults: ['wrong_transaction'] }),
  };
  registers.labour.people = [jia, { ...yi, verdict: 5 }, { name: '香港示例', number: '810000189005010113', phone: '13700137000', verdict: 8 },
    { name: '李示例', number: '370102188506150110', phone: '13600136000', verdict: 4 }, { name: '王样例', number: '310101188607040247', code: '4001' },
    { name: '赵虚构', number: '440106188708090359', code: '4290' }];
  registers.companies.people = [{ ...company, state: '存续' }, { ...company, code: '92990000MA00GEH19K', state: '吊销' }];
  registers.cards.people = [jia, { ...yi, respCode: '63' }, { ...jia, card: '6226090000000048', respCode: '62' }];
  registers.certified.people = [jia];
  config = file('tongxing.yaml');
  fs.writeFileSync(config, frame() + labourExample() + companiesDescription() + cardsDescription() + certifiedDescription());
});
after(async () => {
  for (const register of Object.values(registers ?? {})) await register.stop();
  if (folder) fs.rmSync(folder, { recursive: true });
});

test('the descriptions are good, and list says what they can do', async () => {
  const checked = await run(['check', config]);
  assert.equal(checked.status, 0, checked.stderr);
  const { items } = JSON.parse((await run(['upstream', 'list', '--json'])).stdout);
  assert.deepEqual(items.map(({ name, services, asks, level }) => [name, services, asks, level]), [
    ['labour', ['person'], ['name', 'id_number', 'phone'], 2],
    ['companies', ['organisation'], ['organisation', 'representative'], 1],
    ['cards', ['person'], ['name', 'id_number', 'phone', 'bank_card'], 2],
    ['certified', ['person'], ['name', 'id_number'], 2],
  ]);
  assert.equal(items[0].title, '人社厅在册核验');
  assert.match((await run(['upstream', 'list'])).stdout, /^NAME +ADAPTER +SERVICES/);
});

describe('every result of each register', () => {
  for (const [name, question, result] of [
    ['labour', asked(jia), 'match'],
    ['labour', asked({ ...jia, name: '测试乙' }), 'mismatch'],
    ['labour', asked({ ...jia, phone: '13800138001' }), 'mismatch'],
    ['labour', asked({ ...jia, number: '110105188812310021' }), 'not_found'],
    ['labour', asked({ ...yi }), 'state_bad'],
    ['labour', asked({ name: '李示例', number: '370102188506150110', phone: '13600136000' }), 'unsupported'],
    ['labour', asked({ name: '香港示例', number: '810000189005010113', phone: '13700137000' }), 'pending'],
    ['labour', asked({ name: '王样例', number: '310101188607040247', phone: '13600136000' }), 'invalid_input'],
    ['labour', asked({ name: '赵虚构', number: '440106188708090359', phone: '13600136000' }), 'rate_limited'],
    ['labour', { name: jia.name, id_number: jia.number }, 'invalid_input'], // not even asked
    ['companies', { org_name: company.name, credit_code: company.code, representative_name: company.representative }, 'match'],
    ['companies', { org_name: company.name, credit_code: '92990000MA00GEH19K', representative_name: company.representative, representative_number: company.representativeNumber }, 'match'],
    ['companies', { org_name: `${company.name}2`, credit_code: company.code, representative_name: company.representative }, 'mismatch'],
    ['companies', { org_name: company.name, credit_code: '91990000MA00DEMA8C', representative_name: company.representative }, 'not_found'],
    ['companies', { org_name: company.name, credit_code: '..', representative_name: company.representative }, 'invalid_input'],
    ['cards', asked(jia), 'match'],
    ['cards', asked({ ...jia, name: yi.name }), 'mismatch'],
    ['cards', asked({ ...jia, card: '6217990000000000006' }), 'invalid_input'],
    ['cards', asked({ ...jia, card: '6226090000000048' }), 'unsupported'],
    ['cards', asked(yi), 'state_bad'],
    ['certified', asked(jia), 'match'],
    ['certified', asked({ ...jia, name: yi.name }), 'mismatch'],
  ]) {
    test(`${name}: ${result}: ${createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 6)}`, () => expectResult(name, question, result));
  }

  test('a match carries the evidence that the description finds', async () => {
    const person = await expectResult('labour', asked(jia), 'match');
    assert.deepEqual([person.authority, person.method, person.level, person.folded], ['example-labour-office', 'register_match', 2, false]);
    assert.match(person.check_id, /^LB-\d+$/);
    assert.equal((await expectResult('cards', asked(jia), 'match')).check_id, '20260105');
    const one = await expectResult('companies', { org_name: company.name, credit_code: company.code, representative_name: company.representative }, 'match');
    assert.deepEqual([one.method, one.level, one.status], ['enterprise_four_element_match', 1, 'operating']);
    const revoked = await expectResult('companies', { org_name: company.name, credit_code: '92990000MA00GEH19K', representative_name: company.representative }, 'match');
    assert.equal(revoked.status, 'revoked');
  });
});

describe('faults: an error in bounded time, never a match', () => {
  const question = { labour: asked(jia), companies: { org_name: company.name, credit_code: company.code, representative_name: company.representative }, cards: asked(jia), certified: asked(jia) };
  for (const name of Object.keys(question)) {
    test(name, async () => {
      await expectResult(name, question[name], 'match');
      for (const mode of registers[name].faults) {
        registers[name].mode = mode;
        const calls = registers[name].calls;
        const { answer, status, stderr } = await trial(name, question[name]);
        assert.equal(answer.result, 'upstream_error', `${name} ${mode}`);
        assert.deepEqual([answer.level, answer.authority.startsWith('example-')], [0, true]);
        assert.equal(status, 1);
        assert.match(stderr, new RegExp(`^tongxing: ${name}: (GET|POST|PUT) https?://`), mode);
        const repeats = name === 'labour' && mode === 'truncated'; // the one that says repeat: true, and the one that breaks the connection
        assert.equal(registers[name].calls - calls, repeats ? 2 : 1, `${name} ${mode}`);
      }
      registers[name].mode = 'refuse';
      await expectResult(name, question[name], 'rate_limited');
      registers[name].mode = 'normal';
      await expectResult(name, question[name], 'match');
    });
  }

  test('another secret is refused by the register, and that is no result', async () => {
    const result = await run(['upstream', 'try', 'labour'], `${JSON.stringify(asked(jia))}\n`, { TONGXING_LABOUR_SECRET: 'another-secret-of-somebody' });
    assert.equal(JSON.parse(result.stdout).result, 'upstream_error');
    assert.match(result.stderr, /answered 400, application\/json, \d+ bytes: that is not an answer as the adapter knows it/);
    assert.equal(registers.labour.complaint.message, 'signature');
  });

  test('nobody there; a certificate that nobody vouches for, or of another name; no certificate of ours', async () => {
    const impostor = await Register.start(certified('tongxing'), { tls: tlsOf('impostor', 'trusted') });
    const elsewhere = await Register.start(certified('tongxing'), { tls: tlsOf('elsewhere', 'trusted') });
    const strict = await Register.start(certified('tongxing'), { tls: { ...tlsOf('register', 'stranger'), rejectUnauthorized: true } });
    try {
      const whole = config;
      config = file('faulty.yaml');
      fs.writeFileSync(config, frame() + certifiedDescription('nobody', await freePort()) + certifiedDescription('impostor', impostor.port)
        + certifiedDescription('elsewhere', elsewhere.port) + certifiedDescription('strict', strict.port));
      for (const [name, text] of [['nobody', /cannot be reached: .*[Cc]onnect/], ['impostor', /cannot be reached: .*certificate/], ['elsewhere', /cannot be reached: .*(name|subject)/], ['strict', /cannot be reached: /]]) {
        const { answer, stderr } = await trial(name, asked(jia));
        assert.equal(answer.result, 'upstream_error', name);
        assert.match(stderr, text);
      }
      assert.deepEqual([impostor.calls, elsewhere.calls, strict.calls], [0, 0, 0], 'nothing was asked of them');
      config = whole;
    } finally {
      await Promise.all([impostor.stop(), elsewhere.stop(), strict.stop()]);
    }
  });
});

describe('upstream try', () => {
  test('--show: what went over the wire, masked, for any register', async () => {
    const { stderr, answer } = await trial('labour', asked(jia), '--show');
    assert.equal(answer.result, 'match');
    assert.match(stderr, /^> POST http:\/\/127\.0\.0\.1:\d+\/open\/v2\/person\/check\n> X-App: tongxing\n/);
    assert.match(stderr, /^> \{"serial":"[0-9a-f]{32}","person":\{"name":"测\*","number":"1101\*{10}0013","kind":10,"mobile":"138\*{4}8000"\},"version":2\}$/m);
    assert.match(stderr, /^< 200\n/m);
    assert.match(stderr, /^< \{"serial":"[0-9a-f]{32}","code":"0000","data":\{"verdict":1,/m);
    const get = await trial('companies', { org_name: company.name, credit_code: company.code, representative_name: company.representative }, '--show');
    assert.match(get.stderr, /^> GET http:\/\/127\.0\.0\.1:\d+\/registry\/companies\/9199\*{10}XT06\?name=\*{4}&representative=\*{4}&number=$/m);
    assert.match(get.stderr, /^> Authorization: Basic \*{4}$/m);
    const form = await trial('cards', asked(jia), '--show');
    assert.match(form.stderr, /^> Authorization: Bearer \*{4}$/m);
    assert.match(form.stderr, /accNo=\*{4}0095&certifId=1101\*{10}0013&customerNm=\*{4}&phoneNo=\*{4}/);
    const mutual = await trial('certified', asked(jia), '--show');
    assert.match(mutual.stderr, /^> PUT https:\/\/localhost:\d+\/check$/m);
  });
  test('by $TONGXING_CONFIG, and with what is asked as options', async () => {
    const result = await run(['upstream', 'try', 'certified', '--name', jia.name, '--id-number', jia.number, '--json'], '');
    assert.equal(result.status, 0, result.stderr);
    assert.equal(JSON.parse(result.stdout).result, 'match');
    const missing = await run(['upstream', 'try', 'labour', '--name', jia.name], '');
    assert.match(missing.stderr, /labour asks for the identity number \(id_number\), which was not given\./);
    assert.equal(JSON.parse(missing.stdout).result, 'invalid_input');
  });
  test('what is typed wrong', async () => {
    for (const [args, input, status, text] of [
      [['upstream', 'try', 'nobody'], '{}', 3, /upstreams has no entry nobody/],
      [['upstream', 'try'], '', 2, /NAME is missing\nusage: tongxing upstream try \[FILE\] NAME/],
      [['upstream', 'tyr', 'labour'], '', 2, /did you mean try\?/],
      [['upstream', 'try', 'labour'], '', 1, /must be a JSON object/],
      [['upstream', 'try', 'labour'], '[]\n', 1, /must be a JSON object/],
      [['upstream', 'try', 'labour'], '{"nmae":"x"}\n', 1, /there is no member nmae/],
      [['upstream', 'try', 'labour'], '{"name":1}\n', 1, /name must be text/],
    ]) {
      const result = await run(args, input);
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stderr, text);
      assert.equal(result.stdout, '');
    }
  });
});

test('check: mistakes of all descriptions, with file, line and option', async () => {
  const bad = file('bad.yaml');
  const text = frame() + labourExample().replace('at: /code', 'at: code') + cardsDescription().replace('{{bank_card}}', '{{bank_crad}}');
  fs.writeFileSync(bad, text);
  const line = (needle) => text.slice(0, text.indexOf(needle)).split('\n').length;
  const result = await run(['check', bad]);
  assert.equal(result.status, 1);
  assert.equal(result.stderr, `${bad}:${line('at: code')}: upstreams.labour.answer.result.1.at: must be a JSON pointer (RFC 6901): /data/code\n`
    + `${bad}:${line('bank_crad')}: upstreams.cards.request.form.accNo: there is no {{bank_crad}}\n`);
});

test('check: every mistake of an entry, and what belongs to the rest of the configuration', async () => {
  const bad = file('bad.yaml'), example = labourExample();
  fs.writeFileSync(bad, (frame() + example.replace('timeout_ms: 1500', 'timeout_ms: 1').replace('kind: hmac-sm3', 'kind: md5').replace('type: text', 'type: flag')
    .replace('path: /v2/person/check', 'path: /v2/../check').replace('version: 2', 'version: ${TONGXING_NO_VERSION}')));
  let result = await run(['check', bad]);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /bad\.yaml:\d+: upstreams\.labour\.request\.json\.version: the environment has no variable TONGXING_NO_VERSION\n$/);
  fs.writeFileSync(bad, fs.readFileSync(bad, 'utf8').replace('${TONGXING_NO_VERSION}', '2'));
  result = await run(['check', bad]);
  assert.equal(result.status, 1);
  for (const option of ['timeout_ms: must be between', 'request\\.path: has a segment', 'authentication\\.kind: is md5', 'answer\\.result\\.1\\.table\\.0000: is no value of type flag',
    'answer\\.result\\.1\\.table\\.4001: is no value']) {
    assert.match(result.stderr, new RegExp(`bad\\.yaml:\\d+: upstreams\\.labour\\.${option}`));
  }
});

test('no address has a password in it, and none is shown', async () => {
  for (const change of ['https://tongxing:hunter2@labour.example', 'http://labour.example']) {
    fs.writeFileSync(file('bad.yaml'), frame() + labourExample().replace(/http:\/\/127\.0\.0\.1:\d+/, change));
    for (const args of [['check', file('bad.yaml')], ['upstream', 'list', file('bad.yaml')], ['upstream', 'try', file('bad.yaml'), 'labour', '--show', '--name', 'x']]) {
      const result = await run(args);
      assert.notEqual(result.status, 0);
      assert.match(result.stderr, /upstreams\.labour\.url: (has user information|must start with https:\/\/)/);
      assert.ok(!/hunter2|labour\.example/.test(result.stderr + result.stdout), result.stderr);
    }
  }
});

test('check: registrations ask for no more than name and number, and names of our own are not taken', async () => {
  fs.writeFileSync(file('bad.yaml'), frame().replace('upstreams:', 'registration: {enabled: true, upstream: labour}\nupstreams:').replace(/registration: *\{enabled: false\}\n/, '') + labourExample());
  let result = await run(['check', file('bad.yaml')]);
  assert.match(result.stderr, /bad\.yaml:\d+: registration\.upstream: names a service that asks for more than name and number/);
  fs.writeFileSync(file('bad.yaml'), frame() + labourExample().replace('labour:', 'otp:'));
  result = await run(['check', file('bad.yaml')]);
  assert.match(result.stderr, /bad\.yaml:\d+: upstreams\.otp: is a name of our own/);
});

test('check: a key with a passphrase, and files that are no keys', async () => {
  openssl('pkcs8', '-topk8', '-in', 'tongxing.key', '-out', 'locked.key', '-passout', 'pass:x');
  for (const [key, text] of [['locked.key', /key: .*locked\.key is encrypted/], ['tongxing.yaml', /is no PEM file/], ['nobody.key', /cannot be read: No such file/]]) {
    fs.writeFileSync(file('bad.yaml'), frame() + certifiedDescription().replace('tongxing.key', key));
    const result = await run(['check', file('bad.yaml')]);
    assert.equal(result.status, 1);
    assert.match(result.stderr, text);
  }
});

test('a whole server checks registrations with such a register', async () => {
  const { port } = registers.certified;
  const stack = await Stack.start({ clients: [c1], portals: false, options: {
    registration: { upstream: 'another' },
    outbound: { ca_file: file('trusted.pem') },
    upstreams: { another: {
      adapter: 'rest', url: `https://localhost:${port}`, timeout_ms: 1000, authority: 'example-certified', services: ['person'], asks: ['name', 'id_number'],
      request: { method: 'PUT', path: '/check', json: { ask: [{ n: '{{name}}', i: '{{id_number}}', t: '{{transaction}}' }] } },
      authentication: { kind: 'mtls', certificate: file('tongxing.pem'), key: file('tongxing.key') },
      answer: { equals: { '/t': '{{transaction}}' }, result: { at: '/ok', table: { true: 'match', false: 'mismatch' } } },
    } },
  } });
  try {
    const calls = registers.certified.calls;
    const register = async (person) => {
      const agent = new Agent(stack);
      const page = await agent.request((await agent.authorize(requestOf(c1).parameters)).location);
      const form = { flow: hidden(page.html), name: person.name, id_number: person.number, phone: person.phone, password: 'Jia-Pass-2026', action: 'register' };
      return agent.request('/register', { form });
    };
    assert.notEqual((await register({ ...jia, name: yi.name })).status, 303);
    const back = await register(jia);
    assert.equal(back.status, 303);
    assert.match(back.location, /^https:\/\/rp\.example\/cb\?code=/);
    assert.equal(registers.certified.calls - calls, 2);
    written.push(stack.log('server'));
  } finally {
    await stack.stop();
  }
});

test('nothing that was asked, and no secret, was written by any process', () => {
  const all = written.join('\n');
  assert.ok(all.length > 10000);
  const never = [...Object.values(environment), jia.name, jia.number, jia.phone, jia.card, yi.name, yi.number, yi.card, company.name, company.code, company.representative, company.representativeNumber, '赵虚构', '440106188708090359'];
  for (const value of never) {
    const base64 = [0, 1, 2].map((before) => Buffer.from('x'.repeat(before) + value).toString('base64').slice(before ? 4 : 0, -4));
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('hex'),
      createHash('sha256').update(value).digest('hex'), createHash('sm3').update(value).digest('hex'), ...base64.filter((text) => text.length >= 8)]) {
      assert.ok(!all.includes(form), `${value} as ${form} was written`);
    }
  }
});
