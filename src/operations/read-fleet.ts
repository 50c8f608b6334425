/**
 * Reads the key state of each agent. Agents come from Resource Graph and are cached for a minute, because people turn list
 * pages. Key expiry dates come from the vaults, a limited number per read. Read ones are cached; the rest are unknown.
 */
import { done, type Outcome } from '../domain/failure.ts';
import { type ArmId, KeyName, KeyVersion } from '../domain/ids.ts';
import type { Azure, ResourceKey, ResourceKeys } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import { type AgentKeyState, judgeFleet, keyOf } from './fleet.ts';

export interface FleetPorts {
  readonly azure: Pick<Azure, 'inventory' | 'keys'>;
  readonly requests: Pick<Requests, 'held'>;
  readonly now: () => Date;
}

export interface Fleet {
  /** Time of the Resource Graph query. */
  readonly asOf: Date;
  readonly agents: readonly AgentKeyState[];
  /** Subscriptions that couldn't be read, with the reason. */
  readonly unread: ResourceKeys['unread'];
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
  readonly resources: readonly ResourceKey[];
  readonly unread: ResourceKeys['unread'];
  /** By address, as {@link keyOf} returns it. */
  readonly vaults: ReadonlyMap<string, ArmId>;
}

interface KeyToRead {
  readonly key: string;
  readonly vaultId: ArmId;
  readonly name: KeyName;
  readonly version: KeyVersion;
}

const addressOf = (uri: string): string => uri.replace(/\/+$/, '').toLowerCase();

export class FleetReader {
  readonly #ports: FleetPorts;
  readonly #expiries = new Map<string, { readonly ends: string | null; readonly at: number }>();
  #snapshot: Promise<Outcome<Snapshot>> | null = null;
  #loadedAt = 0;

  constructor(ports: FleetPorts) {
    this.#ports = ports;
  }

  async read(): Promise<Outcome<Fleet>> {
    const snapshot = await this.#current();
    if (!snapshot.ok) return snapshot;
    const { at, resources, unread } = snapshot.value;
    await this.#readExpiries(snapshot.value);
    const ends = new Map([...this.#expiries].map(([key, { ends: end }]) => [key, end]));
    return done({
      asOf: at,
      unread,
      agents: judgeFleet(resources, await this.#ports.requests.held(), ends, this.#ports.now()),
    });
  }

  /** Returns the cached snapshot, or starts one read for all concurrent callers. A failed read isn't cached. */
  async #current(): Promise<Outcome<Snapshot>> {
    const now = this.#ports.now().getTime();
    // `abs`: a snapshot taken while the clock was ahead also expires.
    if (this.#snapshot === null || Math.abs(now - this.#loadedAt) >= snapshotTtlMs) {
      this.#loadedAt = now;
      this.#snapshot = this.#load();
    }
    const snapshot = this.#snapshot;
    const found = await snapshot;
    if (!found.ok && this.#snapshot === snapshot) this.#snapshot = null;
    return found;
  }

  async #load(): Promise<Outcome<Snapshot>> {
    const { inventory } = this.#ports.azure;
    const [kept, all] = await Promise.all([inventory.resourceKeys(), inventory.vaults()]);
    if (!kept.ok) return kept;
    const { resources, unread } = kept.value;
    const vaults =
      all.ok || unread.length === 0 ? all : await inventory.vaults(unread.map(({ subscriptionId }) => subscriptionId));
    // Without the vaults, expiry dates are unknown. The other facts are unaffected.
    const byAddress = new Map((vaults.ok ? vaults.value : []).map(({ uri, id }) => [addressOf(uri), id]));
    return done({ at: this.#ports.now(), resources, unread, vaults: byAddress });
  }

  #keysToRead({ resources, vaults }: Snapshot, now: number): readonly KeyToRead[] {
    const wanted = new Map<string, KeyToRead>();
    for (const resource of resources) {
      const key = keyOf(resource);
      if (key === null || resource.customerKey === null || wanted.has(key)) continue;
      const known = this.#expiries.get(key);
      if (known !== undefined && Math.abs(now - known.at) < expiryTtlMs) continue;
      const vaultId = vaults.get(addressOf(resource.customerKey.vaultUri));
      const name = KeyName.safeParse(resource.customerKey.keyName).data;
      const version = KeyVersion.safeParse(resource.customerKey.keyVersion).data;
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
