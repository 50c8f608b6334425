/** Reads and writes keys at a vault's own address. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../../http.ts';
import { sameId } from '../arm/ids.ts';
import type { KeyVersion, PrivateJwk, VaultKey } from '../state/schema-vaults.ts';
import { badParameter, requireRight, type VaultCall, vaultRefusal } from './data-plane-access.ts';
import {
  addVersion,
  findKey,
  findVersion,
  keyDeletedText,
  newestVersion,
  newKeyVersion,
  notFoundText,
  publicParts,
  sizeProblem,
  versionOf,
  wantedVersion,
} from './key-material.ts';
import { dataPlaneAttributes } from './vault-body.ts';

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

const found = <T>(one: T | undefined, name: string): T => {
  if (one === undefined) throw vaultRefusal(404, 'KeyNotFound', notFoundText('key', name));
  return one;
};

export const requireKey = (call: VaultCall, name: string): VaultKey => found(findKey(call.vault, name), name);

export const requireVersion = (key: VaultKey, version: string): KeyVersion =>
  found(findVersion(key, version), `${key.name}/${version}`);

const findDeleted = ({ vault }: VaultCall, name: string): VaultKey | undefined =>
  vault.keys.find((one) => sameId(one.name, name) && one.deletedAt !== null);

/** Reads a key. A disabled key can still be read, but not used. */
export const getKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'get', name);
  const key = requireKey(call, name);
  return reply(200, keyBundle(call, key, requireVersion(key, version)));
};

export const getDeleted = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'get', name);
  return reply(200, deletedBundle(call, found(findDeleted(call, name), name)));
};

export const Tags = z.record(z.string(), z.string()).optional();
export const Attributes = z.object({
  enabled: z.boolean().optional(),
  nbf: z.number().int().optional(),
  exp: z.number().int().optional(),
});

export const parseVaultBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badParameter(`Invalid request body: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

type Wanted = ReturnType<typeof wantedVersion>;

/** Adds a key, or a new version if the name exists. Both checks are needed: making key material takes time. */
const add = async (
  call: VaultCall,
  name: string,
  wanted: Wanted,
  make: () => KeyVersion | Promise<KeyVersion>,
): Promise<Reply> => {
  const problem = sizeProblem(call.vault, name, wanted);
  if (problem !== null) throw badParameter(problem);
  requireNotDeleted(call, name);
  const version = await make();
  requireNotDeleted(call, name);
  return reply(200, keyBundle(call, addVersion(call.vault, name, version), version));
};

const requireNotDeleted = (call: VaultCall, name: string): void => {
  if (findDeleted(call, name) === undefined) return;
  throw vaultRefusal(409, 'Conflict', keyDeletedText(name), 'ObjectIsDeletedButRecoverable');
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
  return add(call, name, wanted, () => newKeyVersion(wanted, call.now));
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
  return add(call, name, wanted, () => versionOf(wanted, jwk, call.now));
};

const UpdateKey = z.object({ key_ops: z.array(z.string()).optional(), attributes: Attributes.optional(), tags: Tags });

export const updateKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'update', name);
  const key = requireKey(call, name);
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
  const key = found(findDeleted(call, name), name);
  key.deletedAt = null;
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** Purges a deleted key and frees its name. Not possible with purge protection (text from memory). */
export const purgeKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'purge', name);
  const key = found(findDeleted(call, name), name);
  if (call.vault.enablePurgeProtection) {
    const text =
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.';
    throw vaultRefusal(403, 'Forbidden', text, 'ForbiddenByPolicy');
  }
  call.vault.keys = call.vault.keys.filter((one) => one !== key);
  return reply(204);
};
