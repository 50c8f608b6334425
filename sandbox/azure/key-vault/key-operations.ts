/** Reads, writes and uses keys at a vault's own address. */

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../../http.ts';
import type { KeyVersion, PrivateJwk, VaultKey } from '../state/vaults.ts';
import {
  addKey,
  type KeyOperation,
  keyUseProblem,
  newestVersion,
  newKeyVersion,
  publicParts,
  requireDeleted,
  requireKey,
  requireVersion,
  unwrapBytes,
  versionOf,
  wantedVersion,
  wrapBytes,
} from './keys.ts';
import { dataPlaneAttributes } from './vault-body.ts';
import {
  Attributes,
  badParameter,
  parseVaultBody,
  requireRight,
  Tags,
  type VaultCall,
  vaultRefusal,
} from './vault-call.ts';

/** `KeyBundle`: the key as JWK, only its public parts. */
const keyBundle = (call: VaultCall, key: VaultKey, version: KeyVersion) => ({
  key: {
    kid: `${call.base}/keys/${key.name}/${version.version}`,
    kty: version.kty,
    key_ops: version.keyOps,
    ...(version.curve === null ? {} : { crv: version.curve }),
    ...publicParts(version),
  },
  attributes: { ...dataPlaneAttributes(call.vault, version), exportable: false },
  ...(version.tags === null ? {} : { tags: version.tags }),
});

const deletedBundle = (call: VaultCall, key: VaultKey) => {
  const deletedDate = key.deletedAt ?? 0;
  return {
    recoveryId: `${call.base}/deletedkeys/${key.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + call.vault.softDeleteRetentionInDays * 86_400,
    ...keyBundle(call, key, newestVersion(key)),
  };
};

/** Reads a key. A disabled key can still be read, but not used. */
export const getKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'get', name);
  const key = requireKey(call.vault, name);
  return reply(200, keyBundle(call, key, requireVersion(key, version)));
};

export const getDeleted = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'get', name);
  return reply(200, deletedBundle(call, requireDeleted(call.vault, name)));
};

const CreateKey = z.object({
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  key_size: z.number().int().optional(),
  crv: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

/** Creates a key. A new version inherits nothing from the previous one (from memory). */
export const createKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'create', name);
  const body = parseVaultBody(CreateKey, call.incoming.body);
  const { key_size: keySize, crv: curve, key_ops: keyOps, ...rest } = body;
  const wanted = wantedVersion({ ...rest, keySize, curve, keyOps });
  const key = await addKey('vault', call.vault, name, wanted, () => newKeyVersion(wanted, call.now));
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** The body of `ImportKey` (7.4): a complete key as JWK, including its private part. */
const ImportKey = z.object({
  key: z.looseObject({ kty: z.enum(['RSA', 'RSA-HSM']), key_ops: z.array(z.string()).optional() }),
  Hsm: z.boolean().optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

function materialOf(sent: Readonly<Record<string, unknown>>): { readonly jwk: PrivateJwk; readonly keySize: number } {
  const jwk: PrivateJwk = { kty: 'RSA' };
  try {
    for (const part of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) jwk[part] = z.string().parse(sent[part]);
    const key = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    return { jwk, keySize: key.asymmetricKeyDetails?.modulusLength ?? 0 };
  } catch {
    throw badParameter('The key that was sent is not a whole RSA key.');
  }
}

/** Imports a key: the person who does that knows its private part. Azure shows nowhere that a key was imported. */
export const importKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'import', name);
  const { key, Hsm, attributes, tags } = parseVaultBody(ImportKey, call.incoming.body);
  const { jwk, keySize } = materialOf(key);
  const kty = Hsm === true ? 'RSA-HSM' : key.kty;
  const wanted = wantedVersion({ kty, keySize, keyOps: key.key_ops, attributes, tags });
  const imported = await addKey('vault', call.vault, name, wanted, () => versionOf(wanted, jwk, call.now));
  return reply(200, keyBundle(call, imported, newestVersion(imported)));
};

const UpdateKey = z.object({ key_ops: z.array(z.string()).optional(), attributes: Attributes.optional(), tags: Tags });

export const updateKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'update', name);
  const key = requireKey(call.vault, name);
  const { key_ops: keyOps, attributes, tags } = parseVaultBody(UpdateKey, call.incoming.body);
  const updated = Math.floor(call.now.getTime() / 1000);
  const changed = requireVersion(key, version);
  const given = Object.entries({ keyOps, ...attributes, tags }).filter(([, value]) => value !== undefined);
  Object.assign(changed, Object.fromEntries(given), { updated });
  return reply(200, keyBundle(call, key, changed));
};

/** Deletes a key. With soft delete it can be recovered by name; without, it is lost. */
export const deleteKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'delete', name);
  const key = requireKey(call.vault, name);
  if (!call.vault.enableSoftDelete) {
    call.vault.keys = call.vault.keys.filter((one) => one !== key);
    return reply(200, keyBundle(call, key, newestVersion(key)));
  }
  key.deletedAt = Math.floor(call.now.getTime() / 1000);
  return reply(200, deletedBundle(call, key));
};

export const recoverKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'recover', name);
  const key = requireDeleted(call.vault, name);
  key.deletedAt = null;
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** Purges a deleted key and frees its name. Not possible with purge protection (text from memory). */
export const purgeKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'purge', name);
  const key = requireDeleted(call.vault, name);
  if (call.vault.enablePurgeProtection) {
    const text =
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.';
    throw vaultRefusal(403, 'Forbidden', text, 'ForbiddenByPolicy');
  }
  call.vault.keys = call.vault.keys.filter((one) => one !== key);
  return reply(204);
};

const WrapBody = z.object({ alg: z.string(), value: z.string() });

/** Wraps or unwraps bytes with the real key. Values are base64url. */
export const useKey =
  (operation: KeyOperation) =>
  (call: VaultCall, name: string, wantedVersion: string): Reply => {
    requireRight(call, operation, name);
    const version = requireVersion(requireKey(call.vault, name), wantedVersion);
    const problem = keyUseProblem(version, operation, call.now);
    if (problem !== null) throw vaultRefusal(403, 'Forbidden', problem.message, problem.innerCode);
    const body = parseVaultBody(WrapBody, call.incoming.body);
    const input = Buffer.from(body.value, 'base64url');
    const work = operation === 'wrapKey' ? wrapBytes : unwrapBytes;
    const output = attempt(() => work(version, body.alg, input));
    if (output === null) throw badParameter(`Key and algorithm '${body.alg}' do not fit together.`);
    return reply(200, { kid: `${call.base}/keys/${name}/${version.version}`, value: output.toString('base64url') });
  };

/** Real text for bytes that don't fit the key (from memory). */
const attempt = (use: () => Buffer | null): Buffer | null => {
  try {
    return use();
  } catch {
    throw badParameter('The parameter is incorrect.');
  }
};
