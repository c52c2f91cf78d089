/*
 * Services that the browser goes to, through `tongxing upstream try` and the simulator's pages: what the browser does is a function of the test. As
 * with upstreams.mjs everything that the processes write is kept.
 */
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { binary, freePort, root, until, Program } from './stack.mjs';

export const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

/* A key pair on the curve of SM2: PEM files NAME.pem (0600) and NAME.pub. */
export function sm2Keys(folder, name) {
  const file = path.join(folder, `${name}.pem`);
  const publicFile = path.join(folder, `${name}.pub`);
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2', '-out', file);
  fs.chmodSync(file, 0o600);
  openssl('pkey', '-in', file, '-pubout', '-out', publicFile);
  return { file, publicFile };
}

/* A certificate for a name, by a certification authority that is made for it: {certificate, key, ca}. */
export function certificateFor(folder, name) {
  const file = (end) => path.join(folder, `${name}.${end}`);
  const extensions = file('ext');
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=authority of ${name}`, '-keyout', file('ca.key'), '-out', file('ca.crt'));
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr'));
  fs.writeFileSync(extensions, `subjectAltName=${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`);
  openssl('x509', '-req', '-in', file('csr'), '-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', file('crt'));
  fs.chmodSync(file('key'), 0o600);
  return { certificate: file('crt'), key: file('key'), ca: file('ca.crt') };
}

export class Upstreams {
  static async start({ env = {}, tls, register = path.join(root, 'config/register.yaml') } = {}) {
    const upstreams = new Upstreams();
    Object.assign(upstreams, { env, written: '', folder: fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-upstream-')) });
    upstreams.port = await freePort();
    upstreams.register = register;
    return upstreams;
  }

  /* After the keys are in place. */
  async simulate(tls) {
    this.scheme = tls ? 'https' : 'http';
    this.url = `${this.scheme}://127.0.0.1:${this.port}`;
    this.log = path.join(this.folder, `simulator-${Date.now()}.log`);
    const args = ['simulate', '--register', this.register, '--port', `${this.port}`, ...(tls ? ['--tls-certificate', tls.certificate, '--tls-key', tls.key] : [])];
    this.simulator = new Program('simulator', binary, args, { env: this.env, log: this.log }).start();
    await until('the simulator', async () => /simulator\.started/.test(fs.readFileSync(this.log, 'utf8')));
  }

  async stopSimulator() {
    await this.simulator?.stop();
    if (this.simulator) this.written += fs.readFileSync(this.log, 'utf8');
    this.simulator = undefined;
  }

  async mode(service, mode, delay_ms = 0) {
    const answer = await fetch(`${this.url}/_control`, { method: 'POST', body: new URLSearchParams({ service, mode, delay_ms }) });
    if (!answer.ok) throw new Error(`${service} knows no mode ${mode}`);
    return answer.json();
  }

  configure(upstreams, outbound = {}) {
    const first = Object.keys(upstreams)[0];
    this.file = path.join(this.folder, 'tongxing.yaml');
    fs.writeFileSync(this.file, JSON.stringify({
      server: { issuer: 'http://localhost:1' }, sql: { path: path.join(this.folder, 'x.db') }, keys: { folder: path.join(this.folder, 'keys') },
      registration: { upstream: first }, outbound, upstreams,
    }));
  }

  /* `asked` and, for services that the browser goes to, what it comes back with. Each answer has `took_ms`. */
  async ask(name, asked, comeBack) {
    const started = Date.now();
    const child = spawn(binary, ['upstream', 'try', this.file, name], { env: { ...process.env, ...this.env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let errors = '';
    child.stderr.on('data', (bytes) => (errors += bytes));
    child.stdin.on('error', () => {}); // it may have ended
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    let last;
    for await (const line of createInterface({ input: child.stdout })) {
      const answer = JSON.parse(line);
      if (answer.url && comeBack) {
        this.beginUrl = answer.url;
        child.stdin.write(`${await comeBack(answer.url)}\n`);
      } else if (answer.result === 'pending' && comeBack) {
        last = answer;
        const again = await comeBack(undefined, answer);
        if (again === undefined) child.stdin.end();
        else child.stdin.write(`${again}\n`);
      } else {
        this.written += `${answer.url ? '' : line}\n`;
        last = answer;
        child.stdin.end();
      }
    }
    child.stdin.end();
    await ended;
    this.written += errors;
    this.errors = errors;
    if (/ERROR: AddressSanitizer|runtime error:|check failed/.test(errors)) throw new Error(errors.slice(0, 3000));
    return last && { ...last, took_ms: Date.now() - started };
  }

  async stop() {
    await this.stopSimulator();
    if (/ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|check failed/.test(this.written)) throw new Error(this.written.slice(-3000));
    fs.rmSync(this.folder, { recursive: true });
  }
}

/* The location that a page of the simulator leads to. */
export async function click(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`${url} answered ${answer.status}`);
  return answer.headers.get('location');
}
export const hrefOf = (html, id) => html.match(new RegExp(`id="${id}" href="([^"]+)"`))?.[1].replaceAll('&amp;', '&');
export { sleep };
