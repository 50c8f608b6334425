/** Azure healthcare agent services: their bodies, long operations, and what the service checks of a customer- managed key. */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { healthBotVersions } from './arm/api-versions.ts';
import { identityAssignAction, requireLinked, requireSameLocation, resourceNotFound } from './arm/authorization.ts';
import { agentId, agentType, keyId, named, plainLocation, sameId, vaultId } from './arm/ids.ts';
import { type Fault, type Latency, later, type OperationEnding, reached } from './fault.ts';
import { armRoutes, type Call, listedIn, pageOf, param, placeOf, type Route } from './http.ts';
import { parseBody, spend } from './incoming.ts';
import { appliedAssignment, mayUse, refusalText } from './key-vault/arm.ts';
import { keyUseProblem } from './key-vault/data.ts';
import { findKey, findVersion } from './key-vault/keys.ts';
import type { World } from './server.ts';
import {
  type AgentCall,
  type AgentContent,
  type AgentIdentity,
  AgentOperation,
  createdBy,
  type HealthBot,
  type KeyVaultProperties,
  modifiedBy,
  ServicePrincipal,
  type SimulatorState,
  type Vault,
} from './state/schema.ts';

export const identityBody = (state: SimulatorState, identity: AgentIdentity) => {
  const assigned = identity.userAssignedIds.map((id) => {
    const known = state.userAssignedIdentities.find((one) => sameId(one.id, id));
    return [id, known === undefined ? {} : { principalId: known.principalId, clientId: known.clientId }];
  });
  return {
    type: identity.type,
    ...(identity.principalId === null ? {} : { principalId: identity.principalId, tenantId: state.tenantId }),
    ...(assigned.length === 0 ? {} : { userAssignedIdentities: Object.fromEntries(assigned) }),
  };
};

const keyBody = (key: KeyVaultProperties) => ({
  keyName: key.keyName,
  ...(key.keyVersion === null ? {} : { keyVersion: key.keyVersion }),
  keyVaultUri: key.keyVaultUri,
  ...(key.userIdentity === null ? {} : { userIdentity: key.userIdentity }),
});

/** Microsoft doesn't document if Azure shows a lost key in this way. */
const shownState = ({ provisioningState, lostKey }: HealthBot): string =>
  provisioningState === 'Succeeded' && lostKey ? 'Failed' : provisioningState;

/** The resource as recorded 2026-02-18 from the real provider: type in lower case, no `encryption` object. */
export const agentBody = (state: SimulatorState, agent: HealthBot) => {
  const { content } = agent;
  const { identity, keyVaultProperties: key } = content;
  return {
    id: agentId(agent),
    name: agent.name,
    type: 'microsoft.healthbot/healthbots',
    sku: { name: content.sku },
    location: agent.location,
    ...(content.tags === null ? {} : { tags: content.tags }),
    ...(identity === null ? {} : { identity: identityBody(state, identity) }),
    systemData: agent.systemData,
    properties: {
      botManagementPortalLink: `https://${agent.location}.healthbot.microsoft.com/account/${agent.name}-fprdctl`,
      accessControlMethod: 'AzureRBAC',
      ...(key === null ? {} : { keyVaultProperties: keyBody(key) }),
      provisioningState: shownState(agent),
    },
  };
};

/**
 * Accepted members, from the descriptions.
 * Read-only members are accepted and ignored, because clients send back what they read. Others are refused: the real
 * platform checks payloads against the description.
 */
export const IdentityBody = z.strictObject({
  type: z.enum(['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None']),
  principalId: z.string().nullish(),
  tenantId: z.string().nullish(),
  userAssignedIdentities: z.record(z.string(), z.looseObject({}).nullable()).nullish(),
});

const KeyBody = z.strictObject({
  keyName: z.string().min(1),
  keyVaultUri: z.string().min(1),
  keyVersion: z.string().nullable().default(null),
  userIdentity: z.string().nullable().default(null),
});

const Tier = z.strictObject({ name: z.enum(['F0', 'S1', 'C0', 'PES', 'C1']) });

