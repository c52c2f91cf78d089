/*
 * Entering an agency, looking at one, changing it.
 */
import { h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { hashOf } from '../core/route.js';
import { nameOf } from '../core/format.js';
import { t } from '../core/language.js';
import { form } from '../widgets/form.js';
import { note, say } from '../widgets/notice.js';
import { heading } from './frame.js';

const members = [
  ['name', { required: true, prose: true }],
  ['name#en', { prose: true }],
  ['credit_code', { longest: 18 }],
  ['contact_name', { prose: true }],
  ['contact_phone', { kind: 'tel' }],
  ['contact_email', { kind: 'email' }],
];

const specsOf = (agency, disabled) => [
  ...members.map(([name, settings]) => ({
    name,
    label: t(`agency.${name}`),
    hint: t(`agency.${name}.hint`),
    value: agency[name] ?? '',
    disabled,
    ...settings,
  })),
  { name: 'enabled', label: t('agency.enabled'), hint: t('agency.enabled.hint'), kind: 'flag', value: agency.enabled, disabled },
];

const bodyOf = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

export async function view({ params, can, go, signal }) {
  const path = params.id && `agencies/${encode(params.id)}`;
  const agency = path ? await api('GET', path, { signal }) : { enabled: true };
  let { version } = agency;
  const submit = async (values) => {
    await (path ? api('PUT', path, { body: bodyOf(values), version }) : api('POST', 'agencies', { body: bodyOf(values) }));
    say(t('saved'));
    go('#/agencies');
  };
  const stale = async () => {
    ({ version } = await api('GET', path, { signal }));
    return note(t('stale.kept'), 'wait');
  };
  const title = path ? nameOf(agency, 'name') : t('agency.new');
  const clients = path && h('a', { class: 'button quiet', href: hashOf('clients', { agency_id: params.id }) }, t('agency.clients'));
  const back = h('a', { class: 'button quiet', href: '#/agencies' }, t('do.cancel'));
  const readOnly = !can('agency.write');
  const made = form({ specs: specsOf(agency, readOnly), send: t('do.save'), submit, stale, secondary: [back] });
  if (readOnly) made.node.querySelector('.buttons').remove();
  return h('section', {}, heading(title, clients), h('div', { class: 'card' }, made.node));
}
