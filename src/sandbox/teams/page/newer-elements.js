// @ts-check
/** Elements that Teams draws and the open renderer does not: with these it draws them too, and not what the card has instead. */
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

/** From now on cards have them. */
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
