/*
 * Service counters: what administrators recorded of the documents that people showed, and a second one's yes or no. The number is typed from the
 * document both times: neither is shown. With the yes goes the code that gives an account back, shown once.
 */
import { actorNames, who } from '../core/actors.js';
import { button, h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { issuer } from '../core/auth.js';
import { time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { copyLine } from '../widgets/copy.js';
import { show } from '../widgets/dialog.js';
import { filters } from '../widgets/filters.js';
import { form } from '../widgets/form.js';
import { note, say } from '../widgets/notice.js';
import { pagedTable } from '../widgets/pages.js';
import { heading } from './frame.js';

const documents = ['resident_id_card', 'residence_permit', 'permanent_residence_card'];
const numberSpec = () => ({ name: 'id_number', label: t('window.id_number'), hint: t('window.id_number.hint'), required: true });

/* A form in a dialog, beneath what there is to say, with a way out. */
const ask = (title, notes, specs, send, submit) =>
  show(title, (close) =>
    h(
      'div',
      { class: 'stack' },
      notes,
      form({
        specs,
        send,
        submit: async (body) => close(await submit(body)),
        secondary: [button(t('do.cancel'), () => close(), { class: 'quiet' })],
      }).node,
    ),
  );

const tell = (title, content) =>
  show(title, (close) =>
    h(
      'div',
      { class: 'stack' },
      content,
      h(
        'div',
        { class: 'buttons' },
        button(t('do.close'), () => close(), { 'data-window': 'close' }),
      ),
    ),
  );

/* What both must look at before they agree. */
const remarks = (row) => [
  row.name_before !== undefined && note(t('window.correction', { before: row.name_before || '—', after: row.name_after }), 'wait'),
  row.child && row.state === 'waiting' && note(t('window.child'), 'wait'),
];

const withoutEmpty = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== ''));

export async function record(account_id) {
  const specs = [
    {
      name: 'document',
      label: t('window.document'),
      kind: 'choice',
      options: documents.map((name) => [name, t(`document.${name}`)]),
      required: true,
    },
    { name: 'person_name', label: t('window.person_name'), required: true },
    numberSpec(),
    ...(account_id ? [] : [{ name: 'phone_number', label: t('window.phone_number'), hint: t('window.phone_number.hint'), kind: 'tel' }]),
    { name: 'place', label: t('window.place'), hint: t('window.place.hint'), required: true },
    { name: 'corrects_name', label: t('window.corrects_name'), hint: t('window.corrects_name.hint'), kind: 'flag' },
  ];
  const notes = [!account_id && h('p', {}, t('window.without')), h('p', { class: 'hint' }, t('window.child.before'))];
  const made = await ask(t('window.new'), notes, specs, t('window.record'), (body) =>
    api('POST', 'window_records', { body: { ...withoutEmpty(body), account_id } }),
  );
  if (!made) return made;
  say(t('window.record.done'));
  const seen = remarks(made).filter(Boolean);
  if (seen.length) await tell(t('window.new'), seen);
  return made;
}

const handOver = (code) =>
  tell(t('window.code.title'), [
    note(t('window.code.once'), 'wait'),
    copyLine(t('window.code'), code, { 'data-window': 'code' }),
    h('p', {}, t('window.code.how', { address: `${issuer()}/recover` })),
  ]);

async function decide(row, action, specs, reload) {
  const work = (body) => api('POST', `window_records/${encode(row.record_id)}/${action}`, { body: withoutEmpty(body), version: row.version });
  const done = await ask(t(`window.${action}.title`, { name: row.person_name_masked }), remarks(row), specs, t(`window.${action}`), work);
  if (!done) return;
  say(t(`window.${action}.done`));
  if (done.recovery_code) await handOver(done.recovery_code);
  reload();
}

/* Whoever recorded it does not decide. */
function decision(row, { can, me, reload }) {
  if (row.state !== 'waiting' || !can('window.write') || row.recorded_by === me.account_id) return '';
  const reason = { name: 'reason', label: t('window.reason'), required: true };
  const code = { name: 'recovery_code', label: t('window.recovery_code'), hint: t('window.recovery_code.hint'), kind: 'flag', value: !row.account_id };
  const factor = { name: 'one_time_password', label: t('window.one_time_password'), hint: t('window.one_time_password.hint') };
  const asked = row.account_id ? [numberSpec(), code, factor] : [numberSpec(), code];
  return h(
    'div',
    { class: 'buttons' },
    button(t('window.confirm'), () => decide(row, 'confirm', asked, reload), { class: 'small-button', 'data-window': 'confirm' }),
    button(t('window.refuse'), () => decide(row, 'refuse', [reason], reload), { class: 'quiet small-button', 'data-window': 'refuse' }),
  );
}

const personCell = (row) => [
  row.account_id ? h('a', { href: `#/accounts/${encode(row.account_id)}` }, row.person_name_masked) : row.person_name_masked,
  !row.account_id && row.state === 'waiting' && h('p', { class: 'small' }, t('window.opens')),
  row.child && row.state === 'waiting' && h('p', { class: 'small' }, t('window.child.short')),
  row.corrects_name && h('p', { class: 'small' }, row.name_before === undefined ? t('window.corrects') : `${row.name_before || '—'} → ${row.name_after}`),
];

export async function view(context) {
  const { query, can, go, reload, signal } = context;
  const names = await actorNames(can, signal);
  const columns = [
    { label: t('window.person'), cell: personCell },
    { label: t('window.id_number'), cell: (row) => h('code', {}, row.id_number_masked) },
    { label: t('window.document'), cell: (row) => t(`document.${row.document}`) },
    { label: t('window.place'), cell: (row) => row.place },
    { label: t('window.state'), cell: (row) => badge('window_state', row.state) },
    { label: t('window.recorded_by'), cell: (row) => who(names, row.recorded_by) },
    { label: t('column.created_at'), cell: (row) => time(row.created_at) },
    { label: '', cell: (row) => decision(row, context) },
  ];
  const states = ['waiting', 'confirmed', 'refused'];
  const specs = [
    { name: 'state', label: t('window.state'), kind: 'choice', options: [['', t('filter.all')], ...states.map((state) => [state, t(`window_state.${state}`)])] },
  ];
  const list = pagedTable({
    caption: t('nav.window'),
    columns,
    load: (page) => api('GET', 'window_records', { query: { ...page, state: query.state }, signal }),
  });
  const add = can('window.write') && button(t('window.new.without'), async () => (await record()) && reload(), { 'data-window': 'record' });
  return h('section', {}, heading(t('nav.window'), add), h('p', { class: 'hint' }, t('window.about')), filters({ path: 'window', query, specs, go }), list.node);
}
