/*
 * openid-client for Node: a whole portal of one file, ready to run.
 */
import { t } from '../../core/language.js';
import { authentication, keyLines, options, packages, quote } from './node.js';

export const name = 'openid-client';
export const title = 'openid-client (Node.js)';

function program({ issuer, clientId, redirectUri, afterLogout, scope, method, alg }) {
  return `import http from 'node:http';
import * as client from 'openid-client';
${method === 'private_key_jwt' ? keyLines : ''}
const redirectUri = new URL(${quote(redirectUri)});
const config = await client.discovery(new URL(${quote(issuer)}), ${quote(clientId)},
  { id_token_signed_response_alg: ${quote(alg)} }, ${authentication[method]}, ${options(issuer)});
const pending = new Map(); // one sign-in each; keep it in your session store

async function signIn(response) {
  const state = client.randomState(), nonce = client.randomNonce(), verifier = client.randomPKCECodeVerifier();
  pending.set(state, { nonce, verifier });
  const code_challenge = await client.calculatePKCECodeChallenge(verifier);
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri.href, scope: ${quote(scope)}, state, nonce, code_challenge, code_challenge_method: 'S256',
  });
  response.writeHead(303, { Location: url.href }).end();
}

async function callback(url, response) {
  const state = url.searchParams.get('state'), { nonce, verifier } = pending.get(state) ?? {};
  pending.delete(state);
  const tokens = await client.authorizationCodeGrant(config, url,
    { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
  const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(person));
}

function signOut(response) {
  const url = client.buildEndSessionUrl(config, { post_logout_redirect_uri: ${quote(afterLogout)} });
  response.writeHead(303, { Location: url.href }).end();
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, redirectUri);
  try {
    if (url.pathname === redirectUri.pathname) await callback(url, response);
    else if (url.pathname === '/sign-out') signOut(response);
    else await signIn(response);
  } catch (error) {
    console.error(error.code ?? error.message);
    response.writeHead(400).end('sign-in failed');
  }
}).listen(Number(process.env.PORT ?? redirectUri.port) || 3000);
`;
}

export const blocks = (portal) => [
  { title: t('settings.shell'), text: packages(portal.method) },
  { title: 'portal.mjs', text: program(portal) },
];
