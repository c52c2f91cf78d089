/*
 * Two versions of a client system's metadata side by side, member by member; what differs comes first and is said in words too.
 */
import { h } from '../core/dom.js';
import { t, tOr } from '../core/language.js';
import { table } from './table.js';

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const show = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value.map(show) : [show(value)]);

/* [{ member, before, after }] of all members in either, in a steady order. */
export function differences(before, after) {
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return members.filter((member) => !same(before[member], after[member])).map((member) => ({ member, before: before[member], after: after[member] }));
}

function side(values, others, word, mark) {
  if (!values.length) return h('span', { class: 'soft' }, t('diff.absent'));
  return h(
    'ul',
    { class: 'diff-values' },
    values.map((value) =>
      others.includes(value)
        ? h('li', {}, value)
        : h('li', { class: `diff-${word}` }, h('span', { class: 'diff-mark', title: t(`diff.${word}`) }, mark), value),
    ),
  );
}

export function diff(before, after, { left = t('diff.in_force'), right = t('diff.proposed') } = {}) {
  const columns = [
    { label: t('diff.member'), cell: (row) => [tOr(`member.${row.member}`, row.member), h('code', { class: 'member' }, row.member)] },
    { label: left, cell: (row) => side(listOf(row.before), listOf(row.after), 'removed', '−') },
    { label: right, cell: (row) => side(listOf(row.after), listOf(row.before), 'added', '+') },
  ];
  return table({ caption: t('diff.caption'), columns, rows: differences(before, after), empty: t('diff.none') });
}
