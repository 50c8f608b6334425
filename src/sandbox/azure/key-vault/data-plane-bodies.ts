import type { KeyVersion, Vault, VaultKey } from '../state/schema-vaults.ts';
import type { VaultCall } from './data-plane-access.ts';
import { publicParts } from './key-material.ts';
import { newestVersion } from './keys.ts';
import { recoveryLevel } from './vault-body.ts';

const attributes = (vault: Vault, version: KeyVersion) => ({
  enabled: version.enabled,
  ...(version.nbf === null ? {} : { nbf: version.nbf }),
  ...(version.exp === null ? {} : { exp: version.exp }),
  created: version.created,
  updated: version.updated,
  recoveryLevel: recoveryLevel(vault),
  recoverableDays: vault.enableSoftDelete ? vault.softDeleteRetentionInDays : 0,
  exportable: false,
});

const tagsOf = (version: KeyVersion) => (version.tags === null ? {} : { tags: version.tags });

/** `KeyBundle`: the key as JWK with its public parts only. */
export const keyBundle = (call: VaultCall, key: VaultKey, version: KeyVersion) => ({
  key: {
    kid: `${call.base}/keys/${key.name}/${version.version}`,
    kty: version.kty,
    key_ops: version.keyOps,
    ...(version.curve === null ? {} : { crv: version.curve }),
    ...publicParts(version),
  },
  attributes: attributes(call.vault, version),
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
