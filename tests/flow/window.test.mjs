/* Proof in person (L4): recorded by one security administrator, confirmed by another, through the admin API and in the console. */
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { adminTokens, Api, nameOnHost } from './support/admin.mjs';
import { launch, screenshot } from './support/chromium.mjs';
import { totp } from './support/totp.mjs';

const citizen = { username: 'jia', password: 'Citizen-Pass-2026', level: 2, name: '测试甲', id_number: '110105188812310013', id_type: 1, phone_number: '+8613800138201' };
const nameless = { username: 'yi', password: 'Citizen-Pass-2026', level: 1, phone_number: '+8613800138202' };
const people = {
  first: { username: 'sec1', password: 'Security-Pass-2026', role: 'security', name: '安全一' },
  second: { username: 'sec2', password: 'Security-Pass-2026', role: 'security', name: '安全二' },
  auditor: { username: 'aud', password: 'Auditor-Pass-2026', role: 'auditor', name: '审计' },
  system: { username: 'sys', password: 'System-Pass-2026', role: 'system', name: '系统' },
};
const apis = {}, ids = {};
let stack, description;
const seen = { document: 'resident_id_card', person_name: '测试甲', id_number: '110105188812310013', place: '示例市政务服务中心 3 号窗口' };
const isProblem = (answer, status, fields) => {
  assert.equal(answer.status, status, answer.text);
  if (fields) assert.deepEqual((answer.body.errors ?? []).map((error) => error.field).sort(), fields);
};

before(async () => {
  stack = await Stack.start({ portals: false });
  ids.jia = stack.addAccount(citizen);
  ids.yi = stack.addAccount(nameless);
  for (const [nth, person] of Object.entries(Object.values(people))) {
    person.account_id = stack.addAccount({ username: person.username, password: person.password, level: 2, name: person.name, phone_number: `+861380013821${nth}`, id_type: 1 });
    person.totp = nameOnHost(stack, person);
  }
  const { access_token } = await adminTokens(stack, people.system);
  description = (await new Api(stack, access_token).get('/openapi.json')).body;
  apis.system = new Api(stack, access_token, description);
  for (const name of ['first', 'second', 'auditor']) apis[name] = new Api(stack, (await adminTokens(stack, people[name])).access_token, description);
});
after(() => stack?.stop());

describe('proof in person', () => {
  test('is for security administrators to record and to decide, and for auditors to see', async () => {
    for (const name of ['auditor', 'system']) isProblem(await apis[name].post('/window_records', { ...seen, account_id: ids.jia }), 403);
    isProblem(await apis.system.get('/window_records'), 403);
    assert.equal((await apis.auditor.get('/window_records')).status, 200);
  });

  test('what cannot be right is said by field, and another person than the account\'s is', async () => {
    const record = (change) => apis.first.post('/window_records', { ...seen, account_id: ids.jia, ...change });
    isProblem(await record({ id_number: '110105188812310011' }), 400, ['id_number']);
    isProblem(await record({ id_number: '110105188812310021' }), 400, ['id_number']);
    isProblem(await record({ person_name: '测试乙' }), 400, ['person_name']);
    isProblem(await record({ document: 'library_card' }), 400, ['document']);
    isProblem(await record({ account_id: 'nobody' }), 404);
    isProblem(await record({ account_id: people.first.account_id }), 409);
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
  const signIn = async (browser, person) => {
    const context = await browser.newContext({ locale: 'zh-CN' });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    await page.goto(`${stack.issuer}/admin/`);
    await page.getByRole('button', { name: '登录' }).click();
    await page.fill('#username', person.username);
    await page.fill('#password', person.password);
    await page.click('#login-submit');
    await page.fill('#code', totp(person.totp, Date.now() + 30000));
    await page.click('#second-factor-submit');
    await page.waitForSelector('main[data-view]');
    return page;
  };

  test('one records on the account\'s page, another confirms in the list', { timeout: 90000 }, async () => {
    const browser = await launch();
    try {
      const first = await signIn(browser, people.first);
      await first.goto(`${stack.issuer}/admin/#/accounts/${ids.jia}`);
      await first.click('[data-window=record]');
      await first.fill('dialog [name=person_name]', seen.person_name);
      await first.fill('dialog [name=id_number]', seen.id_number);
      await first.fill('dialog [name=place]', seen.place);
      await first.click('dialog button[type=submit]');
      await first.waitForSelector('main[data-view=window]');
      assert.equal(await first.locator('[data-window=confirm]').count(), 0, 'not whoever recorded it');
      await screenshot(first, 'console-window');
      const second = await signIn(browser, people.second);
      await second.goto(`${stack.issuer}/admin/#/window?state=waiting`);
      await second.click('[data-window=confirm]');
      await second.fill('dialog [name=id_number]', seen.id_number);
      await second.click('dialog button[type=submit]');
      await second.waitForFunction(() => !document.querySelector('[data-window=confirm]'));
    } finally {
      await browser.close();
    }
    const { body } = await apis.first.get('/window_records?state=waiting');
    assert.equal(body.items.length, 0);
  });
});
