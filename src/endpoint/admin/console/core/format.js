/*
 * Times and numbers in the form of the language that is shown.
 */
import { language } from './language.js';

export function time(text) {
  if (!text) return '—';
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text);
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
}

export const clock = (date) => new Intl.DateTimeFormat(language(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(date);

export const number = (value, digits = 1) =>
  typeof value === 'number' ? new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value) : '—';

export const bytes = (value) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (value >= 1024 && power < units.length - 1) {
    value /= 1024;
    power++;
  }
  return `${number(value)} ${units[power]}`;
};

/* Of a portal or an agency, in the language shown. */
export const nameOf = (thing, member) => (language() === 'en' && thing[`${member}#en`]) || thing[member] || '';

/* <input type="datetime-local"> speaks local time without a zone, the API UTC. */
export const toUtc = (local) => (local && !Number.isNaN(new Date(local).getTime()) ? new Date(local).toISOString().replace(/\.\d+Z$/, 'Z') : '');
