/*
 * Registers that this repository has no code for, each with a wire format of its own, as strict as real ones: whoever asks in another way than the
 * interface has it is refused. What they do wrong on request is `mode`.
 */
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';

const sm3 = (text) => createHash('sm3').update(text).digest('hex');
const refuse = (status, reason) => ({ status, body: { error: reason } });

/* The faults that have nothing to do with the format; those that have are the register's own. */
const generalFaults = {
  slow: async (register, answer, send) => { register.later(() => send(answer), 4000); },
  hang: async () => {},
  error: async (register, answer, send) => send({ status: 503, body: { error: 'down' } }),
  garbage: async (register, answer, send) => send({ ...answer, raw: '<html>\0\xff not what you wanted' }),
  empty: async (register, answer, send) => send({ ...answer, raw: '' }),
  wrong_type: async (register, answer, send) => send({ ...answer, type: 'text/html' }),
  oversized: async (register, answer, send) => send({ ...answer, raw: JSON.stringify({ ...answer.body, more: 'x'.repeat(1 << 20) }) }),
  half: async (register, answer, send) => { const text = JSON.stringify(answer.body); send({ ...answer, raw: text.slice(0, text.length / 2) }); },
  redirect: async (register, answer, send) => send({ ...answer, status: 302, headers: { ...answer.headers, location: '/elsewhere' } }),
  twice: async (register, answer, send) => { const text = JSON.stringify(answer.body); send({ ...answer, raw: `${text.slice(0, -1)},${text.slice(1)}` }); },
};

export class Register {
  /* `answer(request, body)` gives { status, body, headers } or throws; it is told the mode for the faults of its own. */
  static async start(answer, { tls, ownFaults = [] } = {}) {
    const register = new Register();
    Object.assign(register, { answer, mode: 'normal', calls: 0, seen: new Set(), people: [], timers: new Set(), ownFaults });
    register.server = (tls ? createTlsServer(tls) : createServer()).on('request', (request, response) => register.handle(request, response));
    register.server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(register.server, 'listening');
    register.port = register.server.address().port;
    return register;
  }

  get faults() { return [...Object.keys(generalFaults), 'truncated', ...this.ownFaults]; }

  later(what, ms) {
    const timer = setTimeout(() => { this.timers.delete(timer); what(); }, ms);
    this.timers.add(timer);
  }

