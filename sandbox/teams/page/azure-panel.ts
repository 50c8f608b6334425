import { type AzureRequest, api, type Json } from './api.ts';
import { agentNamed, nextEffect, vaultAt, vaultNamed } from './azure-facts.ts';
import { agentPart, callsPart, lastNamed, vaultPart } from './azure-parts.ts';
import { AzureTrials } from './azure-trials.ts';
import { clockTime, fill, make } from './dom.ts';

const everyMs = 600;
const looksBack = 300;

/**
 * Updates the panel with the Azure simulator's state. `toggle` opens the panel on narrow screens; `isThere` is true if there is an
 * Azure simulator.
 */
export function azurePanel(panel: HTMLElement, toggle: HTMLElement, isThere: boolean) {
  toggle.hidden = !isThere;
  panel.hidden = !isThere;
  document.getElementById('app')?.classList.toggle('without-azure', !isThere);
  if (!isThere) return;
  const look = new AzureLook(panel);
  const open = (isOpen: boolean) => {
    panel.classList.toggle('open', isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) void look.draw();
  };
  toggle.addEventListener('click', () => open(!panel.classList.contains('open')));
  panel.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !panel.classList.contains('open')) return;
    open(false);
    toggle.focus();
  });
  const again = async () => {
    if (!document.hidden && panel.getClientRects().length > 0) await look.draw();
    setTimeout(again, everyMs);
  };
  void again();
}

class AzureLook {
  status = make('span', { class: 'live' });
  choice = make('select', { 'aria-label': 'Agent shown', onchange: () => this.choose() });
  body = make('div', { class: 'azure-body' });
  calls = make('div');
  trials = new AzureTrials(() => this.drawAnew());
  chosen = '';
  /** The last revision: the state is read again only after a change. */
  seen = '';
  drawn = '';
  /** When a permission that was shown as pending takes effect. */
  until = Number.POSITIVE_INFINITY;
  turn = 0;

  constructor(panel: HTMLElement) {
    const header = make('header', {}, make('strong', {}, 'Simulated Azure'), this.status);
    fill(panel, header, this.trials.banner, this.choice, this.body, this.trials.section, this.calls);
  }

  choose() {
    this.chosen = this.choice.value;
    void this.drawAnew();
  }

  drawAnew() {
    this.seen = '';
    return this.draw();
  }

  async draw() {
    const turn = ++this.turn;
    try {
      const { revision } = await api.azureRevision();
      if (turn !== this.turn) return;
      if (revision !== this.seen || Date.now() >= this.until) await this.read(turn, revision);
      this.live(true);
    } catch {
      this.seen = '';
      this.live(false);
    }
  }

  live(isThere: boolean) {
    this.status.textContent = isThere ? `● now, ${clockTime(new Date().toISOString())}` : '○ not reachable';
    this.status.classList.toggle('away', !isThere);
  }

  async read(turn: number, revision: string) {
    const [state, requests] = await Promise.all([api.azureState(), api.azureRequests(looksBack)]);
    const last = lastNamed(requests, /healthBots\/([^/?]+)/i) ?? state.agents?.[0]?.name ?? '';
    const agent = agentNamed(state, this.chosen || last);
    const past = agent === undefined ? state : await api.azureBefore(agent.name);
    await this.trials.prepare();
    // Otherwise a switch that was just turned would turn back for a moment.
    if (turn !== this.turn || this.trials.acting > 0) return;
    this.trials.show(state);
    this.seen = revision;
    this.until = nextEffect(state);
    this.options(state, last);
    if (agent !== undefined) this.show(state, past, requests, agent);
  }

  show(state: Json, past: Json, requests: AzureRequest[], agent: Json) {
    const json = JSON.stringify([state, past, requests.at(-1), agent.name, this.until]);
    if (json === this.drawn) return;
    this.drawn = json;
    const vault = this.vaultFor(state, agent, requests);
    const keyName = agent.content?.keyVaultProperties?.keyName ?? lastNamed(requests, /\/keys\/([^/?]+)/i);
    fill(this.body, ...agentPart(state, past, agent), ...vaultPart(state, past, vault, keyName, agent));
    fill(this.calls, ...callsPart(requests));
  }

  options(state: Json, last: string) {
    const names = (state.agents ?? []).map((agent: Json) => agent.name);
    const wanted = [['', `Last touched: ${last}`], ...names.map((name: string) => [name, name])];
    const shown = [...this.choice.options].map(({ value, text }) => [value, text]);
    if (JSON.stringify(shown) === JSON.stringify(wanted)) return;
    fill(this.choice, ...wanted.map(([value, text]) => make('option', { value }, text)));
    this.choice.value = this.chosen;
  }

  /** Returns the vault of the agent's key, or else the last vault that was called. */
  vaultFor(state: Json, agent: Json, requests: AzureRequest[]) {
    const set = agent.content?.keyVaultProperties;
    if (set) return vaultAt(state, set.keyVaultUri);
    const touched = lastNamed(requests, /Microsoft\.KeyVault\/vaults\/([^/?]+)/i);
    return touched === undefined ? undefined : vaultNamed(state, touched);
  }
}
