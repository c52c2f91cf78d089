/*
 * The organisations that own client systems.
 */
import { h } from '../core/dom.js';
import { all, api, encode } from '../core/api.js';
import { nameOf, time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { filters } from '../widgets/filters.js';
import { pagedTable } from '../widgets/pages.js';
import { heading } from './frame.js';

/* [[id, name]] for choices. Without them a list of client systems is still of use, so a failure leaves them out. */
export async function agencyOptions(signal) {
  const agencies = await all('agencies', { signal }).catch((problem) => {
    if (problem.name === 'AbortError') throw problem;
    return [];
  });
  return agencies.map((agency) => [agency.agency_id, nameOf(agency, 'name')]);
}

export const agencyName = (id, signal) =>
  api('GET', `agencies/${encode(id)}`, { signal })
    .then((agency) => nameOf(agency, 'name'))
    .catch(() => id);

export async function view({ query, can, go, signal }) {
  const columns = [
    { label: t('agency.name'), cell: (row) => h('a', { href: `#/agencies/${encode(row.agency_id)}` }, nameOf(row, 'name')) },
    { label: t('agency.credit_code'), cell: (row) => (row.credit_code ? h('code', {}, row.credit_code) : '—') },
    { label: t('agency.contact_name'), cell: (row) => row.contact_name },
    { label: t('agency.enabled'), cell: (row) => badge('agency_state', row.enabled ? 'enabled' : 'disabled') },
    { label: t('column.updated_at'), cell: (row) => time(row.updated_at) },
  ];
  const list = pagedTable({
    caption: t('nav.agencies'),
    columns,
    load: (page) => api('GET', 'agencies', { query: { ...page, search: query.search }, signal }),
  });
  const add = can('agency.write') && h('a', { class: 'button', href: '#/agencies/new' }, t('agency.new'));
  const specs = [{ name: 'search', label: t('filter.search'), placeholder: t('filter.search.agencies') }];
  return h('section', {}, heading(t('nav.agencies'), add), filters({ path: 'agencies', query, specs, go }), list.node);
}
