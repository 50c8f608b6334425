import { api, type Json, type Scenario, type ScenarioGroup } from './api.ts';
import { announce, fill, make } from './dom.ts';

const paces = [
  ['realistic', 'Realistic: a run takes 30 s'],
  ['instant', 'Instant: no waiting'],
] as const;

const misbehaves = 'Azure doesn’t behave as usual.';

/** Counts faults that don't belong to these scenarios. */
const othersOn = (faults: { id: string }[], scenarios: Scenario[]) =>
  faults.filter(({ id }) => !scenarios.some(({ name }) => id === name || id.startsWith(`${name} `))).length;

/** “Try what goes wrong”: latency, scenarios, and reset. */
export class AzureTrials {
  scenarios: Scenario[] = [];
  others = 0;
  latency = '';
  /** Number of pending changes. Until they end, earlier answers aren't shown. */
  acting = 0;
  switches = new Map<string, { input: HTMLInputElement; left: HTMLElement }>();
  on = 0;

  count = make('b');
  banner = make('div', { class: 'misbehaves', hidden: true });
  pace = make('select', { onchange: () => this.act(() => api.azureSetLatency(this.pace.value)) });
  list = make('div');
  problem = make('p', { class: 'problem', role: 'alert' });
  section = make('section', { class: 'trials', 'aria-labelledby': 'azure-trials' });
  changed: () => Promise<void>;

  /** `changed` is called after each change, to read the state of Azure again. */
  constructor(changed: () => Promise<void>) {
    this.changed = changed;
    const off = make('button', { type: 'button', class: 'link', onclick: () => this.allOff() }, 'Turn off');
    fill(this.banner, this.count, off, make('span', {}, misbehaves));
    const title = make('h2', { id: 'azure-trials' }, 'Try what goes wrong');
    const reset = make(
      'button',
      { type: 'button', class: 'plain', onclick: () => this.reset() },
      'Reset Azure to its first state',
    );
    fill(this.pace, ...paces.map(([value, words]) => make('option', { value }, words)));
    fill(this.section, title, make('label', { class: 'pace' }, 'Pace', this.pace), this.list, reset, this.problem);
  }

  reset() {
    const words =
      'Resets only the simulated Azure. The bot keeps its requests, and reports agents that it changed as not as approved. To start over, stop the sandbox and run: npm run local -- --reset';
    if (window.confirm(words)) void this.act(() => api.azureReset());
  }

  /** Makes a change, reports a failure, and reads the state again. */
  async act(work: () => Promise<unknown>) {
    this.problem.textContent = '';
    this.acting += 1;
    try {
      await work();
    } catch {
      this.problem.textContent = 'The simulated Azure didn’t answer. Nothing was turned on or off.';
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

  /** Reads the list of scenarios from the Azure simulator. */
  async prepare() {
    const groups = await api.azureScenarios();
    this.scenarios = groups.flatMap(({ scenarios }) => scenarios);
    if (this.switches.size === 0) fill(this.list, ...groups.map((group, index) => this.groupOf(group, index === 0)));
  }

  groupOf({ title, scenarios }: ScenarioGroup, isFirst: boolean) {
    const switches = scenarios.map((scenario) => make('li', {}, this.switchFor(scenario)));
    const list = make('ul', { class: 'switches' }, ...switches);
    const open = isFirst || scenarios.some(({ on }) => on);
    return make('details', { open }, make('summary', {}, title), list);
  }

  show({ faults, latency }: Json) {
    this.others = othersOn(faults, this.scenarios);
    this.latency = latency;
    this.draw();
  }

  draw() {
    this.pace.value = this.latency;
    for (const { name, on, left } of this.scenarios) {
      const shown = this.switches.get(name);
      if (shown === undefined) continue;
      shown.input.checked = on;
      shown.left.textContent = left === null ? '' : ` ${left}\u00a0to\u00a0go.`;
    }
    this.warn(this.scenarios.filter(({ on }) => on).length + this.others);
  }

  warn(on: number) {
    if (on === this.on) return;
    this.on = on;
    const count = on === 1 ? '1 scenario is on.' : `${on} scenarios are on.`;
    this.count.textContent = count;
    this.banner.hidden = on === 0;
    announce(on === 0 ? 'No scenario is on. Azure behaves as usual.' : `${count} ${misbehaves}`);
  }

  switchFor({ name, title: words, does }: Scenario) {
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