const AgentPut = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  type: z.string().optional(),
  location: z.string(),
  systemData: z.unknown().optional(),
  tags: z.record(z.string(), z.string()).nullish(),
  sku: Tier,
  identity: IdentityBody.nullish(),
  properties: z
    .strictObject({
      provisioningState: z.string().nullish(),
      botManagementPortalLink: z.string().nullish(),
      accessControlMethod: z.string().nullish(),
      keyVaultProperties: KeyBody.nullish(),
    })
    .nullish(),
});
const AgentPatch = AgentPut.partial({ location: true, sku: true });
type AgentPatch = z.infer<typeof AgentPatch>;
type AgentPut = z.infer<typeof AgentPut>;

/** Code of the platform's payload check (from memory). */
const payloadRefused = 'HttpRequestPayloadAPISpecValidationFailed';

/** Returns the user-assigned identities that a write names. Code `MissingIdentityIds` is from memory, the other invented. */
const namedIdentities = (state: SimulatorState, wanted: z.infer<typeof IdentityBody>): string[] => {
  if (!wanted.type.includes('UserAssigned')) return [];
  const ids = Object.entries(wanted.userAssignedIdentities ?? {}).flatMap(([id, value]) =>
    value === null ? [] : [id],
  );
  if (ids.length === 0) {
    const message = "The identity ids must not be null or empty for 'UserAssigned' identity type.";
    throw Refusal.of(400, 'MissingIdentityIds', message);
  }
  const missing = ids.find((id) => !state.userAssignedIdentities.some((one) => sameId(one.id, id)));
  if (missing === undefined) return ids;
  const message = `Identity operation failed: the identity '${missing}' was not found.`;
  throw Refusal.of(400, 'FailedIdentityOperation', message);
};

/** Returns the identity after a write: a system-assigned principal stays while its type stays, the rest is replaced. */
export const identityAfter = (
  state: SimulatorState,
  before: AgentIdentity | null,
  wanted: z.infer<typeof IdentityBody>,
): AgentIdentity => ({
  type: wanted.type,
  principalId: wanted.type.startsWith('SystemAssigned') ? (before?.principalId ?? null) : null,
  userAssignedIds: namedIdentities(state, wanted),
});

/** Applies a JSON merge patch: absent members stay, null removes. That null removes the key was never recorded. */
const patched = (state: SimulatorState, before: AgentContent, patch: AgentPatch): AgentContent => {
  const key = patch.properties?.keyVaultProperties;
  return {
    tags: patch.tags === undefined ? before.tags : patch.tags,
    sku: patch.sku?.name ?? before.sku,
    identity: patch.identity ? identityAfter(state, before.identity, patch.identity) : before.identity,
    keyVaultProperties: key === undefined ? before.keyVaultProperties : key,
  };
};

/** Applies a PUT: what it leaves out is removed. What it does to a key in the real service was never recorded. */
const replaced = (state: SimulatorState, before: AgentContent | null, put: AgentPut): AgentContent => ({
  tags: put.tags ?? null,
  sku: put.sku.name,
  identity: put.identity ? identityAfter(state, before?.identity ?? null, put.identity) : null,
  keyVaultProperties: put.properties?.keyVaultProperties ?? null,
});

// Simulates how the healthcare agent service tests a customer-managed key at the end of a write. No failed write of
// a key was ever recorded, so the code says nothing, and the reason is in words, those of Key Vault where it has some.

interface Problem {
  readonly code: string;
  readonly message: string;
}

const keyError = (message: string): Problem => ({ code: 'KeyVaultError', message });

const trimmed = (uri: string): string => uri.toLowerCase().replace(/\/+$/, '').replace(/:443$/, '');

/** Finds a vault by its address, with or without trailing slash, or by its host name below `vault.localhost`. */
export const vaultAt = (state: SimulatorState, uri: string): Vault | undefined =>
  state.vaults.find((vault) =>
    [`https://localhost:${vault.port}`, `https://${vault.name.toLowerCase()}.vault.localhost:${state.port}`].includes(
      trimmed(uri),
    ),
  );

const vaultProblem = (state: SimulatorState, vault: Vault, isTrusted = false): Problem | null => {
  const { name, tenantId, enableSoftDelete, enablePurgeProtection } = vault;
  if (!sameId(tenantId, state.tenantId)) return keyError(`The key vault '${name}' is in another tenant.`);
  if (!enableSoftDelete) return keyError(`Soft delete is not enabled on the key vault '${name}'.`);
  if (!enablePurgeProtection) return keyError(`Purge protection is not enabled on the key vault '${name}'.`);
  return isTrusted ? null : closedProblem(vault);
};

