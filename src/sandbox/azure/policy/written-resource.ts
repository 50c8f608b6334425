import { agentId, sameId, vaultId } from '../arm/ids.ts';
import { agentBody } from '../health-bots/agent-body.ts';
import type { Incoming } from '../http/incoming.ts';
import { vaultBody } from '../key-vault/vault-body.ts';
import type { SimulatorState } from '../state/schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a write would leave behind, as a policy looks at it. */
export interface WrittenResource {
  readonly type: string;
  readonly name: string;
  readonly body: Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON merge: what is absent stays, null removes. */
const merged = (before: Json, patch: Json): Json => {
  const entries = Object.entries(patch).map(([name, value]): [string, unknown] => {
    const old = before[name];
    return [name, isObject(value) && isObject(old) ? merged(old, value) : value];
  });
  const after = { ...before, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
};

const currentBody = (state: SimulatorState, path: string): Json => {
  const agent = state.agents.find((one) => sameId(agentId(one), path));
  if (agent !== undefined) return agentBody(state, agent);
  const vault = state.vaults.find((one) => sameId(vaultId(one), path));
  return vault === undefined ? {} : vaultBody(vault);
};

/** Null for what is no resource. A PUT states all of it, a PATCH what changes. */
export const writtenResource = (state: SimulatorState, { method, path, body }: Incoming): WrittenResource | null => {
  const [, namespace, tail] = /^.*\/providers\/([^/]+)\/(.+)$/i.exec(path) ?? [];
  const parts = tail?.split('/') ?? [];
  if (namespace === undefined || parts.length % 2 !== 0 || !isObject(body)) return null;
  const type = [namespace, ...parts.filter((_, n) => n % 2 === 0)].join('/');
  const after = method === 'PATCH' ? merged(currentBody(state, path), body) : merged({}, body);
  return { type, name: parts.at(-1) ?? '', body: after };
};
