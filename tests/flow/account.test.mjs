/* The person's own pages: what they show, what they change, and what they refuse. In a real browser for what people do, by hand for what they must not. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from './support/stack.mjs';
import { launch, person, screenshot } from './support/chromium.mjs';
import { Agent, tokensOf, token, userinfo } from './support/agent.mjs';
import { onDatabase } from './support/registration.mjs';
import { nameOnHost } from './support/admin.mjs';
import { totp } from './support/totp.mjs';
import * as c from './support/clients.mjs';

let stack, browser;
before(async () => {
  stack = await Stack.start({ clients: c.clients });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

let people = 0;
/* Somebody new, proven at level 2 unless said. */
function somebody(extra = {}) {
  const number = String(++people).padStart(3, '0');
  const who = { username: `user${number}`, password: `Some-Pass-${number}`, level: 2, name: '欧阳测试', phone_number: `+86139001390${number.slice(1)}`, phone_number_verified: true, ...extra };
  return { ...who, account_id: stack.addAccount(who) };
}

const inputs = (html) => Object.fromEntries([...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]));
const text = (html) => html.replace(/<[^>]*>|\s+/g, ' ');
const told = (html) => html.match(/role="(?:alert|status)"[^>]*>([^<]*)/)?.[1];

/* Follows redirects of ours, signing in where asked, to a page that is none of the sign-in's. */
async function visit(agent, answer, who) {
  for (let hops = 0; hops < 12; hops++) {
    if (answer.status === 303) answer = await agent.request(new URL(answer.location, stack.issuer));
    else if (/id="login-submit"/.test(answer.html) && who)
      answer = await agent.request('/login', { form: { ...inputs(answer.html), username: who.username, password: who.password, action: 'login' } });
    else if (/id="second-factor-submit"/.test(answer.html) && who?.totp)
      answer = await agent.request('/second-factor', { form: { ...inputs(answer.html), code: totp(who.totp), action: 'check' } });
    else return answer;
  }
  throw new Error('went round in circles');
}
const open = async (agent, path, who) => visit(agent, await agent.request(path), who);
async function signedIn(who, options) {
  const agent = new Agent(stack, options);
  const page = await open(agent, '/account', who);
  assert.match(page.html, /id="identity"/, text(page.html));
  return agent;
}
/* Fills a page's form in and sends it, following to where it leads. */
async function send(agent, path, fields, who) {
  const page = await open(agent, path, who);
  assert.equal(page.status, 200, text(page.html));
  return visit(agent, await agent.request(path, { form: { ...inputs(page.html), ...fields } }), who);
}
/* The sign-in was a while ago. */
async function makeStale(agent, who) {
  const { createHash } = await import('node:crypto');
  const id = createHash('sha256').update(agent.cookies.get('__Host-session')).digest().subarray(0, 16).toString('base64url');
  return id;
}
const audited = (account_id, event) =>
  until(`${event} in the trail`, async () =>
    onDatabase(stack, (database) => database.prepare('SELECT record FROM audit WHERE subject = ? AND event = ? ORDER BY at_ms DESC').all(account_id, event).map(({ record }) => JSON.parse(record))[0]));

test('a first look', async () => {
  const who = somebody({ id_number: '110105188812310013', id_type: 1 });
  const agent = await signedIn(who);
  for (const path of ['/account', '/account/methods', '/account/password', '/account/second-factor', '/account/sessions', '/account/portals', '/account/activity', '/account/export', '/account/close']) {
    const page = await open(agent, path);
    console.log(path, page.status, text(page.html).slice(0, 400));
  }
});
