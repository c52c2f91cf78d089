/* Administrators for tests: named on the host, signed in through the built-in console client with password and second factor, and a client of the
 * admin API that holds every answer against the API's own description. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, tokensOf } from './agent.mjs';
import { problemsOf } from './schema.mjs';

export const adminPath = '/admin/api/v1';

export const consoleClient = (stack) => ({
  client_id: 'tongxing-console',
  redirect_uris: [`${stack.issuer}/admin/`],
  token_endpoint_auth_method: 'none',
});

/* On the host, as an operator makes the first ones. */
export function nameOnHost(stack, { username, role, name }) {
  const made = JSON.parse(stack.command(['admin', 'create', '--config', stack.file('tongxing.yaml'), '--username', username, '--role', role, '--name', name, '--json']));
  return made.totp?.secret ?? made.totp_secret;
}

/* Tokens of an administrator; `person` has username, password and totp (the secret), and keeps the browser in which they signed in: a one-time
 * password is good once. */
export function adminTokens(stack, person, extra = {}) {
  const agent = new Agent(stack);
  agent.cookies = person.cookies ??= new Map();
  return tokensOf(agent, consoleClient(stack), person, { scope: 'openid admin', ...extra });
}

export class Api {
  constructor(stack, access_token, description) {
    Object.assign(this, { base: `${stack.issuer}${adminPath}`, token: access_token, description, succeeded: new Set() });
  }

  /* The operation of the description that a path belongs to; the one with the fewest placeholders. */
  operation(method, path) {
    const parts = path.split('?')[0].split('/');
    const fits = (pattern) => {
      const wanted = pattern.split('/');
      return wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i]);
    };
    const found = Object.keys(this.description.paths).filter((pattern) => fits(pattern) && this.description.paths[pattern][method.toLowerCase()])
      .sort((a, b) => a.split('{').length - b.split('{').length)[0];
    return found && { ...this.description.paths[found][method.toLowerCase()], path: found };
  }

  async raw(method, path, { body, tag, headers = {}, text } = {}) {
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...(tag !== undefined && { 'if-match': tag }),
        ...headers,
      },
      body: sent,
    });
    const got = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, headers: answer.headers, text: got, etag: answer.headers.get('etag'), body: /^application\/(problem\+)?json$/.test(type) && got ? JSON.parse(got) : undefined };
  }

  /* As above, waiting where the API says that it is called too often; and the answer must be as it is described. */
  async call(method, path, options) {
    let answer = await this.raw(method, path, options);
    while (answer.status === 429) {
      await sleep(1000 * Number(answer.headers.get('retry-after')));
      answer = await this.raw(method, path, options);
    }
    this.check(method, path, answer);
    return answer;
  }

  check(method, path, answer) {
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.equal(answer.headers.get('set-cookie'), null);
    if (!this.description) return;
    const operation = this.operation(method, path);
    const described = answer.status >= 400 ? undefined : operation?.responses[answer.status];
    if (answer.status >= 400) {
      assert.equal(answer.headers.get('content-type'), 'application/problem+json', answer.text);
      assert.deepEqual(problemsOf(this.description, { $ref: '#/components/schemas/Problem' }, answer.body), [], answer.text);
      assert.equal(answer.body.status, answer.status);
      return;
    }
    assert.ok(described, `${method} ${path} answered ${answer.status}, which is not described`);
    const schema = described.content?.['application/json']?.schema;
    if (schema) assert.deepEqual(problemsOf(this.description, schema, answer.body), [], `${method} ${path}: ${answer.text}`);
    else if (!described.content) assert.equal(answer.text, '');
    this.succeeded.add(`${method} ${operation.path}`);
  }

  get = (path, options) => this.call('GET', path, options);
  post = (path, body, options) => this.call('POST', path, { body, ...options });
  put = (path, body, tag, options) => this.call('PUT', path, { body, tag, ...options });
  delete = (path, options) => this.call('DELETE', path, options);
}

/* A problem of a status; with fields, those are named in it, and no others. */
export function isProblem(answer, status, fields) {
  assert.equal(answer.status, status, answer.text);
  if (fields) assert.deepEqual([...new Set(answer.body.errors?.map(({ field }) => field))].sort(), [...fields].sort(), answer.text);
  return answer;
}
