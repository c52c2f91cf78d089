/*
 * The signing keys and their rotation.
 */
import { busyButton, h } from '../core/dom.js';
import { api } from '../core/api.js';
import { time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { confirm } from '../widgets/dialog.js';
import { field } from '../widgets/field.js';
import { say } from '../widgets/notice.js';
import { table } from '../widgets/table.js';
import { heading } from './frame.js';

async function rotate(keys, reload) {
  const algs = [...new Set(keys.map((key) => key.alg))].sort();
  const alg = field({ name: 'alg', label: t('keys.alg'), kind: 'choice', options: algs.map((one) => [one, one]) });
  const work = () => api('POST', 'keys/rotate', { body: { alg: alg.get() } });
  if (!(await confirm({ title: t('keys.rotate'), text: [t('keys.rotate.text'), alg.node], yes: t('keys.rotate'), work }))) return;
  say(t('keys.rotate.done'));
  reload();
}

export async function view({ can, reload, signal }) {
  const { items } = await api('GET', 'keys', { signal });
  const columns = [
    { label: t('keys.kid'), cell: (row) => h('code', {}, row.kid) },
    { label: t('keys.alg'), cell: (row) => row.alg },
    { label: t('keys.state'), cell: (row) => badge('key_state', row.state) },
    { label: t('column.created_at'), cell: (row) => time(row.created_at) },
  ];
  const turn = can('keys.write') && busyButton(t('keys.rotate'), () => rotate(items, reload));
  return h(
    'section',
    {},
    heading(t('nav.keys'), turn),
    h('p', { class: 'hint' }, t('keys.about')),
    table({ caption: t('nav.keys'), columns, rows: items }),
  );
}
