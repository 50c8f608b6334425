// @ts-check
import { api } from './api.js';
import { announce, fill, make } from './dom.js';

/**
 * How Azure is made to misbehave.
 * @typedef {import('./azure-facts.js').Json} Json
 * @typedef {{ name: string, title: string, does: string, on: boolean, left: number | null }} Scenario
 * @typedef {{ title: string, scenarios: Scenario[] }} Group
 */

const paces = /** @type {const} */ ([
  ['realistic', 'Realistic', 'About 30 s a request.'],
  ['instant', 'Instant', 'No waiting.'],
]);

const misbehaves = 'Azure will not behave.';

/** Each fault that no scenario of these has put there is something that is on, too. */
const othersOn = (/** @type {{ id: string }[]} */ faults, /** @type {Scenario[]} */ scenarios) =>
  faults.filter(({ id }) => !scenarios.some(({ name }) => id === name || id.startsWith(`${name} `))).length;

/** “Try what goes wrong”: how quick Azure is, scenarios to switch on and off, and the way back to the start. */
export class AzureTrials {
  /** @type {Scenario[]} */ scenarios = [];
  others = 0;
  latency = '';
  /** So many switches are being turned: what Azure said before that is not shown any more. */
  acting = 0;
  /** @type {Map<string, { input: HTMLInputElement, left: HTMLElement }>} */ switches = new Map();
  on = 0;

  /** @param {() => Promise<void>} changed called after each change, to look at Azure again */
  constructor(changed) {
    this.changed = changed;
    this.count = make('b');
    const off = make('button', { type: 'button', class: 'link', onclick: () => this.allOff() }, 'Turn off');
    this.banner = make('div', { class: 'misbehaves', hidden: true }, this.count, off, make('span', {}, misbehaves));
    this.pace = make('small', { id: 'azure-pace' });
    this.list = make('div');
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
    this.acting += 1;
    try {
      await work();
    } catch {
      this.problem.textContent = 'The simulated Azure did not answer. Nothing was switched.';
      this.draw();
    } finally {
      this.acting -= 1;
    }
    await this.changed();
  }

  allOff() {
    const switches = [...this.switches.values()].map(({ input }) => input);
    const next = switches.find(({ checked }) => checked) ?? switches[0];
    next?.closest('details')?.setAttribute('open', '');
    next?.focus();
    return this.act(() => api.azureTurnOff());
  }

  /** Which scenarios there are to switch is local Azure's to say. */
  async prepare() {
    /** @type {Group[]} */
    const groups = await api.azureScenarios();
    this.scenarios = groups.flatMap(({ scenarios }) => scenarios);
    if (this.switches.size === 0) fill(this.list, ...groups.map((group, index) => this.groupOf(group, index === 0)));
  }

  groupOf(/** @type {Group} */ { title, scenarios }, /** @type {boolean} */ isFirst) {
    const switches = scenarios.map((scenario) => make('li', {}, this.switchFor(scenario)));
    const list = make('ul', { class: 'switches' }, ...switches);
    const open = isFirst || scenarios.some(({ on }) => on);
    return make('details', { open }, make('summary', {}, title), list);
  }

  show(/** @type {Json} */ { faults, latency }) {
    this.others = othersOn(faults, this.scenarios);
    this.latency = latency;
    this.draw();
  }

  draw() {
    for (const input of this.section.querySelectorAll('input')) {
      if (input.type === 'radio') input.checked = input.value === this.latency;
    }
    this.pace.textContent = paces.find(([value]) => value === this.latency)?.[2] ?? '';
    for (const { name, on, left } of this.scenarios) {
      const shown = this.switches.get(name);
      if (shown === undefined) continue;
      shown.input.checked = on;
      shown.left.textContent = left === null ? '' : ` ${left}\u00a0to\u00a0go.`;
    }
    this.warn(this.scenarios.filter(({ on }) => on).length + this.others);
  }

  warn(/** @type {number} */ on) {
    if (on === this.on) return;
    this.on = on;
    const count = on === 1 ? '1 scenario is on.' : `${on} scenarios are on.`;
    this.count.textContent = count;
    this.banner.hidden = on === 0;
    announce(on === 0 ? 'No scenario is on. Azure behaves.' : `${count} ${misbehaves}`);
  }

  switchFor(/** @type {Scenario} */ { name, title: words, does }) {
    const explained = `azure-scenario-${name}`;
    const turn = () => this.act(() => (input.checked ? api.azureTurnOn(name) : api.azureTurnOff(name)));
    const named = { 'aria-labelledby': `${explained}-title`, 'aria-describedby': explained };
    const input = make('input', { type: 'checkbox', role: 'switch', ...named, onchange: () => void turn() });
    const left = make('b');
    this.switches.set(name, { input, left });
    const title = make('span', { id: `${explained}-title` }, words);
    return make('label', {}, title, make('small', { id: explained }, does, left), input);
  }
}

/**
 * The button that brings Azure back to its seeds; it asks first, in its own place.
 * @param {(work: () => Promise<unknown>) => Promise<void>} act does it and shows the outcome
 */
function azureReset(act) {
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
