/* A browser reduced to what the protocol tests need: cookies, redirects by hand, forms. And the steps of a code flow. */
import { createHash, randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { totp } from './totp.mjs';

export const random = () => randomBytes(32).toString('base64url');
export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');

export class Agent {
  constructor(stack, { language = 'zh-CN' } = {}) {
    this.stack = stack;
    this.cookies = new Map();
    this.headers = { 'accept-language': language };
  }

  async request(target, { method = 'GET', form, headers = {}, body } = {}) {
    const url = new URL(target, this.stack.issuer);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      method: form ? 'POST' : method,
      redirect: 'manual',
      headers: { ...this.headers, ...(cookie && { cookie }), ...headers },
      body: form ? new URLSearchParams(form) : body,
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    answer.location = answer.headers.get('location');
    answer.html = /html/.test(answer.headers.get('content-type') ?? '') ? await answer.text() : '';
    return answer;
  }

  authorize(parameters) {
    return this.request(`/authorize?${new URLSearchParams(parameters)}`);
  }
}

export const hidden = (html) => html.match(/name="flow" value="([^"]+)"/)?.[1];

/* The parameters of a good request of a client. */
export function requestOf(client, extra = {}) {
  const verifier = random();
  const parameters = {
    client_id: client.client_id,
    redirect_uri: client.redirect_uris[0],
    response_type: 'code',
    scope: 'openid',
    state: random(),
    nonce: random(),
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...extra,
  };
  for (const name of Object.keys(parameters)) if (parameters[name] === undefined) delete parameters[name];
  return { verifier, parameters };
}

/* Follows our own pages, signing in (with the secret of a second factor) and consenting where asked, to the redirect to the client; its parameters. */
export async function follow(agent, answer, { username, password, totp: secret, consent = 'allow', consentForm = {} } = {}) {
  for (let hops = 0; hops < 8; hops++) {
    if (answer.status === 303) {
      const url = new URL(answer.location, agent.stack.issuer);
      if (url.origin !== agent.stack.issuer || url.pathname === '/admin/') return url; // the console is a client too
      answer = await agent.request(url);
    } else if (/id="login-submit"/.test(answer.html)) {
      assert.ok(username, `a sign-in page was not expected: ${answer.html.match(/class="error"[^<]*<?/)?.[0]}`);
      answer = await agent.request('/login', { form: { flow: hidden(answer.html), username, password, action: 'login' } });
      assert.equal(answer.status, 303, `signing in: ${answer.html.match(/role="alert"[^<]*/)?.[0]}`);
    } else if (/id="second-factor-submit"/.test(answer.html)) {
      assert.ok(secret, 'a one-time password was not expected');
      answer = await agent.request('/second-factor', { form: { flow: hidden(answer.html), code: totp(secret), action: 'check' } });
      assert.equal(answer.status, 303, `the one-time password: ${answer.html.match(/role="alert"[^<]*/)?.[0]}`);
    } else if (/id="consent-allow"/.test(answer.html)) {
      answer = await agent.request('/consent', { form: { flow: hidden(answer.html), action: consent, ...consentForm } });
    } else {
      throw new Error(`status ${answer.status}: ${answer.html.replace(/<[^>]*>|\s+/g, ' ').slice(0, 300)}`);
    }
  }
  throw new Error('went round in circles');
}

const basic = (id, secret) => `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

export async function post(stack, path, form, { client, headers = {} } = {}) {
  const authorization = client?.client_secret ? { authorization: basic(client.client_id, client.client_secret) } : {};
  const answer = await fetch(`${stack.issuer}${path}`, {
    method: 'POST',
    headers: { ...authorization, ...headers },
    body: form instanceof URLSearchParams || typeof form === 'string' ? form : new URLSearchParams(form),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined };
}

export const token = (stack, client, form) =>
  post(stack, '/token', client.token_endpoint_auth_method === 'none' ? { client_id: client.client_id, ...form } : form, { client });

/* A whole flow: the code and what is needed to redeem it. */
export async function codeOf(agent, client, person, extra = {}) {
  const { verifier, parameters } = requestOf(client, extra);
  const back = await follow(agent, await agent.authorize(parameters), person);
  assert.equal(back.searchParams.get('error'), null, back.href);
  assert.equal(back.searchParams.get('state'), parameters.state ?? null);
  assert.equal(back.searchParams.get('iss'), agent.stack.issuer);
  return { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri: parameters.redirect_uri, code_verifier: verifier, nonce: parameters.nonce };
}

export async function tokensOf(agent, client, person, extra = {}) {
  const { nonce, ...form } = await codeOf(agent, client, person, extra);
  const answer = await token(agent.stack, client, form);
  assert.equal(answer.status, 200, answer.text);
  return { ...answer.body, nonce };
}

export const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

export const userinfo = (stack, access_token, options = {}) =>
  fetch(`${stack.issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` }, ...options });

export async function refused(answer, status, error) {
  const text = answer.text ?? '';
  assert.equal(answer.status, status, text);
  assert.equal(answer.body?.error, error, text);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
}
