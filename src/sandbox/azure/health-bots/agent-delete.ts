import { type Reply, reply } from '../http/reply.ts';
import type { Call } from '../http/router.ts';
import type { HealthBot } from '../state/schema-agents.ts';
import { statusUrl } from './operation-status.ts';
import { startOperation } from './operations.ts';

/**
 * 202 with the same address twice, and a poll that says `Deleting` (recorded 2026-02-18); 204 for an agent that there is not
 * (the description). The agent can be read until the end.
 */
export const deleteAgent = (call: Call, agent: HealthBot | undefined): Reply => {
  if (agent === undefined) return reply(204);
  const { state, latency } = call.world;
  const write = { agent, before: structuredClone(agent.content), triesKey: false };
  const operation = startOperation(state, latency, write, call.incoming.operationFault, call.now);
  operation.deletes = true;
  agent.provisioningState = 'Deleting';
  const url = statusUrl(call, operation, call.incoming.query.get('api-version') ?? '2025-11-01');
  return reply(202, undefined, { 'azure-asyncoperation': url, location: url, 'x-ms-providerhub-traffic': 'True' });
};
