import type { AzureRequest, Json } from './api.ts';
import {
  agentFacts,
  agentNamed,
  keyFacts,
  keyManagement,
  type Subject,
  vaultFacts,
  vaultNamed,
} from './azure-facts.ts';
import { clockTime, make } from './dom.ts';

/** Calls that the panel hides: sign-in, Key Vault's authentication challenge, and polling. */
const isNoise = ({ url, status }: AzureRequest) => noisyUrl.test(url) || (status === 401 && vaultUrl.test(url));
const vaultUrl = /^https:\/\/[^/]+\/(deleted)?keys\b/i;
const noisyUrl = /\/oauth2\/|\/metadata\/|operationStatuses|operationResults|\/subscriptions\?|\/permissions\?/i;

/** Returns the last relevant calls, newest first. Repeated calls are one line. `requests`: oldest first. */
function lastCalls(requests: readonly AzureRequest[], most: number) {
  const lines: { at: string; method: string; what: string; status: number; times: number }[] = [];
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
function shortUrl(url: string) {
  const path = url.replace(/^https?:\/\/[^/]+/, '').split('?')[0] ?? '';
  const parts = path.split('/').filter((part) => part !== '' && !opaque.test(part));
  const key = parts.lastIndexOf('keys');
  const isOneKey = key >= 0 && key < parts.length - 1;
  return decodeURIComponent(parts.slice(isOneKey ? key : -2).join('/'));
}

/**
 * Returns the name after a collection in the address of the last call that has one: the first group of `pattern`. Writes take
 * precedence over reads.
 */
export function lastNamed(requests: readonly AzureRequest[], pattern: RegExp) {
  const newest = [...requests].reverse();
  const named = (request: AzureRequest | undefined) => pattern.exec(request?.url ?? '')?.[1];
  const write = newest.find((request) => request.method !== 'GET' && named(request) !== undefined);
  const found = named(write ?? newest.find((request) => named(request) !== undefined));
  return found === undefined ? undefined : decodeURIComponent(found);
}

const shownCalls = 8;

/** Shows the change at a glance, then the facts. */
export function agentPart(state: Json, past: Json, agent: Json) {
  const earlier = agentNamed(past, agent.name);
  const [before, now] = [keyManagement(past, earlier), keyManagement(state, agent)];
  const isChanged = before.key !== now.key || before.where !== now.where;
  const side = (name: string, what: typeof now, isNew: boolean) =>
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

export function vaultPart(state: Json, past: Json, vault: Json | undefined, keyName: string | undefined, agent: Json) {
  if (vault === undefined) return [make('p', { class: 'hint' }, 'No vault was used yet.')];
  const earlier = vaultNamed(past, vault.name);
  const now = vaultFacts(vault);
  const parts = [make('h2', {}, now.name), facts(now, earlier && vaultFacts(earlier))];
  const hasKey = vault.keys?.some((key: Json) => key.name === keyName);
  if (keyName === undefined || !hasKey) return parts;
  const key = keyFacts(state, vault, keyName, agent);
  const before = earlier && keyFacts(past, earlier, keyName, agentNamed(past, agent.name));
  return [...parts, make('h2', {}, key.name), facts(key, before)];
}

/** Shows facts, changed ones in bold next to their previous values. */
function facts(now: Subject, before: Subject | undefined) {
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

export function callsPart(requests: AzureRequest[]) {
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
