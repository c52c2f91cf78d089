/*
 * What is shown to somebody who is not signed in, or has no part in the administration.
 */
import { busyButton, button, h } from '../core/dom.js';
import { hasText, t } from '../core/language.js';
import { alertBox, note } from '../widgets/notice.js';

const card = (...content) => h('section', { class: 'card sign-in' }, content);

/* `reason`: a key of sign_in.…: idle, expired, or what went wrong. */
export function signInCard({ reason, begin }) {
  const place = h('div');
  const known = reason && (hasText(`sign_in.${reason}`) ? t(`sign_in.${reason}`) : t('sign_in.failed', { reason }));
  const start = () =>
    begin().catch((error) =>
      place.replaceChildren(
        alertBox(t(hasText(`sign_in.${error.message}`) ? `sign_in.${error.message}` : 'sign_in.failed', { reason: error.message })),
      ),
    );
  return card(
    h('h1', { tabindex: '-1' }, t('site.console')),
    known ? note(known, 'wait') : h('p', {}, t('sign_in.intro')),
    place,
    busyButton(t('do.sign_in'), start, { id: 'sign-in' }),
    h('p', { class: 'hint' }, t('sign_in.audited')),
  );
}

export const strangerCard = ({ signOut }) =>
  card(h('h1', { tabindex: '-1' }, t('stranger.title')), h('p', {}, t('stranger.text')), button(t('do.sign_out'), signOut));
