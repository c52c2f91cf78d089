/*
 * Modal questions, on the browser's own <dialog>: focus stays inside and returns, Escape says no.
 */
import { button, freshId, h, whileBusy } from '../core/dom.js';
import { t } from '../core/language.js';
import { problemBox } from './notice.js';

/* Shows content with a title; resolves with what close() was called with, undefined for Escape. `content` is made with close. */
export function show(title, content, { wide = false } = {}) {
  return new Promise((resolve) => {
    const id = freshId('dialog');
    let result;
    const close = (value) => {
      result = value;
      dialog.close();
    };
    const dialog = h('dialog', { 'aria-labelledby': id, class: wide && 'wide' }, h('h2', { id }, title), content(close));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/* Asks before something that matters is done, does it, and keeps the question open with the problem when it fails. Resolves with what `work` gave. */
export function confirm({ title, text, yes, danger = false, work, typed }) {
  return show(title, (close) => {
    const problems = h('div');
    const input = typed && h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', 'aria-label': t('dialog.type_label', { typed }) });
    const doIt = h('button', { type: 'submit', class: danger ? 'danger' : '' }, yes);
    const attempt = async () => {
      if (typed && input.value.trim() !== typed) {
        input.setAttribute('aria-invalid', 'true');
        input.focus();
        return;
      }
      try {
        close((await work()) ?? true);
      } catch (problem) {
        problems.replaceChildren(problemBox(problem));
      }
    };
    const submit = (event) => {
      event.preventDefault();
      whileBusy(doIt, attempt);
    };
    return h(
      'form',
      { novalidate: true, on: { submit } },
      [text].flat().map((line) => h('p', {}, line)),
      typed && [h('p', { class: 'hint' }, t('dialog.type', { typed })), input],
      problems,
      h(
        'div',
        { class: 'buttons' },
        doIt,
        button(t('do.cancel'), () => close(), { class: 'quiet' }),
      ),
    );
  });
}
