/*
 * Who administers: naming, confirming and dismissing administrators, and their second factor, which is shown once.
 */
import { who } from '../core/actors.js';
import { busyButton, button, h } from '../core/dom.js';
import { all, api, encode } from '../core/api.js';
import { time } from '../core/format.js';
import { t } from '../core/language.js';
import { badge } from '../widgets/badge.js';
import { copyLine } from '../widgets/copy.js';
import { confirm, show } from '../widgets/dialog.js';
import { form } from '../widgets/form.js';
import { note, say } from '../widgets/notice.js';
import { table } from '../widgets/table.js';
import { agencyOptions } from './agencies.js';
import { heading } from './frame.js';

const roles = ['system', 'security', 'auditor', 'developer'];
const pathOf = (admin, action) => `admins/${encode(admin.admin_id)}/${action}`;

export const approveAdmin = (admin) =>
  confirm({
    title: t('admin.approve.title', { name: admin.name }),
    text: t('admin.approve.text', { role: t(`role.${admin.role}`) }),
    yes: t('admin.approve'),
    work: () => api('POST', pathOf(admin, 'approve'), { version: admin.version }),
  });

/* To be handed over in person: whoever has it and the password is that administrator. */
const showTotp = (name, totp) =>
  show(
    t('totp.title', { name }),
    (close) =>
      h(
        'div',
        { class: 'stack' },
        note(t('totp.once'), 'wait'),
        copyLine(t('totp.secret'), totp.secret, { 'data-totp': 'secret' }),
        copyLine(t('totp.uri'), totp.uri, { 'data-totp': 'uri' }),
        h('p', { class: 'hint' }, t('totp.how')),
        h(
          'div',
          { class: 'buttons' },
          button(t('totp.saved'), () => close()),
        ),
      ),
    { wide: true },
  );

async function name(agencies, reload) {
  const made = await show(
    t('admin.new'),
    (close) =>
      form({
        specs: [
          { name: 'username', label: t('admin.username'), hint: t('admin.username.hint'), required: true },
          { name: 'name', label: t('admin.name'), hint: t('admin.name.hint'), required: true, prose: true },
          {
            name: 'role',
            label: t('admin.role'),
            kind: 'radio',
            value: 'security',
            options: roles.map((role) => [role, t(`role.${role}`), t(`role.${role}.hint`)]),
          },
          {
            name: 'agency_id',
            label: t('member.agency_id'),
            hint: t('admin.agency.hint'),
            kind: 'choice',
            options: [['', t('agency.none')], ...agencies],
          },
        ],
        send: t('admin.new'),
        secondary: [button(t('do.cancel'), () => close(), { class: 'quiet' })],
        submit: async ({ agency_id, ...values }) => close(await api('POST', 'admins', { body: { ...values, ...(agency_id && { agency_id }) } })),
      }).node,
    { wide: true },
  );
  if (!made) return;
  if (made.totp) await showTotp(made.name, made.totp);
  reload();
}

async function newSecondFactor(admin, reload) {
  const made = await confirm({
    title: t('admin.second_factor.title', { name: admin.name }),
    text: t('admin.second_factor.text'),
    yes: t('admin.second_factor'),
    danger: true,
    work: () => api('POST', pathOf(admin, 'second_factor'), { version: admin.version }),
  });
  if (made?.totp) await showTotp(admin.name, made.totp);
  if (made) reload();
}

async function remove(admin, reload) {
  const gone = await confirm({
    title: t('admin.remove.title', { name: admin.name }),
    text: t('admin.remove.text'),
    yes: t('admin.remove'),
    danger: true,
    work: () => api('POST', pathOf(admin, 'remove'), { version: admin.version }),
  });
  if (!gone) return;
  say(t('admin.remove.done'));
  reload();
}

function buttonsOf(admin, can, reload) {
  const about = { 'aria-label': undefined, class: 'quiet small-button' };
  const named = (key, work) => busyButton(t(key), work, { ...about, 'aria-label': `${t(key)}: ${admin.name}` });
  if (admin.state === 'removed') return t('table.nothing_to_do');
  const buttons = [
    can('admin.approve') && admin.state === 'pending' && named('admin.approve', async () => (await approveAdmin(admin)) && reload()),
    can('admin.approve') && named('admin.second_factor', () => newSecondFactor(admin, reload)),
    can('admin.write') && named('admin.remove', () => remove(admin, reload)),
  ].filter(Boolean);
  return buttons.length ? h('div', { class: 'buttons' }, buttons) : t('table.nothing_to_do');
}

export async function view({ can, reload, signal }) {
  const [admins, agencies] = await Promise.all([all('admins', { signal }), agencyOptions(signal)]);
  const owners = Object.fromEntries(agencies);
  const names = Object.fromEntries(admins.map((admin) => [admin.account_id, admin.name]));
  const columns = [
    { label: t('admin.name'), cell: (row) => row.name },
    {
      label: t('admin.role'),
      cell: (row) => [t(`role.${row.role}`), row.agency_id && h('small', { class: 'soft' }, ` ${owners[row.agency_id] ?? row.agency_id}`)],
    },
    { label: t('admin.state'), cell: (row) => badge('admin_state', row.state) },
    { label: t('admin.created_by'), cell: (row) => who(names, row.created_by) },
    { label: t('admin.approved_by'), cell: (row) => who(names, row.approved_by) },
    { label: t('column.updated_at'), cell: (row) => time(row.updated_at ?? row.created_at) },
    { label: '', cell: (row) => buttonsOf(row, can, reload) },
  ];
  const add = can('admin.write') && busyButton(t('admin.new'), () => name(agencies, reload));
  return h(
    'section',
    {},
    heading(t('nav.admins'), add),
    h('p', { class: 'hint' }, t('admins.about')),
    table({ caption: t('nav.admins'), columns, rows: admins }),
  );
}
