/** Renders elements that Teams supports and the open-source renderer doesn't, instead of their fallbacks. */
import type { SerializationContext } from 'adaptivecards';
import type { Json } from './api.ts';
import { draw, make } from './dom.ts';

// `Icon` and `Badge`, with simple shapes instead of Teams' icon catalog.

const disc = 'M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z';
const hole = 'M10 3.2a6.8 6.8 0 1 1 0 13.6 6.8 6.8 0 0 1 0-13.6Z';
const outline = disc + hole;

/** Paths in a square of 20; holes by the even-odd rule. */
const paths: Readonly<Record<string, string>> = {
  CheckmarkCircle: `${disc}M14.3 7.3 9 12.6 6.2 9.8l-.9.9L9 14.4l6.2-6.2-.9-.9Z`,
  ErrorCircle: `${disc}M9.2 5.5h1.6v6H9.2v-6Zm0 7.5h1.6v1.6H9.2V13Z`,
  DismissCircle: `${outline}M7.2 6.3 10 9.1l2.8-2.8.9.9L10.9 10l2.8 2.8-.9.9L10 10.9l-2.8 2.8-.9-.9L9.1 10 6.3 7.2l.9-.9Z`,
  SubtractCircle: `${outline}M6 9.4h8v1.2H6V9.4Z`,
  Circle: outline,
  Info: `${outline}M9.4 9h1.2v5H9.4V9Zm0-2.6h1.2v1.3H9.4V6.4Z`,
  Clock: `${disc}M9.2 5.5h1.3v4.3h3.2v1.3H9.2V5.5Z`,
  Warning: 'M10 2.2 1.4 17.4h17.2L10 2.2ZM9.3 7.2h1.5v5.2H9.3V7.2Zm0 6.5h1.5v1.5H9.3v-1.5Z',
  ArrowSync:
    'M10 3a7 7 0 0 1 5.9 3.2V4h1.3v4.6h-4.6V7.3h2.3A5.7 5.7 0 0 0 4.4 9.2l-1.3-.3A7 7 0 0 1 10 3ZM2.8 11.4h4.6v1.3H5.1a5.7 5.7 0 0 0 10.5-1.9l1.3.3A7 7 0 0 1 4.1 13.8V16H2.8v-4.6Z',
  ChevronDown: 'M4.2 7.2 10 13l5.8-5.8.9.9L10 14.8 3.3 8.1l.9-.9Z',
  ChevronUp: 'M4.2 12.8 10 7l5.8 5.8.9-.9L10 5.2l-6.7 6.7.9.9Z',
};

const iconSizes: Readonly<Record<string, number>> = { xxsmall: 12, xsmall: 14, small: 18, medium: 24, large: 32 };
const tones = ['default', 'accent', 'good', 'warning', 'attention'];

const lower = (value: unknown) => String(value ?? '').toLowerCase();
const toneOf = (value: unknown) => tones.find((one) => one === lower(value)) ?? 'default';

/** Only the shape, because adjacent text says the same. */
function shapeOf(name: unknown, size: number) {
  const path = draw('path', { 'fill-rule': 'evenodd', d: paths[String(name).split(',')[0] ?? ''] ?? outline });
  return draw('svg', { viewBox: '0 0 20 20', width: size, height: size, 'aria-hidden': 'true' }, path);
}

const icon = ({ name, size, color }: Json) =>
  make('span', { class: `icon ${toneOf(color)}` }, shapeOf(name, iconSizes[lower(size)] ?? 18));

const badge = ({ text, icon: name, style }: Json) =>
  make(
    'span',
    { class: `badge ${toneOf(style)}` },
    ...(name ? [shapeOf(name, 16)] : []),
    make('span', {}, String(text ?? '')),
  );

// `Chart.Donut`, with a legend.

type Part = { legend: string; value: number; color: string };

const radius = 48;
const round = 2 * Math.PI * radius;
/** Gap between two parts, and minimum size of a part. */
const gap = 2;

const colourOf = (name: string) => `chart-${name.replace(/[^a-z]/gi, '').toLowerCase()}`;

function ring(parts: readonly Part[]) {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const words = parts.map(({ legend, value }) => `${value} ${legend}`).join(', ');
  let at = 0;
  const circles = parts.map(({ value, color }) => {
    const length = (round * value) / Math.max(total, 1);
    const dashes = `${Math.max(length - gap, gap)} ${round}`;
    const attributes = { cx: 60, cy: 60, r: radius, 'stroke-dasharray': dashes, 'stroke-dashoffset': -at };
    at += length;
    return draw('circle', { ...attributes, class: colourOf(color) });
  });
  const sum = draw('text', { x: 60, y: 68 }, String(total));
  const attributes = { viewBox: '0 0 120 120', class: 'chart-ring', role: 'img', 'aria-label': words };
  return draw('svg', attributes, ...circles, sum);
}

const legend = (parts: readonly Part[]) =>
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
function donutChart({ data }: Json) {
  const parts = (Array.isArray(data) ? data : []).map(
    (one: Json): Part => ({
      legend: String(one.legend ?? ''),
      value: Number(one.value) || 0,
      color: String(one.color ?? ''),
    }),
  );
  return make('div', { class: 'chart' }, ring(parts), legend(parts));
}

/** Renders a card's `ProgressBar`; indeterminate without a value. */
function progressBar({ value, max, color }: Json) {
  const tone = toneOf(color) === 'default' ? 'accent' : toneOf(color);
  const whole = Number(max) > 0 ? Number(max) : 100;
  const part = value === undefined ? undefined : Math.min(Math.max(Number(value) || 0, 0), whole);
  const known = part === undefined ? {} : { 'aria-valuenow': part, 'aria-valuetext': `${part} of ${whole}` };
  const bar = make(
    'div',
    {
      class: `progress ${tone}`,
      role: 'progressbar',
      'aria-label': 'Progress',
      'aria-valuemin': 0,
      'aria-valuemax': whole,
      ...known,
    },
    make('div', { class: 'progress-done' }),
  );
  bar.style.setProperty('--done', String(part === undefined ? 1 : part / whole));
  return bar;
}

const renderers: Readonly<Record<string, (source: Json) => HTMLElement>> = {
  Badge: badge,
  'Chart.Donut': donutChart,
  Icon: icon,
  ProgressBar: progressBar,
};

/** Registers these elements. */
export function drawNewerElements() {
  const { CardElement, GlobalRegistry, Versions } = window.AdaptiveCards;
  for (const [type, render] of Object.entries(renderers)) {
    class Newer extends CardElement {
      source: Json = {};

      getJsonTypeName() {
        return type;
      }

      internalParse(source: Json, context: SerializationContext) {
        super.internalParse(source, context);
        this.source = source;
      }

      internalRender() {
        return render(this.source);
      }
    }
    GlobalRegistry.elements.register(type, Newer, Versions.v1_0);
  }
}