/** Microsoft's list of trusted services doesn't contain this service, so `bypass: AzureServices` doesn't help. */
const closedProblem = ({ name, publicNetworkAccess, networkAcls }: Vault): Problem | null => {
  if (publicNetworkAccess === 'Enabled' && networkAcls?.defaultAction !== 'Deny') return null;
  return keyError(
    `The key vault '${name}' answered: ForbiddenByFirewall. Client address is not authorized and caller is not a trusted service.`,
  );
};

type Right = 'get' | 'wrapKey' | 'unwrapKey';

/** To set a key, the agent needs all of these; to continue reading encrypted data, only `unwrapKey`. */
const toSet: readonly Right[] = ['get', 'wrapKey', 'unwrapKey'];
const toGoOn: readonly Right[] = ['unwrapKey'];

const noAccess = 'The identity of the resource may not use the key';

const accessProblem = (
  state: SimulatorState,
  vault: Vault,
  keyName: string,
  principalId: string,
  rights: readonly Right[],
  end: Date,
): Problem | null => {
  const use = { principalId, appId: principalId, kind: 'keys', name: keyName } as const;
  const missing = rights.find((right) => !mayUse(state, vault, { ...use, right }, end));
  if (missing === undefined) return null;
  const inner = refusalText(state, vault, { ...use, right: missing });
  return keyError(`${noAccess} '${keyId(vault, keyName)}'. Key Vault answered: ${JSON.stringify(inner)}`);
};

const keyProblem = (vault: Vault, wanted: KeyVaultProperties, rights: readonly Right[], end: Date): Problem | null => {
  const key = findKey(vault, wanted.keyName);
  const version = key && findVersion(key, wanted.keyVersion ?? '');
  if (version === undefined) {
    const name = [wanted.keyName, wanted.keyVersion].filter((part) => part !== null).join('/');
    return keyError(`A key with (name/id) ${name} was not found in this key vault.`);
  }
  for (const operation of rights) {
    const problem = operation === 'get' ? null : keyUseProblem(version, operation, end);
    if (problem !== null) return keyError(problem.message);
  }
  if (version.kty.startsWith('RSA')) return null;
  return keyError(`The key '${wanted.keyName}' has type '${version.kty}'; RSA is required.`);
};

/** A key, and the resource with the identity that uses it. */
interface KeyUse {
  readonly id: string;
  readonly identity: AgentIdentity | null;
  readonly key: KeyVaultProperties;
}

const principalOf = (state: SimulatorState, { identity, key: { userIdentity } }: KeyUse): string | null => {
  if (userIdentity === null || identity === null) return identity?.principalId ?? null;
  if (!identity.userAssignedIds.some((id) => sameId(id, userIdentity))) return null;
  return state.userAssignedIdentities.find((one) => sameId(one.id, userIdentity))?.principalId ?? null;
};

/** Returns why the key can't be used; null: it can. */
const problemOf = (
  state: SimulatorState,
  use: KeyUse,
  vaultWrong: (vault: Vault) => Problem | null,
  rights: readonly Right[],
  at: Date,
): Problem | null => {
  const { keyVaultUri, keyName } = use.key;
  const principalId = principalOf(state, use);
  if (principalId === null) return keyError('The resource has no identity that could read the key.');
  const vault = vaultAt(state, keyVaultUri);
  if (vault === undefined) return keyError(`The key vault '${keyVaultUri}' could not be resolved.`);
  return (
    vaultWrong(vault) ??
    accessProblem(state, vault, keyName, principalId, rights, at) ??
    keyProblem(vault, use.key, rights, at)
  );
};

/** Tests a key as a service does when it is set, and leaves its calls for the vault's log. Returns why it can't be used. */
export const tryKey = (state: SimulatorState, use: KeyUse, at: Date, isTrusted?: (vault: Vault) => boolean) => {
  const problem = problemOf(state, use, (vault) => vaultProblem(state, vault, isTrusted?.(vault)), toSet, at);
  logUse(state, use, problem, at);
  return problem;
};

const keyUseOf = (agent: HealthBot): KeyUse | null => {
  const { identity, keyVaultProperties: key } = agent.content;
  return key === null ? null : { id: agentId(agent), identity, key };
};

