/**
 * Reads the key state of each resource. They come from Resource Graph and are cached for a minute, because people turn list
 * pages. Key expiry dates come from the vaults, a limited number per read. Read ones are cached; the rest are unknown.
 */
import type { Check } from '../domain/check.ts';
import { valueOrThrow } from '../domain/failure.ts';
import { type ArmId, KeyName, KeyVersion } from '../domain/ids.ts';
import type { HiddenKinds } from '../domain/key-impact.ts';
import { normalizedVaultUri } from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { KeyedResource, ResourceKeys, VaultSummary } from '../domain/ports/inventory.ts';
import type { Drifts, Requests } from '../domain/ports/store.ts';
import { judgeKind } from '../domain/resource-checks.ts';
import type { Drift } from '../domain/watch/resource-watch.ts';
import { judgeFleet, keyOf, type ResourceKeyState } from './fleet.ts';
import { kinds, readableKinds } from './resources/registry.ts';

export interface FleetPorts {
  readonly azure: Pick<Azure, 'inventory' | 'keys' | 'keyUsers' | 'resources'>;
  readonly requests: Pick<Requests, 'held'>;
  readonly drifts: Pick<Drifts, 'open'>;
  readonly now: () => Date;
}

export interface Fleet {
  /** Time of the Resource Graph query. */
  readonly asOf: Date;
  readonly resources: readonly ResourceKeyState[];
  /** Open drifts by ARM ID in lower case, also of deleted resources. */
  readonly drifts: ReadonlyMap<string, Drift>;
  /** Subscriptions that couldn't be read, with the reason. */
  readonly unread: ResourceKeys['unread'];
  /** Kinds that can't be read. */
  readonly hidden: readonly HiddenKinds[];
}

const snapshotTtlMs = 60_000;
const expiryTtlMs = 600_000;
/** Limits of one read, because a person waits: keys, concurrency and time. */
const maxKeys = 64;
const concurrency = 8;
const timeoutMs = 3_000;
/** The cache is cleared above this number of keys. */
const maxCached = 20_000;

interface Snapshot {
  readonly at: Date;
  readonly resources: readonly KeyedResource[];
  readonly unread: ResourceKeys['unread'];
  readonly hidden: readonly HiddenKinds[];
  /** Null: they can't be listed. */
  readonly vaults: readonly VaultSummary[] | null;
}

interface KeyToRead {
  readonly key: string;
  readonly vaultId: ArmId;
  readonly name: KeyName;
  /** Null: the newest. */
  readonly version: KeyVersion | null;
}

export class FleetReader {
  readonly #ports: FleetPorts;
  readonly #expiries = new Map<string, { readonly ends: string | null; readonly at: number }>();
  #snapshot: Promise<Snapshot> | null = null;
  #loadedAt = 0;
  /** Null: supported. */
  readonly #unsupported = new Map<ArmId, { readonly check: Check | null; readonly at: number }>();

  constructor(ports: FleetPorts) {
    this.#ports = ports;
  }

