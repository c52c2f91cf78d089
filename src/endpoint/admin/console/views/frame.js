/*
 * The frame around every view: the bar at the top, navigation by what the role allows, and the place where views appear.
 */
import { button, h } from '../core/dom.js';
import { otherLanguage, t } from '../core/language.js';

const places = [
  ['dashboard', '#/', 'dashboard.read'],
  ['clients', '#/clients', 'client.read'],
  ['approvals', '#/approvals', 'client.read', 'developer'],
  ['agencies', '#/agencies', 'agency.read'],
  ['admins', '#/admins', 'admin.read'],
  ['accounts', '#/accounts', 'account.read'],
  ['window', '#/window', 'window.read'],
  ['keys', '#/keys', 'keys.read'],
  ['settings', '#/settings', 'settings.read'],
  ['audit', '#/audit', 'audit.read'],
  ['me', '#/me', undefined],
];

export const placesOf = (me) =>
  places.filter(([, , permission, except]) => (!permission || me.permissions.includes(permission)) && me.role !== except);

function menu(me) {
  const links = placesOf(me).map(([name, href]) => h('li', {}, h('a', { href, 'data-place': name }, t(`nav.${name}`))));
  const list = h('ul', { id: 'menu' }, links);
  const toggle = button(t('nav.menu'), () => set(toggle.getAttribute('aria-expanded') !== 'true'), {
    class: 'menu-button',
    'aria-expanded': 'false',
    'aria-controls': 'menu',
  });
  const set = (open) => toggle.setAttribute('aria-expanded', String(open));
  list.addEventListener('click', () => set(false));
  const nav = h('nav', { class: 'side', 'aria-label': t('nav.label') }, toggle, list);
  nav.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || toggle.getAttribute('aria-expanded') !== 'true') return;
    set(false);
    toggle.focus();
  });
  return nav;
}

function bar({ me, changeLanguage, signOut }) {
  const other = otherLanguage();
  const language = button(other === 'en' ? 'English' : '中文', () => changeLanguage(other), {
    class: 'bar-button',
    lang: other,
    'data-language': other,
  });
  return h(
    'header',
    { class: 'bar' },
    h(
      'a',
      { class: 'brand', href: '#/' },
      h('img', { src: 'logo.svg', alt: '', width: 32, height: 32 }),
      h('span', {}, h('b', {}, t('site.name')), h('small', {}, t('site.console'))),
    ),
    h(
      'div',
      { class: 'bar-end' },
      me && h('span', { class: 'who' }, h('b', {}, me.name), h('small', {}, t(`role.${me.role}`))),
      language,
      me && button(t('do.sign_out'), signOut, { class: 'bar-button' }),
    ),
  );
}

/* { node, main, mark(place) } */
export function frame(settings) {
  const main = h('main', { id: 'main', tabindex: '-1' });
  const nav = settings.me && menu(settings.me);
  const skip = (event) => {
    event.preventDefault();
    main.focus();
  };
  const node = h(
    'div',
    { class: settings.me ? 'frame' : 'frame frame-bare' },
    h('a', { class: 'skip', href: '#main', on: { click: skip } }, t('nav.skip')),
    bar(settings),
    nav,
    main,
  );
  const mark = (path) => {
    const place = path.split('/')[0] || 'dashboard';
    for (const link of nav?.querySelectorAll('a') ?? []) {
      if (link.dataset.place === place) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  };
  return { node, main, mark };
}

/* A view's heading with what can be done there. */
export const heading = (title, ...actions) =>
  h('div', { class: 'heading' }, h('h1', { tabindex: '-1' }, title), h('div', { class: 'buttons' }, actions));
