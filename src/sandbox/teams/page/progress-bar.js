// @ts-check
/** A progress bar. */
import { make } from './dom.js';

const tones = ['accent', 'good', 'warning', 'attention'];

/** Renders a card's `ProgressBar`; indeterminate without a value. */
export function progressBar(/** @type {any} */ { value, max, color }) {
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