  /** Throws an `AzureFailure`. */
  async read(): Promise<Fleet> {
    const snapshot = await this.#current();
    const { at, resources, unread, hidden } = snapshot;
    const { requests, drifts: stored, now } = this.#ports;
    const [held, drifts] = await Promise.all([requests.held(), stored.open(), this.#readExpiries(snapshot)]);
    const acts = this.#ports.azure.inventory.kinds.map(({ type }) => type);
    const ends = new Map([...this.#expiries].map(([key, { ends: end }]) => [key, end]));
    return { asOf: at, unread, hidden, resources: judgeFleet(resources, { held, ends, drifts, acts }, now()), drifts };
  }

  /**
   * Returns why resources can't take a customer-managed key at all. Resource Graph doesn't have their creation time, so each is
   * read from Azure: only for those of one page. What can't be read now isn't returned.
   */
  async unsupported(ids: readonly ArmId[]): Promise<ReadonlyMap<ArmId, Check>> {
    const now = this.#ports.now().getTime();
    if (this.#unsupported.size > maxCached) this.#unsupported.clear();
    const isFresh = (at = Number.NEGATIVE_INFINITY): boolean => Math.abs(now - at) < expiryTtlMs;
    const old = ids.filter((id) => !isFresh(this.#unsupported.get(id)?.at));
    await Promise.all(
      old.map(async (id) => {
        const kind = kinds.find(({ name, ref }) => ref.safeParse({ kind: name, id }).success);
        const found = kind === undefined ? null : await this.#ports.azure.resources.get({ kind: kind.name, id });
        if (kind === undefined || !found?.ok || found.value === null) return;
        const check = judgeKind(found.value, kind).find(({ outcome }) => outcome === 'block') ?? null;
        this.#unsupported.set(id, { check, at: now });
      }),
    );
    return new Map(
      ids.flatMap((id) => {
        const reason = this.#unsupported.get(id)?.check ?? null;
        return reason === null ? [] : [[id, reason] as const];
      }),
    );
  }

  /** Returns the cached snapshot, or starts one read for all concurrent callers. A failed read isn't cached. */
  #current(): Promise<Snapshot> {
    const now = this.#ports.now().getTime();
    // `abs`: a snapshot taken while the clock was ahead also expires.
    if (this.#snapshot === null || Math.abs(now - this.#loadedAt) >= snapshotTtlMs) {
      this.#loadedAt = now;
      const snapshot = this.#load();
      this.#snapshot = snapshot;
      snapshot.catch(() => {
        if (this.#snapshot === snapshot) this.#snapshot = null;
      });
    }
    return this.#snapshot;
  }

  async #load(): Promise<Snapshot> {
    const { inventory, keyUsers } = this.#ports.azure;
    const [kept, all, unreadable] = await Promise.all([
      inventory.resourceKeys(readableKinds),
      inventory.vaults(),
      keyUsers.hidden(readableKinds),
    ]);
    const { resources, unread } = valueOrThrow(kept);
    const hidden = unreadable.filter((one) => !unread.some((other) => other.subscriptionId === one.subscriptionId));
    const vaults =
      all.ok || unread.length === 0 ? all : await inventory.vaults(unread.map(({ subscriptionId }) => subscriptionId));
    // Without the vaults, expiry dates are unknown. The other facts are unaffected.
    return { at: this.#ports.now(), resources, unread, hidden, vaults: vaults.ok ? vaults.value : null };
  }

  #keysToRead({ resources, vaults }: Snapshot, now: number): readonly KeyToRead[] {
    const wanted = new Map<string, KeyToRead>();
    const byAddress = new Map(vaults?.map(({ uri, id }) => [normalizedVaultUri(uri), id]));
    for (const resource of resources) {
      const key = keyOf(resource);
      if (key === null || resource.customerKey === null || wanted.has(key)) continue;
      const known = this.#expiries.get(key);
      if (known !== undefined && Math.abs(now - known.at) < expiryTtlMs) continue;
      const vaultId = byAddress.get(normalizedVaultUri(resource.customerKey.vaultUri));
      const name = KeyName.safeParse(resource.customerKey.keyName).data;
      const version = KeyVersion.nullable().safeParse(resource.customerKey.keyVersion).data;
      if (vaultId === undefined || name === undefined || version === undefined) continue;
      wanted.set(key, { key, vaultId, name, version });
      if (wanted.size === maxKeys) break;
    }
    return [...wanted.values()];
  }

  async #readExpiries(snapshot: Snapshot): Promise<void> {
    const { now, azure } = this.#ports;
    const start = performance.now();
    if (this.#expiries.size > maxCached) this.#expiries.clear();
    const queue = [...this.#keysToRead(snapshot, now().getTime())];
    const readNext = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (performance.now() - start > timeoutMs) return;
        const found = await azure.keys.get(next.vaultId, next.name, next.version);
        // A missing or unreadable key stays unknown.
        if (!found.ok || found.value === null) continue;
        this.#expiries.set(next.key, { ends: found.value.expires, at: now().getTime() });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, readNext));
  }
}
