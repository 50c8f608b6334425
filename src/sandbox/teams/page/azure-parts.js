// @ts-check
import { agentFacts, agentNamed, keyFacts, keyManagement, vaultFacts, vaultNamed } from './azure-facts.js';
import { clockTime, make } from './dom.js';

/** @typedef {{ at: string, method: string, url: string, status: number, body?: any }} AzureRequest */

/** Calls that the panel hides: sign-in, Key Vault's authentication challenge, and polling. */
const isNoise = (/** @type {AzureRequest} */ { url, status }) =>
  noisyUrl.test(url) || (status === 401 && vaultUrl.test(url));
const vaultUrl = /^https:\/\/[^/]+\/(deleted)?keys\b/i;
const noisyUrl = /\/oauth2\/|\/metadata\/|operationStatuses|operationResults|\/subscriptions\?|\/permissions\?/i;

/**
 * Returns the last relevant calls, newest first. Repeated calls are one line.
 * @param {readonly AzureRequest[]} requests oldest first
 * @param {number} most
 */
function lastCalls(requests, most) {
  /** @type {{ at: string, method: string, what: string, status: number, times: number }[]} */
  const lines = [];
  for (const request of [...requests].reverse()) {
    const { at, method, url, status } = request;
    if (isNoise(request)) continue;
    const what = shortUrl(url);
    const last = lines.at(-1);
    if (last?.method === method && last.what === what && last.status === status) last.times += 1;
    else if (lines.length === most) break;
    else lines.push({ at, method, what, status, times: 1 });
  }
  return lines;
}

const opaque = /^[0-9a-f-]{32,36}$|^Microsoft\.|^providers$/i;

/** Returns the end of an address, which names the resource, without GUIDs. */
function shortUrl(/** @type {string} */ url) {
  const path = url.replace(/^https?:\/\/[^/]+/, '').split('?')[0] ?? '';
  const parts = path.split('/').filter((part) => part !== '' && !opaque.test(part));
  const key = parts.lastIndexOf('keys');
  const isOneKey = key >= 0 && key < parts.length - 1;
  return decodeURIComponent(parts.slice(isOneKey ? key : -2).join('/'));
}

/**
 * Returns the name after a collection in the address of the last call that has one. Writes take precedence over reads.
 * @param {readonly AzureRequest[]} requests
 * @param {RegExp} pattern its first group is the name
 */
export function lastNamed(requests, pattern) {
  const newest = [...requests].reverse();
  const named = (/** @type {AzureRequest | undefined} */ request) => pattern.exec(request?.url ?? '')?.[1];
  const write = newest.find((request) => request.method !== 'GET' && named(request) !== undefined);
  const found = named(write ?? newest.find((request) => named(request) !== undefined));
  return found === undefined ? undefined : decodeURIComponent(found);
}

/** @typedef {import('./azure-facts.js').Json} Json */
/** @typedef {import('./azure-facts.js').Subject} Subject */

const shownCalls = 8;

/** Shows the change at a glance, then the facts. */
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
  return [make('h2', {}, `Agent ${agent.name}`), swap, facts(agentFacts(agent), earlier && agentFacts(earlier))];
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
  if (vault === undefined) return [make('p', { class: 'hint' }, 'No vault was used yet.')];
  const earlier = vaultNamed(past, vault.name);
  const now = vaultFacts(vault);
  const parts = [make('h2', {}, now.name), facts(now, earlier && vaultFacts(earlier))];
  const hasKey = vault.keys?.some((/** @type {Json} */ key) => key.name === keyName);
  if (keyName === undefined || !hasKey) return parts;
  const key = keyFacts(state, vault, keyName, agent);
  const before = earlier && keyFacts(past, earlier, keyName, agentNamed(past, agent.name));
  return [...parts, make('h2', {}, key.name), facts(key, before)];
}

/** Shows facts, changed ones in bold next to their previous values. */
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
