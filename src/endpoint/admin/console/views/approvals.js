/*
 * Everything that waits for a second pair of eyes: submitted client systems, changes of approved ones, new administrators.
 */
import { busyButton, h } from '../core/dom.js';
import { who } from '../core/actors.js';
import { actOnClient } from '../core/actions.js';
import { all, api, encode } from '../core/api.js';
import { nameOf, time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { diff } from '../widgets/diff.js';
import { note, problemBox } from '../widgets/notice.js';
import { facts } from '../widgets/table.js';
import { agencyOptions } from './agencies.js';
import { approveAdmin } from './admins.js';
import { heading } from './frame.js';

const waitingClients = (signal) => all('clients', { query: { waiting: true }, signal });

/* Why there is no button: somebody else must do it, or this role only looks on. */
function whyNot(client, can) {
  if (client.actions.includes('approve')) return '';
  return note(t(can('client.approve') ? 'client.own' : 'approvals.other_role'), 'wait');
}

function decide(client, reload) {
  const buttons = ['approve', 'reject'].filter((action) => client.actions.includes(action));
  return h(
    'div',
    { class: 'buttons' },
    buttons.map((action) =>
      busyButton(t(`client.${action}`), async () => (await actOnClient(client, action)) && reload(), {
        class: action === 'approve' ? '' : 'quiet',
        'data-action': action,
        'aria-label': `${t(`client.${action}`)}: ${nameOf(client.metadata, 'client_name')}`,
      }),
    ),
  );
}

/* Opened when it is looked at: the list itself does not carry the metadata. */
function clientCard(row, agencies, names, { can, reload, signal }) {
  const body = h('div');
  const load = async () => {
    try {
      const client = await api('GET', `clients/${encode(row.client_id)}`, { signal });
      const [before, after] = client.pending ? [client.metadata, client.pending] : [{}, client.metadata];
      const left = client.pending ? t('diff.in_force') : t('diff.nothing');
      body.replaceChildren(
        facts([
          [t('client.submitted_by'), who(names, client.submitted_by)],
          [t('member.agency_id'), agencies[client.agency_id] ?? client.agency_id ?? '—'],
        ]),
        diff(before, after, { left }),
        whyNot(client, can),
        decide(client, reload),
      );
    } catch (problem) {
      body.replaceChildren(problemBox(problem, load));
    }
  };
  const details = h(
    'details',
    { class: 'card approval', 'data-client': row.client_id, on: { toggle: () => details.open && !body.firstChild && load() } },
    h(
      'summary',
      {},
      h('b', {}, nameOf(row, 'client_name') || row.client_id),
      ' ',
      h('code', {}, row.client_id),
      ' ',
      badge('state', row.state),
      row.pending && h('span', { class: 'badge badge-wait' }, t('client.pending')),
      h('span', { class: 'small' }, time(row.updated_at)),
    ),
    body,
  );
  return details;
}

function adminCard(admin, names, { can, reload }) {
  return h(
    'section',
    { class: 'card' },
    h('h3', {}, admin.name, ' ', badge('admin_state', admin.state)),
    facts([
      [t('admin.role'), t(`role.${admin.role}`)],
      [t('admin.created_by'), who(names, admin.created_by)],
      [t('column.created_at'), time(admin.created_at)],
    ]),
    can('admin.approve')
      ? h(
          'div',
          { class: 'buttons' },
          busyButton(t('admin.approve'), async () => (await approveAdmin(admin)) && reload()),
        )
      : note(t('approvals.other_role'), 'wait'),
  );
}

export async function view(context) {
  const { can, signal } = context;
  const [clients, agencies, admins] = await Promise.all([
    waitingClients(signal),
    agencyOptions(signal),
    can('admin.read') ? all('admins', { signal }) : [],
  ]);
  const owners = Object.fromEntries(agencies);
  const names = Object.fromEntries(admins.map((admin) => [admin.account_id, admin.name]));
  const pending = admins.filter((admin) => admin.state === 'pending');
  return h(
    'section',
    {},
    heading(t('nav.approvals')),
    h('p', { class: 'hint' }, t('approvals.about')),
    h('h2', {}, t('approvals.clients', { count: clients.length })),
    clients.length ? clients.map((row) => clientCard(row, owners, names, context)) : h('p', { class: 'empty' }, t('approvals.none')),
    can('admin.read') && [
      h('h2', {}, t('approvals.admins', { count: pending.length })),
      pending.length ? pending.map((admin) => adminCard(admin, names, context)) : h('p', { class: 'empty' }, t('approvals.none')),
    ],
  );
}
