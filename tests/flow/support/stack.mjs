/*
 * A whole installation on free ports in a folder of its own: Redis, simulator, server, portals. Everything that was started is stopped by its
 * process id, and a process or port that stays behind fails the test that owns it.
 */
import { spawn, execFileSync } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresCluster } from './postgres.mjs';

export const root = path.resolve(import.meta.dirname, '../../..');
export const binary = process.env.TONGXING_BINARY ?? path.join(root, 'build-test/src/tongxing');
const secrets = {
  TONGXING_POPULATION_SECRET: 'population-secret-for-tests-only',
};

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(what, check, ms = 15000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await check().catch(() => undefined);
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(25);
  }
}

const portAnswers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false)).on('close', () => socket.destroy());
  });

export class Program {
  constructor(name, command, args, { env = {}, log }) {
    Object.assign(this, { name, command, args, env, log });
  }

  start() {
    const out = fs.openSync(this.log, 'a');
    this.child = spawn(this.command, this.args, { env: { ...process.env, ...this.env }, stdio: ['ignore', out, out] });
    fs.closeSync(out);
    this.ended = once(this.child, 'exit');
    return this;
  }

  async stop(signal = 'SIGTERM') {
    if (!this.child) return;
    this.child.kill(signal);
    const [code, killedBy] = await this.ended;
    this.child = undefined;
    if (signal === 'SIGTERM' && code !== 0) {
      throw new Error(`${this.name} ended with ${code ?? killedBy}:\n${fs.readFileSync(this.log, 'utf8').slice(-4000)}`);
    }
  }
}

/* What every installation has; tests add their own. */
function standardClients(ports) {
  const portal = (client_id, name, english, port) => ({
    client_id,
    client_name: name,
    'client_name#en': english,
    client_secret: `${client_id}-secret-for-tests-only-0123456789`,
    redirect_uris: [`http://localhost:${port}/callback`],
    post_logout_redirect_uris: [`http://localhost:${port}/`],
    backchannel_logout_uri: `http://localhost:${port}/backchannel-logout`,
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile phone',
    subject_type: 'pairwise',
    tongxing_level: 2,
    tongxing_consent: 'statutory',
  });
  return [portal('zwfw', '政务服务网', 'Government Services', ports.a), portal('xysd', '信用山东', 'Credit Shandong', ports.b)];
}

