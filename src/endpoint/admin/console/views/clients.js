/*
 * The client systems: found by name, id, state or agency.
 */
import { h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { nameOf, time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { filters } from '../widgets/filters.js';
import { pagedTable } from '../widgets/pages.js';
import { agencyOptions } from './agencies.js';
import { heading } from './frame.js';

export const states = ['draft', 'submitted', 'approved', 'suspended', 'retired'];

const linkTo = (row) => h('a', { href: `#/clients/${encode(row.client_id)}` }, nameOf(row, 'client_name') || row.client_id);

export function clientColumns(agencies) {
  const names = Object.fromEntries(agencies);
  return [
    { label: t('member.client_name'), cell: (row) => [linkTo(row), h('code', { class: 'member' }, row.client_id)] },
    {
      label: t('client.state'),
      cell: (row) => [
        badge('state', row.state),
        row.pending && h('span', { class: 'badge badge-wait' }, t('client.pending')),
        row.sandbox && h('span', { class: 'badge badge-plain' }, t('client.sandbox')),
      ],
    },
    { label: t('member.agency_id'), cell: (row) => (row.agency_id ? (names[row.agency_id] ?? row.agency_id) : '—') },
    { label: t('client.origin'), cell: (row) => t(`origin.${row.origin}`) },
    { label: t('column.updated_at'), cell: (row) => time(row.updated_at) },
  ];
}

export async function view({ query, can, go, signal }) {
  const agencies = await agencyOptions(signal);
  const specs = [
    { name: 'search', label: t('filter.search'), placeholder: t('filter.search.clients') },
    {
      name: 'state',
      label: t('client.state'),
      kind: 'choice',
      options: [['', t('filter.all')], ...states.map((state) => [state, t(`state.${state}`)])],
    },
    { name: 'agency_id', label: t('member.agency_id'), kind: 'choice', options: [['', t('filter.all')], ...agencies] },
  ];
  const { search, state, agency_id } = query;
  const list = pagedTable({
    caption: t('nav.clients'),
    columns: clientColumns(agencies),
    empty: t('clients.none'),
    load: (page) => api('GET', 'clients', { query: { ...page, search, state, agency_id }, signal }),
  });
  const add = can('client.write') && h('a', { class: 'button', href: '#/clients/new' }, t('clients.new'));
  return h('section', {}, heading(t('nav.clients'), add), filters({ path: 'clients', query, specs, go }), list.node);
}
