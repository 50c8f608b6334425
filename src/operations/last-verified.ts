/** What the last succeeded request of an agent approved and verified, which the key watch compares it with. */
import { KeyVersion } from '../domain/ids.ts';
import { sameKeyName, sameVaultUri } from '../domain/observed.ts';
import type { Request } from '../domain/request/request.ts';
import type { LastVerified } from '../domain/watch/drift.ts';
import { workOf } from './registry.ts';

/** Null: the request didn't succeed. */
export function lastVerifiedOf(request: Request): LastVerified | null {
  if (request.state !== 'succeeded') return null;
  const { plan, outputs } = request;
  const { to, from, retire, observed } = workOf(plan);
  const keyVersion = KeyVersion.safeParse(to.keyVersion ?? outputs.keyVersion ?? observed.key?.version).data;
  if (keyVersion === undefined) return null;
  const { id, name, uri, purgeProtection, firewall, access } = observed.vault;
  const isSameKey = from !== null && sameKeyName(from.keyName, to.keyName) && sameVaultUri(from.vaultUri, uri);
  return {
    ...{ request: request.id, planDigest: request.digest, at: request.changedAt },
    ...{ resource: plan.wish.resource, resourceName: request.resourceName },
    vault: {
      ...{ id, name, uri, firewall, access },
      purgeProtection: purgeProtection || plan.steps.some((step) => step.name === 'protect-vault'),
    },
    ...{ keyName: to.keyName, keyVersion },
    principalId: outputs.principalId ?? observed.resource.principalId,
    retired: retire ?? null,
    before: isSameKey && from.keyVersion !== keyVersion ? (KeyVersion.safeParse(from.keyVersion).data ?? null) : null,
  };
}
