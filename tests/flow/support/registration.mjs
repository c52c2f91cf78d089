/* Dynamic client registration as an administrator prepares it: settings and initial access tokens; and raw calls of its endpoints. */
import { DatabaseSync } from 'node:sqlite';
import { until } from './stack.mjs';

/* Runs a piece of SQL beside the server. */
export function onDatabase(stack, run) {
  const database = new DatabaseSync(stack.file('tongxing.db'));
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    return run(database);
  } finally {
    database.close();
  }
}

export function putSetting(stack, name, value) {
  onDatabase(stack, (database) => {
    database.exec('BEGIN IMMEDIATE');
    database.exec(`UPDATE revisions SET revision = revision + 1 WHERE name = 'register'`);
    database.prepare(`INSERT INTO settings (name, value, version, updated_by, updated_at) VALUES (?, ?, 1, 'test', 0)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = settings.version + 1`).run(name, value);
    database.exec('COMMIT');
  });
}

export const discovered = async (stack) => (await fetch(`${stack.issuer}/.well-known/openid-configuration`)).json();

export async function switchRegistration(stack, on) {
  putSetting(stack, 'dynamic_registration', on ? 1 : 0);
  await until('discovery to follow', async () => {
    for (let i = 0; i < 8; i++) if (Boolean((await discovered(stack)).registration_endpoint) !== on) return false; /* every worker */
    return true;
  });
}

export const initialToken = (stack, policy, { uses = 1, expires_in = 600 } = {}) =>
  JSON.parse(stack.command(['initial-token', 'create', stack.file('tongxing.yaml')], JSON.stringify({ uses, expires_in, policy })));

/* A call with a bearer token; `body` as JSON, or as it is when it is a string. */
export async function call(stack, method, target, { token, body, headers = {} } = {}) {
  const answer = await fetch(new URL(target, stack.issuer), {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined;
  return { status: answer.status, headers: answer.headers, text, body: json };
}
export const register = (stack, token, body, headers) => call(stack, 'POST', '/connect/register', { token, body, headers });

/* What a PUT sends: what a GET said, without what is the server's alone. */
export function replacement(client, changes = {}) {
  const { registration_access_token, registration_client_uri, client_secret, client_secret_expires_at, client_id_issued_at, ...metadata } = client;
  return { ...metadata, ...changes };
}
