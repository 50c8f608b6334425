import { z } from 'zod';
import { sameId } from '../arm/ids.ts';
import { unreadable } from '../http/incoming.ts';
import { type Reply, reply } from '../http/reply.ts';
import type { KeyVersion, Vault, VaultKey } from '../state/schema-vaults.ts';
import { badParameter, requireRight, type VaultCall, vaultRefusal } from './data-plane-access.ts';
import { deletedBundle, keyBundle, requireDeleted, requireKey, requireVersion } from './data-plane-reads.ts';
import { keyDeletedText, newestVersion, newKeyVersion, sizeProblem, wantedVersion } from './key-material.ts';

export const Tags = z.record(z.string(), z.string()).optional();
export const Attributes = z.object({
  enabled: z.boolean().optional(),
  nbf: z.number().int().optional(),
  exp: z.number().int().optional(),
});

const CreateKey = z.object({
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  key_size: z.number().int().optional(),
  crv: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

const UpdateKey = z.object({ key_ops: z.array(z.string()).optional(), attributes: Attributes.optional(), tags: Tags });

export const parseVaultBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body === unreadable ? undefined : body);
  if (!parsed.success) throw badParameter(`Invalid request body: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/**
 * Creates a key, or a new version if the name exists. The new version inherits nothing from the previous one (from
 * memory).
 */
export const createKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'create', name);
  const body = parseVaultBody(CreateKey, call.incoming.body);
  const { key_size: keySize, crv: curve, key_ops: keyOps, ...rest } = body;
  const wanted = wantedVersion({ ...rest, keySize, curve, keyOps });
  const problem = sizeProblem(call.vault, name, wanted);
  if (problem !== null) throw badParameter(problem);
  requireNotDeleted(call, name);
  const version = await newKeyVersion(wanted, call.now);
  // Another call might have deleted the key while this one generated key material.
  requireNotDeleted(call, name);
  const key = addVersion(call.vault, name, version);
  return reply(200, keyBundle(call, key, version));
};

export const requireNotDeleted = (call: VaultCall, name: string): void => {
  if (!call.vault.keys.some((one) => sameId(one.name, name) && one.deletedAt !== null)) return;
  throw vaultRefusal(409, 'Conflict', keyDeletedText(name), 'ObjectIsDeletedButRecoverable');
};

export const addVersion = (vault: Vault, name: string, version: KeyVersion): VaultKey => {
  const existing = vault.keys.find((one) => sameId(one.name, name) && one.deletedAt === null);
  if (existing !== undefined) {
    existing.versions.push(version);
    return existing;
  }
  const key: VaultKey = { name, versions: [version], deletedAt: null };
  vault.keys.push(key);
  return key;
};

export const updateKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'update', name);
  const key = requireKey(call, name);
  const found = requireVersion(key, version);
  const body = parseVaultBody(UpdateKey, call.incoming.body);
  found.keyOps = body.key_ops ?? found.keyOps;
  found.enabled = body.attributes?.enabled ?? found.enabled;
  found.nbf = body.attributes?.nbf ?? found.nbf;
  found.exp = body.attributes?.exp ?? found.exp;
  found.updated = Math.floor(call.now.getTime() / 1000);
  found.tags = body.tags ?? found.tags;
  return reply(200, keyBundle(call, key, found));
};

/** Deletes a key. With soft delete it can be recovered by name; without, it is lost. */
export const deleteKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'delete', name);
  const key = requireKey(call, name);
  if (!call.vault.enableSoftDelete) {
    call.vault.keys = call.vault.keys.filter((one) => one !== key);
    return reply(200, keyBundle(call, key, newestVersion(key)));
  }
  key.deletedAt = Math.floor(call.now.getTime() / 1000);
  return reply(200, deletedBundle(call, key));
};

export const recoverKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'recover', name);
  const key = requireDeleted(call, name);
  key.deletedAt = null;
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** Purges a deleted key and frees its name. Not possible with purge protection (text from memory). */
export const purgeKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'purge', name);
  const key = requireDeleted(call, name);
  if (call.vault.enablePurgeProtection) {
    const text =
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.';
    throw vaultRefusal(403, 'Forbidden', text, 'ForbiddenByPolicy');
  }
  call.vault.keys = call.vault.keys.filter((one) => one !== key);
  return reply(204);
};
