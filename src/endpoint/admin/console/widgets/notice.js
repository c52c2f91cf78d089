/*
 * What is said to the person: short results in a live region, problems as an alert where they belong.
 */
import { h } from '../core/dom.js';
import { t, tOr } from '../core/language.js';
import { problemText } from '../texts/problems.js';

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
document.body.append(region);

/* Behind an open dialog nothing is seen or read out: the region moves into it. */
export function say(text) {
  const toast = h('p', { class: 'toast' }, text);
  const host = document.querySelector('dialog[open]') ?? document.body;
  if (region.parentNode !== host) host.append(region);
  region.append(toast);
  setTimeout(() => toast.remove(), 6000);
}

/* One sentence for a problem: what it means and what to do. */
export function sentenceOf(problem) {
  const known = {
    0: 'problem.unreachable',
    401: 'problem.signed_out',
    403: 'problem.forbidden',
    404: 'problem.missing',
    412: 'problem.stale',
    429: 'problem.too_many',
    503: 'problem.unavailable',
  };
  const detail = problem.detail ? problemText(problem.detail) : '';
  if (problem.status === 400 && problem.errors?.length) return t('problem.invalid');
  if (problem.status === 409) return detail || t('problem.conflict');
  if (known[problem.status]) return t(known[problem.status]);
  return problem.status ? detail || t('problem.other', { status: problem.status }) : problem.message;
}

export function alertBox(text, ...more) {
  return h('div', { class: 'alert', role: 'alert' }, h('p', {}, text), ...more);
}

export const note = (text, kind = 'info') => h('p', { class: `note note-${kind}` }, text);

/* A problem with the reference that support asks for, and what may be done about it. */
export function problemBox(problem, retry) {
  return alertBox(
    sentenceOf(problem),
    problem.requestId && h('p', { class: 'small' }, `${t('problem.reference')} ${problem.requestId}`),
    retry && h('button', { type: 'button', class: 'quiet', on: { click: retry } }, t('do.try_again')),
  );
}

/* Field errors that no field on the page shows. */
export const errorList = (errors) =>
  h(
    'ul',
    { class: 'error-list' },
    errors.map((error) => h('li', {}, h('strong', {}, tOr(`member.${error.field}`, error.field)), ' ', problemText(error.detail))),
  );