  async handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    this.calls++;
    let answer;
    try {
      answer = this.answer(request, Buffer.concat(chunks).toString('utf8'), this);
    } catch (error) {
      this.complaint = error;
      answer = refuse(400, error.message);
    }
    const send = ({ status, body, raw, type = 'application/json', headers = {} }) => {
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(raw ?? JSON.stringify(body));
    };
    if (this.mode === 'truncated') {
      response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write(JSON.stringify(answer.body).slice(0, 20));
      response.destroy();
    } else if (generalFaults[this.mode]) {
      await generalFaults[this.mode](this, answer, send);
    } else {
      send(answer);
    }
  }

  find(number) { return this.people.find((person) => person.number === number); }

  async stop() {
    for (const timer of this.timers) clearTimeout(timer);
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const must = (condition, what) => { if (!condition) throw new Error(what); };
const only = (object, names) => must(JSON.stringify(Object.keys(object)) === JSON.stringify(names), `members are ${Object.keys(object)}`);

/* --- the labour office of docs/upstreams/rest.md --- */

const kinds = { 10: /^\d{17}[\dX]$/, 11: /^8[123]0000/, 15: /^9/ };

export function labour({ appId, secret }) {
  let before;
  return (request, text, register) => {
    const { 'x-app': app, 'x-time': time, 'x-nonce': nonce, 'x-sign': sign } = request.headers;
    must(request.method === 'POST' && request.url === '/open/v2/person/check', 'address');
    must(request.headers['content-type'] === 'application/json', 'type');
    must(app === appId && Math.abs(Date.now() - Number(time)) < 300000 && /^[0-9a-f]{32}$/.test(nonce), 'header');
    must(sign === createHmac('sm3', secret).update([request.method, request.url, app, time, nonce, sm3(text)].join('\n')).digest('hex'), 'signature');
    must(!register.seen.has(nonce), 'nonce');
    register.seen.add(nonce);
    const body = JSON.parse(text);
    only(body, ['serial', 'person', 'version']);
    only(body.person, ['name', 'number', 'kind', 'mobile']);
    must(body.version === 2 && /^[0-9a-z]{32}$/.test(body.serial) && typeof body.person.kind === 'number' && kinds[body.person.kind]?.test(body.person.number), 'members');
    must(/^1[3-9]\d{9}$/.test(body.person.mobile), 'mobile');

    const known = register.find(body.person.number);
    const verdict = !known ? 3 : known.verdict ?? (known.name === body.person.name && known.phone === body.person.mobile ? 1 : 2);
    const serial = register.mode === 'wrong_transaction' ? '0'.repeat(32) : body.serial;
    const data = { verdict, id: `LB-${register.calls}`, folded: false, updated: '2026-01-04' };
    const answer = known?.code ? { serial, code: known.code } : { serial, code: register.mode === 'unknown' ? '9999' : '0000', data };
    if (register.mode === 'refuse') return { status: 429, body: { code: '4290' } };
    const raw = JSON.stringify(answer), at = String(Date.now());
    const key = register.mode === 'bad_signature' ? `${secret}x` : secret;
    const signature = createHmac('sm3', key).update([app, at, nonce, sm3(raw)].join('\n')).digest('hex');
    const fresh = { status: 200, body: answer, headers: register.mode === 'unsigned' ? {} : { 'x-time': at, 'x-sign': signature } };
    if (register.mode === 'replay') return before;
    before = fresh;
    return register.mode === 'changed' ? { ...fresh, body: { ...answer, data: { ...data, verdict: 1, id: 'x' } } } : fresh;
  };
}

/* --- companies by GET, with a password --- */

export function companies({ appId, secret }) {
  return (request, text, register) => {
    const url = new URL(request.url, 'http://localhost');
    must(request.method === 'GET' && text === '', 'method');
    if (request.headers.authorization !== `Basic ${Buffer.from(`${appId}:${secret}`).toString('base64')}`) return refuse(401, 'who are you');
    const code = /^\/registry\/companies\/([0-9A-Z]{18})$/.exec(url.pathname)?.[1];
    must(code, 'address');
    only(Object.fromEntries(url.searchParams), ['name', 'representative', 'number']);
    const known = register.people.find((company) => company.code === code);
    if (register.mode === 'refuse') return refuse(429, 'busy');
    if (!known) return { status: 404, body: { code, found: 0 } };
    const same = known.name === url.searchParams.get('name') && known.representative === url.searchParams.get('representative');
    return { status: 200, body: { code: register.mode === 'wrong_transaction' ? '91990000MA00TEXT07' : code, found: 1, same, state: known.state, name: known.name, kind: '有限责任公司', updated: 1767456000 } };
  };
}

/* --- bank cards by form, with a token; the answer is text inside of an envelope --- */

export function cards({ secret }) {
  return (request, text, register) => {
    must(request.method === 'POST' && request.url === '/cards' && request.headers['content-type'] === 'application/x-www-form-urlencoded', 'address');
    if (request.headers.authorization !== `Bearer ${secret}`) return refuse(401, 'who are you');
    const form = Object.fromEntries(new URLSearchParams(text));
    only(form, ['orderId', 'txnTime', 'accNo', 'certifId', 'customerNm', 'phoneNo']);
    const china = new Date(Date.now() + 8 * 3600e3).toISOString().replace(/\D/g, '').slice(0, 14);
    must(/^\d{14}$/.test(form.txnTime) && Math.abs(Number(china) - Number(form.txnTime)) < 1000, `time ${form.txnTime}`);
    const known = register.people.find((person) => person.card === form.accNo);
    const fits = known && known.number === form.certifId && known.name === form.customerNm && `+86${known.phone}` === form.phoneNo;
    const respCode = register.mode === 'refuse' ? '37' : !known ? '61' : known.respCode ?? (fits ? '00' : '66');
    const orderId = register.mode === 'wrong_transaction' ? '0'.repeat(32) : form.orderId;
    return { status: 200, body: { payload: JSON.stringify({ orderId, respCode, queryId: 20260105 }) } };
  };
}

/* --- a check over mutual TLS: who asks is in the certificate --- */

export function certified(commonName) {
  return (request, text, register) => {
    must(request.socket.authorized && request.socket.getPeerCertificate().subject.CN === commonName, 'certificate');
    const body = JSON.parse(text);
    only(body, ['ask']);
    const [{ n, i, t }] = body.ask;
    const known = register.find(i);
    if (register.mode === 'refuse') return refuse(429, 'busy');
    return { status: 200, body: { t: register.mode === 'wrong_transaction' ? 'x' : t, ok: known?.name === n } };
  };
}
