/**
 * Elements that Teams supports and the open-source renderer doesn't, drawn instead of their fallbacks. `Icon` and `Badge` have
 * simple shapes instead of Teams' icon catalog.
 */

import type { SerializationContext } from 'adaptivecards';
import type { Json } from './api.ts';
import { draw, make } from './dom.ts';

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

/** Without a value, how far it is isn't known. */
const progressBar = ({ value, max, color }: Json) => {
  const tone = toneOf(color) === 'default' ? 'accent' : toneOf(color);
  return make('progress', { class: `progress ${tone}`, 'aria-label': 'Progress', value, max: Number(max) || 100 });
};

const renderers: Readonly<Record<string, (source: Json) => HTMLElement>> = {
  Badge: badge,
  Icon: icon,
  ProgressBar: progressBar,
};

/** Registers these elements. */
export function drawNewerElements() {
  const { CardElement, GlobalRegistry, Versions } = AdaptiveCards;
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
