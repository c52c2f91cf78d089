/* Service counters: proof in person (L4), accounts given back, opened and corrected. One security administrator records, another confirms, through the admin
 * API and in the console; the person goes on with their code. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { adminTokens, Api, nameOnHost } from './support/admin.mjs';
import { Agent, requestOf } from './support/agent.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import { idNumber, inputs, open, redis, signedIn, told } from './support/own_pages.mjs';
import { totp } from './support/totp.mjs';

const citizen = { username: 'jia', password: 'Citizen-Pass-2026', level: 2, name: '测试甲', id_number: '110105188812310013', id_type: 1, phone_number: '+8613800138201' };
const nameless = { username: 'yi', password: 'Citizen-Pass-2026', level: 1, phone_number: '+8613800138202' };
const people = {
  first: { username: 'sec1', password: 'Security-Pass-2026', role: 'security', name: '安全一' },
  second: { username: 'sec2', password: 'Security-Pass-2026', role: 'security', name: '安全二' },
  auditor: { username: 'aud', password: 'Auditor-Pass-2026', role: 'auditor', name: '审计' },
  system: { username: 'sys', password: 'System-Pass-2026', role: 'system', name: '系统' },
};
const level4 = { client_id: 'level4', client_name: '等级 4', token_endpoint_auth_method: 'none', redirect_uris: ['https://rp.example/cb'], scope: 'openid', tongxing_level: 4, tongxing_consent: 'statutory' };
const apis = {}, ids = {};
let stack, description;
const seen = { document: 'resident_id_card', person_name: '测试甲', id_number: '110105188812310013', place: '示例市政务服务中心 3 号窗口' };
const isProblem = (answer, status, fields) => {
  assert.equal(answer.status, status, answer.text);
  if (fields) assert.deepEqual((answer.body.errors ?? []).map((error) => error.field).sort(), fields);
};

async function start(database) {
  stack = await Stack.start({ portals: false, database, clients: [level4] });
  citizen.password = 'Citizen-Pass-2026';
  ids.jia = stack.addAccount(citizen);
  ids.yi = stack.addAccount(nameless);
  for (const [nth, person] of Object.entries(Object.values(people))) {
    Object.assign(person, { cookies: undefined, account_id: stack.addAccount({ username: person.username, password: person.password, level: 2, name: person.name, phone_number: `+861380013821${nth}`, id_type: 1 }) });
    person.totp = nameOnHost(stack, person);
  }
  const { access_token } = await adminTokens(stack, people.system);
  description = (await new Api(stack, access_token).get('/openapi.json')).body;
  apis.system = new Api(stack, access_token, description);
  for (const name of ['first', 'second', 'auditor']) apis[name] = new Api(stack, (await adminTokens(stack, people[name])).access_token, description);
}

/* Numbers of anybody, with their check character. */
const numberOf = (digits) => digits + '10X98765432'[[...digits].reduce((sum, digit, i) => sum + digit * (2 ** (17 - i) % 11), 0) % 11];
const childNumber = (sequence = '123') => numberOf(`110105${new Date().getUTCFullYear() - 8}0101${sequence}`);
const record = (change, api = apis.first) => api.post('/window_records', { ...seen, ...change });
const confirm = (made, change = {}, { api = apis.second, tag = made.etag } = {}) => api.post(`/window_records/${made.body.record_id}/confirm`, { id_number: change.id_number, ...change }, { tag });
const find = async (identifier) => (await apis.second.post('/accounts/find', { identifier })).body;

/* Recovery by hand, to the page that asks for the new password, or to what is said instead. */
async function useCode(agent, username, code) {
  const step = async (page, fields) => agent.request('/recover', { form: { ...inputs(page.html), ...fields } });
  const asked = await step(await step(await agent.request('/recover'), { username }), { action: 'counter' });
  assert.match(asked.html, /窗口代码/);
  return step(asked, { code });
}
const choose = (agent, page, password) => agent.request('/recover', { form: { ...inputs(page.html), password, again: password } });

