/*
 * Who is signed in, and what that role may do.
 */
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { facts } from '../widgets/table.js';
import { agencyName } from './agencies.js';
import { heading } from './frame.js';

export async function view({ me, can, signal }) {
  const agency = me.agency_id && (can('agency.read') ? await agencyName(me.agency_id, signal) : me.agency_id);
  return h(
    'section',
    {},
    heading(t('nav.me')),
    h(
      'section',
      { class: 'card' },
      facts([
        [t('admin.name'), me.name],
        [t('admin.role'), [h('b', {}, t(`role.${me.role}`)), h('p', { class: 'hint' }, t(`role.${me.role}.hint`))]],
        agency && [t('member.agency_id'), agency],
      ]),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, t('me.may')),
      h(
        'ul',
        { class: 'permissions' },
        me.permissions.map((permission) => h('li', {}, t(`permission.${permission}`), ' ', h('code', { class: 'member' }, permission))),
      ),
    ),
  );
}
