/*
 * One person's account: level and evidence, sessions, consents. Never a number or a whole name.
 */
import { busyButton, button, h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { time } from '../core/format.js';
import { t, tOr } from '../core/language.js';
import { badge, levelBadge } from '../widgets/badge.js';
import { confirm } from '../widgets/dialog.js';
import { problemBox, say } from '../widgets/notice.js';
import { facts, table } from '../widgets/table.js';
import { heading } from './frame.js';
import { record } from './window.js';

function stateButton(account, reload) {
  const action = { active: 'suspend', suspended: 'resume' }[account.state];
  if (!action) return '';
  const ask = async () => {
    const work = () => api('POST', `accounts/${encode(account.account_id)}/${action}`, { version: account.version });
    const done = await confirm({
      title: t(`account.${action}.title`),
      text: t(`account.${action}.text`),
      yes: t(`account.${action}`),
      danger: action === 'suspend',
      work,
    });
    if (!done) return;
    say(t(`account.${action}.done`));
    reload();
  };
  return busyButton(t(`account.${action}`), ask, { class: action === 'suspend' ? 'quiet' : '' });
}

const verificationColumns = () => [
  { label: t('verification.source'), cell: (row) => row.source },
  { label: t('verification.authority'), cell: (row) => row.authority },
  { label: t('verification.method'), cell: (row) => row.method },
  { label: t('verification.result'), cell: (row) => badge('verification', row.result) },
  { label: t('account.level'), cell: (row) => levelBadge(row.level) },
  { label: t('verification.checked_at'), cell: (row) => time(row.checked_at) },
  { label: t('column.expires_at'), cell: (row) => (row.expires_at ? time(row.expires_at) : t('secret.never')) },
];

async function ask(title, text, path, done, reload) {
  if (!(await confirm({ title, text, yes: title, danger: true, work: () => api('DELETE', path) }))) return;
  say(done);
  reload();
}

async function sessionsCard(path, { can, reload, signal }) {
  const { items } = await api('GET', `${path}/sessions`, { signal });
  const end = (row) =>
    can('session.end') &&
    busyButton(
      t('session.end'),
      () => ask(t('session.end'), t('session.end.text'), `${path}/sessions/${encode(row.session_id)}`, t('session.end.done'), reload),
      { class: 'quiet small-button' },
    );
  const columns = [
    { label: t('session.auth_time'), cell: (row) => time(row.auth_time) },
    { label: t('account.level'), cell: (row) => levelBadge(row.level) },
    { label: t('session.amr'), cell: (row) => (row.amr ?? []).map((one) => tOr(`amr.${one}`, one)).join(', ') },
    {
      label: t('session.clients'),
      cell: (row) =>
        row.client_ids?.length
          ? h(
              'ul',
              { class: 'plain-list' },
              row.client_ids.map((id) => h('li', {}, h('code', {}, id))),
            )
          : '—',
    },
    ...(can('session.end') ? [{ label: '', cell: end }] : []),
  ];
  const all =
    can('session.end') &&
    items.length > 0 &&
    busyButton(t('session.end_all'), () => ask(t('session.end_all'), t('session.end_all.text'), `${path}/sessions`, t('session.end.done'), reload), {
      class: 'quiet',
    });
  return h(
    'section',
    { class: 'card' },
    h('div', { class: 'heading' }, h('h2', {}, t('session.title')), all),
    table({ caption: t('session.title'), columns, rows: items, empty: t('session.none') }),
  );
}

async function consentsCard(path, { can, reload, signal }) {
  const { items } = await api('GET', `${path}/consents`, { signal });
  const withdraw = (row) =>
    busyButton(
      t('consent.withdraw'),
      () =>
        ask(
          t('consent.withdraw'),
          t('consent.withdraw.text', { client: row.client_id }),
          `${path}/consents/${encode(row.client_id)}`,
          t('consent.withdraw.done'),
          reload,
        ),
      { class: 'quiet small-button' },
    );
  const columns = [
    { label: t('consent.client'), cell: (row) => h('code', {}, row.client_id) },
    { label: t('member.scope'), cell: (row) => row.scope },
    { label: t('consent.granted_at'), cell: (row) => time(row.granted_at) },
    ...(can('consent.write') ? [{ label: '', cell: withdraw }] : []),
  ];
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('consent.title')),
    table({ caption: t('consent.title'), columns, rows: items, empty: t('consent.none') }),
  );
}

const recordButton = (account, go) =>
  button(t('window.new'), async () => (await record(account.account_id)) && go('#/window?state=waiting'), { class: 'quiet', 'data-window': 'record' });

/* Sessions are in another store than accounts: one may be down while the other answers. */
const orProblem = (card, reload) => card.catch((problem) => h('section', { class: 'card' }, problemBox(problem, reload)));

export async function view(context) {
  const { params, can, go, reload, signal } = context;
  const path = `accounts/${encode(params.id)}`;
  const account = await api('GET', path, { signal });
  const [sessions, consents] = await Promise.all([
    can('session.read') ? orProblem(sessionsCard(path, context), reload) : '',
    can('consent.read') ? orProblem(consentsCard(path, context), reload) : '',
  ]);
  return h(
    'section',
    {},
    heading(account.name_masked || t('account.title'), can('account.write') && stateButton(account, reload)),
    h(
      'section',
      { class: 'card' },
      facts([
        [t('account.id'), h('code', {}, account.account_id)],
        [t('account.state'), badge('account_state', account.state)],
        [t('account.level'), levelBadge(account.level)],
        account.level_until && [t('account.level_until'), time(account.level_until)],
        [t('column.created_at'), time(account.created_at)],
        [t('column.updated_at'), time(account.updated_at)],
      ]),
    ),
    h(
      'section',
      { class: 'card' },
      h('div', { class: 'heading' }, h('h2', {}, t('verification.title')), can('window.write') && recordButton(account, go)),
      table({ caption: t('verification.title'), columns: verificationColumns(), rows: account.verifications ?? [], empty: t('verification.none') }),
    ),
    sessions,
    consents,
  );
}
