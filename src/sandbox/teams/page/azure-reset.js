// @ts-check
import { api } from './api.js';
import { fill, make } from './dom.js';

/**
 * The button that brings Azure back to its seeds; it asks first, in its own place.
 * @param {(work: () => Promise<unknown>) => Promise<void>} act does it and shows the outcome
 */
export function azureReset(act) {
  const place = make('div', { class: 'reset' });
  const ask = make('button', { type: 'button', class: 'plain', onclick: () => confirm() }, 'Reset Azure to its seeds');
  const calm = () => fill(place, ask);
  const back = () => {
    calm();
    ask.focus();
  };
  const confirm = () => {
    const words = 'Agents, vaults and keys begin anew, and faults go off. The bot keeps its requests.';
    const keep = make('button', { type: 'button', class: 'plain', onclick: back }, 'Keep');
    const reset = make('button', { type: 'button', class: 'plain danger', onclick: () => void work() }, 'Reset Azure');
    const work = async () => {
      reset.disabled = true;
      keep.disabled = true;
      reset.textContent = 'Resetting';
      await act(() => api.azureReset());
      back();
    };
    const asked = make('p', { id: 'azure-reset' }, words);
    const group = { role: 'group', 'aria-labelledby': 'azure-reset' };
    fill(place, make('div', { class: 'asked', ...group }, asked, make('div', {}, reset, keep)));
    keep.focus();
  };
  calm();
  return place;
}
