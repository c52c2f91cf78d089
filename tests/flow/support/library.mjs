/* A portal that is nothing but openid-client, unmodified: issuer, id, secret. */
import assert from 'node:assert/strict';
import * as library from 'openid-client';
import { follow } from './agent.mjs';

/* Signs a person in at it; the claims of the ID token. Without a secret it is a public client. */
export async function signInWithLibrary(stack, agent, { client_id, client_secret, redirect_uri, scope = 'openid' }, person) {
  const options = { execute: [library.allowInsecureRequests] };
  const config = await library.discovery(new URL(stack.issuer), client_id, client_secret, client_secret ? undefined : library.None(), options);
  const pkceCodeVerifier = library.randomPKCECodeVerifier(), expectedState = library.randomState();
  const url = library.buildAuthorizationUrl(config, {
    redirect_uri, scope, state: expectedState,
    code_challenge: await library.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  });
  const landed = await follow(agent, await agent.request(url), person);
  const tokens = await library.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState });
  assert.ok(tokens.access_token);
  return tokens.claims();
}
