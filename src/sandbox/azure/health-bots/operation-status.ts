import { createHash } from 'node:crypto';
import { healthBotVersions } from '../arm/api-versions.ts';
import { sameId } from '../arm/ids.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { AgentOperation } from '../state/schema-agents.ts';

const statusPath = (operation: AgentOperation): string =>
  `/providers/Microsoft.HealthBot/locations/${operation.location.toUpperCase()}/operationStatuses/${operation.id}`;

const noise = (seed: string, bytes: number): string =>
  createHash('shake256', { outputLength: bytes }).update(seed).digest('base64url');

/**
 * Returns the poll address with a signature of about 4 kB, as the real provider's (recorded 2026-02-18). It isn't
 * verified here.
 */
export const statusUrl = (call: Call, operation: AgentOperation, version: string): string => {
  const signature = `t=${Date.parse(operation.startTime)}&c=${noise(`c${operation.id}`, 2_200)}&s=${noise(`s${operation.id}`, 256)}&h=${noise(`h${operation.id}`, 32)}`;
  return `${call.world.url}${statusPath(operation)}?api-version=${version}&${signature}`;
};

/**
 * Status and members as recorded: `Working`, then `Succeeded` with null properties. A failed poll was never recorded.
 */
const statusBody = (operation: AgentOperation) => ({
  id: statusPath(operation),
  name: operation.id,
  resourceId: operation.agentId,
  status: operation.deletes && operation.status === 'Working' ? 'Deleting' : operation.status,
  startTime: operation.startTime,
  ...(operation.endTime === null ? {} : { endTime: operation.endTime }),
  ...(operation.status === 'Succeeded' ? { properties: null } : {}),
  ...(operation.error === null ? {} : { error: operation.error }),
});

const getStatus = (call: Call): Reply => {
  const found = call.world.state.operations.find((one) => sameId(one.id, param(call, 'id')));
  if (found === undefined) {
    throw armRefusal(404, 'OperationNotFound', `The operation '${param(call, 'id')}' could not be found.`);
  }
  if (found.deletes && found.status === 'Working') {
    // Recorded 2026-02-18: each answer has a new signature.
    const url = statusUrl(
      call,
      { ...found, startTime: call.now.toISOString() },
      call.incoming.query.get('api-version') ?? '',
    );
    return reply(202, statusBody(found), { 'azure-asyncoperation': url, location: url });
  }
  const etag = `"${noise(`${found.id}${found.status}`, 12)}"`;
  return reply(200, statusBody(found), { etag, 'x-ms-operation-identifier': '' });
};

const route = armRoutes(healthBotVersions, 'Microsoft.HealthBot');
const pattern = '/providers/Microsoft.HealthBot/locations/{location}/operationStatuses/{id}';

export const operationStatusRoutes: readonly Route[] = [route('GET', pattern, null, getStatus)];
