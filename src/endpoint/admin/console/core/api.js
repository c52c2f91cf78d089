/*
 * Calls of the admin API, relative to this page. Answers are plain objects; what goes wrong is a Problem (RFC 9457).
 */
import { accessToken, expire, refresh } from './auth.js';

const base = new URL('api/v1/', document.baseURI);
const requestMost = 30000; /* ms */

export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.status = status; /* 0: the server could not be reached */
    this.detail = body.detail;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.requestId = body.request_id;
  }
}

function requestOf(method, { body, version, signal }) {
  const headers = { Authorization: `Bearer ${accessToken()}`, Accept: 'application/json, application/problem+json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (version !== undefined) headers['If-Match'] = `"${version}"`;
  const limit = AbortSignal.timeout(requestMost);
  return {
    method,
    headers,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  };
}

async function send(method, address, options) {
  try {
    return await fetch(address, requestOf(method, options));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(0);
  }
}

function addressOf(path, query = {}) {
  const address = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') address.searchParams.set(name, value);
  }
  return address;
}

const retryMost = 5; /* seconds: a longer wait is the person's to decide */

/* The API limits how often one administrator calls: a short wait is not worth a message. */
async function sendPatiently(method, address, options) {
  for (let tries = 0; ; tries++) {
    const answer = await send(method, address, options);
    const seconds = Number(answer.headers.get('retry-after') ?? 1);
    if (answer.status !== 429 || tries === 3 || !(seconds <= retryMost)) return answer;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/* Gives the answer itself; a token that has just ended is renewed once. */
async function answerOf(method, path, options) {
  const address = addressOf(path, options.query);
  let answer = await sendPatiently(method, address, options);
  if (answer.status === 401) {
    await refresh();
    if (!accessToken()) throw new Problem(401);
    answer = await sendPatiently(method, address, options);
    if (answer.status === 401) expire();
  }
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

/* api('PUT', `clients/${encode(id)}`, { body, version, query, signal }) */
export async function api(method, path, options = {}) {
  const answer = await answerOf(method, path, options);
  if (answer.status === 204) return {};
  const body = await answer.json().catch(() => {
    throw new Problem(0);
  });
  const tag = answer.headers.get('etag')?.match(/^"(.*)"$/)?.[1];
  if (tag !== undefined && body.version === undefined) body.version = tag;
  return body;
}

export const download = async (path, options = {}) => (await answerOf('GET', path, options)).blob();

export const encode = encodeURIComponent;

/* Every page of a list, up to a ceiling. */
export async function all(path, { query = {}, most = 2000, signal } = {}) {
  const items = [];
  let page;
  do {
    const answer = await api('GET', path, { query: { ...query, limit: 200, page }, signal });
    items.push(...answer.items);
    page = answer.next_page;
  } while (page && items.length < most);
  return items;
}
