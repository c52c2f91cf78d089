/*
 * Proof in person: what administrators recorded at service counters, and a second one's yes or no. The number is typed from the document both
 * times: neither is shown.
 */
import { actorNames, who } from '../core/actors.js';
import { button, h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { show } from '../widgets/dialog.js';
import { filters } from '../widgets/filters.js';
import { form } from '../widgets/form.js';
import { say } from '../widgets/notice.js';
import { pagedTable } from '../widgets/pages.js';
import { heading } from './frame.js';

const documents = ['resident_id_card', 'residence_permit', 'permanent_residence_card'];
const numberSpec = () => ({ name: 'id_number', label: t('window.id_number'), hint: t('window.id_number.hint'), required: true });

/* A form in a dialog, with a way out. */
const ask = (title, specs, send, submit) =>
  show(title, (close) =>
    form({
      specs,
      send,
      submit: async (body) => close(await submit(body)),
      secondary: [button(t('do.cancel'), () => close(), { class: 'quiet' })],
    }).node,
  );

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
    { name: 'place', label: t('window.place'), hint: t('window.place.hint'), required: true },
  ];
  const made = await ask(t('window.new'), specs, t('window.record'), (body) => api('POST', 'window_records', { body: { ...body, account_id } }));
  if (made) say(t('window.record.done'));
  return made;
}

async function decide(row, action, specs, reload) {
  const work = (body) => api('POST', `window_records/${encode(row.record_id)}/${action}`, { body, version: row.version });
  const done = await ask(t(`window.${action}.title`, { name: row.person_name_masked }), specs, t(`window.${action}`), work);
  if (!done) return;
  say(t(`window.${action}.done`));
  reload();
}

/* Whoever recorded it does not decide. */
function decision(row, { can, me, reload }) {
  if (row.state !== 'waiting' || !can('window.write') || row.recorded_by === me.account_id) return '';
  const reason = { name: 'reason', label: t('window.reason'), required: true };
  return h(
    'div',
    { class: 'buttons' },
    button(t('window.confirm'), () => decide(row, 'confirm', [numberSpec()], reload), { class: 'small-button', 'data-window': 'confirm' }),
    button(t('window.refuse'), () => decide(row, 'refuse', [reason], reload), { class: 'quiet small-button', 'data-window': 'refuse' }),
  );
}

export async function view(context) {
  const { query, can, go, signal } = context;
  const names = await actorNames(can, signal);
  const columns = [
    { label: t('window.person'), cell: (row) => h('a', { href: `#/accounts/${encode(row.account_id)}` }, row.person_name_masked) },
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
  return h('section', {}, heading(t('nav.window')), h('p', { class: 'hint' }, t('window.about')), filters({ path: 'window', query, specs, go }), list.node);
}