/**
 * Marks agents that lost their key, by a removed permission, a disabled or deleted key, or a closed or deleted vault.
 * Microsoft doesn't document if and how an agent shows this, so it happens only if the settings say so. Agents recover
 * without a write. Returns true if any agent changed.
 */
export const markLostKeys = (state: SimulatorState, now: Date): boolean => {
  let noticed = false;
  for (const agent of state.agents) {
    const use = state.settings.agentsNoticeLostKeys ? keyUseOf(agent) : null;
    const lost = use && problemOf(state, use, closedProblem, toGoOn, now);
    const { lostKey = null } = agent;
    if (lost === lostKey || JSON.stringify(lost) === JSON.stringify(lostKey)) continue;
    noticed = true;
    if (lost === null) delete agent.lostKey;
    else agent.lostKey = lost;
  }
  return noticed;
};

/** An etag in the form recorded from the real provider. */
export const newEtag = (): string => {
  const hex = randomBytes(12).toString('hex');
  return `"${hex.slice(0, 8)}-${hex.slice(8, 12)}-0100-0000-${hex.slice(12, 24)}"`;
};

export const newOperationId = (): string => `${randomUUID()}*${randomBytes(32).toString('hex').toUpperCase()}`;

interface AgentWrite {
  readonly agent: HealthBot;
  readonly before: AgentContent | null;
  readonly triesKey: boolean;
}

const dueAt = (latency: Latency, { triesKey }: AgentWrite, { takesMs }: OperationEnding, now: Date): string | null => {
  if (takesMs === 'for-ever') return null;
  return later(now, takesMs ?? (triesKey ? latency.keyWrite : latency.agentWrite));
};

/** Starts the operation that completes a write. Until then, the agent shows the requested values and `Accepted`. */
const startOperation = (
  state: SimulatorState,
  latency: Latency,
  write: AgentWrite,
  found: Fault | null,
  now: Date,
): AgentOperation => {
  // Another write might have used up the fault.
  const fault = found !== null && state.faults.includes(found) ? found : null;
  const ending = fault?.operation ?? {};
  if (fault !== null) spend(state, fault);
  const operation = AgentOperation.parse({
    id: newOperationId(),
    agentId: agentId(write.agent),
    location: write.agent.location,
    startTime: now.toISOString(),
    dueAt: dueAt(latency, write, ending, now),
    before: write.before,
    triesKey: write.triesKey,
    ending,
    heldBy: ending.takesMs === 'for-ever' ? (fault?.id ?? null) : null,
  });
  state.operations.push(operation);
  write.agent.provisioningState = 'Accepted';
  write.agent.etag = newEtag();
  return operation;
};

/** Creates the principal of a new system-assigned identity. */
export const settleIdentity = (
  { state, latency }: Pick<World, 'state' | 'latency'>,
  displayName: string,
  identity: AgentIdentity | null,
  end: Date,
): void => {
  if (!identity?.type.startsWith('SystemAssigned') || identity.principalId !== null) return;
  const id = randomUUID();
  identity.principalId = id;
  const principal = { id, appId: randomUUID(), displayName, graphPermissions: [], kind: 'ManagedIdentity' };
  state.principals.push(ServicePrincipal.parse({ ...principal, replicatedAt: later(end, latency.replication) }));
};

/** Deletes a system-assigned identity after its last use. Its role assignments remain, as in Entra ID. */
const forgetIdentity = (state: SimulatorState, before: AgentContent | null, agent: HealthBot): void => {
  const old = before?.identity?.principalId ?? null;
  if (old === null || old === agent.content.identity?.principalId) return;
  state.principals = state.principals.filter((one) => one.id !== old);
};

/** Default errors for operations that a fault ends. Invented: no such end was ever recorded. */
const usualError = {
  Failed: { code: 'InternalServerError', message: 'An internal error occurred while the operation was carried out.' },
  Canceled: { code: 'OperationCanceled', message: 'The operation was canceled.' },
} as const;

/** Drops an accepted operation without a trace: no status, and the agent as before. */
const lose = (state: SimulatorState, operation: AgentOperation, agent: HealthBot): void => {
  if (operation.before === null) state.agents = state.agents.filter((one) => one !== agent);
  else agent.content = operation.before;
  agent.provisioningState = 'Succeeded';
  state.operations = state.operations.filter((one) => one !== operation);
};

