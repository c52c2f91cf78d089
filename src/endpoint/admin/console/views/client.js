/*
 * One client system: what is in force, what waits for approval, its secrets, and what may be done with it now.
 */
import { busyButton, h } from '../core/dom.js';
import { actorNames, who } from '../core/actors.js';
import { actOnClient } from '../core/actions.js';
import { api, encode } from '../core/api.js';
import { nameOf, time } from '../core/format.js';
import { t, tOr } from '../core/language.js';
import { credentialsBox, librarySettings } from '../client/handover.js';
import { badge } from '../widgets/badge.js';
import { diff } from '../widgets/diff.js';
import { confirm, show } from '../widgets/dialog.js';
import { field } from '../widgets/field.js';
import { note } from '../widgets/notice.js';
import { facts, table } from '../widgets/table.js';
import { agencyName } from './agencies.js';
import { heading } from './frame.js';

const quietActions = ['submit', 'approve', 'resume'];
const isOwnToApprove = (client, can) =>
  can('client.approve') && (client.state === 'submitted' || client.pending) && !client.actions.includes('approve');

function shownValue(value) {
  if (Array.isArray(value)) {
    const lines = value.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
    return h('ul', { class: 'plain-list' }, lines.map((line) => h('li', {}, line)));
  }
  if (typeof value === 'object' && value !== null) return h('pre', { class: 'small' }, JSON.stringify(value, null, 1));
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return String(value);
}

const metadataFacts = (metadata) =>
  facts(
    Object.entries(metadata)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([member, value]) => [[tOr(`member.${member}`, member), h('code', { class: 'member' }, member)], shownValue(value)]),
  );

async function stateCard(client, { can, signal }) {
  const names = await actorNames(can, signal);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('client.about')),
    facts([
      [t('client.state'), [badge('state', client.state), client.sandbox && h('span', { class: 'badge badge-plain' }, t('client.sandbox'))]],
      [t('member.client_id'), h('code', {}, client.client_id)],
      [t('member.agency_id'), client.agency_id ? await agencyName(client.agency_id, signal) : '—'],
      [t('client.origin'), t(`origin.${client.origin}`)],
      client.submitted_by && [t('client.submitted_by'), who(names, client.submitted_by)],
      client.approved_by && [t('client.approved_by'), who(names, client.approved_by)],
      [t('column.created_at'), time(client.created_at)],
      [t('column.updated_at'), time(client.updated_at)],
    ]),
  );
}

function actionButtons(client, reload) {
  return client.actions.map((action) =>
    busyButton(t(`client.${action}`), async () => (await actOnClient(client, action)) && reload(), {
      class: quietActions.includes(action) ? '' : 'quiet',
      'data-action': action,
    }),
  );
}

function pendingCard(client, can) {
  if (!client.pending) return '';
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('client.pending.title')),
    h('p', {}, t('client.pending.text')),
    isOwnToApprove(client, can) && note(t('client.own'), 'wait'),
    diff(client.metadata, client.pending),
  );
}

/* A new secret beside the old ones, which end after a while: shown once. */
async function rotate(client, reload) {
  const overlap = field({
    name: 'overlap',
    label: t('secret.overlap'),
    kind: 'choice',
    value: '',
    options: [
      ['', t('secret.overlap.usual')],
      ['0', t('secret.overlap.none')],
      ['3600', t('secret.overlap.hour')],
      ['86400', t('secret.overlap.day')],
      ['604800', t('secret.overlap.week')],
    ],
  });
  const work = () => {
    const chosen = overlap.get();
    return api('POST', `clients/${encode(client.client_id)}/secrets`, {
      version: client.version,
      body: chosen === '' ? {} : { overlap_seconds: Number(chosen) },
    });
  };
  const made = await confirm({ title: t('secret.new.title'), text: [t('secret.new.text'), overlap.node], yes: t('secret.new'), work });
  if (!made) return;
  await show(t('secret.made'), (close) =>
    h(
      'div',
      { class: 'stack' },
      credentialsBox(client, made.credentials),
      h('div', { class: 'buttons' }, h('button', { type: 'button', on: { click: () => close() } }, t('secret.saved'))),
    ),
  );
  reload();
}

function secretsCard(client, can, reload) {
  const method = client.metadata.token_endpoint_auth_method ?? 'client_secret_basic';
  if (!method.startsWith('client_secret')) return '';
  const columns = [
    { label: t('secret.id'), cell: (row) => h('code', {}, row.secret_id) },
    { label: t('column.created_at'), cell: (row) => time(row.created_at) },
    { label: t('column.expires_at'), cell: (row) => (row.expires_at ? time(row.expires_at) : t('secret.never')) },
  ];
  const add = can('client.write') && client.state !== 'retired' && busyButton(t('secret.new'), () => rotate(client, reload), { class: 'quiet' });
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('secret.title')),
    table({ caption: t('secret.title'), columns, rows: client.secrets ?? [], empty: t('secret.nothing') }),
    add,
  );
}

export async function view(context) {
  const { params, can, reload, signal } = context;
  const client = await api('GET', `clients/${encode(params.id)}`, { signal });
  const edit =
    can('client.write') &&
    client.state !== 'retired' &&
    h('a', { class: 'button quiet', href: `#/clients/${encode(client.client_id)}/edit` }, t('do.change'));
  return h(
    'section',
    {},
    heading(nameOf(client.metadata, 'client_name') || client.client_id, actionButtons(client, reload), edit),
    client.state === 'submitted' && isOwnToApprove(client, can) && note(t('client.own'), 'wait'),
    pendingCard(client, can),
    await stateCard(client, context),
    h('section', { class: 'card' }, h('h2', {}, t('client.metadata')), metadataFacts(client.metadata)),
    secretsCard(client, can, reload),
    librarySettings(client),
  );
}
