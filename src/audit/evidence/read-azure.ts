/** Reads from Azure, once more, what a request was about. */

import type { Reading, Seen } from '../../domain/evidence/reading.ts';
import { wantedKey } from '../../domain/evidence/verdict.ts';
import type { Outcome } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Request } from '../../domain/request/request.ts';
import { workOf } from '../../operations/registry.ts';

export type ReadPorts = Pick<Azure, 'resources' | 'vaults' | 'keys' | 'grants'>;

const seen = <T>(outcome: Outcome<T | null>): Seen<T> => {
  if (!outcome.ok) return { seen: 'not', failure: outcome.failure };
  return outcome.value === null ? { seen: 'absent' } : { seen: 'yes', value: outcome.value };
};

/** Only of an agent and a vault that were read: what was in the way of those is in the way of this. */
async function readGrant(
  azure: ReadPorts,
  resource: Seen<ObservedResource>,
  vault: Seen<ObservedVault>,
  request: Request,
): Promise<Reading['grantHeld']> {
  if (resource.seen === 'not') return resource;
  if (vault.seen === 'not') return vault;
  if (resource.seen === 'absent' || vault.seen === 'absent') return { seen: 'absent' };
  const { principalId } = resource.value;
  if (principalId === null) return { seen: 'yes', value: false };
  return seen(await azure.grants.held(vault.value, workOf(request.plan).to.keyName, principalId));
}

/** Every call may be refused or not answered: that is what was read then. */
export async function readAzure(azure: ReadPorts, request: Request): Promise<Reading> {
  const { resource: ref, to } = workOf(request.plan);
  const version = KeyVersion.safeParse(wantedKey(request)?.keyVersion).data ?? null;
  const [resource, vault, key] = await Promise.all([
    azure.resources.get(ref).then(seen),
    azure.vaults.get(to.vaultId).then(seen),
    azure.keys.get(to.vaultId, to.keyName, version).then(seen),
  ]);
  return { resource, vault, key, grantHeld: await readGrant(azure, resource, vault, request) };
}
