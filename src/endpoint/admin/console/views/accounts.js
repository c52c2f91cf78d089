/*
 * People: found by what they sign in with, which travels in a body so that it is in no log, and never in the address bar.
 */
import { h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge, levelBadge } from '../widgets/badge.js';
import { filters } from '../widgets/filters.js';
import { form } from '../widgets/form.js';
import { say } from '../widgets/notice.js';
import { pagedTable } from '../widgets/pages.js';
import { heading } from './frame.js';

const identifier = () => ({ name: 'identifier', label: t('account.identifier'), hint: t('account.identifier.hint'), required: true });

const find = (go) =>
  form({
    specs: [identifier()],
    send: t('account.find'),
    submit: async (body) => go(`#/accounts/${encode((await api('POST', 'accounts/find', { body })).account_id)}`),
  });

function unlock() {
  const made = form({
    specs: [identifier()],
    send: t('account.unlock'),
    submit: async (body) => {
      await api('POST', 'accounts/unlock', { body });
      made.fields[0].set('');
      say(t('account.unlock.done'));
    },
  });
  return made;
}

export async function view({ query, can, go, signal }) {
  const columns = [
    { label: t('account.id'), cell: (row) => h('a', { href: `#/accounts/${encode(row.account_id)}` }, h('code', {}, row.account_id)) },
    { label: t('account.state'), cell: (row) => badge('account_state', row.state) },
    { label: t('account.level'), cell: (row) => levelBadge(row.level) },
    { label: t('column.created_at'), cell: (row) => time(row.created_at) },
  ];
  const specs = [
    {
      name: 'state',
      label: t('account.state'),
      kind: 'choice',
      options: [['', t('filter.all')], ...['active', 'suspended', 'closed'].map((state) => [state, t(`account_state.${state}`)])],
    },
  ];
  const list = pagedTable({
    caption: t('nav.accounts'),
    columns,
    load: (page) => api('GET', 'accounts', { query: { ...page, state: query.state }, signal }),
  });
  return h(
    'section',
    {},
    heading(t('nav.accounts')),
    h(
      'div',
      { class: 'columns' },
      h('section', { class: 'card' }, h('h2', {}, t('account.find')), find(go).node),
      can('account.write') &&
        h('section', { class: 'card' }, h('h2', {}, t('account.unlock')), h('p', { class: 'hint' }, t('account.unlock.hint')), unlock().node),
    ),
    h('h2', {}, t('account.all')),
    filters({ path: 'accounts', query, specs, go }),
    list.node,
  );
}
