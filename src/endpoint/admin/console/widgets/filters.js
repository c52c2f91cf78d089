/*
 * The filters above a list. They stand in the hash, so that reload and the browser's back button keep them.
 */
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { hashOf } from '../core/route.js';
import { form } from './form.js';

export function filters({ path, query, specs, go }) {
  const filled = specs.map((spec) => ({ ...spec, value: query[spec.name] ?? '' }));
  const clear = Object.keys(query).length > 0 && h('a', { class: 'button quiet', href: hashOf(path) }, t('do.clear'));
  const submit = async (values) => go(hashOf(path, values));
  return h('search', { class: 'filters' }, form({ specs: filled, send: t('do.search'), submit, inline: true, secondary: [clear] }).node);
}
