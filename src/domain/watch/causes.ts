/** Finds who caused a drift in Azure's records of changes. Pure. */
import { type ArmId, isAtOrBelow } from '../ids.ts';
import type { ChangeRecord } from '../ports/azure.ts';
import type { ResourceKind } from '../resource-kind.ts';
import type { LastVerified } from './drift.ts';
import type { KnownCauses } from './resource-watch.ts';
import { type DriftCause, type DriftCode, type DriftState, partOf } from './state.ts';

/** Where a change of each state shows: a property, `key` for each of the key's, or an operation with `resource` for the type. */
const traces: Partial<Record<DriftCode, RegExp>> = {
  'resource-deleted': /resource\/delete|^Delete$/i,
  'key-stripped': /^key$/,
  'key-replaced': /^key$/,
  'identity-changed': /^identity/i,
  'resource-failed': /^properties\.provisioningState$/i,
  'vault-gone': /vaults\/delete|^Delete$/i,
  'purge-protection-off': /enablePurgeProtection|enableSoftDelete/i,
  'firewall-changed': /publicNetworkAccess|networkAcls/i,
  'access-lost': /roleAssignments\/delete|accessPolicies/i,
  'use-refused': /roleAssignments\/delete|accessPolicies|publicNetworkAccess|networkAcls/i,
};

/** The Activity Log names no properties: there, the newest write of the kind counts. */
const writes: Partial<Record<DriftCode, RegExp>> = {
  'resource-deleted': /resource\/delete$/i,
  'key-stripped': /resource\/write$/i,
  'key-replaced': /resource\/write$/i,
  'identity-changed': /resource\/write$/i,
  'resource-failed': /resource\/write$/i,
  'vault-gone': /vaults\/delete$/i,
  'purge-protection-off': /vaults\/write$/i,
  'firewall-changed': /vaults\/write$/i,
  'access-lost': /roleAssignments\/delete$|accessPolicies\/write$|vaults\/write$/i,
  'use-refused': /roleAssignments\/delete$|accessPolicies\/write$|vaults\/write$/i,
};

/** Returns whether a write to `target` can change a resource: at it, below it, or by a role assignment above it. */
export function concerns(target: string, resource: ArmId): boolean {
  const [scope = '', assignment] = target.split(/\/providers\/Microsoft\.Authorization\/roleAssignments\//i);
  return isAtOrBelow(target, resource) || (assignment !== undefined && isAtOrBelow(resource, scope));
}

function isAbout(record: ChangeRecord, code: DriftCode, kind: ResourceKind): boolean {
  const named = record.operation ?? '';
  const isOfType = named.toLowerCase().startsWith(`${kind.type}/`.toLowerCase());
  const operation = isOfType ? `resource${named.slice(kind.type.length)}` : named;
  if (record.source === 'activity-log') return writes[code]?.test(operation) === true;
  const ofKey = kind.keyPaths.map((path) => `properties.${path}`.toLowerCase());
  const properties = record.properties.map((path) => (ofKey.includes(path.toLowerCase()) ? 'key' : path));
  return [record.changeType, operation, ...properties].some((text) => traces[code]?.test(text));
}

const causeOf = ({ source, at, byType, clientType, operation, correlationId }: ChangeRecord): DriftCause => ({
  source,
  at,
  byType,
  clientType,
  operation,
  correlationId,
});

const writeOf = ({ target, correlationId }: ChangeRecord): string => `${target} ${correlationId}`.toLowerCase();

/**
 * The newest record that can have brought each state about. States without one stay unknown. If Resource Graph has the properties
 * of a write, the same write in the Activity Log is no candidate for a change of others.
 */
export function causesOf(
  states: readonly DriftState[],
  { resource, vault }: LastVerified,
  records: readonly ChangeRecord[],
  kind: ResourceKind,
): KnownCauses {
  const named = new Set(records.filter(({ source }) => source === 'resource-graph').map(writeOf));
  const newestFirst = records
    .filter((one) => one.source === 'resource-graph' || one.correlationId === null || !named.has(writeOf(one)))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  const found = states.flatMap(({ code }) => {
    const place = partOf(code) === 'resource' ? resource.id : vault.id;
    const record = newestFirst.find((one) => concerns(one.target, place) && isAbout(one, code, kind));
    return record === undefined ? [] : [[code, { cause: causeOf(record), by: record.by }] as const];
  });
  return new Map(found);
}
