/** Azure healthcare agent services: reads, writes and the polling of operations. */

import { createHash } from 'node:crypto';
import { Refusal, type Reply, reply } from '../../http.ts';
import { healthBotVersions } from '../arm/api-versions.ts';
import { identityAssignAction, requireLinked } from '../arm/authorization.ts';
import { requireSameLocation, resourceNotFound } from '../arm/existence.ts';
import { agentType, named, plainLocation, sameId } from '../arm/ids.ts';
import { armRoutes, type Call, listedIn, param, placeOf, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { pageOf } from '../lists.ts';
import type { AgentContent, AgentOperation, HealthBot } from '../state/agents.ts';
import { createdBy, modifiedBy } from '../state/fields.ts';
import { agentBody } from './agent-body.ts';
import { AgentPatch, AgentPut, patched, payloadRefused, replaced } from './agent-content.ts';
import { finish, isBusy, newEtag, startOperation } from './operations.ts';

const statusPath = (operation: AgentOperation): string =>
  `/providers/Microsoft.HealthBot/locations/${operation.location.toUpperCase()}/operationStatuses/${operation.id}`;

const noise = (seed: string, bytes: number): string =>
  createHash('shake256', { outputLength: bytes }).update(seed).digest('base64url');

/** Returns the poll address with a signature of about 4 kB, as the real provider's (recorded 2026-02-18). It isn't verified here. */
const statusUrl = (call: Call, operation: AgentOperation): string => {
  const signature = `t=${Date.parse(operation.startTime)}&c=${noise(`c${operation.id}`, 2_200)}&s=${noise(`s${operation.id}`, 256)}&h=${noise(`h${operation.id}`, 32)}`;
  return `${call.world.url}${statusPath(operation)}?api-version=${call.incoming.query.get('api-version')}&${signature}`;
};

/** Status and members as recorded: `Working`, then `Succeeded` with null properties. A failed poll was never recorded. */
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
    throw Refusal.of(404, 'OperationNotFound', `The operation '${param(call, 'id')}' could not be found.`);
  }
  if (found.deletes && found.status === 'Working') {
    // Recorded 2026-02-18: each answer has a new signature.
    const url = statusUrl(call, { ...found, startTime: call.now.toISOString() });
    return reply(202, statusBody(found), { 'azure-asyncoperation': url, location: url });
  }
  const etag = `"${noise(`${found.id}${found.status}`, 12)}"`;
  return reply(200, statusBody(found), { etag, 'x-ms-operation-identifier': '' });
};

const findAgent = (call: Call): HealthBot | undefined => call.world.state.agents.find(named(placeOf(call)));

const requireAgent = (call: Call): HealthBot => {
  const agent = findAgent(call);
  if (agent === undefined) throw resourceNotFound(call.incoming.path);
  return agent;
};

/** Code and text from memory. */
const requireIdle = (call: Call, agent: HealthBot): void => {
  if (!isBusy(call.world.state, agent)) return;
  const message =
    'The request could not be completed because another write operation is in progress on this resource. Please retry later.';
  throw Refusal.of(409, 'ConflictingConcurrentWriteNotAllowed', message);
};

const requireIdentityRights = (call: Call, content: AgentContent): void => {
  const ids = content.identity?.userAssignedIds ?? [];
  requireLinked(call, `${agentType}/write`, identityAssignAction, ids);
  if (ids.length > 0) call.trace.actions.add(identityAssignAction);
};

const providerHeaders = { 'x-ms-providerhub-traffic': 'True' };

/** Answers PATCH and PUT: 201 without Location and Retry-After, as recorded; after such a fault 200, at the end. */
const accepted = (call: Call, agent: HealthBot, before: AgentContent | null, triesKey: boolean): Reply => {
  const { state, latency } = call.world;
  agent.systemData = modifiedBy(agent.systemData, call.caller.appId, call.now);
  const operation = startOperation(state, latency, { agent, before, triesKey }, call.incoming.operationFault, call.now);
  if (operation.ending.answersAtOnce) {
    operation.dueAt = call.now.toISOString();
    finish(state, latency, operation, call.now);
    return reply(200, agentBody(state, agent), { ...providerHeaders, etag: agent.etag });
  }
  return reply(201, agentBody(state, agent), {
    ...providerHeaders,
    'azure-asyncoperation': statusUrl(call, operation),
    'x-ms-async-operation-timeout': 'P6D',
    etag: agent.etag,
  });
};

