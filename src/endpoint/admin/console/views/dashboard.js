/*
 * How the installation is doing: plots of the last hour or day, the registers it asks, and the register of client systems in numbers. The
 * numbers are fetched again each minute.
 */
import { h } from '../core/dom.js';
import { api } from '../core/api.js';
import { number } from '../core/format.js';
import { hashOf } from '../core/route.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { note, problemBox } from '../widgets/notice.js';
import { plot } from '../widgets/plot.js';
import { table } from '../widgets/table.js';
import { heading } from './frame.js';

const every = 60; /* seconds */

const sum = (values = []) => values.filter((value) => typeof value === 'number').reduce((a, b) => a + b, 0);
const last = (values = []) => values.filter((value) => typeof value === 'number').at(-1);

function tiles({ series, clients = {} }, can) {
  const refused = sum(series.logins_refused);
  const tried = sum(series.logins_done) + refused;
  const entries = [
    [t('dash.logins_done'), number(sum(series.logins_done))],
    [t('dash.logins_refused'), number(refused), tried ? `${number((100 * refused) / tried)} %` : ''],
    [t('dash.registrations'), number(sum(series.registrations))],
    [t('dash.tokens'), number(sum(series.tokens))],
    [t('dash.errors'), number(sum(series.errors)), sum(series.requests) ? `${number((100 * sum(series.errors)) / sum(series.requests), 2)} %` : ''],
    [t('dash.latency_p95'), `${number(last(series.latency_p95_ms))} ms`],
    [
      t('dash.clients'),
      number(clients.approved ?? 0),
      clients.submitted ? h('a', { href: '#/approvals' }, t('dash.waiting', { count: clients.submitted })) : '',
    ],
  ];
  return h(
    'dl',
    { class: 'tiles' },
    entries.map(([name, value, more]) => h('div', { class: 'tile' }, h('dt', {}, name), h('dd', {}, value, more && h('small', {}, more)))),
  );
}

function plots({ series, from, step_seconds: step }) {
  const base = { from: new Date(from), step };
  const line = (name) => ({ name: t(`dash.${name}`), values: series[name] ?? [] });
  return [
    plot({ ...base, title: t('dash.sign_ins'), lines: [line('logins_done'), line('logins_refused'), line('registrations')] }),
    plot({ ...base, title: t('dash.requests_errors'), lines: [line('requests'), line('errors')] }),
    plot({ ...base, title: t('dash.latency'), unit: 'ms', lines: [line('latency_p50_ms'), line('latency_p95_ms'), line('latency_p99_ms')] }),
    plot({ ...base, title: t('dash.tokens'), lines: [line('tokens')] }),
  ];
}

function upstreamCard(upstream, { from, step_seconds: step }) {
  const base = { from: new Date(from), step };
  return h(
    'section',
    { class: 'upstream', 'data-upstream': upstream.name },
    h('h3', {}, upstream.name, ' ', badge('breaker', upstream.breaker)),
    h(
      'div',
      { class: 'plots' },
      plot({
        ...base,
        title: t('dash.upstream_calls', { name: upstream.name }),
        lines: [
          { name: t('dash.calls'), values: upstream.calls ?? [] },
          { name: t('dash.failures'), values: upstream.failures ?? [] },
        ],
      }),
      plot({
        ...base,
        title: t('dash.upstream_latency', { name: upstream.name }),
        unit: 'ms',
        lines: [{ name: t('dash.latency'), values: upstream.latency_ms ?? [] }],
      }),
    ),
  );
}

const content = (answer, can) => [
  tiles(answer, can),
  h('div', { class: 'plots' }, plots(answer)),
  h('h2', {}, t('dash.upstreams')),
  answer.upstreams?.length ? answer.upstreams.map((upstream) => upstreamCard(upstream, answer)) : h('p', { class: 'empty' }, t('dash.no_upstreams')),
];

/* Without a history: how the registers do right now, as the node that answers finds them. */
async function upstreamsNow(can, signal) {
  if (!can('upstream.read')) return '';
  const { items } = await api('GET', 'upstreams', { signal });
  const columns = [
    { label: t('dash.upstream'), cell: (row) => row.name },
    { label: t('client.state'), cell: (row) => badge('breaker', row.breaker) },
    { label: t('dash.calls'), cell: (row) => number(row.calls) },
    { label: t('dash.failures'), cell: (row) => number(row.failures) },
    { label: t('dash.concurrent'), cell: (row) => number(row.concurrent) },
  ];
  return [
    h('h2', {}, t('dash.upstreams')),
    h('p', { class: 'hint' }, t('dash.this_node')),
    table({ caption: t('dash.upstreams'), columns, rows: items, empty: t('dash.no_upstreams') }),
  ];
}

export async function view({ query, can, every: repeat, signal }) {
  const hours = query.hours === '24' ? '24' : '1';
  const place = h('div');
  const problems = h('div');
  const fetched = () => api('GET', 'dashboard', { query: { hours }, signal });
  const range = ['1', '24'].map((one) =>
    h(
      'a',
      { class: 'button quiet', href: hashOf('', one === '1' ? {} : { hours: one }), 'aria-current': one === hours ? 'true' : undefined },
      t(`dash.hours.${one}`),
    ),
  );
  try {
    place.append(...content(await fetched(), can).flat());
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    const now = await upstreamsNow(can, signal).catch(() => '');
    return h('section', {}, heading(t('nav.dashboard')), note(t('dash.none')), now);
  }
  const again = async () => {
    if (place.contains(document.activeElement)) return; /* somebody reads a plot with the keyboard: the next minute will do */
    try {
      place.replaceChildren(...content(await fetched(), can).flat());
      problems.replaceChildren();
    } catch (problem) {
      if (!signal.aborted) problems.replaceChildren(problemBox(problem));
    }
  };
  repeat(every, again);
  return h(
    'section',
    {},
    heading(t('nav.dashboard'), h('div', { class: 'segments', role: 'group', 'aria-label': t('dash.range') }, range)),
    problems,
    place,
  );
}
