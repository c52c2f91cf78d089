/*
 * A list that comes in pages: load({ page, limit }) gives { items, next_page }. The API's cursors only go forward; the way back is remembered.
 */
import { button, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { problemBox } from './notice.js';
import { table } from './table.js';

export function pagedTable({ caption, columns, load, empty, limit = 50 }) {
  const cursors = [undefined];
  const place = h('div', { 'aria-busy': 'true' });
  const count = h('p', { class: 'small', role: 'status' });

  const move = (next) => {
    if (next) cursors.push(next);
    else cursors.pop();
    return refresh(true);
  };
  const pager = (answer) => {
    if (cursors.length === 1 && !answer.next_page) return '';
    const back = button(t('pages.previous'), () => move(), { class: 'quiet', disabled: cursors.length === 1 });
    const on = button(t('pages.next'), () => move(answer.next_page), { class: 'quiet', disabled: !answer.next_page });
    return h('nav', { class: 'pager', 'aria-label': t('pages.label') }, back, h('span', {}, t('pages.number', { number: cursors.length })), on);
  };
  const refresh = async (moved = false) => {
    place.setAttribute('aria-busy', 'true');
    try {
      const answer = await load({ page: cursors.at(-1), limit });
      place.replaceChildren(table({ caption, columns, rows: answer.items, empty }), pager(answer));
      count.textContent = t('pages.count', { count: answer.items.length });
      if (moved) place.scrollIntoView({ block: 'start' });
    } catch (problem) {
      if (problem.name !== 'AbortError') place.replaceChildren(problemBox(problem, () => refresh()));
    }
    place.removeAttribute('aria-busy');
  };
  refresh();
  return { node: h('div', { class: 'paged' }, count, place), refresh };
}
