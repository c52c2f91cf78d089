/*
 * Line plots over time, as SVG: axes with round numbers, a legend, values under the pointer or the arrow keys, and the same numbers as a table.
 *   plot({ title, unit, from (Date), step (seconds), lines: [{ name, values }] })
 * A value that is null is a gap: nothing is known of that time.
 */
import { button, freshId, h, svg } from '../core/dom.js';
import { clock, number } from '../core/format.js';
import { t } from '../core/language.js';
import { table } from './table.js';

const box = { width: 640, height: 250, left: 72, right: 14, top: 14, bottom: 34 };
const inner = { width: box.width - box.left - box.right, height: box.height - box.top - box.bottom };

/* The least of 1, 2, 2.5, 5 × 10ⁿ that is not less. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((round) => round >= value * 0.999999);
}

const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

/* The points of one line, broken where nothing is known. */
export function pathOf(values, x, y) {
  let text = '';
  let drawing = false;
  for (const [i, value] of values.entries()) {
    if (isKnown(value)) text += `${drawing ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = isKnown(value);
  }
  return text;
}

function scaleOf(lines) {
  const count = Math.max(2, ...lines.map((line) => line.values.length));
  const most = Math.max(0, ...lines.flatMap((line) => line.values.filter(isKnown)));
  const tick = roundUp(most / 4);
  const top = tick * Math.max(1, Math.ceil(most / tick));
  const x = (i) => box.left + (i / (count - 1)) * inner.width;
  const y = (value) => box.top + inner.height - (value / top) * inner.height;
  return { count, tick, top, x, y };
}

function axes(scale, timeOf) {
  const parts = [];
  for (let value = 0; value <= scale.top * 1.0001; value += scale.tick) {
    const at = scale.y(value);
    parts.push(svg('line', { class: 'grid', x1: box.left, x2: box.width - box.right, y1: at, y2: at }));
    parts.push(svg('text', { class: 'tick', x: box.left - 8, y: at + 4, 'text-anchor': 'end' }, number(value, 3)));
  }
  const last = scale.count - 1;
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const i = Math.round(part * last);
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    parts.push(svg('text', { class: 'tick', x: scale.x(i), y: box.height - 8, 'text-anchor': anchor }, clock(timeOf(i))));
  }
  return parts;
}

function reading(lines, scale, timeOf, unit) {
  const rule = svg('line', { class: 'rule', y1: box.top, y2: box.top + inner.height, x1: 0, x2: 0, visibility: 'hidden' });
  const dots = lines.map((line, i) => svg('circle', { class: `dot line-${i}`, r: 4, cx: 0, cy: 0, visibility: 'hidden' }));
  const words = h('p', { class: 'plot-reading', 'aria-live': 'polite' });
  let at;
  const move = (to) => {
    at = Math.min(Math.max(to, 0), scale.count - 1);
    for (const name of ['x1', 'x2']) rule.setAttribute(name, scale.x(at));
    rule.setAttribute('visibility', 'visible');
    lines.forEach((line, i) => {
      const known = isKnown(line.values[at]);
      dots[i].setAttribute('visibility', known ? 'visible' : 'hidden');
      if (!known) return;
      dots[i].setAttribute('cx', scale.x(at));
      dots[i].setAttribute('cy', scale.y(line.values[at]));
    });
    words.textContent = `${clock(timeOf(at))}  ${lines.map((line) => `${line.name} ${number(line.values[at], 2)}${isKnown(line.values[at]) && unit ? ` ${unit}` : ''}`).join('   ')}`;
  };
  const leave = () => {
    at = undefined;
    words.textContent = '';
    for (const mark of [rule, ...dots]) mark.setAttribute('visibility', 'hidden');
  };
  const step = (by) => move((at ?? (by > 0 ? -1 : scale.count)) + by);
  return { marks: [rule, ...dots], words, move, leave, step };
}

function listen(drawing, pointer, scale) {
  drawing.addEventListener('pointermove', (event) => {
    const bounds = drawing.getBoundingClientRect();
    const x = ((event.clientX - bounds.left) / bounds.width) * box.width;
    pointer.move(Math.round(((x - box.left) / inner.width) * (scale.count - 1)));
  });
  drawing.addEventListener('pointerleave', pointer.leave);
  drawing.addEventListener('blur', pointer.leave);
  drawing.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    pointer.step(by);
  });
}

/* "Sign-ins: most 12, last 3" for whoever cannot see the lines. */
const summary = (lines) =>
  lines
    .map((line) => {
      const known = line.values.filter(isKnown);
      return known.length
        ? t('plot.summary', { name: line.name, most: number(Math.max(...known), 2), last: number(known.at(-1), 2) })
        : t('plot.nothing', { name: line.name });
    })
    .join(' ');

function numbers(title, lines, timeOf, count) {
  const rows = Array.from({ length: count }, (_, i) => i).reverse();
  const columns = [
    { label: t('plot.time'), cell: (i) => clock(timeOf(i)) },
    ...lines.map((line) => ({ label: line.name, cell: (i) => number(line.values[i], 2) })),
  ];
  return h('div', { class: 'plot-table' }, table({ caption: title, columns, rows }));
}

const shownAsTable = new Set(); /* stays when the numbers are fetched again */

export function plot({ title, unit = '', from, step, lines }) {
  const scale = scaleOf(lines);
  const timeOf = (i) => new Date(from.getTime() + i * step * 1000);
  const pointer = reading(lines, scale, timeOf, unit);
  const description = freshId('plot');
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${box.width} ${box.height}`, role: 'img', tabindex: '0', 'aria-label': title, 'aria-describedby': description },
    axes(scale, timeOf),
    lines.map((line, i) => svg('path', { class: `line line-${i}`, d: pathOf(line.values, scale.x, scale.y) })),
    pointer.marks,
  );
  listen(drawing, pointer, scale);
  const legend = h(
    'ul',
    { class: 'legend' },
    lines.map((line, i) => h('li', { class: `key-${i}` }, line.name)),
  );
  const graphic = h('div', {}, drawing, pointer.words);
  const place = h('div');
  const toggle = button('', () => change(!shownAsTable.has(title)), { class: 'quiet small-button' });
  const change = (asTable) => {
    if (asTable) shownAsTable.add(title);
    else shownAsTable.delete(title);
    toggle.textContent = t(asTable ? 'plot.as_graph' : 'plot.as_table');
    place.replaceChildren(asTable ? numbers(title, lines, timeOf, scale.count) : graphic);
  };
  change(shownAsTable.has(title));
  return h(
    'figure',
    { class: 'plot card' },
    h('figcaption', {}, h('h3', {}, title, unit && h('span', { class: 'soft' }, ` ${unit}`)), toggle),
    h('p', { class: 'unseen', id: description }, summary(lines)),
    legend,
    place,
  );
}
