/*
 * Tabs (WAI-ARIA: arrow keys move, one tab stop). entries: [{ name, title, content() }]
 */
import { freshId, h } from '../core/dom.js';

export function tabs(label, entries) {
  const panel = h('div', { class: 'tab-panel', role: 'tabpanel', id: freshId('panel'), tabindex: '0' });
  const buttons = entries.map((entry, i) =>
    h(
      'button',
      { type: 'button', role: 'tab', id: freshId('tab'), 'aria-controls': panel.id, 'data-tab': entry.name, on: { click: () => pick(i) } },
      entry.title,
    ),
  );
  const pick = (chosen) => {
    buttons.forEach((one, i) => {
      one.setAttribute('aria-selected', String(i === chosen));
      one.setAttribute('tabindex', i === chosen ? '0' : '-1');
    });
    panel.setAttribute('aria-labelledby', buttons[chosen].id);
    panel.replaceChildren(entries[chosen].content());
  };
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const move = (event) => {
    const from = buttons.indexOf(document.activeElement);
    let to;
    if (event.key in keys) to = (from + keys[event.key] + buttons.length) % buttons.length;
    else if (event.key === 'Home') to = 0;
    else if (event.key === 'End') to = buttons.length - 1;
    else return;
    event.preventDefault();
    pick(to);
    buttons[to].focus();
  };
  pick(0);
  return h('div', { class: 'tabs' }, h('div', { role: 'tablist', 'aria-label': label, on: { keydown: move } }, buttons), panel);
}