export class Stack {
  /* options: groups of the configuration, or a function of the ports that makes them. database: 'sqlite', or 'postgres' for a cluster of its own in
   * stack.postgres. upstreams: further entries, of the ports. */
  static async start({ clients = [], options = {}, portals = true, registerFile, database = 'sqlite', upstreams = () => ({}) } = {}) {
    const stack = new Stack();
    stack.env = { ...secrets };
    if (database === 'postgres') {
      stack.postgres = await PostgresCluster.start();
      stack.env.TONGXING_SQL_CONNINFO = stack.postgres.conninfo;
    }
    stack.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-flow-'));
    const names = ['server', 'ops', 'simulator', 'redis', 'a', 'b'];
    stack.ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    stack.issuer = `http://localhost:${stack.ports.server}`;
    stack.clients = [...standardClients(stack.ports), ...clients];
    const wanted = typeof options === 'function' ? options(stack.ports) : options;
    stack.write({ ...wanted, upstreams: { ...wanted.upstreams, ...upstreams(stack.ports) } });
    stack.makePrograms(registerFile);
    try {
      await stack.startAll(portals);
    } catch (error) {
      await stack.stop().catch(() => {});
      throw error;
    }
    return stack;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  log(name) {
    return fs.readFileSync(this.file(`${name}.log`), 'utf8');
  }

  /* JSON is YAML: the files are written as the configuration wants them, value by value. */
  write(options) {
    const { ports, folder } = this;
    const config = {
      server: { issuer: this.issuer, workers: 2 },
      listen: { port: ports.server },
      ops: { port: ports.ops },
      log: { format: 'json', level: 'debug' },
      redis: { port: ports.redis, timeout_ms: 500 },
      sql: this.postgres ? { driver: 'postgres', conninfo: '${TONGXING_SQL_CONNINFO}', timeout_ms: 1000 } : { path: path.join(folder, 'tongxing.db') },
      keys: { folder: path.join(folder, 'keys') },
      clients: { file: path.join(folder, 'clients.yaml') },
      registration: { upstream: 'population', attempts_per_number: 20 },
      password: { memory_kib: 1024, passes: 1 },
      outbound: { allow_private_hosts: [`localhost:${ports.a}`, `localhost:${ports.b}`] },
      upstreams: {
        population: {
          adapter: 'population',
          url: `http://127.0.0.1:${ports.simulator}`,
          app_id: 'tongxing',
          secret: '${TONGXING_POPULATION_SECRET}',
          timeout_ms: 700,
          breaker_errors: 3,
          breaker_ms: 1000,
        },
      },
    };
    for (const [group, values] of Object.entries(options)) config[group] = { ...config[group], ...values };
    fs.writeFileSync(this.file('tongxing.yaml'), JSON.stringify(config));
    this.writeClients();
  }

  writeClients() {
    fs.writeFileSync(this.file('clients.yaml'), JSON.stringify({ clients: this.clients }));
  }

  makePrograms(registerFile = path.join(root, 'config/register.yaml')) {
    const { ports } = this;
    const program = (name, command, args, env = {}) =>
      new Program(name, command, args, { env: { ...this.env, ...env }, log: this.file(`${name}.log`) });
    const portal = (client, port) =>
      program(client.client_id, binary, ['portal', '--issuer', this.issuer, '--client-id', client.client_id, '--port', `${port}`,
        '--name', client.client_name], { TONGXING_PORTAL_SECRET: client.client_secret });
    this.redis = program('redis', 'redis-server', ['--port', `${ports.redis}`, '--bind', '127.0.0.1', '--dir', this.folder,
      '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']);
    this.simulator = program('simulator', binary, ['simulate', '--register', registerFile, '--port', `${ports.simulator}`]);
    this.server = program('server', binary, ['serve', this.file('tongxing.yaml')]);
    this.portalA = portal(this.clients[0], ports.a);
    this.portalB = portal(this.clients[1], ports.b);
  }

  async startAll(portals) {
    this.redis.start();
    this.simulator.start();
    this.command(['keys', 'create', this.file('tongxing.yaml')]);
    this.server.start();
    await this.untilReady();
    if (portals) {
      this.portalA.start();
      this.portalB.start();
      await until('portal A', () => portAnswers(this.ports.a));
      await until('portal B', () => portAnswers(this.ports.b));
    }
    await until('the simulator', () => portAnswers(this.ports.simulator));
  }

  untilReady() {
    return until('readiness', async () => (await fetch(`http://127.0.0.1:${this.ports.ops}/ready`)).ok);
  }

  command(args, input) {
    return execFileSync(binary, args, { env: { ...process.env, ...this.env }, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  }

  addAccount(account) {
    return this.command(['account', 'add', this.file('tongxing.yaml')], JSON.stringify(account)).trim();
  }

  async simulate(mode, delay_ms = 0) {
    const answer = await fetch(`http://127.0.0.1:${this.ports.simulator}/_control`, { method: 'POST', body: new URLSearchParams({ mode, delay_ms }) });
    if (!answer.ok) throw new Error(`the simulator knows no mode ${mode}`);
    return answer.json();
  }

  async stop() {
    const failures = [];
    for (const program of [this.portalA, this.portalB, this.server, this.simulator, this.redis]) {
      await program.stop().catch((error) => failures.push(error));
    }
    await this.postgres?.end().catch((error) => failures.push(error));
    for (const [name, port] of Object.entries(this.ports)) {
      if (await portAnswers(port)) failures.push(new Error(`something still listens on the port of ${name}`));
    }
    const reports = ['server', 'simulator', 'zwfw', 'xysd'].filter((name) => fs.existsSync(this.file(`${name}.log`)));
    for (const name of reports) {
      const report = this.log(name).match(/(ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|check failed)[^]*/);
      if (report) failures.push(new Error(`${name}: ${report[0].slice(0, 3000)}`));
    }
    if (failures.length) throw new AggregateError(failures, failures.map((failure) => failure.message).join('\n'));
    fs.rmSync(this.folder, { recursive: true });
  }
}
