/*
 * Trials of upstream services that a browser goes to: `tongxing simulate` on free ports, and `tongxing upstream try` step by step, so that a test can
 * be the browser in between. Everything that the programs write is kept, so that it can be searched for what must not be in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { binary, freePort, root, until, Program } from './stack.mjs';
import { openssl } from './upstreams.mjs';

/* A certificate of its own making for a name, as { certificate, key }. */
export function makeCertificate(folder, name) {
  const made = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', `/CN=${name}`, '-addext',
    `subjectAltName=DNS:${name}`, '-keyout', made.key, '-out', made.certificate]);
  fs.chmodSync(made.key, 0o600);
  return made;
}

export class Trial {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-upstream-'));
    this.env = {};
    this.output = '';
    this.simulators = [];
    this.asking = new Set(); /* of a test that has failed in between */
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /* The simulator, with what `env` switches on; with tls ({ certificate, key }) over https. Answers its address. */
  async simulate({ env, appId = 'tongxing', register = path.join(root, 'config/register.yaml'), tls }) {
    const port = await freePort();
    const args = ['simulate', '--register', register, '--port', `${port}`, '--app-id', appId];
    if (tls) args.push('--tls-certificate', tls.certificate, '--tls-key', tls.key);
    const name = `simulator-${this.simulators.length}`;
    const program = new Program(name, binary, args, { env, log: this.file(`${name}.log`) }).start();
    this.simulators.push(program);
    const url = `${tls ? 'https' : 'http'}://localhost:${port}`;
    await until('the simulator', () => (tls ? reaches(`${url}/_control`) : fetch(`${url}/_control`).then((answer) => answer.ok)));
    return url;
  }

  async mode(url, service, mode, delay_ms = 0) {
    const answer = await fetch(`${url}/_control`, { method: 'POST', body: new URLSearchParams({ service, mode, delay_ms }) });
    if (!answer.ok) throw new Error(`the simulator's ${service} knows no mode ${mode}`);
  }

  configure(upstreams, more = {}) {
    const config = {
      server: { issuer: 'http://localhost:1' },
      sql: { path: this.file('none.db') },
      keys: { folder: this.file('none') },
      registration: { enabled: false },
      upstreams,
      ...more,
    };
    fs.writeFileSync(this.file('tongxing.yaml'), JSON.stringify(config));
  }

  /* Begins at a service: first is the answer to what was asked, back(address) each answer that follows. */
  go(name, asked) {
    const child = spawn(binary, ['upstream', 'try', this.file('tongxing.yaml'), name], { env: { ...process.env, ...this.env } });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = once(child, 'close').finally(() => this.asking.delete(child));
    this.asking.add(child);
    const keep = (bytes) => (this.output += bytes);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.stdin.on('error', () => {});
    const answer = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`tongxing upstream try ${name} ended without an answer:\n${this.output.slice(-2000)}`);
      return JSON.parse(value);
    };
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    const back = (address = '') => {
      child.stdin.write(`${address}\n`);
      return answer();
    };
    const end = async () => {
      child.stdin.end();
      return (await ended)[0];
    };
    return { answer, back, end };
  }

  /* What all programs have written so far. */
  written() {
    return this.output + this.simulators.map((program) => fs.readFileSync(program.log, 'utf8')).join('');
  }

  async stop() {
    for (const child of this.asking) child.kill();
    for (const program of this.simulators) await program.stop();
    const report = this.written().match(/(ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|check failed)[^]*/);
    if (report) throw new Error(report[0].slice(0, 3000));
    fs.rmSync(this.folder, { recursive: true });
  }
}

const reaches = (url) =>
  new Promise((resolve) => {
    https.get(url, { rejectUnauthorized: false }, (answer) => answer.resume().on('end', () => resolve(true))).on('error', () => resolve(false));
  });
