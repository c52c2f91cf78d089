/*
 * The one table of texts: key: ['中文', 'English'], by area.
 */
import { common } from './common.js';
import { clients } from './clients.js';
import { wizard } from './wizard.js';
import { members } from './members.js';
import { people } from './people.js';
import { operation } from './operation.js';
import { events } from './events.js';

export const texts = { ...common, ...clients, ...wizard, ...members, ...people, ...operation, ...events };
