/* The pages of a person's own account by hand: signing in on the way, forms with their tokens, sessions made old. And the services that link, or look at faces. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { Agent } from './agent.mjs';
import { onDatabase } from './registration.mjs';
import { Program, binary, freePort, root, until } from './stack.mjs';
import { totp } from './totp.mjs';
import { sm2Keys } from './upstream_visits.mjs';

/* Numbers that are nobody's, each once: a day of 1888, and the check digit of GB 11643. */
let numbers = 0;
export function idNumber() {
  const day = new Date(Date.UTC(1888, 0, 1 + numbers)).toISOString().slice(0, 10).replaceAll('-', '');
  const digits = `110105${day}${String(100 + numbers++).padStart(3, '0')}`;
  return digits + '10X98765432'[[...digits].reduce((sum, digit, i) => sum + digit * (2 ** (17 - i) % 11), 0) % 11];
}
export const masked = (number) => `${number.slice(0, 4)}**********${number.slice(-4)}`;

let people = 0;
/* Somebody new, proven at level 2 unless said. */
export function somebody(stack, extra = {}) {
  const number = String(++people).padStart(3, '0');
  const who = { username: `user${number}`, password: `Some-Pass-${number}`, level: 2, name: '欧阳测试', phone_number: `+8613900139${number}`, phone_number_verified: true, ...extra };
  return { ...who, account_id: stack.addAccount(who) };
}

export const inputs = (html) => Object.fromEntries([...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]));
export const text = (html) => html.replace(/<[^>]*>|\s+/g, ' ');
export const told = (html) => html.match(/role="(?:alert|status)"[^>]*>([^<]*)/)?.[1];

/* Follows redirects of ours, signing in where asked, to a page that is none of the sign-in's. */
export async function visit(agent, answer, who) {
  for (let hops = 0; hops < 12; hops++) {
    if (answer.status === 303) {
      const url = new URL(answer.location, agent.stack.issuer);
      if (url.origin !== agent.stack.issuer) return answer;
      answer = await agent.request(url);
    } else if (/id="login-submit"/.test(answer.html) && who)
      answer = await agent.request('/login', { form: { ...inputs(answer.html), username: who.username, password: who.password, action: 'login' } });
    else if (/id="second-factor-submit"/.test(answer.html) && who?.totp)
      answer = await agent.request('/second-factor', { form: { ...inputs(answer.html), code: totp(who.totp), action: 'check' } });
    else return answer;
  }
  throw new Error(`went round in circles: ${told(answer.html) ?? answer.location}`);
}
export const open = async (agent, target, who) => visit(agent, await agent.request(target), who);
export async function signedIn(stack, who) {
  const agent = new Agent(stack);
  const page = await open(agent, '/account', who);
  assert.match(page.html, /id="identity"/, text(page.html));
  return agent;
}
/* Fills a page's form in and sends it, following to where it leads. */
export async function send(agent, target, fields, who) {
  const page = await open(agent, target, who);
  assert.equal(page.status, 200, text(page.html));
  return visit(agent, await agent.request(target, { form: { ...inputs(page.html), ...fields } }), who);
}

export const rows = (stack, sql, ...values) => onDatabase(stack, (database) => database.prepare(sql).all(...values));
export const audited = (stack, account_id, event) =>
  until(`${event} in the trail`, async () => rows(stack, 'SELECT record FROM audit WHERE subject = ? AND event = ? ORDER BY at_ms DESC', account_id, event).map(({ record }) => JSON.parse(record))[0]);

/* One command of Redis, with binary arguments. */
export function redis(stack, ...parts) {
  const wire = Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...parts.flatMap((part) => [Buffer.from(`$${Buffer.byteLength(part)}\r\n`), Buffer.from(part), Buffer.from('\r\n')])]);
  return new Promise((resolve, reject) => {
    const socket = connect(stack.ports.redis, '127.0.0.1', () => socket.write(wire));
    socket.on('error', reject).once('data', (data) => {
      socket.destroy();
      resolve(data[0] === 36 ? data.subarray(data.indexOf('\r\n') + 2, -2) : data);
    });
  });
}
/* The first part of the cookie, "ss_" and 32 bytes, names the session. */
export const sessionId = (agent) => createHash('sha256').update(agent.cookies.get('__Host-session').slice(0, 46)).digest().subarray(0, 16).toString('base64url');
/* The sign-in was ten minutes ago: the record is a version, the account's id, then two times (src/model/session.c). */
export async function makeStale(agent) {
  const key = `ss:{${sessionId(agent)}}`;
  const record = Buffer.from(await redis(agent.stack, 'GET', key));
  let at = 1 + 1 + (record[1] - 1);
  const number = () => {
    let value = 0n, shift = 0n, byte;
    do {
      byte = record[at++];
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
    } while (byte & 128);
    return value;
  };
  number();
  const from = at;
  let left = number() - 2n * 600n;
  for (let i = from; i < at; i++, left >>= 7n) record[i] = Number(left & 127n) | (i < at - 1 ? 128 : 0);
  assert.match(String(await redis(agent.stack, 'SET', key, record, 'KEEPTTL')), /OK/);
}

