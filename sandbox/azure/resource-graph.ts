/** Azure Resource Graph: tables, queries, pages, and records of changes. */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { resourceGraphVersions } from './arm/api-versions.ts';
import { callerHolds, holdsAnyIn } from './arm/authorization.ts';
import { agentType, sameId, subscriptionScope, vaultType } from './arm/ids.ts';
import { armRoutes, type Call, type Route } from './http.ts';
import { parseBody } from './incoming.ts';
import { type Resource, type Row, resourcesIn } from './resources.ts';
import { type ResourceChange, type SimulatorState, SystemData } from './state/schema.ts';

// The queries that are served: `resources` or `resourcechanges`, then `where`, `project`, `order by` and `limit` in
// the forms that the product sends. Refuses everything else: ignoring a part would change the result.

type Stage = (rows: readonly Row[]) => readonly Row[];

interface Query {
  readonly table: 'resources' | 'resourcechanges';
  readonly stages: readonly Stage[];
}

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
const lower = (value: unknown): string => asText(value).toLowerCase();

const functions: Readonly<Record<string, (value: unknown) => unknown>> = {
  '': (value) => value,
  tostring: asText,
  tobool: (value) => (asText(value) === '' ? null : lower(value) === 'true'),
  toint: (value) => (asText(value) === '' || Number.isNaN(Number(value)) ? null : Number(value)),
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : null;

/** A path, or a function of one: `tostring(properties.x)`. */
const valueForm = String.raw`(?:(tostring|tobool|toint)\()?([A-Za-z_][\w.]*)\)?`;
const readerOf =
  (convert = '', path = '') =>
  (row: Row): unknown =>
    functions[convert]?.(path.split('.').reduce<unknown>(memberOf, row));

const literal = String.raw`'(?:[^'\\\r\n]|\\['"\\])*'`;
const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

/** Text comparison ignores case. */
const inOrder = (a: unknown, b: unknown): number => (lower(a) < lower(b) ? -1 : lower(a) > lower(b) ? 1 : 0);

const forms: readonly (readonly [RegExp, (...parts: string[]) => Stage])[] = [
  [
    new RegExp(`^where ${valueForm} (=~|contains) (${literal})$`),
    (convert, path, operator, text = '') => {
      const wanted = lower(unquoted(text));
      const fits = (value: string) => (operator === '=~' ? value === wanted : value.includes(wanted));
      return (rows) => rows.filter((row) => fits(lower(readerOf(convert, path)(row))));
    },
  ],
  [
    new RegExp(`^where ${valueForm} in~ \\((${literal}(?:, ${literal})*)\\)$`),
    (convert, path, list = '') => {
      const wanted = new Set(list.match(new RegExp(literal, 'g'))?.map((text) => lower(unquoted(text))));
      return (rows) => rows.filter((row) => wanted.has(lower(readerOf(convert, path)(row))));
    },
  ],
  [
    new RegExp(`^project (\\w+(?:=${valueForm})?(?:, \\w+(?:=${valueForm})?)*)$`),
    (list = '') => {
      const columns = list.split(', ').map((one) => {
        const [, name = '', convert, path] = new RegExp(`^(\\w+)(?:=${valueForm})?$`).exec(one) ?? [];
        return [name, readerOf(convert, path ?? name)] as const;
      });
      return (rows) => rows.map((row) => Object.fromEntries(columns.map(([name, value]) => [name, value(row)])));
    },
  ],
  [
    /^order by (\w+) (asc|desc)$/,
    (column = '', direction) => {
      const sign = direction === 'asc' ? 1 : -1;
      return (rows) => [...rows].sort((a, b) => sign * inOrder(a[column], b[column]));
    },
  ],
  [/^limit (\d+)$/, (count) => (rows) => rows.slice(0, Number(count))],
];

const supportText = (): string =>
  `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`;

/** Resource Graph's refusals, in the shape of public reports. The last detail has the cause. */
const graphRefusal = (
  [status, code]: readonly [number, string],
  cause: readonly [code: string, message: string],
  headers: Readonly<Record<string, string>> = {},
): Refusal => Refusal.of(status, code, supportText(), { details: [{ code: cause[0], message: cause[1] }] }, headers);

function stageOf(text: string): Stage {
  for (const [form, stage] of forms) {
    const found = form.exec(text);
    if (found !== null) return stage(...found.slice(1));
  }
  throw graphRefusal([400, 'BadRequest'], ['InvalidQuery', `The Azure simulator doesn’t take this part: ${text}`]);
}

/** Splits at a bar outside of literals. */
export function parseQuery(query: string): Query {
  const [table = '', ...parts] = query.split(/ \| (?=(?:[^'\\]|\\.|'(?:[^'\\]|\\.)*')*$)/);
  if (table !== 'resources' && table !== 'resourcechanges')
    throw graphRefusal([400, 'BadRequest'], ['InvalidQuery', `There is no table ${table}.`]);
  return { table, stages: parts.map(stageOf) };
}

export const runQuery = (query: Query, rows: readonly Row[]): readonly Row[] =>
  query.stages.reduce((left, stage) => stage(left), rows);

// Records what changed on agents, vaults and storage accounts, and by whose token: for the table `resourcechanges`.

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
function changeRow({ tenantId }: SimulatorState, change: ResourceChange): Row {
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
const targetRow = ({ targetResourceId, targetResourceType }: ResourceChange): Row => {
  const [, , subscriptionId = '', , resourceGroup = ''] = targetResourceId.split('/');
  return { id: targetResourceId, type: targetResourceType, subscriptionId, resourceGroup: resourceGroup.toLowerCase() };
};

interface CachedQuery {
  /** Caller and query: a token is valid only for the same query. */
  readonly of: string;
  readonly rows: readonly Row[];
}

const maxCached = 5;
const token = /^row:(\d+):(\d+):([0-9a-f]{12})$/;

/** The last query results, for their later pages, in memory. For an unknown token, the current state answers. */
export class GraphPages {
  private readonly cached = new Map<string, CachedQuery>();

  /** Returns the position of a token; null if it isn't one. */
  read(sent: string) {
    const [, start, size, id] = token.exec(Buffer.from(sent, 'base64url').toString('utf8')) ?? [];
    return id === undefined ? null : { start: Number(start), size: Number(size), id };
  }

  rows(id: string | null, of: string, find: () => readonly Row[]): readonly Row[] {
    const cached = id === null ? undefined : this.cached.get(id);
    return cached?.of === of ? cached.rows : find();
  }

  /** Returns a token for the page of this size that starts at `start`. */
  next(id: string | null, cached: CachedQuery, start: number, size: number): string {
    const key = id ?? randomBytes(6).toString('hex');
    this.cached.set(key, cached);
    for (const oldest of this.cached.keys()) {
      if (this.cached.size <= maxCached) break;
      this.cached.delete(oldest);
    }
    return Buffer.from(`row:${start}:${size}:${key}`).toString('base64url');
  }
}

/** Strict: ignoring a management group or an option would change the result. */
const Request = z.strictObject({
  subscriptions: z.array(z.string()).optional(),
  query: z.string(),
  options: z
    .strictObject({
      $top: z.number().int().min(1).max(1000).optional(),
      $skip: z.number().int().min(0).optional(),
      $skipToken: z.string().optional(),
      resultFormat: z.literal('objectArray').optional(),
      // Has an effect only with more subscriptions than there are here.
      allowPartialScopes: z.boolean().optional(),
    })
    .optional(),
});

/** Types and groups are in lower case, and there is no creation time (a known gap of the real Resource Graph). */
const rowOf = (call: Call, { subscriptionId, resourceGroup, type, body }: Resource): Row => {
  const { systemData: _, ...rest } = body();
  const lowerType = type.toLowerCase();
  const lowerGroup = resourceGroup.toLowerCase();
  return { ...rest, type: lowerType, tenantId: call.world.state.tenantId, subscriptionId, resourceGroup: lowerGroup };
};

/** A row needs read permission on its resource, as Microsoft documents. The query itself needs no documented permission. */
const readActions = new Map([agentType, vaultType].map((type) => [type.toLowerCase(), `${type}/read`]));

/** Returns a test for readable rows. Caches the permission of each resource group, which covers everything in it. */
const readableBy = (call: Call): ((row: Row) => boolean) => {
  const known = new Map<string, boolean>();
  return (row) => {
    const action = readActions.get(String(row.type)) ?? `${row.type}/read`;
    const group = `${subscriptionScope(String(row.subscriptionId))}/resourceGroups/${row.resourceGroup}`;
    const key = `${action} ${group}`;
    const inGroup = known.get(key) ?? callerHolds(call, action, group);
    known.set(key, inGroup);
    return inGroup || callerHolds(call, action, String(row.id));
  };
};

/** Adds the read actions of the resource types in the result to the request log. */
const traceReads = (call: Call, query: Query, rows: readonly Row[]): void => {
  for (const [type, action] of readActions) {
    const shownRows = runQuery(
      query,
      rows.filter((row) => row.type === type),
    );
    if (shownRows.length > 0) call.trace.actions.add(action);
  }
};

/** Returns the type that the query selects first, so that rows of other types aren't built. Null if it doesn't. */
const onlyType = (query: string): string | null =>
  /^resources \| where type =~ '([a-z./]+)' \|/i.exec(query)?.[1]?.toLowerCase() ?? null;

const resourceRows = (call: Call, only: string | null): readonly Row[] =>
  resourcesIn(call.world.state, call.world.graphIndex.read(call.world.state, call.now))
    .filter(({ type }) => only === null || sameId(only, type))
    .map((one) => rowOf(call, one));

/** That one unreadable subscription refuses the whole query is from memory. */
const requireReadable = (call: Call, subscriptions: readonly string[]): void => {
  const { world, caller, now } = call;
  const readable = (id: string) => holdsAnyIn(world.state, caller.principalId, subscriptionScope(id), now);
  if (!subscriptions.every(readable)) {
    const cause = 'Access is denied to the requested resource. The user might not have enough permission.';
    throw graphRefusal([403, 'AccessDenied'], ['AccessDenied', cause]);
  }
};

const findRows = (call: Call, request: z.infer<typeof Request>, query: Query): readonly Row[] => {
  const wanted = request.subscriptions;
  const asked = new Set(wanted?.map((id) => id.toLowerCase()));
  const isAsked = ({ subscriptionId }: Row): boolean =>
    wanted === undefined || asked.has(String(subscriptionId).toLowerCase());
  const readable = readableBy(call);
  if (query.table === 'resourcechanges') {
    const { state } = call.world;
    const known = state.changes.filter((change) => readable(targetRow(change)));
    return runQuery(query, known.map((change) => changeRow(state, change)).filter(isAsked));
  }
  const within = resourceRows(call, onlyType(request.query)).filter((row) => isAsked(row) && readable(row));
  traceReads(call, query, within);
  return runQuery(query, within);
};

const firstPage = { start: 0, size: 100, id: null };

/** Returns the rows that the caller can read, and doesn't reveal others. */
const runGraphQuery = (call: Call): Reply => {
  const quota = call.world.quotas.countQuery(call.world.state, call.caller.principalId, call.now);
  if (!quota.served) {
    // Only the quota headers say when to try again: there is no `Retry-After`.
    const cause =
      'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.';
    throw graphRefusal([429, 'RateLimiting'], ['RateLimiting', cause], quota.headers);
  }
  const request = parseBody(Request, call.incoming.body, 'BadRequest');
  const query = parseQuery(request.query);
  const wanted = request.subscriptions;
  requireReadable(call, wanted ?? []);
  const { $skipToken, $skip, $top } = request.options ?? {};
  const pages = call.world.graphPages;
  const at = $skipToken === undefined ? firstPage : pages.read($skipToken);
  if (at === null) throw Refusal.of(400, 'BadRequest', 'The skip token is invalid.');
  const of = JSON.stringify([call.caller.principalId, wanted, request.query]);
  const rows = pages.rows(at.id, of, () => findRows(call, request, query));
  // As Microsoft documents, both options override what the token holds.
  const start = $skip ?? at.start;
  const size = $top ?? at.size;
  const end = start + size;
  const data = rows.slice(start, end);
  const more = end < rows.length ? { $skipToken: pages.next(at.id, { of, rows }, end, size) } : {};
  const body = { totalRecords: rows.length, count: data.length, data, facets: [], resultTruncated: 'false', ...more };
  return reply(200, body, quota.headers);
};

const route = armRoutes(resourceGraphVersions, 'Microsoft.ResourceGraph');

export const resourceGraphRoutes: readonly Route[] = [
  route('POST', '/providers/Microsoft.ResourceGraph/resources', null, runGraphQuery),
];
