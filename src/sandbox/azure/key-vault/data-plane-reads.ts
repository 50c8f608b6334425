import { sameId } from '../arm/ids.ts';
import { type Reply, reply } from '../http/reply.ts';
import type { KeyVersion, VaultKey } from '../state/schema-vaults.ts';
import { requireRight, type VaultCall } from './data-plane-access.ts';
import { deletedBundle, keyBundle } from './data-plane-bodies.ts';
import { keyNotFound } from './data-plane-errors.ts';
import { newestVersion } from './keys.ts';

export const requireKey = (call: VaultCall, name: string): VaultKey => {
  const key = call.vault.keys.find((one) => sameId(one.name, name) && one.deletedAt === null);
  if (key === undefined) throw keyNotFound(name);
  return key;
};

export const requireVersion = (key: VaultKey, version: string): KeyVersion => {
  if (version === '') return newestVersion(key);
  const found = key.versions.find((one) => sameId(one.version, version));
  if (found === undefined) throw keyNotFound(`${key.name}/${version}`);
  return found;
};

/** A disabled key can still be read: only its use is refused. */
export const getKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'get', name);
  const key = requireKey(call, name);
  return reply(200, keyBundle(call, key, requireVersion(key, version)));
};

export const requireDeleted = (call: VaultCall, name: string): VaultKey => {
  const key = call.vault.keys.find((one) => sameId(one.name, name) && one.deletedAt !== null);
  if (key === undefined) throw keyNotFound(name);
  return key;
};

export const getDeleted = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'get', name);
  return reply(200, deletedBundle(call, requireDeleted(call, name)));
};