/** Completes an operation. The agent's provisioning state is that of its last operation: `Failed` after a failed one. */
const finish = (state: SimulatorState, latency: Latency, operation: AgentOperation, end: Date): void => {
  const agent = state.agents.find((one) => sameId(agentId(one), operation.agentId));
  operation.endTime = end.toISOString();
  if (agent === undefined) {
    operation.status = 'Failed';
    operation.error = { code: 'ResourceNotFound', message: 'The resource is gone.' };
    return;
  }
  const { ending } = operation;
  agent.etag = newEtag();
  if (ending.status === 'Lost') {
    lose(state, operation, agent);
    return;
  }
  const use = operation.triesKey ? keyUseOf(agent) : null;
  const problem = use && tryKey(state, use, end);
  const status = ending.status ?? (problem === null ? 'Succeeded' : 'Failed');
  operation.status = status;
  operation.error = status === 'Succeeded' ? null : (ending.error ?? problem ?? usualError[status]);
  if (operation.deletes && status === 'Succeeded') {
    forgetAgent(state, agent);
    return;
  }
  agent.provisioningState = ending.provisioningState ?? status;
  if (status === 'Succeeded' || ending.change === 'kept') {
    settleIdentity({ state, latency }, agent.name, agent.content.identity, end);
    forgetIdentity(state, operation.before, agent);
  } else {
    // A new agent keeps the requested content, without a key.
    agent.content = operation.before ?? { ...agent.content, keyVaultProperties: null };
  }
};

/** Completes all due operations, oldest first, each with the state at its due time. Returns true if there were any. */
export const endDueOperations = (state: SimulatorState, latency: Latency, now: Date): boolean => {
  const due = state.operations
    .filter((one) => one.status === 'Working' && one.dueAt !== null && reached(one.dueAt, now))
    .sort((a, b) => Date.parse(a.dueAt ?? a.startTime) - Date.parse(b.dueAt ?? b.startTime));
  for (const operation of due) finish(state, latency, operation, new Date(operation.dueAt ?? now));
  return due.length > 0;
};

const isBusy = (state: SimulatorState, agent: HealthBot): boolean =>
  state.operations.some((one) => one.status === 'Working' && sameId(one.agentId, agentId(agent)));

/** Deletes an agent with its own identity: what was granted to that opens no vault, also for a new agent with the same name. */
const forgetAgent = (state: SimulatorState, agent: HealthBot): void => {
  const own = agent.content.identity?.principalId ?? null;
  state.principals = state.principals.filter((one) => one.id !== own);
  state.agents = state.agents.filter((one) => one !== agent);
};

// What the service does at the vault when a key is set. Encryption at rest implies that it wraps a key of its own.
// Microsoft doesn't document how often it unwraps it later, so the simulator does it once.

/** `problem` is null if the key worked. Only refusals by the vault are in its log. */
const logUse = (state: SimulatorState, use: KeyUse, problem: Problem | null, at: Date): void => {
  const { id, key } = use;
  const principalId = principalOf(state, use);
  const vault = vaultAt(state, key.keyVaultUri);
  if (vault === undefined || principalId === null || !state.settings.logs.agentsUseKeys) return;
  const { keyName } = key;
  const newest = vault.keys.find((one) => sameId(one.name, keyName))?.versions.at(-1)?.version;
  const keyVersion = key.keyVersion ?? newest ?? '';
  const refused = problem?.message.startsWith(noAccess) === true;
  if (problem !== null && !refused) return;
  const call = (operation: AgentCall['operation'], right: 'get' | 'wrapKey' | 'unwrapKey', n: number): AgentCall => ({
    at: new Date(at.getTime() + n).toISOString(),
    vault: vaultId(vault),
    keyName,
    keyVersion,
    operation,
    status: refused ? 403 : 200,
    principalId,
    agentId: id,
    assignmentId: refused
      ? null
      : appliedAssignment(state, vault, { principalId, kind: 'keys', name: keyName, right }, at),
  });
  state.agentCalls.push(call('KeyGet', 'get', 0), call('KeyWrap', 'wrapKey', 1), call('KeyUnwrap', 'unwrapKey', 2));
};

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
