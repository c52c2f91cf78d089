/*
 * The two languages: t('key', { values }) gives the text of a key of texts/. The choice is remembered in this browser.
 */
import { texts } from '../texts/all.js';

const remembered = 'tongxing.console.language';
const tags = ['zh-CN', 'en'];

function stored() {
  try {
    return localStorage.getItem(remembered);
  } catch {
    return null; /* a browser that keeps nothing */
  }
}

function preferred() {
  for (const tag of navigator.languages ?? []) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'zh-CN';
}

let current = tags.includes(stored()) ? stored() : preferred();
document.documentElement.lang = current;

export const language = () => current;
export const otherLanguage = () => tags.find((tag) => tag !== current);

export function setLanguage(tag) {
  current = tag;
  document.documentElement.lang = tag;
  try {
    localStorage.setItem(remembered, tag);
  } catch {
    /* then it is asked again next time */
  }
}

export function t(key, values = {}) {
  const pair = texts[key];
  if (!pair) return key;
  return pair[tags.indexOf(current)].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const hasText = (key) => key in texts;
/* The text of a key when there is one, else what the server calls it. */
export const tOr = (key, fallback) => (hasText(key) ? t(key) : fallback);
