/**
 * Change records of Resource Graph, table `resourcechanges`: who changed what, with which client, for 14 days. Microsoft's page
 * "Get resource changes" has their shape; the records are there within five minutes.
 */
import { z } from 'zod';
import { done, type Outcome } from '../domain/failure.ts';
import { type ArmId, armIdParts } from '../domain/ids.ts';
import type { ChangeRecord, Changes } from '../domain/ports/azure.ts';
import { concerns } from '../domain/watch/causes.ts';
import type { AzureClients } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { kqlString } from './kql.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

const Row = z.object({
  properties: z.object({
    targetResourceId: z.string(),
    changeType: z.string(),
    changeAttributes: z.object({
      timestamp: z.string(),
      changedBy: text,
      changedByType: text,
      clientType: text,
      operation: text,
      correlationId: text,
    }),
    changes: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const mostRecords = 50;
const longestId = 1_000;

const queryFor = (id: ArmId): string =>
  [
    'resourcechanges',
    `where tostring(properties.targetResourceId) =~ ${kqlString(id, longestId)}`,
    'project properties, at=tostring(properties.changeAttributes.timestamp)',
    'order by at desc',
    `limit ${mostRecords}`,
  ].join(' | ');

const Recorded = Row.transform(({ properties }): ChangeRecord => {
  const { targetResourceId, changeType, changeAttributes, changes } = properties;
  const { timestamp, changedBy, changedByType, clientType, operation, correlationId } = changeAttributes;
  return {
    source: 'resource-graph',
    target: targetResourceId,
    at: new Date(timestamp).toISOString(),
    by: changedBy,
    byType: changedByType,
    clientType,
    operation,
    correlationId,
    changeType,
    properties: Object.keys(changes ?? {}),
  };
});

function graphChanges(connection: Connection): Changes['since'] {
  const of = (id: ArmId): Promise<Outcome<readonly ChangeRecord[]>> =>
    connection.call('reading who changed a resource', async (clients) => {
      const subscriptions = [armIdParts(id).subscriptionId];
      const options = { top: mostRecords, resultFormat: 'objectArray' as const };
      const answer = await clients.resourceGraph().resources({ subscriptions, query: queryFor(id), options });
      const rows = z.array(z.unknown()).parse(answer.data);
      // Records of another shape are left out: one odd record must not hide the others.
      return rows.flatMap((row) => Recorded.safeParse(row).data ?? []);
    });
  return async (ids, since) => {
    const read = await recordsOfEach(ids, of);
    return read.ok ? done(read.value.filter(({ at }) => Date.parse(at) >= since.getTime())) : read;
  };
}

async function recordsOfEach(
  ids: readonly ArmId[],
  read: (id: ArmId) => Promise<Outcome<readonly ChangeRecord[]>>,
): Promise<Outcome<readonly ChangeRecord[]>> {
  const all: ChangeRecord[] = [];
  for (const id of ids) {
    const found = await read(id);
    if (!found.ok) return found;
    all.push(...found.value);
  }
  return done(all);
}

// Azure's Activity Log (Microsoft.Insights 2015-04-01, "Activity Logs - List"): who sent which write to Azure Resource Manager, for
// 90 days. Events come 3 to 20 minutes late. It has role assignments, which Resource Graph's change records don't have, and no
// properties.

const named = z.object({ value: z.string() });

const Event = z.object({
  resourceId: z.string(),
  eventTimestamp: z.string(),
  operationName: named,
  status: named,
  caller: z.string().nullish(),
  correlationId: z.string().nullish(),
});

const mostEvents = 500;
const fields = 'caller,correlationId,eventTimestamp,operationName,resourceId,status';

/** Events of the whole resource group: the vault's own lack role assignments on a key or on the group. Its name comes from a validated ID. */
function pathFor(id: ArmId, since: Date, until: Date): string {
  const { subscriptionId, resourceGroup } = armIdParts(id);
  const filter = [
    `eventTimestamp ge '${since.toISOString()}'`,
    `eventTimestamp le '${until.toISOString()}'`,
    `resourceGroupName eq '${resourceGroup}'`,
  ].join(' and ');
  const query = new URLSearchParams({ 'api-version': '2015-04-01', $filter: filter, $select: fields });
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values?${query}`;
}

/** People are named by an address, applications by an ID. */
function recordOf({
  resourceId,
  eventTimestamp,
  operationName,
  caller,
  correlationId,
}: z.infer<typeof Event>): ChangeRecord {
  const by = caller || null;
  return {
    source: 'activity-log',
    target: resourceId,
    at: new Date(eventTimestamp).toISOString(),
    by,
    clientType: null,
    byType: by === null ? null : by.includes('@') ? 'User' : 'Application',
    operation: operationName.value,
    correlationId: correlationId || null,
    changeType: operationName.value,
    properties: [],
  };
}

async function eventsOf(clients: AzureClients, id: ArmId, since: Date): Promise<readonly ChangeRecord[]> {
  const found: ChangeRecord[] = [];
  let left = mostEvents;
  for await (const item of clients.plain.list(pathFor(id, since, new Date()))) {
    const event = Event.safeParse(item).data;
    if (event?.status.value === 'Succeeded' && concerns(event.resourceId, id)) found.push(recordOf(event));
    left -= 1;
    if (left === 0) break;
  }
  return found;
}

function activityLog(connection: Connection): Changes['activity'] {
  const read = (id: ArmId, since: Date) =>
    connection.call('reading the activity log', (clients) => eventsOf(clients, id, since), { optional: true });
  return (ids, since) => recordsOfEach(ids, (id) => read(id, since));
}

export const azureChanges = (connection: Connection): Changes => ({
  since: graphChanges(connection),
  activity: activityLog(connection),
});
