/*
 * Signing in: the console is a public client of its own server (authorization code with PKCE, RFC 7636, RFC 9700). Tokens are in memory only;
 * what has to survive the redirect (state, nonce, verifier, the view) is in sessionStorage and taken from there once.
 */
const client = 'tongxing-console';
const scope = 'openid admin';
const pendingKey = 'tongxing.console.sign-in';
const beforeKey = 'tongxing.console.signed-in';
const idleKey = 'tongxing.console.idle';
const refreshAhead = 60; /* seconds before the access token ends */
const requestMost = 15000; /* ms */

/* Administrators who walk away are signed out here after this long without a key or a pointer. */
export const idleMost = 15 * 60 * 1000;

const root = new URL('../', document.baseURI);
let metadata;
let tokens;
let refreshing;
let timer;
let lastUse = Date.now();
let ended = () => {};

for (const event of ['pointerdown', 'keydown']) addEventListener(event, () => (lastUse = Date.now()), { passive: true });

export class SignInError extends Error {}

export const isIn = () => Boolean(tokens);
export const issuer = () => metadata?.issuer ?? root.href.replace(/\/$/, '');
/* Was somebody signed in in this tab, so that a reload goes on without asking? */
export const wasIn = () => sessionStorage.getItem(beforeKey) !== null;
/* Called with a reason ('idle', 'expired') when the sign-in has ended by itself. */
export const onEnd = (listener) => (ended = listener);

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const sha256 = async (text) => base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));

async function fetchJson(address, options) {
  let answer;
  try {
    answer = await fetch(address, {
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(requestMost),
      ...options,
    });
  } catch {
    throw new SignInError('unreachable');
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new SignInError(body.error ?? `status ${answer.status}`), { status: answer.status });
  return body;
}

async function discover() {
  metadata ??= await fetchJson(new URL('.well-known/openid-configuration', root));
  return metadata;
}

const redirectUri = () => `${metadata.issuer}/admin/`;

/* Leaves the page. With the console opened under another name of the host, goes to the registered one first: state would be lost otherwise. */
export async function begin(hash = location.hash, language = 'zh-CN') {
  if (!globalThis.crypto?.subtle) throw new SignInError('insecure');
  await discover();
  if (location.origin + location.pathname !== redirectUri()) {
    location.replace(redirectUri() + hash);
    return;
  }
  const pending = { state: random(), nonce: random(), verifier: random(), hash };
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope,
    redirect_uri: redirectUri(),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await sha256(pending.verifier),
    code_challenge_method: 'S256',
    ui_locales: language,
    ...(sessionStorage.getItem(idleKey) && { prompt: 'login' }) /* whoever sits there now may be somebody else */,
  });
  location.assign(`${metadata.authorization_endpoint}?${query}`);
}

function takePending() {
  const text = sessionStorage.getItem(pendingKey);
  sessionStorage.removeItem(pendingKey);
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/* The token came straight from the token endpoint over TLS, so its signature need not be checked (OpenID Connect Core §3.1.3.7, 6). */
function checkIdToken(text, nonce) {
  const part = text.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const claims = JSON.parse(atob(part));
  const fits =
    claims.iss === metadata.issuer && [claims.aud].flat().includes(client) && claims.nonce === nonce && claims.exp > Date.now() / 1000 - 60;
  if (!fits) throw new SignInError('id_token');
}

function keep(answer) {
  tokens = { access: answer.access_token, refresh: answer.refresh_token ?? tokens?.refresh, id: answer.id_token ?? tokens?.id };
  sessionStorage.setItem(beforeKey, '1');
  sessionStorage.removeItem(idleKey);
  clearTimeout(timer);
  const seconds = Math.max((answer.expires_in ?? 600) - refreshAhead, 10);
  timer = setTimeout(() => refresh().catch(() => {}), seconds * 1000);
}

const askForTokens = (form) => fetchJson(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: client, ...form }) });

/* What the address bar brings after the redirect: the view to show; undefined when this is no return from signing in. */
export async function arrive() {
  const query = new URLSearchParams(location.search);
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return undefined;
  const pending = takePending();
  history.replaceState(null, '', location.pathname + (pending.hash ?? ''));
  if (!pending.state || pending.state !== query.get('state')) throw new SignInError('state');
  await discover();
  if (query.has('iss') && query.get('iss') !== metadata.issuer) throw new SignInError('iss'); /* RFC 9207 */
  if (query.has('error')) throw new SignInError(query.get('error'));
  const answer = await askForTokens({
    grant_type: 'authorization_code',
    code: query.get('code'),
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  });
  checkIdToken(answer.id_token ?? '.e30.', pending.nonce);
  keep(answer);
  return pending.hash;
}

/* One at a time: a refresh token serves once. */
export function refresh() {
  refreshing ??= refreshNow().finally(() => (refreshing = undefined));
  return refreshing;
}

async function refreshNow() {
  if (Date.now() - lastUse > idleMost) return forget('idle');
  if (!tokens?.refresh) return forget('expired');
  try {
    keep(await askForTokens({ grant_type: 'refresh_token', refresh_token: tokens.refresh }));
  } catch (error) {
    if (error.status >= 400 && error.status < 500) return forget('expired');
    timer = setTimeout(() => refresh().catch(() => {}), 10000); /* down for a moment: the access token is still good */
    throw error;
  }
  return undefined;
}

/* What is not needed any more is withdrawn (RFC 7009); if that fails, it ends by itself. */
function revoke(token) {
  if (!token || !metadata.revocation_endpoint) return;
  fetchJson(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: client, token }) }).catch(() => {});
}

function forget(reason) {
  clearTimeout(timer);
  if (reason === 'idle') {
    revoke(tokens?.refresh);
    sessionStorage.setItem(idleKey, '1');
  }
  tokens = undefined;
  sessionStorage.removeItem(beforeKey);
  ended(reason);
}

/* The API does not take even a new token: the session behind it has ended. */
export const expire = () => forget('expired');

export const accessToken = () => tokens?.access;

setInterval(() => {
  if (tokens && Date.now() - lastUse > idleMost) forget('idle');
}, 15000);

/* Ends the sign-on session for all systems; leaves the page. */
export function signOut() {
  const hint = tokens?.id;
  clearTimeout(timer);
  tokens = undefined;
  sessionStorage.clear();
  const query = new URLSearchParams({ client_id: client, post_logout_redirect_uri: redirectUri(), ...(hint && { id_token_hint: hint }) });
  location.assign(`${metadata.end_session_endpoint}?${query}`);
}
