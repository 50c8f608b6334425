/** An Azure in memory, behind the same ports: it notes every call, and can be told to refuse, or to do nothing and say yes. */
import { createHash } from 'node:crypto';
import type { Controller } from '../../../src/domain/control.ts';
import { done, type Failure, failed, type Outcome, type Receipt } from '../../../src/domain/failure.ts';
import type { ObservedUse } from '../../../src/domain/key-impact.ts';
import type { ObservedKey } from '../../../src/domain/observed.ts';
import type { Azure, CreatedKey, Deleted, Probe } from '../../../src/domain/ports/azure.ts';
import type { KeyedResource, ResourceKey } from '../../../src/domain/ports/inventory.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { key, noon, principal, resource, vault, version } from './plans.ts';

/** When it makes keys. */
const at = noon.toISOString();
export const hashOf = (nonce: string): string => createHash('sha256').update(nonce, 'utf8').digest('hex');
/** Of a try, with what the record has of it. */
export const nonce = 'a nonce';
export const intent = { nonceHash: hashOf(nonce), at };

export const receipt: Receipt = { clientRequestId: 'client-9', correlationId: 'correlation-9' };

/** An agent in a list of keys. */
export const keyed = (one: ResourceKey, identities: readonly string[] = []): KeyedResource => ({
  ...one,
  kind: healthcareAgent,
  keys: one.customerKey === null ? [] : [one.customerKey],
  identities,
  follows: one.customerKey && false,
});

/** What it holds. Tests change it as somebody in the portal would. */
export interface World {
  resource: ReturnType<typeof resource> | null;
  vault: ReturnType<typeof vault> | null;
  /** By version, the newest last. */
  keys: ObservedKey[];
  granted: boolean;
  probe: Probe;
  deleted: Deleted;
  controllers: Controller[];
  /** Beside the resource. */
  others: KeyedResource[];
  observed: ObservedUse;
}

export interface ScriptedAzure extends Azure {
  readonly world: World;
  /** Names of the writes, in order, such as `agents.setCustomerKey`. */
  readonly writes: string[];
  /** The next calls of this name answer with the failure, `times` times. */
  refuse(call: string, failure: Failure, times?: number): void;
  /** From now on this write says yes and changes nothing. */
  pretend(write: string): void;
  /** Runs whenever a write of this name comes in, before it is done. */
  before(write: string, act: () => void): void;
}

