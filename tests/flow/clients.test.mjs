/* Portals no one here wrote: openid-client and oauth4webapi, unmodified, and Apache with mod_auth_openidc. */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as client from 'openid-client';
import * as oauth from 'oauth4webapi';
import { Stack, Program, freePort, until } from './support/stack.mjs';
import { Agent, follow } from './support/agent.mjs';
import { launch, person } from './support/chromium.mjs';
import * as kinds from './support/clients.mjs';

const { c1, alice } = kinds;
let stack, apachePort, apache;
before(async () => {
  apachePort = await freePort();
  const portal = { ...c1, client_id: 'apache', client_secret: 'apache-secret-for-tests-only-0123456789', redirect_uris: [`http://localhost:${apachePort}/oidc`],
    post_logout_redirect_uris: [`http://localhost:${apachePort}/out`], backchannel_logout_uri: `http://localhost:${apachePort}/oidc?logout=backchannel` };
  stack = await Stack.start({ clients: [...kinds.clients, portal], portals: false, options: { outbound: { allow_private_hosts: [`localhost:${apachePort}`] } } });
  stack.addAccount(kinds.aliceAccount);
  stack.apacheClient = portal;
});
after(async () => {
  await apache?.stop();
  await stack?.stop();
});

test('openid-client needs only the issuer, client id and secret', async () => {
  const config = await client.discovery(new URL(stack.issuer), 'c1', c1.client_secret, undefined, { execute: [client.allowInsecureRequests] });
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState(), nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: c1.redirect_uris[0], scope: 'openid profile', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier), code_challenge_method: 'S256' });
  const agent = new Agent(stack);
  const back = await follow(agent, await agent.request(url), alice);
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
  const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(info.name, '测试甲');
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, tokens.claims().sub);
  await client.tokenRevocation(config, refreshed.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: 'invalid_grant' });
  const out = await agent.request(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://rp.example/out' }));
  assert.equal(out.location, 'https://rp.example/out');
});

test('oauth4webapi, as a public client and with private_key_jwt', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(stack.issuer);
  for (const algorithm of ['oidc', 'oauth2']) {
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
    const key = await crypto.subtle.importKey('jwk', kinds.privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    for (const [who, auth] of [[kinds.pub, oauth.None()], [kinds.jwt, oauth.PrivateKeyJwt({ key, kid: 'k1' })]]) {
      const rp = { client_id: who.client_id };
      const verifier = oauth.generateRandomCodeVerifier(), nonce = oauth.generateRandomNonce(), state = oauth.generateRandomState();
      const url = new URL(as.authorization_endpoint);
      url.search = new URLSearchParams({ client_id: who.client_id, redirect_uri: who.redirect_uris[0], response_type: 'code', scope: 'openid email', nonce, state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
      const agent = new Agent(stack);
      const back = await follow(agent, await agent.request(url), alice);
      const parameters = oauth.validateAuthResponse(as, rp, back, state);
      const answer = await oauth.authorizationCodeGrantRequest(as, rp, auth, parameters, who.redirect_uris[0], verifier, insecure);
      const tokens = await oauth.processAuthorizationCodeResponse(as, rp, answer, { expectedNonce: nonce, requireIdToken: true });
      const info = await oauth.processUserInfoResponse(as, rp, oauth.getValidatedIdTokenClaims(tokens).sub, await oauth.userInfoRequest(as, rp, tokens.access_token, insecure));
      assert.equal(info.email, 'alice@rp.example');
    }
  }
});

test('Apache with mod_auth_openidc: sign in, be known, be signed out through the back channel', async () => {
  const folder = stack.file('apache');
  fs.mkdirSync(`${folder}/site/secret`, { recursive: true });
  fs.chmodSync(stack.folder, 0o755);
  fs.writeFileSync(`${folder}/site/secret/index.html`, 'behind the door');
  fs.writeFileSync(`${folder}/site/out`, 'signed out');
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'mime', 'dir'];
  fs.writeFileSync(`${folder}/apache.conf`, `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
Mutex posixsem
Listen 127.0.0.1:${apachePort}
ErrorLog ${folder}/error.log
LogLevel warn
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
DocumentRoot ${folder}/site
DirectoryIndex index.html
User nobody
Group nogroup
OIDCProviderMetadataURL ${stack.issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret ${stack.apacheClient.client_secret}
OIDCRedirectURI http://localhost:${apachePort}/oidc
OIDCCryptoPassphrase a-passphrase-for-tests-only
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCSSLValidateServer Off
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /out>
  AuthType None
  Require all granted
</Location>
`);
  apache = new Program('apache', '/usr/sbin/apache2', ['-f', `${folder}/apache.conf`, '-DFOREGROUND'], { log: stack.file('apache.log') }).start();
  await until('Apache', async () => (await fetch(`http://localhost:${apachePort}/out`)).ok);
  const browser = await launch();
  try {
    const page = await person(browser);
    await page.goto(`http://localhost:${apachePort}/secret/`);
    await page.fill('[name=username]', alice.username);
    await page.fill('[name=password]', alice.password);
    await page.click('#login-submit');
    await page.waitForURL(`http://localhost:${apachePort}/secret/`);
    assert.equal((await page.textContent('body')).trim(), 'behind the door');
    await page.goto(`${stack.issuer}/logout`);
    await page.click('#logout-yes');
    await page.waitForSelector('[role=status]');
    await until('Apache to have heard', async () => {
      await page.goto(`http://localhost:${apachePort}/secret/`);
      await sleep(200);
      return page.url().startsWith(`${stack.issuer}/login`);
    });
  } finally {
    await browser.close();
  }
});
