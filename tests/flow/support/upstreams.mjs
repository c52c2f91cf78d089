/*
 * One upstream service: a simulator of its own and `tongxing upstream try` against it, in a folder of their own. What every process wrote is
 * kept, so that a test can look for what must not be there.
 */
import { spawn, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connect } from 'node:net';
import { Program, binary, freePort, root, until } from './stack.mjs';

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false)).on('close', () => socket.destroy());
  });

/* What each fault of the simulator comes to, unless the service's tests say otherwise. */
export const faults = {
  error: 'upstream_error',
  hang: 'upstream_error',
  garbage: 'upstream_error',
  wrong_type: 'upstream_error',
  bad_signature: 'upstream_error',
  replay: 'upstream_error',
  wrong_transaction: 'upstream_error',
  oversized: 'upstream_error',
  truncated: 'upstream_error',
  redirect: 'upstream_error',
  refuse: 'rate_limited',
};

export class UpstreamUnderTest {
  /* `entry` is the service's entry of upstreams without its url; `service` the simulator's name for it. */
  static async start({ service, entry, env = {}, files = () => {}, register = path.join(root, 'config/register.yaml') }) {
    const upstream = new UpstreamUnderTest();
    Object.assign(upstream, { service, entry, env, register, written: '', ports: [] });
    upstream.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-upstream-'));
    files(upstream);
    upstream.port = await upstream.startSimulator();
    upstream.url = `http://127.0.0.1:${upstream.port}`;
    return upstream;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  async startSimulator(args = []) {
    const port = await freePort();
    const { TONGXING_POPULATION_SECRET, ...rest } = process.env;
    const simulator = new Program(`simulator ${port}`, binary, ['simulate', '--register', this.register, '--port', `${port}`,
      '--app-id', this.entry.app_id, ...args], { env: { ...rest, ...this.env }, log: this.file(`simulator-${port}.log`) });
    simulator.start();
    this.simulators = [...(this.simulators ?? []), simulator];
    this.ports.push(port);
    await until('the simulator', () => answers(port));
    return port;
  }

  async simulate(mode, delay_ms = 0) {
    const answer = await fetch(`${this.url}/_control`, { method: 'POST', body: new URLSearchParams({ service: this.service, mode, delay_ms }) });
    assert.equal(answer.status, 200, `the simulator knows no mode ${mode} of ${this.service}`);
    return answer.json();
  }

  async calls() {
    return (await (await fetch(`${this.url}/_control?service=${this.service}`)).json()).calls;
  }

  configuration(entry = {}, outbound = {}) {
    const config = {
      server: { issuer: 'http://localhost:1' },
      listen: { port: 0 },
      ops: { port: 0 },
      redis: { port: 1 },
      sql: { path: this.file('none.db') },
      keys: { folder: this.file('no-keys') },
      clients: { file: this.file('clients.yaml') },
      registration: { enabled: false },
      outbound,
      upstreams: { tried: { url: this.url, timeout_ms: 1500, ...this.entry, ...entry } },
    };
    const name = this.file(`tongxing-${(this.configurations = (this.configurations ?? 0) + 1)}.yaml`);
    fs.writeFileSync(this.file('clients.yaml'), JSON.stringify({ clients: [] }));
    fs.writeFileSync(name, JSON.stringify(config));
    return name;
  }

  /* Asks once. `lines` are what the browser comes back with, for services that it goes to. */
  async try(asked, { entry, outbound, lines = [], env = {} } = {}) {
    const started = Date.now();
    const child = spawn(binary, ['upstream', 'try', this.configuration(entry, outbound), 'tried'], {
      env: { ...process.env, ...this.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.stdin.on('error', () => {});
    child.stdin.end([JSON.stringify(asked), ...lines].join('\n') + '\n');
    const [code] = await once(child, 'close');
    this.written += stdout + stderr;
    const answersRead = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return { ...answersRead.at(-1), answers: answersRead, code, stderr, took: Date.now() - started };
  }

  /* Every fault of the simulator, TLS that must not be trusted, and nobody there: the right result, in bounded time. */
  async faultMatrix(asked, expected = {}) {
    const table = { ...faults, ...expected };
    await this.simulate('normal');
    assert.equal((await this.try(asked)).result, 'match', 'before the faults');
    for (const [mode, result] of Object.entries(table)) {
      await this.simulate(mode);
      const answer = await this.try(asked);
      assert.equal(answer.result, result, `in mode ${mode}: ${answer.stderr}`);
      assert.equal(answer.level, result === 'match' ? answer.level : 0, mode);
      assert.ok(answer.took < 5000, `mode ${mode} took ${answer.took} ms`);
    }
    await this.simulate('slow', 300);
    assert.equal((await this.try(asked)).result, 'match', 'slow, but within its time');
    await this.simulate('slow', 4000);
    assert.equal((await this.try(asked)).result, 'upstream_error', 'slower than its time');
    await this.simulate('normal');
    await this.tlsMatrix(asked);
    const refused = await this.try(asked, { entry: { url: `http://127.0.0.1:${await freePort()}` } });
    assert.equal(refused.result, 'upstream_error', 'connection refused');
    assert.ok(refused.took < 5000);
    assert.equal((await this.try(asked)).result, 'match', 'and after all of it');
  }

  async tlsMatrix(asked) {
    const good = this.certificate('good', 'localhost'), other = this.certificate('other', 'elsewhere.example');
    const ports = {};
    for (const [name, pair] of Object.entries({ good, other })) {
      ports[name] = await this.startSimulator(['--tls-certificate', pair.certificate, '--tls-key', pair.key]);
    }
    const over = (name, outbound) => this.try(asked, { entry: { url: `https://localhost:${ports[name]}` }, outbound });
    assert.equal((await over('good', { ca_file: good.certificate })).result, 'match', 'TLS with a certificate that is trusted');
    assert.equal((await over('good')).result, 'upstream_error', 'a certificate that nobody trusts');
    assert.equal((await over('other', { ca_file: other.certificate })).result, 'upstream_error', 'a certificate for another name');
  }

  certificate(name, host) {
    const pair = { key: this.file(`${name}-tls.key`), certificate: this.file(`${name}-tls.crt`) };
    openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${host}`,
      '-addext', `subjectAltName=DNS:${host}`, '-keyout', pair.key, '-out', pair.certificate]);
    fs.chmodSync(pair.key, 0o600);
    return pair;
  }

  /* Nothing that was asked, told or secret may be in what the processes wrote. */
  assertNothingLeaked(words) {
    const everything = this.written + this.simulators.map((simulator) => fs.readFileSync(simulator.log, 'utf8')).join('');
    assert.ok(everything.includes('simulator.started') && everything.includes('"result"'), 'what was written is there to be searched');
    for (const word of words) {
      assert.ok(word.length > 2 && !everything.includes(word), `${word} was written somewhere`);
    }
    assert.doesNotMatch(everything, /AddressSanitizer|runtime error:|LeakSanitizer|check failed/);
  }

  async stop() {
    for (const simulator of this.simulators) await simulator.stop();
    for (const port of this.ports) assert.equal(await answers(port), false, `something still listens on ${port}`);
    fs.rmSync(this.folder, { recursive: true });
  }
}

export function openssl(args, input) {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/* A service written in the test: what the adapter sends is read, and what it makes of an answer is seen, without any code of ours. */
export async function serviceOf(handle) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const heard = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() };
    requests.push(heard);
    const { status = 200, headers = {}, body } = await handle(heard);
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
