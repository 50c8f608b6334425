import { sameId } from '../arm/ids.ts';
import { type Reply, reply } from '../http/reply.ts';
import type { KeyVersion, VaultKey } from '../state/schema-vaults.ts';
import { keyNotFound, requireRight, type VaultCall } from './data-plane-access.ts';
import { newestVersion, publicParts } from './key-material.ts';
import { dataPlaneAttributes } from './vault-body.ts';

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

/** Reads a key. A disabled key can still be read, but not used. */
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

const tagsOf = (version: KeyVersion) => (version.tags === null ? {} : { tags: version.tags });

/** `KeyBundle`: the key as JWK, only its public parts. */
export const keyBundle = (call: VaultCall, key: VaultKey, version: KeyVersion) => ({
  key: {
    kid: `${call.base}/keys/${key.name}/${version.version}`,
    kty: version.kty,
    key_ops: version.keyOps,
    ...(version.curve === null ? {} : { crv: version.curve }),
    ...publicParts(version),
  },
  attributes: { ...dataPlaneAttributes(call.vault, version), exportable: false },
  ...tagsOf(version),
});

const deletion = (call: VaultCall, key: VaultKey) => {
  const deletedDate = key.deletedAt ?? 0;
  return {
    recoveryId: `${call.base}/deletedkeys/${key.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + call.vault.softDeleteRetentionInDays * 86_400,
  };
};

export const deletedBundle = (call: VaultCall, key: VaultKey) => ({
  ...deletion(call, key),
  ...keyBundle(call, key, newestVersion(key)),
});
