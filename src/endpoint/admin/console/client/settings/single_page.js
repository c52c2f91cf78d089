/*
 * Single-page apps: oidc-client-ts and oauth4webapi.
 */
export const name = 'single-page';
export const title = 'oidc-client-ts, oauth4webapi';

const quote = (text) => JSON.stringify(text);

const oidcClient = ({
  issuer,
  clientId,
  scope,
  redirectUri,
  afterLogout,
}) => `import { UserManager, InMemoryWebStorage, WebStorageStateStore } from 'oidc-client-ts';

export const users = new UserManager({
  authority: ${quote(issuer)},
  client_id: ${quote(clientId)},
  redirect_uri: ${quote(redirectUri)},
  post_logout_redirect_uri: ${quote(afterLogout)},
  response_type: 'code',
  scope: ${quote(scope)},
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }), // tokens stay in memory
});

// to sign in:         await users.signinRedirect()
// at the callback:    const user = await users.signinRedirectCallback()
`;

const webApi = ({ issuer, clientId, scope, redirectUri }) => `import * as oauth from 'oauth4webapi';

const issuer = new URL(${quote(issuer)});
const client = { client_id: ${quote(clientId)} };
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));

export async function signIn() {
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce();
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state, nonce }));
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri: ${quote(redirectUri)}, response_type: 'code', scope: ${quote(scope)}, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  location.assign(url);
}

export async function callback() {
  const { verifier, state, nonce } = JSON.parse(sessionStorage.getItem('sign-in'));
  sessionStorage.removeItem('sign-in');
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, ${quote(redirectUri)}, verifier);
  return oauth.processAuthorizationCodeResponse(server, client, answer, { expectedNonce: nonce, requireIdToken: true });
}
`;

export const blocks = (portal) => [
  { title: 'oidc-client-ts', text: oidcClient(portal) },
  { title: 'oauth4webapi', text: webApi(portal) },
];
