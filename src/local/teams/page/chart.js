// @ts-check
/** Charts as Teams draws them, simply: the open renderer has none, and would draw what the card has instead. */
import { make } from './dom.js';

/** @type {any} */
const { AdaptiveCards } = window;

/** @typedef {{ legend: string, value: number, color: string }} Part */

const svg = 'http://www.w3.org/2000/svg';
const radius = 48;
const round = 2 * Math.PI * radius;
/** Between two parts, and at least this much of each is seen. */
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

class DonutChart extends AdaptiveCards.CardElement {
  /** @type {readonly Part[]} */ parts = [];

  getJsonTypeName() {
    return 'Chart.Donut';
  }

  internalParse(/** @type {any} */ source, /** @type {any} */ context) {
    super.internalParse(source, context);
    const data = Array.isArray(source.data) ? source.data : [];
    this.parts = data.map((/** @type {any} */ one) => ({
      legend: String(one.legend ?? ''),
      value: Number(one.value) || 0,
      color: String(one.color ?? ''),
    }));
  }

  internalRender() {
    return make('div', { class: 'chart' }, ring(this.parts), legend(this.parts));
  }
}

/** From now on cards have them. */
export function drawCharts() {
  AdaptiveCards.GlobalRegistry.elements.register('Chart.Donut', DonutChart, AdaptiveCards.Versions.v1_0);
}
