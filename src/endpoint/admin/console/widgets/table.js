/*
 * Tables that become cards on a phone. The roles are written out because a table that is displayed as blocks loses its own.
 *   columns: [{ label, cell(row), wide? }]
 */
import { h } from '../core/dom.js';
import { t } from '../core/language.js';

const cellOf = (column, row) =>
  h('td', { role: 'cell', 'data-label': column.label || undefined, class: column.class }, h('div', { class: 'cell' }, column.cell(row) ?? '—'));

export function table({ caption, columns, rows, empty = t('table.empty') }) {
  if (!rows.length) return h('p', { class: 'empty' }, empty);
  const head = h(
    'tr',
    { role: 'row' },
    columns.map((column) => h('th', { scope: 'col', role: 'columnheader' }, column.label || h('span', { class: 'unseen' }, t('table.actions')))),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { role: 'row' },
      columns.map((column) => cellOf(column, row)),
    ),
  );
  return h(
    'div',
    { class: 'table-frame', role: 'region', 'aria-label': caption, tabindex: '0' },
    h(
      'table',
      { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h('thead', { role: 'rowgroup' }, head),
      h('tbody', { role: 'rowgroup' }, body),
    ),
  );
}

/* Names and values of one thing. Entries that are false are left out. */
export const facts = (entries) =>
  h(
    'dl',
    { class: 'facts' },
    entries.filter(Boolean).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value ?? '—'))),
  );
