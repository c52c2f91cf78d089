/*
 * Which view the hash names: "#/clients/abc?tab=x". Views are fetched when they are first shown.
 */
const routes = [
  ['dashboard', '', 'dashboard.read'],
  ['clients', 'clients', 'client.read'],
  ['wizard', 'clients/new', 'client.write'],
  ['client', 'clients/:id', 'client.read'],
  ['client_edit', 'clients/:id/edit', 'client.write'],
  ['approvals', 'approvals', 'client.read'],
  ['agencies', 'agencies', 'agency.read'],
  ['agency_edit', 'agencies/new', 'agency.write'],
  ['agency_edit', 'agencies/:id', 'agency.read'],
  ['admins', 'admins', 'admin.read'],
  ['accounts', 'accounts', 'account.read'],
  ['account', 'accounts/:id', 'account.read'],
  ['window', 'window', 'window.read'],
  ['keys', 'keys', 'keys.read'],
  ['settings', 'settings', 'settings.read'],
  ['audit', 'audit', 'audit.read'],
  ['me', 'me', undefined],
];

function match(pattern, path) {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(given[i]);
      } catch {
        return undefined;
      }
    } else if (part !== given[i]) {
      return undefined;
    }
  }
  return params;
}

export function routeOf(hash) {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?');
  for (const [view, pattern, permission] of routes) {
    const params = match(pattern, path);
    if (params) return { view, path, params, permission, query: Object.fromEntries(new URLSearchParams(query)) };
  }
  return undefined;
}

export const loadView = (name) => import(`../views/${name}.js`);

/* A hash with a query; values that are empty are left out. */
export function hashOf(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return `#/${path}${kept.length ? `?${new URLSearchParams(kept)}` : ''}`;
}
