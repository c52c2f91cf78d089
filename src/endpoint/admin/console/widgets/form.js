/*
 * A form: fields, a button, and problems where they belong. `submit(values)` waits for the API; a problem it throws is shown at its fields, the
 * first of which gets the focus, and what was typed stays. `stale()` is called on 412 and may return a node that says what has changed.
 */
import { h, whileBusy } from '../core/dom.js';
import { t } from '../core/language.js';
import { problemText } from '../texts/problems.js';
import { field } from './field.js';
import { errorList, problemBox } from './notice.js';

/* Shows errors at the fields they name; gives back those that found none. */
export function showErrors(fields, errors) {
  const left = [];
  for (const one of fields) one.setError('');
  for (const error of errors) {
    const one = fields.find((candidate) => candidate.name === error.field);
    if (one) one.setError(problemText(error.detail));
    else left.push(error);
  }
  fields.find((one) => errors.some((error) => error.field === one.name))?.focus();
  return left;
}

/* Fields that must be filled and are not, as errors. */
export function missing(fields, specs) {
  const empty = specs.filter((spec, i) => spec.required && !spec.disabled && [undefined, ''].includes(fields[i].get()));
  return empty.map((spec) => ({ field: spec.name, detail: t('field.missing') }));
}

export const valuesOf = (fields) => Object.fromEntries(fields.map((one) => [one.name, one.get()]));

export function form({ specs, send, submit, stale, secondary = [], inline = false }) {
  const fields = specs.map(field);
  const problems = h('div', { class: 'form-problems' });
  const doIt = h('button', { type: 'submit' }, send);
  const fail = async (problem) => {
    const left = showErrors(fields, problem.errors ?? []);
    const change = problem.status === 412 && stale ? await stale() : undefined;
    problems.replaceChildren(problemBox(problem), left.length ? errorList(left) : '', change ?? '');
    problems.scrollIntoView({ block: 'nearest' });
  };
  const attempt = async () => {
    const empty = missing(fields, specs);
    if (showErrors(fields, empty).length || empty.length) return;
    problems.replaceChildren();
    await submit(valuesOf(fields)).catch(fail);
  };
  const onSubmit = (event) => {
    event.preventDefault();
    whileBusy(doIt, attempt);
  };
  const node = h(
    'form',
    { class: inline ? 'inline-form' : 'stack', novalidate: true, on: { submit: onSubmit } },
    fields.map((one) => one.node),
    problems,
    h('div', { class: 'buttons' }, doIt, secondary),
  );
  return { node, fields };
}
