/*
 * What may be done with a client system: each action with the words that ask for it.
 */
import { api, encode } from './api.js';
import { t } from './language.js';
import { confirm } from '../widgets/dialog.js';
import { say } from '../widgets/notice.js';

const dangerous = ['reject', 'suspend', 'retire', 'end_sessions'];

/* Asks, does it, and gives the changed client system; undefined when the person thought better of it. */
export async function actOnClient(client, action) {
  const name = client.metadata?.client_name ?? client.client_name ?? client.client_id;
  const changed = await confirm({
    title: t(`client.${action}.title`, { name }),
    text: t(`client.${action}.text`),
    yes: t(`client.${action}`),
    danger: dangerous.includes(action),
    typed: action === 'retire' ? client.client_id : undefined,
    work: () => api('POST', `clients/${encode(client.client_id)}/${action}`, { version: client.version }),
  });
  if (changed) say(t(`client.${action}.done`));
  return changed;
}
