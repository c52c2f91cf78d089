/* A sign-in service tried from the host: `tongxing upstream try` on one side, the simulator or any other provider on the other, and the test as the
 * browser between them. Everything that was written by the processes is kept, for a look at what must not be in it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { Program, binary, freePort, root, until } from './stack.mjs';

export const timeout_ms = 1500;

/* A certificate of its own, for a name. */
export function certificate(folder, name, host) {
  const files = { cert: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', `/CN=${host}`,
    '-addext', `subjectAltName=DNS:${host}`, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
  return files;
}

export class Trial {
  constructor(env) {
    this.env = env;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-trial-'));
    this.written = '';
    this.attempts = [];
    this.programs = [];
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /* `tls`: the files of a certificate. */
  async simulate({ tls } = {}) {
    const port = await freePort();
    const args = ['simulate', '--register', path.join(root, 'config/register.yaml'), '--port', `${port}`];
    if (tls) args.push('--tls-certificate', tls.cert, '--tls-key', tls.key);
    const program = new Program('simulator', binary, args, { env: this.env, log: this.file(`simulator-${port}.log`) }).start();
    this.programs.push(program);
    await until('the simulator', () => new Promise((resolve, reject) => {
      const log = fs.readFileSync(program.log, 'utf8');
      if (/simulator\.started/.test(log)) resolve(true);
      else reject(new Error(log));
    }));
    return port;
  }

  /* JSON is YAML. */
  configure(upstreams, outbound = {}) {
    fs.writeFileSync(this.file('clients.yaml'), '{"clients": []}');
    fs.writeFileSync(this.file('tongxing.yaml'), JSON.stringify({
      server: { issuer: 'http://localhost:1' },
      registration: { enabled: false },
      sql: { path: this.file('tongxing.db') },
      keys: { folder: this.file('keys') },
      clients: { file: this.file('clients.yaml') },
      outbound,
      upstreams,
    }));
  }

  check() {
    return execFileSync(binary, ['check', this.file('tongxing.yaml')], { env: { ...process.env, ...this.env }, encoding: 'utf8', stdio: 'pipe' });
  }

  /* Begins: `url` is where the browser goes; `result` instead where it could not be begun. */
  async begin(name, asked = {}) {
    const attempt = new Attempt(this, name);
    const answer = await attempt.ask(JSON.stringify(asked));
    return Object.assign(attempt, answer);
  }

  async stop() {
    await Promise.all(this.attempts.map((attempt) => attempt.end())); // those of tests that failed wait still
    for (const program of this.programs) {
      await program.stop();
      this.written += fs.readFileSync(program.log, 'utf8');
    }
    this.programs = [];
    assert.match(this.written, /^> (GET|POST) http/m, 'what was written is there to be searched');
    assert.doesNotMatch(this.written, /AddressSanitizer|runtime error:|LeakSanitizer|check failed/);
    fs.rmSync(this.folder, { recursive: true });
  }
}

class Attempt {
  constructor(trial, name) {
    this.trial = trial;
    /* Every other one shows what went over the wire too, masked. */
    this.child = spawn(binary, ['upstream', 'try', trial.file('tongxing.yaml'), name, ...(trial.attempts.push(this) % 2 ? [] : ['--show'])], { env: { ...process.env, ...trial.env }, stdio: 'pipe' });
    this.child.stderr.on('data', (chunk) => {
      trial.written += chunk;
      this.errors = (this.errors ?? '') + chunk;
    });
    this.ended = once(this.child, 'exit');
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    const started = Date.now();
    const { value, done } = await this.lines.next();
    assert.ok(!done, `it ended without an answer: ${this.errors}`);
    this.trial.written += `${value}\n`;
    return { ...JSON.parse(value), ms: Date.now() - started };
  }

  /* Comes back with an address; the service's answer. */
  finish(address) {
    return this.ask(String(address));
  }

  async end() {
    this.child.stdin.end();
    const [code, signal] = await this.ended;
    assert.equal(signal, null, this.errors);
    return code;
  }
}

/* A browser reduced to cookies, redirects and forms, for pages of strangers; stops at the first redirect to `until`. */
export class Browser {
  constructor() {
    this.cookies = new Map();
  }

  async request(address, form) {
    const url = new URL(address);
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      body: form ? new URLSearchParams(form) : undefined,
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    return { status: answer.status, html: await answer.text(), location: location && new URL(location, url) };
  }

  async follow(address, stop, act) {
    let answer = await this.request(address);
    for (let hops = 0; hops < 12; hops++) {
      if (answer.location?.href.startsWith(stop)) return answer.location;
      answer = answer.location ? await this.request(answer.location) : await act(this, answer);
    }
    throw new Error('went round in circles');
  }
}
