/** Records what changed on agents, vaults and storage accounts, and by whose token: for the table `resourcechanges`. */

import { randomUUID } from 'node:crypto';
import { type Row, resourcesIn } from '../resources.ts';
import { SystemData } from '../state/fields.ts';
import type { ResourceChange, SimulatorState } from '../state/schema.ts';

/** What Azure keeps them for. */
const keptMs = 14 * 24 * 3_600_000;

/** The body, and a text that changes with it: bodies of many resources aren't made for each request. */
interface Followed {
  readonly version: string;
  readonly type: string;
  readonly body: Row;
}

/** Who sent the request that changed something. */
export interface ChangeActor {
  readonly principalId: string | null;
  readonly userAgent: string;
  readonly correlationId?: string;
}

const clients = [
  [/azurecli/i, 'Azure CLI'],
  [/azure portal/i, 'Azure Portal'],
] as const;

type AllFollowed = ReadonlyMap<string, Followed>;

function shown(state: SimulatorState, known: AllFollowed = new Map()): AllFollowed {
  const followed = resourcesIn(state).map(({ id, type, body, version: versionOf }): readonly [string, Followed] => {
    const before = known.get(id);
    const version = versionOf();
    return [id, before?.version === version ? before : { version, type, body: body() }];
  });
  return new Map(followed);
}

/** Each value that isn't an object, by its path. */
function flat(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
}

const isNoise = (path: string): boolean => path.startsWith('systemData');

function differences(before: Row, after: Row): ResourceChange['changes'] {
  const was = new Map(flat(before));
  const is = new Map(flat(after));
  const paths = [...new Set([...was.keys(), ...is.keys()])].filter(
    (path) => !isNoise(path) && JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)),
  );
  return Object.fromEntries(
    paths.map((path) => [path, { previousValue: was.get(path) ?? null, newValue: is.get(path) ?? null }]),
  );
}

/** Applications by ID, people by address, as on Microsoft's page. Without a caller: the resource's last editor. */
function actorIn(state: SimulatorState, principalId: string | null, { systemData }: Row) {
  const application = state.principals.find(({ id }) => id === principalId);
  const user = state.users.find(({ id }) => id === principalId);
  if (application !== undefined) return { changedBy: application.appId, changedByType: 'Application' };
  if (user !== undefined) return { changedBy: user.mail, changedByType: 'User' };
  const { lastModifiedBy = '', lastModifiedByType = 'System' } = SystemData.partial().parse(systemData ?? {});
  return { changedBy: lastModifiedBy, changedByType: lastModifiedByType };
}

export class ChangeRecords {
  #known: AllFollowed;

  constructor(state: SimulatorState) {
    this.#known = shown(state);
  }

  /** The whole state was replaced, which is no change of a resource. */
  restart(state: SimulatorState): void {
    this.#known = shown(state);
  }

  /** To be called after each request that can have changed something. `actor` is null if time did. */
  follow(state: SimulatorState, actor: ChangeActor | null, now: Date): void {
    const current = shown(state, this.#known);
    for (const id of new Set([...this.#known.keys(), ...current.keys()])) {
      const before = this.#known.get(id);
      const after = current.get(id);
      const followed = after ?? before;
      if (followed === undefined || before === after) continue;
      const changes = differences(before?.body ?? {}, after?.body ?? {});
      if (Object.keys(changes).length === 0) continue;
      const deleted = after === undefined;
      state.changes.push({
        name: randomUUID(),
        targetResourceId: id,
        targetResourceType: followed.type.toLowerCase(),
        changeType: deleted ? 'Delete' : before === undefined ? 'Create' : 'Update',
        at: now.toISOString(),
        ...actorIn(state, actor?.principalId ?? null, followed.body),
        clientType: clients.find(([agent]) => agent.test(actor?.userAgent ?? ''))?.[1] ?? null,
        operation: `${followed.type}/${deleted ? 'delete' : 'write'}`,
        correlationId: actor?.correlationId ?? randomUUID(),
        changes: deleted ? {} : changes,
      });
    }
    this.#known = current;
    const oldest = now.getTime() - keptMs;
    if (state.changes.some(({ at }) => Date.parse(at) < oldest))
      state.changes = state.changes.filter(({ at }) => Date.parse(at) >= oldest);
  }
}

/** A row of the table, in the shape of Microsoft's page. */
export function changeRow({ tenantId }: SimulatorState, change: ResourceChange): Row {
  const { name, targetResourceId, targetResourceType, changeType, at, changes, clientType, ...actor } = change;
  const [, , subscriptionId = '', , resourceGroup = ''] = targetResourceId.split('/');
  return {
    id: `${targetResourceId}/providers/Microsoft.Resources/changes/${name}`,
    name,
    tenantId,
    subscriptionId,
    type: 'microsoft.resources/changes',
    resourceGroup: resourceGroup.toLowerCase(),
    location: '',
    properties: {
      targetResourceId,
      targetResourceType,
      changeType,
      changes,
      changeAttributes: {
        changedBy: actor.changedBy,
        changedByType: actor.changedByType,
        ...(clientType === null ? {} : { clientType }),
        operation: actor.operation,
        correlationId: actor.correlationId,
        timestamp: at,
        changesCount: Object.keys(changes).length,
      },
    },
  };
}

/** The row by which it is known whether the caller can read the change: that of the changed resource. */
export const targetRow = ({ targetResourceId, targetResourceType }: ResourceChange): Row => {
  const [, , subscriptionId = '', , resourceGroup = ''] = targetResourceId.split('/');
  return { id: targetResourceId, type: targetResourceType, subscriptionId, resourceGroup: resourceGroup.toLowerCase() };
};
