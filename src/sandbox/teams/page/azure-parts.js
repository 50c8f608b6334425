// @ts-check
import { agentFacts, agentNamed, keyFacts, keyManagement, vaultFacts, vaultNamed } from './azure-facts.js';
import { lastCalls } from './azure-requests.js';
import { make } from './dom.js';
import { clockTime } from './times.js';

/** @typedef {import('./azure-facts.js').Json} Json */
/** @typedef {import('./azure-facts.js').Subject} Subject */
/** @typedef {import('./azure-requests.js').AzureRequest} AzureRequest */

const shownCalls = 8;

/** Before and now at a glance, then the facts. */
export function agentPart(/** @type {Json} */ state, /** @type {Json} */ past, /** @type {Json} */ agent) {
  const earlier = agentNamed(past, agent.name);
  const [before, now] = [keyManagement(past, earlier), keyManagement(state, agent)];
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
    facts(agentFacts(state, agent), earlier && agentFacts(past, earlier)),
  ];
}

const arrow = () => make('i', { 'aria-hidden': 'true' }, '→');

/**
 * @param {Json} state
 * @param {Json} past
 * @param {Json | undefined} vault
 * @param {string | undefined} keyName
 * @param {Json} agent
 */
export function vaultPart(state, past, vault, keyName, agent) {
  if (vault === undefined) return [make('p', { class: 'hint' }, 'No vault was touched yet.')];
  const earlier = vaultNamed(past, vault.name);
  const now = vaultFacts(state, vault);
  const parts = [make('h2', {}, now.name), facts(now, earlier && vaultFacts(past, earlier))];
  const hasKey = vault.keys?.some((/** @type {Json} */ key) => key.name === keyName);
  if (keyName === undefined || !hasKey) return parts;
  const key = keyFacts(state, vault, keyName, agent);
  const before = earlier && keyFacts(past, earlier, keyName, agentNamed(past, agent.name));
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

export function callsPart(/** @type {AzureRequest[]} */ requests) {
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
