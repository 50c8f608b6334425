/**
 * Azure's Activity Log (Microsoft.Insights 2015-04-01, "Activity Logs - List"): who sent which write to Azure Resource Manager,
 * for 90 days. Events come 3 to 20 minutes late. It has role assignments, which Resource Graph's change records don't have, and
 * no properties.
 */
import { z } from 'zod';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import type { ChangeRecord } from '../../domain/ports/azure.ts';
import { concerns } from '../../domain/watch/causes.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';

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

/** Returns the reader of one resource's events. */
export const activityLog = (connection: Connection) => (id: ArmId, since: Date) =>
  connection.call('reading the activity log', (clients) => eventsOf(clients, id, since), { optional: true });
