/** Caches reads of a resource between its check and its change. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ArmId } from '../domain/ids.ts';
import type { Exchange } from './exchange.ts';

/** A resource and its ETag; null: Azure sent none. */
export interface AzureReading<R> {
  readonly resource: R;
  readonly etag: string | null;
}

interface Timed<R> extends AzureReading<R> {
  readonly at: number;
}

/** Maximum age of a cached read. Between check, change and verification there are milliseconds. */
const maxAgeMs = 5_000;

/**
 * Caches the last read of each resource for the next call. Each read counts against the bot's quota. A change from the checked
 * read is refused by its ETag if the resource changed since (docs/decisions/0056).
 */
export class Readings<R> {
  private readonly before = new Map<ArmId, Timed<R>>();
  private readonly after = new Map<ArmId, Timed<R>>();

  /** Stores a read for the next change. Without an ETag, Azure wouldn't refuse a change from an old read. */
  storeForChange(id: ArmId, reading: AzureReading<R>): void {
    if (reading.etag !== null) this.before.set(id, { ...reading, at: performance.now() });
  }

  /** Stores the read at the end of a change, for the verification. */
  storeAfterChange(id: ArmId, reading: AzureReading<R>): void {
    this.after.set(id, { ...reading, at: performance.now() });
  }

  /** Returns the read for a change, once; null: none, or too old. */
  forChange = (id: ArmId): AzureReading<R> | null => this.take(this.before, id);

  /** Returns the read at the end of a change, once. */
  afterChange = (id: ArmId): AzureReading<R> | null => this.take(this.after, id);

  /** Clears both reads when a change begins: an earlier read can't verify it. */
  clear(id: ArmId): void {
    this.before.delete(id);
    this.after.delete(id);
  }

  private take(reads: Map<ArmId, Timed<R>>, id: ArmId): AzureReading<R> | null {
    const found = reads.get(id);
    reads.delete(id);
    return found !== undefined && performance.now() - found.at < maxAgeMs ? found : null;
  }
}

/** Two minutes at the default interval. A change of an agent usually takes 15 to 90 seconds. */
const maxReads = 24;

/**
 * Waits until the resource shows the change, if the last write was accepted without a link to poll. 202 means "not yet", so the
 * first read proves nothing. The caller verifies afterwards. Ends at the call's own deadline.
 */
export async function waitUntilShown(
  { write, signal }: Pick<Exchange, 'write' | 'signal'>,
  everyMs: number,
  isShown: () => Promise<boolean>,
): Promise<void> {
  if (write?.status !== 202) return;
  if (['azure-asyncoperation', 'location'].some((name) => write.header(name))) return;
  for (let reads = 0; reads < maxReads; reads += 1) {
    await pause(everyMs, undefined, { signal });
    if (await isShown()) return;
  }
}

interface Resource {
  readonly identity?:
    | {
        readonly type?: string | null | undefined;
        readonly userAssignedIdentities?: Readonly<Record<string, unknown>> | null | undefined;
      }
    | null
    | undefined;
}

export interface IdentityChange {
  readonly type: 'SystemAssigned' | 'SystemAssigned, UserAssigned';
  readonly userAssignedIdentities?: Record<string, Record<string, never>>;
}

/** Returns whether it has a system-assigned identity. `SystemAssigned, UserAssigned` is a list in one string. */
export const hasOwnIdentity = ({ identity }: Resource): boolean =>
  (identity?.type ?? '').split(',').some((one) => one.trim().toLowerCase() === 'systemassigned');

/**
 * Returns the body for a system-assigned identity; null: it exists. `SystemAssigned` alone would drop the user-assigned ones,
 * so they are sent too: by id with empty values, because their contents are read-only.
 */
export function identityChange(resource: Resource): IdentityChange | null {
  if (hasOwnIdentity(resource)) return null;
  const ids = Object.keys(resource.identity?.userAssignedIdentities ?? {});
  if (ids.length === 0) return { type: 'SystemAssigned' };
  return {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: Object.fromEntries(ids.map((one) => [one, {}])),
  };
}
