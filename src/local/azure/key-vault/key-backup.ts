import { z } from 'zod';
import { sameId } from '../arm/ids.ts';
import { type Reply, reply } from '../http/reply.ts';
import { requireRight, type VaultCall } from './data-plane-access.ts';
import { keyBundle } from './data-plane-bodies.ts';
import { badParameter, vaultRefusal } from './data-plane-errors.ts';
import { requireKey } from './data-plane-reads.ts';
import { parseVaultBody, requireNotDeleted } from './data-plane-writes.ts';
import { newestVersion } from './keys.ts';

export const backupKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'backup', name);
  const { subscriptionId } = call.vault;
  return reply(200, { value: call.world.backups.seal({ subscriptionId, key: requireKey(call, name) }) });
};

const RestoreBody = z.object({ value: z.string() });

/**
 * All versions come back under the name and the ids that they had. Not into another subscription (Microsoft's page on backup),
 * and not over a key that is there; the words of these refusals are ours.
 */
export const restoreKey = (call: VaultCall): Reply => {
  requireRight(call, 'restore', null);
  const backup = call.world.backups.open(parseVaultBody(RestoreBody, call.incoming.body).value);
  if (backup === null) throw badParameter('The backup is malformed.');
  if (!sameId(backup.subscriptionId, call.vault.subscriptionId)) {
    throw badParameter('A backup can only be restored in the subscription in which it was made.');
  }
  const { key } = backup;
  requireNotDeleted(call, key.name);
  if (call.vault.keys.some((one) => sameId(one.name, key.name))) {
    throw vaultRefusal(409, 'Conflict', `A key with the name ${key.name} is already in this key vault.`);
  }
  call.vault.keys.push(key);
  return reply(200, keyBundle(call, key, newestVersion(key)));
};
