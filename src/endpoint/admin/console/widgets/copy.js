/*
 * Text to be taken along: shown in full, with a button that copies it.
 */
import { busyButton, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { say } from './notice.js';

function selectAll(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

/* Where the browser does not let us write to the clipboard, the text is selected for Ctrl-C. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    say(t('copy.done'));
  } catch {
    selectAll(element);
    say(t('copy.selected'));
  }
}

export function copyButton(element, what) {
  return busyButton(t('do.copy'), () => copy(element), { class: 'quiet small-button', 'aria-label': t('copy.what', { what }) });
}

/* A value on one line. */
export function copyLine(label, value, settings = {}) {
  const code = h('code', settings, value);
  return h('div', { class: 'copy-line' }, h('span', { class: 'copy-label' }, label), code, copyButton(code, label));
}

/* A block of several lines. */
export function copyBlock(label, text, settings = {}) {
  const code = h('code', settings, text);
  return h(
    'div',
    { class: 'copy-block' },
    h('div', { class: 'copy-head' }, h('span', {}, label), copyButton(code, label)),
    h('pre', { tabindex: '0', role: 'region', 'aria-label': label }, code),
  );
}
