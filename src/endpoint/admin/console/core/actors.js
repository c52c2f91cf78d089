/*
 * Who did something: administrators by the account they sign in with. Whoever may not see administrators sees the id.
 */
import { all } from './api.js';
import { h } from './dom.js';

/* account id → name */
export async function actorNames(can, signal) {
  if (!can('admin.read')) return {};
  const admins = await all('admins', { signal }).catch((problem) => {
    if (problem.name === 'AbortError') throw problem;
    return [];
  });
  return Object.fromEntries(admins.map((admin) => [admin.account_id, admin.name]));
}

export const who = (names, id) => (!id ? '—' : names[id] ? h('span', { title: id }, names[id]) : h('code', {}, id));
