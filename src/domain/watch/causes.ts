/** Finds who caused a drift in Azure's records of changes. Pure. */
import { type ArmId, isAtOrBelow } from '../ids.ts';
import type { ChangeRecord } from '../ports/azure.ts';
import type { LastVerified } from './drift.ts';
import type { KnownCauses } from './resource-watch.ts';
import { type DriftCause, type DriftCode, type DriftState, partOf } from './state.ts';

/** Where a change of each state shows: a property of the resource, or the operation's name. */
const traces: Partial<Record<DriftCode, RegExp>> = {
  'resource-deleted': /healthBots\/delete|^Delete$/i,
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
  'resource-deleted': /healthBots\/delete$/i,
  'key-stripped': /healthBots\/write$/i,
  'key-replaced': /healthBots\/write$/i,
  'identity-changed': /healthBots\/write$/i,
  'resource-failed': /healthBots\/write$/i,
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

const isAbout = (record: ChangeRecord, code: DriftCode): boolean =>
  record.source === 'activity-log'
    ? writes[code]?.test(record.operation ?? '') === true
    : [record.changeType, record.operation ?? '', ...record.properties].some((text) => traces[code]?.test(text));

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
    const record = newestFirst.find((one) => concerns(one.target, place) && isAbout(one, code));
    return record === undefined ? [] : [[code, { cause: causeOf(record), by: record.by }] as const];
  });
  return new Map(found);
}
