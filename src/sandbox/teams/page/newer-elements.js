// @ts-check
/** Renders elements that Teams supports and the open-source renderer doesn't, instead of their fallbacks. */
import { make } from './dom.js';
import { donutChart } from './donut-chart.js';
import { badge, icon } from './icon.js';

/** A progress bar. */

const tones = ['accent', 'good', 'warning', 'attention'];

/** Renders a card's `ProgressBar`; indeterminate without a value. */
function progressBar(/** @type {any} */ { value, max, color }) {
  const tone = tones.find((one) => one === String(color).toLowerCase()) ?? 'accent';
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

/** @type {Readonly<Record<string, (source: any) => HTMLElement>>} */
const drawn = {
  Badge: badge,
  'Chart.Donut': donutChart,
  Icon: icon,
  ProgressBar: progressBar,
};

/** Registers these elements. */
export function drawNewerElements(/** @type {any} */ AdaptiveCards) {
  const { elements } = AdaptiveCards.GlobalRegistry;
  for (const [type, draw] of Object.entries(drawn)) {
    class Newer extends AdaptiveCards.CardElement {
      /** @type {unknown} */ source = {};

      getJsonTypeName() {
        return type;
      }

      internalParse(/** @type {any} */ source, /** @type {any} */ context) {
        super.internalParse(source, context);
        this.source = source;
      }

      internalRender() {
        return draw(this.source);
      }
    }
    elements.register(type, Newer, AdaptiveCards.Versions.v1_0);
  }
}