export function scriptedAzure(start: Partial<World> = {}): ScriptedAzure {
  const world: World = {
    resource: resource(),
    vault: vault(),
    keys: [key()],
    granted: false,
    probe: 'usable',
    deleted: 'none',
    controllers: [],
    others: [],
    observed: { outcome: 'not-configured' },
    ...start,
  };
  const writes: string[] = [];
  const refusals: { readonly call: string; readonly failure: Failure; left: number }[] = [];
  const pretended = new Set<string>();
  const acts = new Map<string, () => void>();

  async function read<T>(call: string, value: () => T): Promise<Outcome<T>> {
    const refusal = refusals.find((one) => one.call === call && one.left > 0);
    if (refusal === undefined) return done(value());
    refusal.left -= 1;
    return failed(refusal.failure);
  }
  /** Says no version of its own where it pretends. */
  function created(call: string, nonce: string, make: () => ObservedKey): Promise<Outcome<CreatedKey>> {
    writes.push(call);
    acts.get(call)?.();
    return read(call, () => {
      const { version: answered, nonceHash } = pretended.has(call) ? key() : make();
      return { ...receipt, version: answered, carriesNonce: nonceHash === hashOf(nonce) };
    });
  }
  function made(change: Partial<ObservedKey>, nonce: string): ObservedKey {
    const newest = key({ ...change, nonceHash: hashOf(nonce), created: at });
    world.keys = [...world.keys, newest];
    return newest;
  }
  function write(call: string, change: () => void): Promise<Outcome<Receipt>> {
    writes.push(call);
    acts.get(call)?.();
    return read(call, () => {
      if (!pretended.has(call)) change();
      return receipt;
    });
  }

  return {
    world,
    writes,
    refuse: (call, failure, times = 1) => void refusals.push({ call, failure, left: times }),
    pretend: (call) => void pretended.add(call),
    before: (call, act) => void acts.set(call, act),
    vaultLog: null,
    within: (_attempt, work) => work(),
    keyUsers: {
      hidden: async () => [],
      holders: () => read('keyUsers.holders', () => []),
      observed: async () => world.observed,
    },
    policies: { assigned: () => read('policies.assigned', () => ({ assignments: [], exemptions: [] })) },
    changes: { since: async () => done([]), activity: async () => done([]) },
    resources: {
      get: () => read('resources.get', () => world.resource),
      tags: () => read('resources.tags', () => world.resource?.tags ?? null),
      enableSystemIdentity: () =>
        write('resources.enableSystemIdentity', () => {
          world.resource = resource({
            ...world.resource,
            systemAssigned: true,
            principalId: principal,
            tenantId: vault().tenantId,
            provisioningState: 'Succeeded',
          });
        }),
      setCustomerKey: (_ref, _judged, customerKey) =>
        write('resources.setCustomerKey', () => {
          world.resource = resource({ ...world.resource, customerKey, provisioningState: 'Succeeded' });
        }),
    },
    vaults: {
      get: () => read('vaults.get', () => world.vault),
      protect: (_id, missing) =>
        write('vaults.protect', () => {
          const softDelete = missing.softDelete || world.vault?.softDelete === true;
          world.vault = vault({ ...world.vault, softDelete, purgeProtection: true });
        }),
    },
    keys: {
      get: (_vault, name, wanted) =>
        read('keys.get', () => {
          const named = world.keys.filter((one) => one.name === name);
          return (wanted === null ? named.at(-1) : named.find((one) => one.version === wanted)) ?? null;
        }),
      first: (_vault, name) => read('keys.first', () => world.keys.find((one) => one.name === name) ?? null),
      list: () => read('keys.list', () => world.keys),
      versions: (_vault, name, after) =>
        read('keys.versions', () => ({
          versions: world.keys.filter((one) => one.name === name && one.version !== after),
          complete: true,
        })),
      older: (_vault, name, current) =>
        read('keys.older', () => {
          const named = world.keys.filter((one) => one.name === name);
          const at = named.findIndex((one) => one.version === current);
          return named.slice(0, Math.max(at, 0));
        }),
      createVersion: (_uri, name, _after, kind, { nonce }) =>
        created('keys.createVersion', nonce, () => made({ ...kind, name, version: version('d') }, nonce)),
      createIfMissing: (_vault, name, kind, { nonce }) =>
        created('keys.createIfMissing', nonce, () => {
          const found = world.keys.findLast((one) => one.name === name);
          return found ?? made({ ...kind, name, version: version('c') }, nonce);
        }),
      probe: () => read('keys.probe', () => world.probe),
      deleted: () => read('keys.deleted', () => world.deleted),
    },
    grants: {
      held: () => read('grants.held', () => world.granted),
      grant: () =>
        write('grants.grant', () => {
          world.granted = true;
        }),
    },
    control: {
      of: () => read('control.of', () => ({ controllers: world.controllers, unseen: [] })),
      subscriptionName: () => read('control.subscriptionName', () => 'Care production'),
    },
    guards: {
      locks: () => read('guards.locks', () => []),
      allowed: (_id, { actions, dataActions }) =>
        read('guards.allowed', () => {
          const may = (asked: readonly string[]) => Object.fromEntries(asked.map((action) => [action, true]));
          return { actions: may(actions), dataActions: may(dataActions) };
        }),
    },
    inventory: {
      kinds: [healthcareAgent],
      resources: (contains, top) =>
        read('inventory.resources', () =>
          (world.resource === null ? [] : [world.resource])
            .filter((one) => one.name.toLowerCase().includes(contains.toLowerCase()))
            .slice(0, top)
            .map(({ kind, id, name, location, customerKey }) => ({
              kind,
              id,
              name,
              location,
              resourceGroup: 'rg-care',
              subscriptionId: '40000000-0000-4000-8000-000000000001',
              underCustomerKey: customerKey !== null,
            })),
        ),
      resourceKeys: () =>
        read('inventory.resourceKeys', () => ({
          resources: [...(world.resource === null ? [] : [keyed(world.resource)]), ...world.others],
          unread: [],
        })),
      vaults: () => read('inventory.vaults', () => (world.vault === null ? [] : [world.vault])),
    },
    groups: {
      memberOf: (_person, ids) => read('groups.memberOf', () => ({ kind: 'member' as const, of: ids })),
      look: () => read('groups.look', () => null),
    },
  };
}
