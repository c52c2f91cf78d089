/*
 * Elements from values. Text goes in as text nodes only: nothing in the console reads markup from a string, so that what
 * somebody typed into a name can never become part of the page.
 */
const properties = new Set(['value', 'checked', 'disabled', 'open', 'selected', 'hidden', 'indeterminate']);
const svgSpace = 'http://www.w3.org/2000/svg';

/* Addresses come from the register too: one that runs script is refused here, whatever the register let through. */
const goesSomewhere = (address) => /^(#|https?:\/\/|blob:|[\w./-]+$)/i.test(address);

function apply(element, settings) {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value === null || value === false) {
      if (properties.has(name)) element[name] = value ?? '';
    } else if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (properties.has(name)) {
      element[name] = value;
    } else if (name !== 'href' || goesSomewhere(value)) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
}

function build(element, settings, children) {
  apply(element, settings ?? {});
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/* h('a', { href: '#/me', on: { click } }, 'text', node, [more]) */
export const h = (name, settings, ...children) => build(document.createElement(name), settings, children);
export const svg = (name, settings, ...children) => build(document.createElementNS(svgSpace, name), settings, children);

let last = 0;
/* An id that no other element has, for labels and descriptions. */
export const freshId = (name) => `${name}-${++last}`;

export const button = (text, click, settings = {}) => h('button', { type: 'button', ...settings, on: { click } }, text);

/* A button that cannot be pressed again while what it does is under way. */
export function busyButton(text, work, settings = {}) {
  const made = button(text, () => whileBusy(made, work), settings);
  return made;
}

export async function whileBusy(element, work) {
  if (element.getAttribute('aria-disabled') === 'true') return undefined;
  element.setAttribute('aria-disabled', 'true');
  try {
    return await work();
  } finally {
    element.removeAttribute('aria-disabled');
  }
}
