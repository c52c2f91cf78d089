/*
 * What is changed while everything runs, and the tokens with which client systems may register themselves.
 */
import { actorNames } from '../core/actors.js';
import { h } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { number, time } from '../core/format.js';
import { t, tOr } from '../core/language.js';
import { form } from '../widgets/form.js';
import { note, say } from '../widgets/notice.js';
import { heading } from './frame.js';
import { initialTokens } from './initial_tokens.js';

const shown = (setting, value) => (setting.type === 'flag' ? t(value ? 'on' : 'off') : `${number(value)} ${setting.unit ?? ''}`.trim());

function specOf(setting, disabled) {
  const usual = t('settings.default', { value: shown(setting, setting.default) });
  const range =
    setting.type === 'number' ? t('settings.range', { least: number(setting.least), most: number(setting.most), unit: setting.unit ?? '' }) : '';
  return {
    name: 'value',
    label: tOr(`setting.${setting.name}`, setting.name),
    hint: [tOr(`setting.${setting.name}.help`, setting.help), range, usual].filter(Boolean).join(' '),
    value: setting.value,
    disabled,
    kind: setting.type === 'flag' ? 'flag' : 'number',
    least: setting.least,
    most: setting.most,
    required: setting.type !== 'flag',
  };
}

function settingCard(setting, names, can, signal) {
  let { version } = setting;
  const changed = h('p', { class: 'small' });
  const showWho = (one) =>
    (changed.textContent = one.version
      ? t('settings.changed', { by: names[one.updated_by] ?? one.updated_by ?? '—', at: time(one.updated_at) })
      : t('settings.never_changed'));
  const submit = async ({ value }) => {
    const now = await api('PUT', `settings/${encode(setting.name)}`, { body: { value }, version });
    ({ version } = now);
    showWho(now);
    say(t('saved'));
  };
  const stale = async () => {
    const now = (await api('GET', 'settings', { signal })).items.find((one) => one.name === setting.name);
    ({ version } = now);
    showWho(now);
    return note(t('settings.now', { value: shown(now, now.value) }), 'wait');
  };
  const made = form({ specs: [specOf(setting, !can('settings.write'))], send: t('do.save'), submit, stale });
  if (!can('settings.write')) made.node.querySelector('.buttons').remove();
  showWho(setting);
  return h(
    'section',
    { class: 'card setting', 'data-setting': setting.name },
    made.node,
    h('p', { class: 'small' }, h('code', {}, setting.name)),
    changed,
  );
}

export async function view(context) {
  const { can, signal } = context;
  const [{ items }, names] = await Promise.all([api('GET', 'settings', { signal }), actorNames(can, signal)]);
  return h(
    'section',
    {},
    heading(t('nav.settings')),
    h('p', { class: 'hint' }, t('settings.about')),
    h(
      'div',
      { class: 'columns' },
      items.map((setting) => settingCard(setting, names, can, signal)),
    ),
    await initialTokens(context),
  );
}
