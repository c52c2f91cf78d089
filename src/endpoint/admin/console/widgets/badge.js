/*
 * States as a word with a shape and a colour; never a colour alone.
 */
import { h } from '../core/dom.js';
import { tOr } from '../core/language.js';

const looks = {
  approved: 'good',
  active: 'good',
  closed_breaker: 'good',
  done: 'good',
  match: 'good',
  enabled: 'good',
  confirmed: 'good',
  waiting: 'wait',
  submitted: 'wait',
  pending: 'wait',
  half_open: 'wait',
  next: 'wait',
  draft: 'plain',
  retired: 'plain',
  closed: 'plain',
  disabled: 'plain',
  suspended: 'bad',
  open: 'bad',
  refused: 'bad',
  failed: 'bad',
  mismatch: 'bad',
};

export const badge = (group, state) => {
  const look = group === 'breaker' && state === 'closed' ? 'good' : (looks[`${state}`.toLowerCase()] ?? 'plain');
  return h('span', { class: `badge badge-${look}` }, tOr(`${group}.${state}`, state));
};

export const levelBadge = (level) => h('span', { class: 'badge badge-plain badge-long' }, `L${level} `, tOr(`level.${level}`, ''));
