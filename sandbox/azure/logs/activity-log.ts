/**
 * The Activity Log (Microsoft.Insights 2015-04-01): writes to Azure Resource Manager, in the shape of Microsoft's "Activity
 * Logs - List". Calls to vaults aren't in it.
 */

import { v5 as uuid } from 'uuid';
import { Refusal, type Reply, reply } from '../../http.ts';
import { subscriptionScope, within } from '../arm/ids.ts';
import { armRoutes, type Call, param, type Route } from '../http.ts';
import { later, reached } from '../latency.ts';
import { pageOf } from '../lists.ts';
import type { RequestRecord } from '../request-log.ts';
import type { SimulatorState } from '../state/schema.ts';

/** The patterns of the description that are used. A part that is ignored would change the result. */
const patterns =
  /^eventTimestamp ge '([^']+)' and eventTimestamp le '([^']+)'(?: and (resourceGroupName|resourceUri) eq '([^']+)')?$/;

/** That other filters are refused is Microsoft's; code and text are invented. */
const badFilter = (filter: string) =>
  Refusal.of(400, 'BadRequest', `The filter '${filter}' isn't one that the Activity Log takes.`);

/** People by address, applications by object ID. */
const callerName = ({ users }: SimulatorState, principalId: string): string =>
  users.find(({ id }) => id === principalId)?.mail ?? principalId;

const named = (value: string) => ({ value, localizedValue: value });

/** Clients that put a scope into a path can send two slashes. */
const pathOf = ({ url }: RequestRecord): string => decodeURI(new URL(url).pathname).replace(/^\/+/, '/');

/** The last permission that a write used is the operation. What used none was refused before, and has no event here. */
const operationOf = ({ method, actions }: RequestRecord): string | undefined =>
  /^(PUT|PATCH|DELETE)$/.test(method) ? actions.findLast((action) => /\/(write|delete)$/i.test(action)) : undefined;

/** The ID of a write, in both records of it. It stays the same. */
export const correlationOf = ({ at, method, url }: Pick<RequestRecord, 'at' | 'method' | 'url'>): string =>
  uuid(`${at} ${method} ${url}`, uuid.URL);

function eventOf({ world }: Call, record: RequestRecord, operation: string, submitted: string) {
  const { at, url, principalId, status, clientRequestId } = record;
  const resourceId = pathOf(record);
  const [, , subscriptionId = '', , resourceGroupName = ''] = resourceId.split('/');
  const id = correlationOf(record);
  return {
    id: `${resourceId}/events/${id}/ticks/${Date.parse(at)}`,
    eventDataId: id,
    correlationId: id,
    operationId: id,
    resourceId,
    subscriptionId,
    resourceGroupName,
    tenantId: world.state.tenantId,
    eventTimestamp: at,
    submissionTimestamp: submitted,
    level: 'Informational',
    caller: callerName(world.state, principalId ?? ''),
    operationName: named(operation),
    category: named('Administrative'),
    resourceProviderName: named(operation.split('/')[0] ?? ''),
    status: named(status < 400 ? 'Succeeded' : 'Failed'),
    authorization: { action: operation, scope: resourceId },
    httpRequest: { clientRequestId, method: record.method, uri: url },
  };
}

function listEvents(call: Call): Reply {
  const { world, incoming, now } = call;
  const filter = incoming.query.get('$filter') ?? '';
  const [whole, from = '', to = '', kind, value = ''] = patterns.exec(filter) ?? [];
  if (whole === undefined) throw badFilter(filter);
  const subscription = subscriptionScope(param(call, 'sub'));
  const scope =
    kind === 'resourceGroupName' ? `${subscription}/resourceGroups/${value}` : (kind && value) || subscription;
  const delay = world.state.settings.logs.takesMs ?? world.latency.activityLog;
  const fields = incoming.query.get('$select')?.split(',');
  const found = world.requests.all().flatMap((record) => {
    const operation = operationOf(record);
    const submitted = later(new Date(record.at), delay);
    if (operation === undefined || record.principalId === null || !reached(submitted, now)) return [];
    const isIn = record.at >= from && record.at <= to && within(pathOf(record), scope);
    return isIn ? [eventOf(call, record, operation, submitted)] : [];
  });
  const { value: page, nextLink } = pageOf(call, found.reverse());
  const shown = page.map((event) =>
    fields === undefined ? event : Object.fromEntries(Object.entries(event).filter(([name]) => fields.includes(name))),
  );
  return reply(200, { value: shown, ...(nextLink === undefined ? {} : { nextLink }) });
}

const route = armRoutes(['2015-04-01'], 'Microsoft.Insights/eventtypes/values');
const pattern = '/subscriptions/{sub}/providers/Microsoft.Insights/eventtypes/management/values';

export const activityLogRoutes: readonly Route[] = [route('GET', pattern, 'read', listEvents)];
