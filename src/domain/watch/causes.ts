/** Finds who caused a drift in Azure's records of changes. Pure. */
import { type ArmId, armTypeOf, isAtOrBelow } from '../ids.ts';
import type { ChangeRecord } from '../ports/azure.ts';
import type { LastVerified } from './drift.ts';
import type { KnownCauses } from './resource-watch.ts';
import { type DriftCause, type DriftCode, type DriftState, partOf } from './state.ts';

/** Where a change of each state shows: a property of the resource, or the operation's name with `resource` for its type. */
const traces: Partial<Record<DriftCode, RegExp>> = {
  'resource-deleted': /resource\/delete|^Delete$/i,
  'key-stripped': /keyVaultProperties/i,
  'key-replaced': /keyVaultProperties/i,
  'identity-changed': /^identity/i,
  'resource-failed': /provisioningState/i,
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

function isAbout(record: ChangeRecord, code: DriftCode, type: string): boolean {
  const named = record.operation ?? '';
  const operation = named.toLowerCase().startsWith(`${type}/`) ? `resource${named.slice(type.length)}` : named;
  return record.source === 'activity-log'
    ? writes[code]?.test(operation) === true
    : [record.changeType, operation, ...record.properties].some((text) => traces[code]?.test(text));
}

const causeOf = ({ source, at, byType, clientType, operation, correlationId }: ChangeRecord): DriftCause => ({
  ...{ source, at, byType, clientType, operation, correlationId },
});

/** The newest record that can have brought each state about. States without one stay unknown. */
export function causesOf(
  states: readonly DriftState[],
  { resource, vault }: LastVerified,
  records: readonly ChangeRecord[],
): KnownCauses {
  const newestFirst = [...records].sort((a, b) => (a.at < b.at ? 1 : -1));
  const found = states.flatMap(({ code }) => {
    const place = partOf(code) === 'agent' ? resource.id : vault.id;
    const record = newestFirst.find((one) => concerns(one.target, place) && isAbout(one, code, armTypeOf(resource.id)));
    return record === undefined ? [] : [[code, { cause: causeOf(record), by: record.by }] as const];
  });
  return new Map(found);
}
