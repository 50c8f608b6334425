// @ts-check
import { api } from './api.js';
import { agentFacts, agentNamed, keyFacts, keyManagement, vaultAt, vaultFacts, vaultNamed } from './azure-facts.js';
import { lastCalls, lastNamed } from './azure-requests.js';
import { fill, make } from './dom.js';
import { clockTime } from './times.js';

/** @typedef {import('./azure-facts.js').Json} Json */
/** @typedef {import('./azure-facts.js').Subject} Subject */
/** @typedef {import('./azure-requests.js').AzureRequest} AzureRequest */

const everyMs = 2_000;
const looksBack = 300;
const shownCalls = 8;

/**
 * Keeps the panel showing what local Azure holds.
 * @param {HTMLElement} panel
 * @param {HTMLElement} toggle opens the panel where there is no room beside the messages
 * @param {boolean} isThere whether local Teams was started with a local Azure
 */
export function azurePanel(panel, toggle, isThere) {
  toggle.hidden = !isThere;
  panel.hidden = !isThere;
  document.getElementById('app')?.classList.toggle('without-azure', !isThere);
  if (!isThere) return;
  toggle.addEventListener('click', () => {
    const isOpen = panel.classList.toggle('open');
    toggle.setAttribute('aria-expanded', String(isOpen));
  });
  const look = new AzureLook(panel);
  const again = async () => {
    if (!document.hidden && panel.getClientRects().length > 0) await look.draw();
    setTimeout(again, everyMs);
  };
  void again();
}

class AzureLook {
  chosen = '';
  /** @type {Json | undefined} */ first = undefined;
  drawn = '';

  constructor(/** @type {HTMLElement} */ panel) {
    this.status = make('span', { class: 'live' });
    this.choice = make('select', { 'aria-label': 'Agent shown', onchange: () => this.choose() });
    this.body = make('div', { class: 'azure-body' });
    fill(panel, make('header', {}, make('strong', {}, 'Simulated Azure'), this.status), this.choice, this.body);
  }

  choose() {
    this.chosen = this.choice.value;
    void this.draw();
  }

  async draw() {
    try {
      const [state, requests] = await Promise.all([api.azureState(), api.azureRequests(looksBack)]);
      this.first ??= await api.azureFirstState();
      this.show(state, this.first ?? state, requests);
      this.live(true);
    } catch {
      this.live(false);
    }
  }

  live(/** @type {boolean} */ isThere) {
    this.status.textContent = isThere ? `● now, ${clockTime(new Date().toISOString())}` : '○ not reachable';
    this.status.classList.toggle('away', !isThere);
  }

  show(/** @type {Json} */ state, /** @type {Json} */ first, /** @type {AzureRequest[]} */ requests) {
    const json = JSON.stringify([state, requests.at(-1), this.chosen]);
    if (json === this.drawn) return;
    this.drawn = json;
    const last = lastNamed(requests, /healthBots\/([^/?]+)/i) ?? state.agents?.[0]?.name ?? '';
    const agent = agentNamed(state, this.chosen || last);
    this.options(state, last);
    if (agent === undefined) return;
    const vault = this.vaultFor(state, agent, requests);
    const keyName = agent.content?.keyVaultProperties?.keyName ?? lastNamed(requests, /\/keys\/([^/?]+)/i);
    fill(
      this.body,
      ...agentPart(state, first, agent),
      ...vaultPart(state, first, vault, keyName, agent),
      ...callsPart(requests),
    );
  }

  options(/** @type {Json} */ state, /** @type {string} */ last) {
    const names = (state.agents ?? []).map((/** @type {Json} */ agent) => agent.name);
    const option = (/** @type {string} */ value, /** @type {string} */ text) => make('option', { value }, text);
    const wanted = [
      option('', `Last touched: ${last}`),
      ...names.map((/** @type {string} */ name) => option(name, name)),
    ];
    fill(this.choice, ...wanted);
    this.choice.value = this.chosen;
  }