for (const database of ['sqlite', 'postgres']) describe(`at a service counter, on ${database}`, () => {
  before(() => start(database));
  after(() => stack?.stop());

  test('is for security administrators to record and to decide, and for auditors to see', async () => {
    for (const name of ['auditor', 'system']) isProblem(await apis[name].post('/window_records', { ...seen, account_id: ids.jia }), 403);
    isProblem(await apis.system.get('/window_records'), 403);
    assert.equal((await apis.auditor.get('/window_records')).status, 200);
  });

  test('what cannot be right is said by field, and another person than the account\'s is', async () => {
    const recordOf = (change) => record({ account_id: ids.jia, ...change });
    isProblem(await recordOf({ id_number: '110105188812310011' }), 400, ['id_number']);
    isProblem(await recordOf({ id_number: '110105188812310021' }), 400, ['id_number']);
    isProblem(await recordOf({ person_name: '测试乙' }), 400, ['person_name']);
    isProblem(await recordOf({ document: 'library_card' }), 400, ['document']);
    isProblem(await recordOf({ account_id: 'nobody' }), 404);
    isProblem(await recordOf({ account_id: people.first.account_id }), 409);
  });

  test('one records, another confirms with the number typed again; whole names and numbers are never sent back', async () => {
    const made = await apis.first.post('/window_records', { ...seen, account_id: ids.jia });
    assert.equal(made.status, 201, made.text);
    assert.doesNotMatch(made.text, /110105188812310013|测试甲/);
    assert.equal((await apis.first.get(`/accounts/${ids.jia}`)).body.level, 2, 'nothing is proven yet');
    const path = `/window_records/${made.body.record_id}`;
    isProblem(await apis.first.post(`${path}/confirm`, { id_number: seen.id_number }, { tag: made.etag }), 409);
    isProblem(await apis.second.post(`${path}/confirm`, { id_number: '110105188812310021' }, { tag: made.etag }), 400, ['id_number']);
    isProblem(await apis.second.post(`${path}/confirm`, { id_number: seen.id_number }, { tag: '"7"' }), 412);
    const done = await apis.second.post(`${path}/confirm`, { id_number: seen.id_number }, { tag: made.etag });
    assert.equal(done.status, 200, done.text);
    assert.equal(done.body.state, 'confirmed');
    const { body } = await apis.first.get(`/accounts/${ids.jia}`);
    assert.equal(body.level, 4);
    assert.equal(body.verifications.at(-1).method, 'in_person');
    isProblem(await apis.second.post(`${path}/confirm`, { id_number: seen.id_number }, { tag: done.etag }), 409);
    isProblem(await apis.second.post(`${path}/refuse`, { reason: '改变主意' }, { tag: done.etag }), 409);
  });

  test('of two that confirm at once one does, and there is one piece of evidence', async () => {
    const made = await apis.first.post('/window_records', { ...seen, account_id: ids.jia });
    const confirm = () => apis.second.post(`/window_records/${made.body.record_id}/confirm`, { id_number: seen.id_number }, { tag: made.etag });
    const statuses = (await Promise.all([confirm(), confirm(), confirm()])).map((answer) => answer.status);
    assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`);
    const { body } = await apis.first.get(`/accounts/${ids.jia}`);
    assert.equal(body.verifications.filter((row) => row.method === 'in_person').length, 2);
  });

  test('an account whose person was not known learns who they are, unless another account is that person', async () => {
    const taken = await apis.first.post('/window_records', { ...seen, account_id: ids.yi });
    isProblem(await apis.second.post(`/window_records/${taken.body.record_id}/confirm`, { id_number: seen.id_number }, { tag: taken.etag }), 409);
    const refused = await apis.second.post(`/window_records/${taken.body.record_id}/refuse`, { reason: '已有账号' }, { tag: taken.etag });
    assert.equal(refused.body.state, 'refused');
    const free = { ...seen, person_name: '测试乙', id_number: '110105188812310021' };
    const made = await apis.first.post('/window_records', { ...free, account_id: ids.yi });
    assert.equal((await apis.second.post(`/window_records/${made.body.record_id}/confirm`, { id_number: free.id_number }, { tag: made.etag })).status, 200);
    const found = await apis.second.post('/accounts/find', { identifier: free.id_number });
    assert.equal(found.body.account_id, ids.yi);
    assert.equal(found.body.level, 4);
  });

  test('the document bears the number', async () => {
    const residents = { resident_id_card: idNumber(), residence_permit: '810000189005010113', permanent_residence_card: '911840189005010016' };
    for (const document of Object.keys(residents)) {
      for (const [kind, id_number] of Object.entries(residents)) {
        const answer = await record({ document, id_number, person_name: '测试丙' });
        if (kind === document) assert.equal(answer.status, 201, answer.text);
        else isProblem(answer, 400, ['document']);
      }
    }
    isProblem(await record({ document: 'resident_id_card', id_number: '820000189005010123', person_name: '测试丙' }), 400, ['document']);
  });

  test('whoever lost everything gets their account back with a code, once, at level 4', async () => {
    const made = await record({ account_id: ids.jia });
    const done = await confirm(made, { id_number: seen.id_number, recovery_code: true });
    assert.equal(done.status, 200, done.text);
    const code = done.body.recovery_code;
    assert.match(code, /^CC(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    assert.equal((await apis.second.get(`/window_records/${made.body.record_id}`)).body.recovery_code, undefined, 'shown once');
    const there = await signedIn(stack, citizen), agent = new Agent(stack);
    for (const wrong of ['CC-0000-0000-0000', 'nonsense', '']) {
      const page = await useCode(agent, citizen.username, wrong);
      assert.match(told(page.html), /代码不正确/);
      assert.doesNotMatch(page.html, /recover-save/);
    }
    assert.match(told((await useCode(agent, 'nobody-at-all', code)).html), /代码不正确/, 'of another, and of nobody');
    assert.match(told((await useCode(agent, nameless.username, code)).html), /代码不正确/);
    const page = await useCode(agent, seen.id_number, ` ${code.toLowerCase().replaceAll('-', ' ')} `);
    assert.match(page.html, /id="recover-save"/, told(page.html));
    assert.match(told((await useCode(agent, citizen.username, code)).html), /代码不正确/, 'used');
    assert.match((await choose(agent, page, 'Counter-Pass-2026')).html, /id="recovered"/);
    assert.equal((await there.request('/account')).status, 303, 'everywhere signed out');
    citizen.password = 'Counter-Pass-2026';
    await signedIn(stack, citizen);
    const events = await until('the trail', async () => {
      const { body } = await apis.auditor.get(`/audit?subject=${ids.jia}`);
      const done = body.items.filter(({ result }) => result === 'done').map(({ event }) => event);
      return ['window.code', 'window.confirm', 'account.recovery'].every((name) => done.includes(name)) && body.items;
    });
    const recovered = events.find(({ event, result }) => event === 'account.recovery' && result === 'done');
    assert.deepEqual(recovered.detail.shown, ['counter']);
    const own = await open(await signedIn(stack, citizen), '/account/activity');
    for (const event of ['找回密码', '服务窗口给出找回代码', '服务窗口核验']) assert.match(own.html, new RegExp(event));
    for (const text of [stack.log('server'), JSON.stringify(events)]) assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '').slice(2)));
  });

  test('a code is kept as a hash, for half an hour', async () => {
    const keys = async () => (await redis(stack, 'EVAL', "local t={} for _,k in ipairs(redis.call('KEYS','*wc:*')) do t[#t+1]=k..' '..redis.call('GET',k)..' '..redis.call('TTL',k) end return table.concat(t,'\\n')", '0')).toString();
    const before = await keys();
    const made = await record({ account_id: ids.jia });
    const { body } = await confirm(made, { id_number: seen.id_number, recovery_code: true });
    const [entry] = (await keys()).split('\n').filter((line) => !before.includes(line.split(' ')[0]));
    assert.match(entry, /^\S*wc:\{[\w-]{43}\} 1 (1800|17\d\d)$/);
    assert.ok(!entry.includes(body.recovery_code.slice(3)) && !entry.includes(ids.jia));
    const without = await confirm(await record({ account_id: ids.jia }), { id_number: seen.id_number });
    assert.equal(without.body.recovery_code, undefined, 'none was asked for');
    /* one that is not confirmed leaves none behind */
    const count = (await keys()).split('\n').length, again = await record({ account_id: ids.jia });
    const answers = await Promise.all([1, 2, 3].map(() => confirm(again, { id_number: seen.id_number, recovery_code: true })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal((await keys()).split('\n').length, count + 1);
  });

  test('an administrator is not given an account back by two others', async () => {
    const { account_id, name } = people.system, number = idNumber();
    const made = await record({ account_id, person_name: name, id_number: number });
    const refused = await confirm(made, { id_number: number, recovery_code: true });
    isProblem(refused, 409);
    assert.match(refused.body.detail, /administrator/);
    assert.equal((await confirm(made, { id_number: number })).status, 200, 'proven they can be');
  });

  test('a one-time password that the person shows serves for level 4 from then on', async () => {
    const who = { username: `factor-${database}`, password: 'Citizen-Pass-2026', level: 2, name: '测试戊', id_number: idNumber(), id_type: 1 };
    who.account_id = stack.addAccount(who);
    const own = await signedIn(stack, who), page = await open(own, '/account/second-factor', who), secret = page.html.match(/id="secret">([A-Z2-7]+)</)[1];
    const enrolled = await own.request('/account/second-factor', { form: { ...inputs(page.html), action: 'enrol', code: totp(secret) } });
    assert.equal(enrolled.status, 303, told(enrolled.html));
    const ways = async () => {
      const agent = new Agent(stack), login = await agent.request((await agent.authorize(requestOf(level4).parameters)).location);
      return (await agent.request((await agent.request('/login', { form: { ...inputs(login.html), ...who, action: 'login' } })).location)).html;
    };
    const made = await record({ account_id: who.account_id, person_name: who.name, id_number: who.id_number });
    isProblem(await confirm(made, { id_number: who.id_number, one_time_password: '000000' }), 400, ['one_time_password']);
    isProblem(await confirm(made, { id_number: who.id_number, one_time_password: totp(secret) }), 400, ['one_time_password']); // used when it was set up
    assert.doesNotMatch(await ways(), /id="way-otp"/);
    const done = await confirm(made, { id_number: who.id_number, one_time_password: totp(secret, Date.now() + 30000) });
    assert.equal(done.status, 200, done.text);
    assert.match(await ways(), /id="way-otp"/);
  });

  test('a person without an account has one, and its first password', async () => {
    const person = { person_name: '测试丁', id_number: idNumber(), phone_number: '138 0013 8299' };
    const made = await record(person);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.account_id, undefined);
    assert.equal(made.body.phone_number_masked, '138****8299');
    isProblem(await apis.second.post('/accounts/find', { identifier: person.id_number }), 404);
    isProblem(await confirm(made, { id_number: person.id_number, recovery_code: true }, { api: apis.first }), 409);
    isProblem(await confirm(made, { id_number: person.id_number, recovery_code: true }, { tag: '"9"' }), 412);
    const done = await confirm(made, { id_number: person.id_number, recovery_code: true });
    assert.equal(done.status, 200, done.text);
    const account = await find(person.id_number);
    assert.equal(account.account_id, done.body.account_id);
    assert.equal(account.level, 4);
    assert.deepEqual(account.verifications.map(({ method }) => method), ['in_person']);
    assert.equal((await find('13800138299')).account_id, account.account_id);
    const agent = new Agent(stack), page = await useCode(agent, person.id_number, done.body.recovery_code);
    assert.match((await choose(agent, page, 'First-Pass-2026')).html, /id="recovered"/, told(page.html));
    await signedIn(stack, { username: person.id_number, password: 'First-Pass-2026' });
    const { body } = await until('the trail', async () => {
      const answer = await apis.auditor.get(`/audit?subject=${account.account_id}&event=window.account`);
      return answer.body.items.length === 1 && answer;
    });
    assert.equal(body.items[0].actor, people.second.account_id);
  });

  test('of several that confirm an account to be opened, or two records of one person, there is one account', async () => {
    const person = { person_name: '测试戊', id_number: idNumber() };
    const records = [await record(person), await record(person)];
    const answers = await Promise.all(records.flatMap((made) => [1, 2].map(() => confirm(made, { id_number: person.id_number }))));
    assert.ok(answers.some(({ status }) => status === 200), answers.map(({ text }) => text).join());
    for (const answer of answers) assert.ok([200, 409, 412].includes(answer.status), answer.text);
    for (const made of records) {
      const { body, etag } = await apis.second.get(`/window_records/${made.body.record_id}`);
      if (body.state === 'waiting') assert.equal((await confirm({ body }, { id_number: person.id_number }, { tag: etag })).status, 200, 'it goes to the account that there is by now');
    }
    const account = await find(person.id_number);
    assert.equal(account.verifications.length, 2);
    for (const made of records) assert.equal((await apis.second.get(`/window_records/${made.body.record_id}`)).body.account_id, account.account_id);
  });

  test('names that cannot be compared, and children, are proven here', async () => {
    const rare = { person_name: '测\ue000', id_number: idNumber() };
    const child = { person_name: '小测', id_number: childNumber() };
    for (const person of [rare, child]) {
      const made = await record(person);
      assert.equal(made.status, 201, made.text);
      assert.equal(made.body.child, person === child);
      assert.equal((await confirm(made, { id_number: person.id_number })).status, 200);
      assert.equal((await find(person.id_number)).level, 4);
      assert.equal((await record(person)).status, 201, 'and are the same the next time');
      isProblem(await record({ ...person, person_name: '别人' }), 400, ['person_name']);
    }
  });

  test('a record without an account goes to that of its number; what is another\'s is said by field', async () => {
    const made = await record({});
    assert.equal(made.body.account_id, ids.jia);
    assert.equal((await confirm(made, { id_number: seen.id_number })).status, 200);
    isProblem(await record({ person_name: '测试己' }), 400, ['person_name']);
    isProblem(await record({ id_number: idNumber(), person_name: '测试己', phone_number: citizen.phone_number }), 400, ['phone_number']);
    isProblem(await record({ id_number: idNumber(), person_name: '测试己', phone_number: '12' }), 400, ['phone_number']);
    isProblem(await record({ account_id: ids.jia, phone_number: '13800138298' }), 400, ['phone_number']);
    isProblem(await record({ id_number: idNumber(), person_name: '测试己', corrects_name: true }), 400, ['corrects_name']);
    isProblem(await record({ recovery_code: true }), 400, ['recovery_code']);
    isProblem(await record({ corrects_name: 'yes' }), 400, ['corrects_name']);
  });

  test('the phone number or the account of somebody who registered meanwhile is not taken over', async () => {
    const phone = { person_name: '测试庚', id_number: idNumber(), phone_number: '13800138297' };
    const made = await record(phone);
    stack.addAccount({ username: 'meanwhile', password: 'Citizen-Pass-2026', level: 1, phone_number: '+8613800138297' });
    isProblem(await confirm(made, { id_number: phone.id_number }), 409);
    const named = { person_name: '测试辛', id_number: idNumber() };
    const other = await record(named);
    const account_id = stack.addAccount({ username: 'xin', password: 'Citizen-Pass-2026', level: 2, name: '测试壬', id_number: named.id_number, id_type: 1 });
    isProblem(await confirm(other, { id_number: named.id_number }), 409);
    assert.equal((await apis.first.get(`/accounts/${account_id}`)).body.level, 2);
  });

  test('nobody proves themselves, not by their number either', async () => {
    const number = idNumber();
    const made = await record({ account_id: people.second.account_id, person_name: people.second.name, id_number: number });
    isProblem(await confirm(made, { id_number: number }), 409);
    const third = { username: 'sec3', password: 'Security-Pass-2026', role: 'security', name: '安全三', id_number: idNumber() };
    stack.addAccount({ username: third.username, password: third.password, level: 2, name: third.name, phone_number: '+8613800138220', id_type: 1, id_number: third.id_number });
    third.totp = nameOnHost(stack, third);
    const api = new Api(stack, (await adminTokens(stack, third)).access_token, description);
    isProblem(await record({ person_name: third.name, id_number: third.id_number }, api), 409);
    const theirs = await record({ person_name: third.name, id_number: third.id_number });
    isProblem(await confirm(theirs, { id_number: third.id_number }, { api }), 409);
  });

  test('a name that the document spells otherwise is corrected, as both see it', async () => {
    const person = { username: 'zhong', password: 'Citizen-Pass-2026', level: 2, name: '测试仲', id_number: idNumber(), id_type: 1, phone_number: '+8613800138296' };
    const account_id = stack.addAccount(person), right = { person_name: '测试重', id_number: person.id_number };
    isProblem(await record(right), 400, ['person_name']);
    isProblem(await record({ ...right, person_name: person.name, corrects_name: true }), 400, ['corrects_name']);
    isProblem(await record({ ...right, id_number: idNumber(), account_id, corrects_name: true }), 400, ['id_number']);
    const made = await record({ ...right, corrects_name: true }), late = await record({ ...right, person_name: '测试种', corrects_name: true });
    const path = `/window_records/${made.body.record_id}`;
    for (const { body } of [made, await apis.second.get(path)]) assert.deepEqual([body.account_id, body.corrects_name, body.name_before, body.name_after], [account_id, true, '测试仲', '测试重']);
    const { body: audited, text } = await apis.auditor.get(path);
    assert.equal(audited.corrects_name, true);
    assert.doesNotMatch(text, /测试/);
    const done = await confirm(made, { id_number: person.id_number });
    assert.equal(done.status, 200, done.text);
    assert.equal(done.body.corrects_name, true);
    assert.doesNotMatch(done.text, /测试/, 'not after it was decided');
    isProblem(await confirm(late, { id_number: person.id_number }), 409);
    const account = await find(person.id_number);
    assert.deepEqual(account.verifications.map(({ level }) => level).sort(), [2, 4], 'other evidence stays');
    isProblem(await record({ ...right, person_name: person.name }), 400, ['person_name']);
    assert.equal((await record(right)).status, 201);
    assert.match((await open(await signedIn(stack, person), '/account')).html, /测\*\*|测试重/);
    const { text: trail } = await until('the trail', async () => {
      const answer = await apis.auditor.get(`/audit?subject=${account_id}&event=window.name`);
      return answer.body.items.length === 1 && answer;
    });
    assert.doesNotMatch(trail, /测试/);
  });

  test('lists by state, page by page', async () => {
    const waiting = await apis.auditor.get('/window_records?state=confirmed&limit=1');
    assert.equal(waiting.body.items.length, 1);
    const next = await apis.auditor.get(`/window_records?state=confirmed&limit=1&page=${waiting.body.next_page}`);
    assert.notEqual(next.body.items[0].record_id, waiting.body.items[0].record_id);
    isProblem(await apis.auditor.get('/window_records?state=lost'), 400, ['state']);
  });

  test('no whole name or number is in the log or the trail', async () => {
    const trail = await until('the audit trail', async () => {
      const answer = await apis.auditor.get('/audit?event=window.confirm');
      return answer.body.items.length >= 3 && answer;
    });
    for (const text of [trail.text, stack.log('server')]) assert.doesNotMatch(text, /110105188812310013|110105188812310021|测试甲|测试乙/);
  });
});

describe('in the console', () => {
  let browser, first, second;
  const signIn = async (person, locale) => {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    await page.goto(`${stack.issuer}/admin/`);
    await page.getByRole('button', { name: locale === 'en-GB' ? 'Sign in' : '登录' }).click();
    await page.fill('#username', person.username);
    await page.fill('#password', person.password);
    await page.click('#login-submit');
    await page.fill('#code', totp(person.totp, Date.now() + 30000));
    await page.click('#second-factor-submit');
    await page.waitForSelector('main[data-view]');
    return page;
  };
  before(async () => {
    await start();
    browser = await launch();
    [first, second] = [await signIn(people.first, 'zh-CN'), await signIn(people.second, 'en-GB')];
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const fill = async (page, fields) => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`dialog [name=${name}]`, value);
  };
  const openConfirmation = async () => {
    await second.goto(`${stack.issuer}/admin/#/window?state=waiting`);
    await second.reload();
    await second.click('[data-window=confirm]');
  };
  const confirmed = () => second.waitForFunction(() => !document.querySelector('[data-window=confirm], dialog'));

  test('one records on the account\'s page, another confirms in the list', { timeout: 90000 }, async () => {
    await first.goto(`${stack.issuer}/admin/#/accounts/${ids.jia}`);
    await first.click('[data-window=record]');
    await fill(first, { person_name: seen.person_name, id_number: seen.id_number, place: seen.place });
    assert.equal(await first.locator('dialog [name=phone_number]').count(), 0, 'the account has its own');
    await first.selectOption('dialog [name=document]', 'residence_permit');
    await first.click('dialog button[type=submit]');
    await first.getByText('该证件上不是这类号码').waitFor();
    await first.selectOption('dialog [name=document]', 'resident_id_card');
    await first.click('dialog button[type=submit]');
    await first.waitForSelector('main[data-view=window]');
    assert.equal(await first.locator('[data-window=confirm]').count(), 0, 'not whoever recorded it');
    await screenshot(first, 'console-window');
    await openConfirmation();
    await fill(second, { id_number: seen.id_number });
    assert.equal(await second.isChecked('dialog [name=recovery_code]'), false, 'a code is for whoever needs one');
    await second.click('dialog button[type=submit]');
    await confirmed();
    const { body } = await apis.first.get('/window_records?state=waiting');
    assert.equal(body.items.length, 0);
  });

  test('a child without an account, with their guardian: they have one, and set its password with the code', { timeout: 120000 }, async () => {
    const child = { person_name: '小测', id_number: childNumber('125') };
    await first.goto(`${stack.issuer}/admin/#/window`);
    await first.click('[data-window=record]');
    await first.getByText('须由监护人到场').waitFor();
    await fill(first, { ...child, place: seen.place });
    await screenshot(first, 'console-window-record');
    await first.click('dialog button[type=submit]');
    await first.locator('dialog', { hasText: '监护人须在场' }).waitFor();
    await first.click('[data-window=close]');
    await first.getByText('将开户').waitFor();
    await first.getByText('须有监护人在场').waitFor();
    await openConfirmation();
    await second.locator('dialog', { hasText: 'their guardian must be there' }).waitFor();
    await fill(second, { id_number: child.id_number });
    assert.equal(await second.isChecked('dialog [name=recovery_code]'), true, 'there is no other way in');
    await screenshot(second, 'console-window-confirm');
    await second.click('dialog button[type=submit]');
    const code = await second.textContent('[data-window=code]');
    await screenshot(second, 'console-window-code');
    await second.click('[data-window=close]');
    await confirmed();
    assert.ok(!(await second.content()).includes(code), 'shown once');

    const page = await person(browser, { javaScriptEnabled: false });
    await page.goto(`${stack.issuer}/recover`);
    await page.fill('#username', child.id_number);
    await page.click('#recover-start');
    await screenshot(page, 'zh-recover-ways-counter');
    await page.click('#recover-counter');
    await page.fill('#code', 'CC-0000-0000-0000');
    await page.click('#recover-check');
    assert.match(await page.textContent('#error'), /代码不正确/);
    await screenshot(page, 'zh-recover-counter');
    await page.fill('#code', code.toLowerCase());
    await page.click('#recover-check');
    await page.fill('#password', 'Child-Pass-2026');
    await page.fill('#again', 'Child-Pass-2026');
    await page.click('#recover-save');
    await page.click('#to-login');
    await page.fill('#username', child.id_number);
    await page.fill('#password', 'Child-Pass-2026');
    await page.click('#login-submit');
    await page.waitForSelector('#identity');
    await until('the trail to have it', async () => {
      await page.goto(`${stack.issuer}/account/activity`);
      return /服务窗口开户/.test(await page.content()) && /找回密码/.test(await page.content());
    });
    await screenshot(page, 'zh-account-activity-counter');
  });

  test('both see the old and the new spelling of a name', { timeout: 90000 }, async () => {
    const person = { username: 'shan', password: 'Citizen-Pass-2026', level: 2, name: '测试单', id_number: idNumber(), id_type: 1, phone_number: '+8613800138295' };
    const account_id = stack.addAccount(person);
    await first.goto(`${stack.issuer}/admin/#/accounts/${account_id}`);
    await first.click('[data-window=record]');
    await fill(first, { person_name: '测试善', id_number: person.id_number, place: seen.place });
    await first.click('dialog button[type=submit]');
    await first.getByText('与账号本人不一致').waitFor();
    await first.check('dialog [name=corrects_name]');
    await first.click('dialog button[type=submit]');
    await first.locator('dialog', { hasText: '测试单 → 测试善' }).waitFor();
    await screenshot(first, 'console-window-name');
    await first.click('[data-window=close]');
    await first.locator('td', { hasText: '测试单 → 测试善' }).waitFor();
    await openConfirmation();
    await second.locator('dialog', { hasText: '测试单 → 测试善' }).waitFor();
    await fill(second, { id_number: person.id_number });
    await second.click('dialog button[type=submit]');
    await confirmed();
    await second.goto(`${stack.issuer}/admin/#/window?state=confirmed`);
    await second.getByText('corrects the name').first().waitFor();
    assert.doesNotMatch(await second.content(), /测试单|测试善/);
  });
});
