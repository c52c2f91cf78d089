/*
 * The audit trail, newest first, with export.
 */
import { actorNames, who } from '../core/actors.js';
import { busyButton, button, h } from '../core/dom.js';
import { api, download } from '../core/api.js';
import { events } from '../core/events.js';
import { bytes, number, time, toUtc } from '../core/format.js';
import { t, tOr } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { show } from '../widgets/dialog.js';
import { filters } from '../widgets/filters.js';
import { note, problemBox, say } from '../widgets/notice.js';
import { pagedTable } from '../widgets/pages.js';
import { facts } from '../widgets/table.js';
import { heading } from './frame.js';

const order = [
  'at',
  'event',
  'result',
  'reason',
  'actor',
  'role',
  'client_id',
  'subject',
  'session_id',
  'address',
  'request_id',
  'node',
  'seq',
  'detail',
];

const shown = (row, name) => {
  const value = row[name];
  if (name === 'at') return time(value);
  if (name === 'event') return [tOr(`event.${value}`, value), ' ', h('code', {}, value)];
  if (name === 'result') return badge('result', value);
  return typeof value === 'object' ? h('pre', { class: 'small' }, JSON.stringify(value, null, 1)) : h('code', {}, String(value));
};

const details = (row) =>
  show(
    t('audit.row'),
    (close) =>
      h(
        'div',
        { class: 'stack' },
        facts(
          order
            .filter((name) => row[name] !== undefined && row[name] !== null && row[name] !== '')
            .map((name) => [t(`audit.${name}`), shown(row, name)]),
        ),
        h(
          'div',
          { class: 'buttons' },
          button(t('do.close'), () => close()),
        ),
      ),
    { wide: true },
  );

const columns = (names) => [
  { label: t('audit.at'), cell: (row) => time(row.at) },
  { label: t('audit.event'), cell: (row) => tOr(`event.${row.event}`, row.event) },
  { label: t('audit.result'), cell: (row) => [badge('result', row.result), row.reason && h('small', { class: 'soft' }, ` ${row.reason}`)] },
  { label: t('audit.actor'), cell: (row) => who(names, row.actor) },
  { label: t('audit.client_id'), cell: (row) => (row.client_id ? h('code', {}, row.client_id) : '—') },
  { label: t('audit.subject'), cell: (row) => (row.subject ? h('code', {}, row.subject) : '—') },
  { label: t('audit.address'), cell: (row) => row.address },
  { label: '', cell: (row) => button(t('do.details'), () => details(row), { class: 'quiet small-button' }) },
];

const specs = () => [
  {
    name: 'event',
    label: t('audit.event'),
    kind: 'choice',
    options: [['', t('filter.all')], ...events.map((event) => [event, tOr(`event.${event}`, event)])],
  },
  {
    name: 'result',
    label: t('audit.result'),
    kind: 'choice',
    options: [['', t('filter.all')], ...['done', 'refused', 'failed'].map((result) => [result, t(`result.${result}`)])],
  },
  { name: 'actor', label: t('audit.actor') },
  { name: 'client_id', label: t('audit.client_id') },
  { name: 'subject', label: t('audit.subject') },
  { name: 'from', label: t('audit.from'), kind: 'moment' },
  { name: 'to', label: t('audit.to'), kind: 'moment' },
];

/* The file is fetched with the token and handed to the browser from memory: the API looks at no cookie. */
async function save(query) {
  const blob = await download('audit/export', { query });
  const address = URL.createObjectURL(blob);
  const link = h('a', { href: address, download: `audit-${new Date().toISOString().slice(0, 10)}.ndjson` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  say(t('audit.export.done'));
}

async function statusCard(signal) {
  const status = await api('GET', 'audit/status', { signal }).catch(() => undefined);
  if (!status) return '';
  return h(
    'section',
    { class: 'card' },
    status.dropped > 0 && note(t('audit.dropped', { count: number(status.dropped) }), 'bad'),
    facts([
      [t('audit.backlog'), number(status.backlog)],
      [t('audit.spool'), bytes(status.spool_bytes ?? 0)],
      [t('audit.lost'), number(status.dropped)],
      [t('audit.last_drained_at'), time(status.last_drained_at)],
    ]),
  );
}

export async function view({ query, can, go, signal }) {
  const { from, to, ...rest } = query;
  const asked = { ...rest, from: toUtc(from), to: toUtc(to) };
  const problems = h('div');
  const take = () => save({ from: asked.from, to: asked.to }).catch((problem) => problems.replaceChildren(problemBox(problem)));
  const list = pagedTable({
    caption: t('nav.audit'),
    columns: columns(await actorNames(can, signal)),
    load: (page) => api('GET', 'audit', { query: { ...page, ...asked }, signal }),
    empty: t('audit.none'),
  });
  const out = can('audit.export') && busyButton(t('audit.export'), take, { class: 'quiet' });
  return h(
    'section',
    {},
    heading(t('nav.audit'), out),
    problems,
    await statusCard(signal),
    filters({ path: 'audit', query, specs: specs(), go }),
    list.node,
  );
}