  /** The agent's own vault or, before it has one, the vault that was touched last. */
  vaultFor(/** @type {Json} */ state, /** @type {Json} */ agent, /** @type {AzureRequest[]} */ requests) {
    const set = agent.content?.keyVaultProperties;
    if (set) return vaultAt(state, set.keyVaultUri);
    const touched = lastNamed(requests, /Microsoft\.KeyVault\/vaults\/([^/?]+)/i);
    return touched === undefined ? undefined : vaultNamed(state, touched);
  }
}

/** Before and now at a glance, then the facts. */
function agentPart(/** @type {Json} */ state, /** @type {Json} */ first, /** @type {Json} */ agent) {
  const earlier = agentNamed(first, agent.name);
  const [before, now] = [keyManagement(first, earlier), keyManagement(state, agent)];
  const isChanged = before.key !== now.key || before.where !== now.where;
  const side = (/** @type {string} */ name, /** @type {typeof now} */ what, /** @type {boolean} */ isNew) =>
    make(
      'div',
      { class: isNew ? 'now' : '' },
      make('small', {}, name),
      isNew ? make('b', {}, what.key) : what.key,
      what.where !== '' && make('small', {}, what.where),
    );
  const swap = isChanged
    ? make('div', { class: 'swap' }, side('Before', before, false), arrow(), side('Now', now, true))
    : make('div', { class: 'swap same' }, side('Now', now, false));
  return [
    make('h2', {}, `Agent ${agent.name}`),
    swap,
    facts(agentFacts(state, agent), earlier && agentFacts(first, earlier)),
  ];
}

const arrow = () => make('i', { 'aria-hidden': 'true' }, '→');

/**
 * @param {Json} state
 * @param {Json} first
 * @param {Json | undefined} vault
 * @param {string | undefined} keyName
 * @param {Json} agent
 */
function vaultPart(state, first, vault, keyName, agent) {
  if (vault === undefined) return [make('p', { class: 'hint' }, 'No vault was touched yet.')];
  const earlier = vaultNamed(first, vault.name);
  const now = vaultFacts(state, vault);
  const parts = [make('h2', {}, now.name), facts(now, earlier && vaultFacts(first, earlier))];
  const hasKey = vault.keys?.some((/** @type {Json} */ key) => key.name === keyName);
  if (keyName === undefined || !hasKey) return parts;
  const key = keyFacts(state, vault, keyName, agent);
  const before = earlier && keyFacts(first, earlier, keyName, agentNamed(first, agent.name));
  return [...parts, make('h2', {}, key.name), facts(key, before)];
}

/** Changed facts stand bold beside what they were. */
function facts(/** @type {Subject} */ now, /** @type {Subject | undefined} */ before) {
  const was = new Map((before?.facts ?? []).map(({ label, text }) => [label, text]));
  const rows = now.facts.flatMap(({ label, text, irreversible }) => {
    const old = was.get(label);
    const isChanged = old !== undefined && old !== text;
    const mark = isChanged && irreversible && make('span', { class: 'mark' }, '▲ Irreversible');
    const value = isChanged ? [make('del', {}, `${old} →`), ' ', make('ins', {}, text), mark] : [text];
    return [make('dt', {}, label), make('dd', {}, ...value)];
  });
  return make('dl', { class: 'kv' }, ...rows);
}

function callsPart(/** @type {AzureRequest[]} */ requests) {
  const lines = lastCalls(requests, shownCalls).map(({ at, method, what, status, times }) =>
    make(
      'li',
      { class: status === 0 || status >= 400 ? 'bad' : 'ok' },
      make('time', { datetime: at }, clockTime(at)),
      make('code', {}, `${method} ${what}${times > 1 ? ` ×${times}` : ''}`),
      make('b', {}, status === 0 ? 'cut' : String(status)),
    ),
  );
  if (lines.length === 0) return [];
  return [make('h2', {}, 'Last requests'), make('ul', { class: 'log' }, ...lines)];
}
