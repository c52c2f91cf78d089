/* tongxing_rate_limit over two processes on the same Redis. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as kinds from './support/clients.mjs';
import { Program, Stack, binary, freePort, until } from './support/stack.mjs';

const limit = 20;
const machine = { ...kinds.machine, token_endpoint_auth_method: 'client_secret_post', tongxing_rate_limit: limit };
let stack, other, otherPort;
before(async () => {
  stack = await Stack.start({ portals: false, clients: [machine] });
  otherPort = await freePort();
  const ops = await freePort(), config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  fs.writeFileSync(stack.file('other.yaml'), JSON.stringify({ ...config, listen: { ...config.listen, port: otherPort }, ops: { port: ops } }));
  other = new Program('other', binary, ['serve', stack.file('other.yaml')], { env: stack.env, log: stack.file('other.log') }).start();
  await until('the second process', async () => (await fetch(`http://127.0.0.1:${ops}/ready`)).ok);
});
after(async () => {
  await other?.stop();
  await stack?.stop();
});

/* Asks a process as often as it answers, for so long; how many requests it let through. */
async function ask(port, until_ms) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: machine.client_id, client_secret: machine.client_secret });
  let through = 0;
  while (Date.now() < until_ms) {
    const { status } = await fetch(`http://localhost:${port}/token`, { method: 'POST', body: form });
    assert.ok(status === 200 || status === 429, `${status}`);
    through += status === 200;
    await sleep(10);
  }
  return through;
}
const askBoth = async (ms) => {
  const started = Date.now(), counts = await Promise.all([stack.ports.server, otherPort].map((port) => ask(port, started + ms)));
  return { counts, took: (Date.now() - started) / 1000 };
};

test('a client is let through as often as it may, by both together', { timeout: 60000 }, async () => {
  await askBoth(4000); // they learn of each other
  const { counts, took } = await askBoth(4000);
  assert.ok(Math.min(...counts) > 0, `${counts}`);
  const together = counts[0] + counts[1];
  assert.ok(together <= 1.3 * limit * took, `${counts} in ${took} s`);
  assert.ok(together >= 0.5 * limit * took, `${counts} in ${took} s`);
});
