/*
 * Changing a client system: the wizard's fields on one page. Members that have no field are kept as they are.
 */
import { h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { t } from '../core/language.js';
import { filled, groups, put } from '../client/fields.js';
import { kindOf } from '../client/kinds.js';
import { diff } from '../widgets/diff.js';
import { form } from '../widgets/form.js';
import { note, say } from '../widgets/notice.js';
import { agencyOptions } from './agencies.js';
import { heading } from './frame.js';

function specsOf(client, metadata, agencies, me) {
  const kind = kindOf(metadata);
  const agency = {
    name: 'agency_id',
    label: t('member.agency_id'),
    kind: 'choice',
    value: client.agency_id ?? '',
    options: [['', t('agency.none')], ...agencies],
  };
  const specs = Object.values(groups).flatMap((group) => filled(group(kind), metadata));
  return me.role === 'developer' ? specs : [agency, ...specs];
}

/* 412: somebody was faster. What was typed stays; it is shown against what is there now, and saved over it if the person says so again. */
async function takeOver(state, signal) {
  const before = state.metadata;
  const latest = await api('GET', `clients/${encode(state.client_id)}`, { signal });
  state.version = latest.version;
  state.metadata = latest.pending ?? latest.metadata;
  return h('div', {}, note(t('stale.kept'), 'wait'), diff(before, state.metadata, { left: t('diff.before'), right: t('diff.now') }));
}

export async function view({ params, me, go, signal }) {
  const [client, agencies] = await Promise.all([api('GET', `clients/${encode(params.id)}`, { signal }), agencyOptions(signal)]);
  const state = { client_id: client.client_id, version: client.version, metadata: client.pending ?? client.metadata };
  const back = `#/clients/${encode(client.client_id)}`;
  const submit = async ({ agency_id, ...values }) => {
    const body = { metadata: put(state.metadata, values), ...(agency_id && { agency_id }) };
    await api('PUT', `clients/${encode(client.client_id)}`, { body, version: state.version });
    say(t('saved'));
    go(back);
  };
  const made = form({
    specs: specsOf(client, state.metadata, agencies, me),
    send: t('do.save'),
    submit,
    stale: () => takeOver(state, signal),
    secondary: [h('a', { class: 'button quiet', href: back }, t('do.cancel'))],
  });
  const waits = ['approved', 'suspended'].includes(client.state) && !client.sandbox && note(t('client.change_waits'));
  return h(
    'section',
    {},
    heading(t('client.edit', { name: client.metadata.client_name ?? client.client_id })),
    waits,
    h('div', { class: 'card' }, made.node),
  );
}
