/** Azure Resource Graph: who can read which rows, and the answer to a query. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { resourceGraphVersions } from '../arm/api-versions.ts';
import { callerHolds, holdsAnyIn } from '../arm/authorization.ts';
import { agentType, sameId, subscriptionScope, vaultType } from '../arm/ids.ts';
import { armRoutes, type Call, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { type Resource, type Row, resourcesIn } from '../resources.ts';
import { changeRow, targetRow } from './change-records.ts';
import { graphRefusal, parseQuery, type Query, runQuery } from './query.ts';

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
