import type { Incoming } from '../http/incoming.ts';
import { requirePolicies } from '../policy/denial.ts';
import type { SimulatorState } from '../state/schema.ts';
import { requireUnlocked } from './authorize.ts';
import { requireRegistered } from './providers.ts';

const kinds: Readonly<Record<string, 'write' | 'delete'>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/** Locks lock neither themselves nor each other: whoever may write locks can take one away. */
const isLock = (path: string): boolean => /\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i.test(path);

/** What stands in the way of a change that the caller has the right to, before its provider sees it. */
export const requireWritable = (state: SimulatorState, incoming: Incoming): void => {
  const { method, path } = incoming;
  const kind = kinds[method];
  if (kind === undefined) return;
  if (kind === 'write') requireRegistered(state, path);
  if (!isLock(path)) requireUnlocked(state, path, kind);
  if (kind === 'write') requirePolicies(state, incoming);
};