const patchAgent = (call: Call): Reply => {
  const agent = requireAgent(call);
  const patch = parseBody(AgentPatch, call.incoming.body, payloadRefused);
  requireConditions(call, agent.etag);
  requireIdle(call, agent);
  const before = structuredClone(agent.content);
  const content = patched(call.world.state, before, patch);
  if (patch.identity) requireIdentityRights(call, content);
  agent.content = content;
  return accepted(call, agent, before, Boolean(patch.properties?.keyVaultProperties));
};

const putAgent = (call: Call): Reply => {
  const put = parseBody(AgentPut, call.incoming.body, payloadRefused);
  const existing = findAgent(call);
  requireSameLocation(existing, put.location);
  requireConditions(call, existing?.etag ?? null);
  if (existing !== undefined) requireIdle(call, existing);
  const before = existing === undefined ? null : structuredClone(existing.content);
  const content = replaced(call.world.state, before, put);
  requireIdentityRights(call, content);
  const agent = existing ?? {
    ...placeOf(call),
    location: plainLocation(put.location),
    etag: newEtag(),
    provisioningState: 'Accepted',
    content,
    systemData: createdBy(call.caller.appId, call.now),
  };
  agent.content = content;
  if (existing === undefined) call.world.state.agents.push(agent);
  return accepted(call, agent, before, content.keyVaultProperties !== null);
};

const getAgent = (call: Call): Reply => {
  const agent = requireAgent(call);
  return reply(200, agentBody(call.world.state, agent), { ...providerHeaders, etag: agent.etag });
};

const listAgents = (call: Call): Reply => {
  const value = listedIn(call, call.world.state.agents).map((one) => agentBody(call.world.state, one));
  return reply(200, pageOf(call, value), providerHeaders);
};

/**
 * Answers 202 with the same address in both headers, and then polls with `Deleting` (recorded 2026-02-18); 204 for an
 * unknown agent (the description). The agent stays readable until the end.
 */
const deleteAgent = (call: Call): Reply => {
  const agent = findAgent(call);
  requireConditions(call, agent?.etag ?? null);
  if (agent === undefined) return reply(204);
  requireIdle(call, agent);
  const { state, latency } = call.world;
  const write = { agent, before: structuredClone(agent.content), triesKey: false };
  const operation = startOperation(state, latency, write, call.incoming.operationFault, call.now);
  operation.deletes = true;
  agent.provisioningState = 'Deleting';
  const url = statusUrl(call, operation);
  return reply(202, undefined, { 'azure-asyncoperation': url, location: url, ...providerHeaders });
};

const agentRoute = armRoutes(healthBotVersions, agentType);

const inGroup = `/subscriptions/{sub}/resourceGroups/{group}/providers/${agentType}`;

export const healthBotRoutes: readonly Route[] = [
  agentRoute('GET', `/subscriptions/{sub}/providers/${agentType}`, 'read', listAgents),
  agentRoute('GET', inGroup, 'read', listAgents),
  agentRoute('GET', `${inGroup}/{name}`, 'read', getAgent),
  agentRoute('PATCH', `${inGroup}/{name}`, 'write', patchAgent),
  agentRoute('PUT', `${inGroup}/{name}`, 'write', putAgent),
  agentRoute('DELETE', `${inGroup}/{name}`, 'delete', deleteAgent),
  agentRoute('GET', '/providers/Microsoft.HealthBot/locations/{location}/operationStatuses/{id}', null, getStatus),
];

/** Checks `If-Match` and `If-None-Match` (RFC 9110); `etag` is null for a new resource. Code and text from memory. */
const requireConditions = ({ incoming, world }: Call, etag: string | null): void => {
  if (!world.state.settings.agentsHeedConditions) return;
  const { 'if-match': match, 'if-none-match': noneMatch } = incoming.headers;
  const fits = (header: string): boolean => etag !== null && (header === '*' || header.split(/ *, */).includes(etag));
  if ((match === undefined || fits(match)) && (noneMatch === undefined || !fits(noneMatch))) return;
  throw Refusal.of(412, 'PreconditionFailed', 'The condition specified using HTTP conditional header(s) is not met.');
};
