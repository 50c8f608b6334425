/** Reads from ARM what a resource is compared by. Vaults and keys that several resources share are read once in half a minute. */

import pLimit from 'p-limit';
import { done, type Outcome } from '../../domain/failure.ts';
import type { ArmId, RequestId } from '../../domain/ids.ts';
import type { ObservedKey, ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Drifts, Requests } from '../../domain/ports/store.ts';
import {
  type LastVerified,
  type VerifiedResources,
  type WatchReading,
  watchedUseMs,
} from '../../domain/watch/drift.ts';
import { lastVerifiedOf } from '../../operations/registry.ts';
import { findMovedVault } from '../../operations/steps/moved-or-replaced.ts';

type WatchedAzure = Pick<Azure, 'resources' | 'vaults' | 'keys' | 'grants' | 'vaultLog' | 'inventory'>;

/** A cycle can last ten minutes: what was read at its beginning says nothing of its end. */
const freshMs = 30_000;

export function openResourceReader(azure: WatchedAzure, now: Date) {
  const shared = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  /** The log is read from then on. ISO 8601. */
  const since = new Date(now.getTime() - watchedUseMs).toISOString();

  /** The first caller asks; the others get the same answer. */
  function once<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const known = shared.get(name);
    if (known !== undefined && performance.now() - known.at < freshMs) return known.answer as Promise<T>;
    const answer = ask();
    shared.set(name, { at: performance.now(), answer });
    return answer;
  }

  async function keysOf({ keyName, keyVersion, ...other }: LastVerified, { id, uri }: ObservedVault) {
    const get = (version: typeof keyVersion | null): Promise<Outcome<ObservedKey | null>> =>
      once(`key ${id} ${keyName} ${version}`, () => azure.keys.get(id, keyName, version));
    const key = await get(other.follows ? null : keyVersion);
    if (key.ok && key.value === null) {
      const deleted = await once(`deleted ${id} ${keyName}`, () => azure.keys.deleted(uri, keyName));
      const found = deleted.ok ? deleted.value : ('not-checked' as const);
      return { key, deleted: found, newest: null, before: null, retired: null };
    }
    const optional = (version: typeof other.before) => (version === null ? done(null) : get(version));
    const [newest, before, retired] = await Promise.all([get(null), optional(other.before), optional(other.retired)]);
    return { key, deleted: null, newest, before, retired };
  }

  return async (verified: LastVerified): Promise<WatchReading> => {
    const { vault: approved } = verified;
    const [resource, vault] = await Promise.all([
      azure.resources.get(verified.resource),
      once(`vault ${approved.id}`, () => azure.vaults.get(approved.id)),
    ]);
    const nothing = { key: null, deleted: null, newest: null, before: null, retired: null, access: null, use: null };
    if (!vault.ok) return { ...nothing, resource, vault, movedTo: null };
    if (vault.value === null) {
      const moved = await once(`moved ${approved.id}`, () => findMovedVault(azure, approved.id));
      return moved.ok
        ? { ...nothing, resource, vault, movedTo: moved.value }
        : { ...nothing, resource, vault: moved, movedTo: null };
    }
    const { vaultLog } = azure;
    const [keys, use] = await Promise.all([
      keysOf(verified, vault.value),
      vaultLog === null ? null : once(`log ${approved.id}`, () => vaultLog.users(approved, since)),
    ]);
    const isThere = keys.key.ok && keys.key.value !== null;
    const principal = resource.ok ? (resource.value?.principalId ?? null) : null;
    const access =
      isThere && principal !== null ? await azure.grants.held(vault.value, verified.keyName, principal) : null;
    return { ...keys, resource, vault, movedTo: null, access, use };
  };
}

interface VerifiedPorts {
  readonly requests: Pick<Requests, 'load'>;
  readonly drifts: Pick<Drifts, 'succeeded'>;
}

/** The same for one resource, read each time. */
export const openLastVerified =
  ({ requests, drifts }: VerifiedPorts) =>
  async (resource: ArmId): Promise<LastVerified | null> => {
    const id = (await drifts.succeeded()).get(resource.toLowerCase());
    const request = id === undefined ? null : await requests.load(id);
    return request === null ? null : lastVerifiedOf(request);
  };

/** Requests read at a time. 10,000 at once take much memory, and the bot answers no one for seconds. */
const atOnce = 32;

/** A success never changes, so each is read once. */
export function openVerified({ requests, drifts }: VerifiedPorts): () => Promise<VerifiedResources> {
  const few = pLimit(atOnce);
  const known = new Map<RequestId, LastVerified | null>();
  return async () => {
    const succeeded = await drifts.succeeded();
    const fresh = [...succeeded.values()].filter((id) => !known.has(id));
    const read = async (id: RequestId): Promise<void> => {
      const request = await requests.load(id);
      known.set(id, request === null ? null : lastVerifiedOf(request));
    };
    await Promise.all(fresh.map((id) => few(() => read(id))));
    const current = new Set(succeeded.values());
    for (const id of known.keys()) if (!current.has(id)) known.delete(id);
    return new Map(
      [...succeeded].flatMap(([resource, id]) => {
        const verified = known.get(id) ?? null;
        return verified === null ? [] : [[resource, verified] as const];
      }),
    );
  };
}
