/** What is known of a resource between its reading and its change. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ArmId } from '../domain/ids.ts';
import type { Exchange } from './exchange.ts';

/** A resource and the mark that Azure gave with it; null: it gave none. */
export interface AzureReading<R> {
  readonly resource: R;
  readonly mark: string | null;
}

interface Kept<R> extends AzureReading<R> {
  readonly at: number;
}

/** Between a step's look and its change, and between a change and its look back, lie milliseconds. */
const youngMs = 5_000;

/**
 * What was read last of each resource, for the next call about it: each reading counts against the bot's quota, and a change that is
 * made from the reading that was judged is refused by its mark where the resource changed since (docs/decisions/0056).
 */
export class Readings<R> {
  private readonly before = new Map<ArmId, Kept<R>>();
  private readonly after = new Map<ArmId, Kept<R>>();

  /** Keeps a reading for the next change. Without a mark Azure would not refuse one that is made from an old reading. */
  keep(id: ArmId, reading: AzureReading<R>): void {
    if (reading.mark !== null) this.before.set(id, { ...reading, at: performance.now() });
  }

  /** Keeps what was read at the end of a change, for the look back. */
  keepAfter(id: ArmId, reading: AzureReading<R>): void {
    this.after.set(id, { ...reading, at: performance.now() });
  }

  /** The reading that a change is made from, once; null: there is none, or it is old. */
  forChange = (id: ArmId): AzureReading<R> | null => this.take(this.before, id);

  /** The reading that a change ended with, once. */
  afterChange = (id: ArmId): AzureReading<R> | null => this.take(this.after, id);

  /** A change begins: what was read before it is no look back. */
  forget(id: ArmId): void {
    this.before.delete(id);
    this.after.delete(id);
  }

  private take(kept: Map<ArmId, Kept<R>>, id: ArmId): AzureReading<R> | null {
    const found = kept.get(id);
    kept.delete(id);
    return found !== undefined && performance.now() - found.at < youngMs ? found : null;
  }
}

/** Two minutes at the usual pace. A change of an agent usually takes 15 to 90 seconds. */
const mostReads = 24;

/**
 * Waits until the resource shows the change, where the last write was accepted and can't be followed: 202 means "not yet", so what
 * the resource shows first says nothing. Afterwards the caller reads back as always. Ends with the call's own deadline.
 */
export async function untilShown(
  { write, signal }: Pick<Exchange, 'write' | 'signal'>,
  everyMs: number,
  isShown: () => Promise<boolean>,
): Promise<void> {
  if (write?.status !== 202) return;
  if (['azure-asyncoperation', 'location'].some((name) => write.header(name))) return;
  for (let reads = 0; reads < mostReads; reads += 1) {
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

/** `SystemAssigned, UserAssigned`: a list in one string. */
export const hasOwnIdentity = ({ identity }: Resource): boolean =>
  (identity?.type ?? '').split(',').some((one) => one.trim().toLowerCase() === 'systemassigned');

/**
 * What to send for a system-assigned identity; null when there is one. Naming only `SystemAssigned` would drop the
 * user-assigned ones, so they are sent along: by id, with empty values, since what stands in them is read-only.
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