/* --- other services, simulated beside the stack --- */

const secret = 'wechat-website-secret-for-tests';
const key = '00112233445566778899aabbccddeeff';

/* WeChat to sign in with, Alipay's look at a face on a telephone and CTID's in the same browser, and text messages: the configuration of all, and what the
 * person does there. */
export class Services {
  static async start(folder) {
    const services = new Services();
    services.port = await freePort();
    const write = (name, key) => fs.writeFileSync(path.join(folder, `${name}.pem`), key, { mode: 0o600 });
    for (const [private_name, public_name] of [['app_private_key', 'app_public_key'], ['alipay_private_key', 'alipay_public_key']]) {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      write(private_name, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      write(public_name, publicKey.export({ type: 'spki', format: 'pem' }));
    }
    const ctid = sm2Keys(folder, 'ctid');
    services.env = { TONGXING_WECHAT_SECRET: secret, TONGXING_WECHAT_IN_APP_SECRET: secret, TONGXING_ALIPAY_KEYS: folder, TONGXING_SMS_SECRET: secret, TONGXING_CTID_SECRET: secret, TONGXING_CTID_KEY: key, TONGXING_CTID_PRIVATE_KEY: ctid.file };
    services.program = new Program('services', binary, ['simulate', '--register', path.join(root, 'config/register.yaml'), '--port', `${services.port}`], { env: services.env, log: path.join(folder, 'services.log') });
    services.program.start();
    await until('the services', async () => (await fetch(`http://127.0.0.1:${services.port}/_control`)).status > 0);
    const url = `http://127.0.0.1:${services.port}`;
    services.upstreams = {
      wechat: { adapter: 'wechat', url, open_url: url, app_id: 'tongxing', secret, timeout_ms: 2000 },
      face: { adapter: 'alipay_face', url: `${url}/gateway.do`, app_id: 'tongxing', timeout_ms: 2000, app_private_key: path.join(folder, 'app_private_key.pem'), alipay_public_key: path.join(folder, 'alipay_public_key.pem') },
      face_here: { adapter: 'ctid', mode: 'face', url: `${url}/idauth`, page_url: `${url}/ctid`, app_id: 'tongxing', secret, key, public_key: ctid.publicFile, timeout_ms: 2000 },
      sms: { adapter: 'sms_http', url: `${url}/sms/send`, secret, timeout_ms: 2000, success_member: 'code', success_value: 'OK', template: 'zh', template_recover: 'recover' },
    };
    return services;
  }

  /* On WeChat's page, as one of the register's accounts; where the browser goes then. */
  async wechat(url, account) {
    const page = await (await fetch(url)).text();
    const uuid = page.match(/name=uuid value="([^"]+)"/)[1];
    const answer = await fetch(new URL('/connect/confirm', url), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ uuid, account }) });
    return new URL(answer.headers.get('location'));
  }

  /* On the page that waits for the telephone: shows a face there; what our waiting page's button asks for. */
  async face(page, outcome = 'pass') {
    const link = page.html.match(/id="detour-link" href="([^"]+)"/)[1].replaceAll('&amp;', '&');
    const shown = await fetch(link), html = await shown.text();
    await fetch(new URL(html.match(/action="([^"]+)"/)[1], shown.url), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ ...inputs(html.replaceAll('type=hidden name=certify_id', 'type="hidden" name="certify_id"')), outcome }) });
    return `/return?state=${inputs(page.html).state}`;
  }

  /* On CTID's page in the browser that is there; where it is sent back to. */
  async faceHere(url, outcome = '0') {
    const html = await (await fetch(url)).text();
    const link = html.match(new RegExp(`id="outcome-${outcome}" href="([^"]+)"`))[1].replaceAll('&amp;', '&');
    const back = new URL((await fetch(new URL(link, url), { redirect: 'manual' })).headers.get('location'));
    return `${back.pathname}${back.search}`;
  }

  /* The last message that came to somebody's telephone: {code, template}. */
  message(who) {
    return until('a message', async () => (await this.messages(who))[0]);
  }
  async messages(who) {
    return (await fetch(`http://127.0.0.1:${this.port}/sms/_messages?phone=${who.phone_number.slice(3)}`)).json();
  }

  /* From the step-up page past the look at a face: the answer to the browser that comes back. */
  async seen(agent, page) {
    const waiting = await visit(agent, await agent.request('/verify', { form: { flow: inputs(page.html).flow, presence: 'face' } }));
    return agent.request(await this.face(waiting));
  }

  stop() {
    return this.program.stop();
  }
}
