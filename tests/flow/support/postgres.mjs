/* A throw-away PostgreSQL cluster, through tests/support/postgres. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';

const script = path.resolve(import.meta.dirname, '../../support/postgres');

export class PostgresCluster {
  /* With a port: TLS there besides, see cluster.tls. */
  static async start(port) {
    const cluster = new PostgresCluster();
    cluster.child = spawn(script, port ? [`${port}`] : [], { stdio: ['pipe', 'pipe', 'inherit'] });
    cluster.ended = once(cluster.child, 'exit');
    cluster.lines = readline.createInterface({ input: cluster.child.stdout })[Symbol.asyncIterator]();
    cluster.folder = await cluster.line();
    cluster.conninfo = `host=${cluster.folder} user=tongxing password=test-password-of-postgres dbname=tongxing`;
    cluster.tls = `host=localhost port=${port} user=tongxing password=test-password-of-postgres dbname=tongxing sslrootcert=${cluster.folder}/authority.pem`;
    return cluster;
  }

  async line() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the PostgreSQL cluster has ended');
    return value;
  }

  /* stop, kill, hang, go_on, start */
  async do(command) {
    this.child.stdin.write(`${command}\n`);
    await this.line();
  }

  async end() {
    this.child.stdin.end();
    const [code] = await this.ended;
    if (code !== 0) throw new Error(`the PostgreSQL cluster ended with ${code}`);
  }
}
