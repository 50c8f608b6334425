// @ts-check
/** Renders elements that Teams supports and the open-source renderer doesn't, instead of their fallbacks. */
import { donutChart } from './donut-chart.js';
import { badge, icon } from './icon.js';
import { progressBar } from './progress-bar.js';

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
