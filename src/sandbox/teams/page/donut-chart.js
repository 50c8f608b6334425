// @ts-check
/** A donut chart with a legend. */
import { make } from './dom.js';

/** @typedef {{ legend: string, value: number, color: string }} Part */

const svg = 'http://www.w3.org/2000/svg';
const radius = 48;
const round = 2 * Math.PI * radius;
/** Gap between two parts, and minimum size of a part. */
const gap = 2;

const colourOf = (/** @type {string} */ name) => `chart-${name.replace(/[^a-z]/gi, '').toLowerCase()}`;

function drawn(/** @type {string} */ name, /** @type {Record<string, string | number>} */ attributes, text = '') {
  const element = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

function ring(/** @type {readonly Part[]} */ parts) {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const words = parts.map(({ legend, value }) => `${value} ${legend}`).join(', ');
  const element = drawn('svg', { viewBox: '0 0 120 120', class: 'chart-ring', role: 'img', 'aria-label': words });
  let at = 0;
  for (const { value, color } of parts) {
    const length = (round * value) / Math.max(total, 1);
    element.append(
      drawn('circle', {
        cx: 60,
        cy: 60,
        r: radius,
        class: colourOf(color),
        'stroke-dasharray': `${Math.max(length - gap, gap)} ${round}`,
        'stroke-dashoffset': -at,
      }),
    );
    at += length;
  }
  element.append(drawn('text', { x: 60, y: 68 }, String(total)));
  return element;
}

const legend = (/** @type {readonly Part[]} */ parts) =>
  make(
    'div',
    { class: 'chart-legend', 'aria-hidden': 'true' },
    ...parts.flatMap(({ legend: words, value, color }) => [
      make('span', { class: `chart-dot ${colourOf(color)}` }),
      make('b', {}, String(value)),
      make('span', {}, words),
    ]),
  );

/** Renders a card's `Chart.Donut`. */
export function donutChart(/** @type {any} */ { data }) {
  const parts = (Array.isArray(data) ? data : []).map((/** @type {any} */ one) => ({
    legend: String(one.legend ?? ''),
    value: Number(one.value) || 0,
    color: String(one.color ?? ''),
  }));
  return make('div', { class: 'chart' }, ring(parts), legend(parts));
}
