// @ts-check
import { api } from './api.js';
import { azureReset } from './azure-reset.js';
import { announce, fill, make } from './dom.js';

/**
 * How Azure is made to misbehave.
 * @typedef {import('./azure-facts.js').Json} Json
 * @typedef {{ id: string, times?: number }} Fault
 * @typedef {{ title: string, explanation: string, fault: Fault }} ReadyFault
 */

const paces = /** @type {const} */ ([
  ['realistic', 'Realistic', 'About 30 s a request.'],
  ['instant', 'Instant', 'No waiting.'],
]);

const misbehaves = 'Azure will not behave.';

/** “Try what goes wrong”: how quick Azure is, faults to switch on and off, and the way back to the start. */
export class AzureTrials {
  /** @type {Fault[]} */ faults = [];
  latency = '';
  /** @type {Map<string, { input: HTMLInputElement, left: HTMLElement }>} */ switches = new Map();
  on = 0;

  /** @param {() => Promise<void>} changed called after each change, to look at Azure again */
  constructor(changed) {
    this.changed = changed;
    this.count = make('b');
    const off = make('button', { type: 'button', class: 'link', onclick: () => this.allOff() }, 'Turn off');
    this.banner = make('div', { class: 'misbehaves', hidden: true }, this.count, off, make('span', {}, misbehaves));
    this.pace = make('small', { id: 'azure-pace' });
    this.list = make('ul', { class: 'switches' });
    this.problem = make('p', { class: 'problem', role: 'alert' });
    const title = make('h2', { id: 'azure-trials' }, 'Try what goes wrong');
    const reset = azureReset((work) => this.act(work));
    const parts = [title, this.paceChoice(), this.list, reset, this.problem];
    this.section = make('section', { class: 'trials', 'aria-labelledby': 'azure-trials' }, ...parts);
  }

  paceChoice() {
    const choose = (/** @type {string} */ latency) => this.act(() => api.azureSetLatency(latency));
    const options = paces.map(([value, name]) =>
      make(
        'label',
        {},
        make('input', { type: 'radio', name: 'azure-latency', value, onchange: () => choose(value) }),
        make('span', {}, name),
      ),
    );
    const legend = make('legend', {}, 'Pace');
    const choice = make('div', { class: 'segments' }, ...options);
    return make('fieldset', { class: 'pace', 'aria-describedby': 'azure-pace' }, legend, this.pace, choice);
  }

  /** Does it, says so when it did not work, and looks again: what is shown is what Azure says. */
  async act(/** @type {() => Promise<unknown>} */ work) {
    this.problem.textContent = '';
    try {
      await work();
    } catch {
      this.problem.textContent = 'The simulated Azure did not answer. Nothing was switched.';
      this.draw();
    }
    await this.changed();
  }

  allOff() {
    const switches = [...this.switches.values()].map(({ input }) => input);
    (switches.find(({ checked }) => checked) ?? switches[0])?.focus();
    return this.act(() => api.azureRemoveFault());
  }

  /** Which faults there are to switch is local Azure's to say. */
  async prepare() {
    if (this.switches.size > 0) return;
    /** @type {ReadyFault[]} */
    const faults = await api.azureReadyFaults();
    fill(this.list, ...faults.map((ready) => make('li', {}, this.switchFor(ready))));
  }

  show(/** @type {Json} */ { faults, latency }) {
    this.faults = faults;
    this.latency = latency;
    this.draw();
  }

  draw() {
    for (const input of this.section.querySelectorAll('input')) {
      if (input.type === 'radio') input.checked = input.value === this.latency;
    }
    this.pace.textContent = paces.find(([value]) => value === this.latency)?.[2] ?? '';
    for (const [id, { input, left }] of this.switches) {
      const fault = this.faults.find((each) => each.id === id);
      input.checked = fault !== undefined;
      left.textContent = fault?.times === undefined ? '' : ` ${fault.times}\u00a0to\u00a0go.`;
    }
    this.warn(this.faults.length);
  }

  warn(/** @type {number} */ on) {
    if (on === this.on) return;
    this.on = on;
    const count = on === 1 ? '1 fault is on.' : `${on} faults are on.`;
    this.count.textContent = count;
    this.banner.hidden = on === 0;
    announce(on === 0 ? 'No fault is on. Azure behaves.' : `${count} ${misbehaves}`);
  }

  switchFor(/** @type {ReadyFault} */ ready) {
    const { id } = ready.fault;
    const explained = `azure-fault-${id}`;
    const turn = () => this.act(() => (input.checked ? api.azureAddFault(ready.fault) : api.azureRemoveFault(id)));
    const named = { 'aria-labelledby': `${explained}-title`, 'aria-describedby': explained };
    const input = make('input', { type: 'checkbox', role: 'switch', ...named, onchange: () => void turn() });
    const left = make('b');
    this.switches.set(id, { input, left });
    const title = make('span', { id: `${explained}-title` }, ready.title);
    return make('label', {}, title, make('small', { id: explained }, ready.explanation, left), input);
  }
}
