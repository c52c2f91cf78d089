/*
 * Initial access tokens: whoever has one may register client systems by themselves (RFC 7591 §3).
 */
import { busyButton, button, h } from '../core/dom.js';
import { all, api, encode } from '../core/api.js';
import { number, time } from '../core/format.js';
import { t } from '../core/language.js';
import { copyLine } from '../widgets/copy.js';
import { confirm, show } from '../widgets/dialog.js';
import { form } from '../widgets/form.js';
import { note, problemBox, say } from '../widgets/notice.js';
import { table } from '../widgets/table.js';

const day = 86400;

function policyOf(text) {
  if (!text) return {};
  try {
    return { policy: JSON.parse(text) };
  } catch {
    throw Object.assign(new Error('policy'), { status: 400, errors: [{ field: 'policy', detail: t('initial.policy.wrong') }] });
  }
}

async function create(reload) {
  const made = await show(
    t('initial.new'),
    (close) =>
      form({
        specs: [
          { name: 'days', label: t('initial.days'), kind: 'number', value: 7, least: 1, most: 365, required: true },
          { name: 'uses', label: t('initial.uses'), kind: 'number', value: 1, least: 1, most: 10000, required: true },
          { name: 'policy', label: t('initial.policy'), hint: t('initial.policy.hint'), kind: 'area', rows: 5 },
        ],
        send: t('initial.new'),
        secondary: [button(t('do.cancel'), () => close(), { class: 'quiet' })],
        submit: async ({ days, uses, policy }) =>
          close(await api('POST', 'initial_access_tokens', { body: { expires_in: days * day, uses, ...policyOf(policy) } })),
      }).node,
    { wide: true },
  );
  if (!made) return;
  await show(
    t('initial.made'),
    (close) =>
      h(
        'div',
        { class: 'stack' },
        note(t('handover.once'), 'wait'),
        copyLine(t('initial.token'), made.token ?? made.initial_access_token),
        h(
          'div',
          { class: 'buttons' },
          button(t('secret.saved'), () => close()),
        ),
      ),
    { wide: true },
  );
  reload();
}

async function revoke(token, reload) {
  if (
    !(await confirm({
      title: t('initial.revoke'),
      text: t('initial.revoke.text'),
      yes: t('initial.revoke'),
      danger: true,
      work: () => api('DELETE', `initial_access_tokens/${encode(token.id ?? token.token_id)}`),
    }))
  )
    return;
  say(t('initial.revoke.done'));
  reload();
}

export async function initialTokens({ can, reload, signal }) {
  const title = h('h2', {}, t('initial.title'));
  try {
    const rows = await all('initial_access_tokens', { signal });
    const columns = [
      { label: t('initial.id'), cell: (row) => h('code', {}, row.id ?? row.token_id) },
      { label: t('initial.uses_left'), cell: (row) => number(row.uses_left ?? row.uses) },
      { label: t('column.created_at'), cell: (row) => time(row.created_at) },
      { label: t('column.expires_at'), cell: (row) => time(row.expires_at) },
      ...(can('settings.write')
        ? [{ label: '', cell: (row) => busyButton(t('initial.revoke'), () => revoke(row, reload), { class: 'quiet small-button' }) }]
        : []),
    ];
    const add = can('settings.write') && busyButton(t('initial.new'), () => create(reload), { class: 'quiet' });
    return h(
      'section',
      { class: 'card' },
      h('div', { class: 'heading' }, title, add),
      h('p', { class: 'hint' }, t('initial.about')),
      table({ caption: t('initial.title'), columns, rows }),
    );
  } catch (problem) {
    if (problem.name === 'AbortError') throw problem;
    if (problem.status === 404) return ''; /* built without dynamic registration */
    return h('section', { class: 'card' }, title, problemBox(problem, reload));
  }
}
