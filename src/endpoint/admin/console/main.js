/*
 * The console starts here: sign in, ask who this is, and show the view that the hash names.
 */
import * as auth from './core/auth.js';
import { api } from './core/api.js';
import { h } from './core/dom.js';
import { language, setLanguage, t } from './core/language.js';
import { loadView, routeOf } from './core/route.js';
import { frame, placesOf } from './views/frame.js';
import { signInCard, strangerCard } from './views/sign_in.js';
import { note, problemBox } from './widgets/notice.js';

let me;
let shown; /* the frame */
let leaving; /* AbortController of the view that is shown */
let redraw = () => {};

const begin = () => auth.begin(location.hash, language());

function changeLanguage(tag) {
  const typed = typedIn(document.querySelector('main'));
  setLanguage(tag);
  redraw().then(() => typeAgain(document.querySelector('main'), typed));
}

/* What was typed stays through a change of language: fields are known by name and place. */
const typedIn = (main) =>
  [...(main?.querySelectorAll('input[name], textarea[name], select[name]') ?? [])].map((field) => ({
    name: field.name,
    value: field.value,
    checked: field.checked,
  }));

function typeAgain(main, typed) {
  const fields = [...main.querySelectorAll('input[name], textarea[name], select[name]')];
  if (fields.length !== typed.length || fields.some((field, i) => field.name !== typed[i].name)) return;
  fields.forEach((field, i) => {
    if (['radio', 'checkbox'].includes(field.type)) field.checked = typed[i].checked;
    else field.value = typed[i].value;
  });
}

function draw(content, path = '') {
  document.querySelector('.frame')?.remove();
  document.querySelectorAll('dialog').forEach((dialog) => dialog.close());
  shown = frame({ me, changeLanguage, signOut: auth.signOut });
  document.body.prepend(shown.node);
  shown.mark(path);
  if (content) place(content, path);
}

function place(content, path = '') {
  shown.main.replaceChildren(content);
  shown.main.dataset.view = path; /* for whoever drives the console from outside: this view is there */
  const title = shown.main.querySelector('h1');
  document.title = `${title?.textContent ?? ''} — ${t('site.console')}`;
  scrollTo(0, 0);
  title?.focus({ preventScroll: true });
}

function showSignIn(reason) {
  me = undefined;
  leaving?.abort();
  redraw = async () => draw(signInCard({ reason, begin }));
  return redraw();
}

/* A view gets: me, params, query, can(permission), go(hash), reload(), signal (aborted when it is left), every(seconds, work). */
function contextOf(route) {
  leaving?.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  return {
    me,
    signal,
    params: route.params,
    query: route.query,
    path: route.path,
    can: (permission) => me.permissions.includes(permission),
    go: (hash) => (location.hash === hash ? show() : (location.hash = hash)),
    reload: () => show(),
    every(seconds, work) {
      const timer = setInterval(() => document.hidden || work(), seconds * 1000);
      signal.addEventListener('abort', () => clearInterval(timer));
    },
  };
}

async function contentOf(route, context) {
  if (!route) return h('section', {}, h('h1', { tabindex: '-1' }, t('missing.title')), note(t('missing.text')));
  if (route.permission && !context.can(route.permission))
    return h('section', {}, h('h1', { tabindex: '-1' }, t('forbidden.title')), note(t('problem.forbidden')));
  try {
    const { view } = await loadView(route.view);
    return await view(context);
  } catch (problem) {
    if (context.signal.aborted) throw problem;
    return h('section', {}, h('h1', { tabindex: '-1' }, t(`nav.${route.path.split('/')[0] || 'dashboard'}`)), problemBox(problem, context.reload));
  }
}

async function show() {
  const route = routeOf(location.hash);
  if (route?.path === '' && !me.permissions.includes('dashboard.read')) {
    location.replace(placesOf(me)[0][1]);
    return;
  }
  const context = contextOf(route ?? { params: {}, query: {}, path: '' });
  shown.mark(route?.path ?? '?');
  shown.main.setAttribute('aria-busy', 'true');
  const content = await contentOf(route, context).catch(() => undefined);
  if (context.signal.aborted || !content) return;
  shown.main.removeAttribute('aria-busy');
  place(content, route?.path);
}

async function enter() {
  try {
    me = await api('GET', 'me');
  } catch (problem) {
    if (!auth.isIn()) return;
    redraw = async () =>
      draw(
        problem.status === 403
          ? strangerCard({ signOut: auth.signOut })
          : h('section', { class: 'card sign-in' }, h('h1', { tabindex: '-1' }, t('site.console')), problemBox(problem, enter)),
      );
    redraw();
    return;
  }
  redraw = () => {
    draw();
    return show();
  };
  await redraw();
}

/* Goes on with the hash it came with; reloading a page that was signed in signs in again without a question. */
async function start() {
  try {
    await auth.arrive();
    if (auth.isIn()) return await enter();
    if (auth.wasIn()) {
      sessionStorage.removeItem('tongxing.console.signed-in');
      return await begin();
    }
    return await showSignIn();
  } catch (error) {
    return showSignIn(error.message);
  }
}

auth.onEnd(showSignIn);
addEventListener('hashchange', () => me && show());
start();
