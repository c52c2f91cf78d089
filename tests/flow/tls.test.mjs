/* The server speaking TLS itself, and client keys published at a jwks_uri. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import https from 'node:https';
import tls from 'node:tls';
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import * as jose from 'jose';
import { Stack, Program, binary, freePort, until } from './support/stack.mjs';
import { post } from './support/agent.mjs';

let stack, secure, port, ca, publisher, published, fetches;
before(async () => {
  const jwksPort = await freePort();
  published = [];
  fetches = 0;
  publisher = createServer((request, response) => {
    fetches++;
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: published }));
  }).listen(jwksPort, '127.0.0.1');
  const client = { client_id: 'published', token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'], jwks_uri: `http://localhost:${jwksPort}/jwks` };
  const hidden = { ...client, client_id: 'hidden', jwks_uri: 'https://localhost:1/jwks' };
  stack = await Stack.start({ clients: [client, hidden], portals: false, options: { server: { workers: 1 }, outbound: { allow_private_hosts: [`localhost:${jwksPort}`] } } });
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', stack.file('tls.key'), '-out', stack.file('tls.pem')], { stdio: 'ignore' });
  port = await freePort();
  const config = JSON.parse(fs.readFileSync(stack.file('tongxing.yaml'), 'utf8'));
  config.server = { issuer: `https://localhost:${port}`, workers: 1 };
  config.listen = { port, tls_certificate: stack.file('tls.pem'), tls_key: stack.file('tls.key') };
  config.ops.port = await freePort();
  config.audit = { folder: stack.file('tls.spool') };
  fs.writeFileSync(stack.file('tls.yaml'), JSON.stringify(config));
  ca = fs.readFileSync(stack.file('tls.pem'));
  secure = new Program('tls', binary, ['serve', stack.file('tls.yaml')], { log: stack.file('tls.log'), env: { TONGXING_POPULATION_SECRET: 'population-secret-for-tests-only' } }).start();
  await until('the TLS server', async () => (await get('/jwks')).status === 200);
});
after(async () => {
  publisher?.close();
  await secure?.stop();
  await stack?.stop();
});

const get = (path, options = {}) =>
  new Promise((resolve, reject) => {
    const request = https.get({ host: 'localhost', port, path, ca, timeout: 3000, ...options }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk)).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error('timed out')));
  });

test('TLS 1.3 and 1.2, nothing older, with strict transport', async () => {
  const answer = await get('/.well-known/openid-configuration', { agent: false });
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.body).issuer, `https://localhost:${port}`);
  assert.match(answer.headers['strict-transport-security'], /max-age=\d+/);
  assert.equal((await get('/jwks', { maxVersion: 'TLSv1.2', agent: false })).status, 200);
  await assert.rejects(get('/jwks', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', agent: false }));
  await assert.rejects(get('/jwks', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA', agent: false }));
  await assert.rejects(new Promise((resolve, reject) => tls.connect({ host: 'localhost', port, ca, ALPNProtocols: ['h2'] }, resolve).on('error', reject)));
});

test('bytes that are no TLS do no harm', async () => {
  await assert.rejects(fetch(`http://localhost:${port}/jwks`));
  assert.equal((await get('/jwks')).status, 200);
});

test('keys at a jwks_uri: fetched when needed, again for a new kid, and not once for each made-up one (CA-20)', async () => {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publish = (keys, kid) => ({ ...keys.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' });
  const present = async (keys, kid, client = 'published') => {
    const now = Math.floor(Date.now() / 1000);
    const assertion = await new jose.SignJWT({ iss: client, sub: client, aud: stack.issuer, iat: now, exp: now + 60, jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', kid }).sign(keys.privateKey);
    return (await post(stack, '/token', { grant_type: 'client_credentials', client_assertion: assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' })).status;
  };
  const [first, stranger] = [pair(), pair()];
  published = [publish(first, 'k1')];
  assert.equal(await present(first, 'k1'), 200);
  assert.equal(fetches, 1);
  for (let i = 0; i < 20; i++) assert.equal(await present(stranger, `made-up-${i}`), 401);
  assert.ok(fetches <= 2, `fetched ${fetches} times`);
  assert.equal(await present(first, 'k1'), 200);
  assert.equal(await present(first, 'k1', 'hidden'), 401, 'a jwks_uri on this machine is not fetched unless it is listed');
});
