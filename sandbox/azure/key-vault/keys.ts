import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Refusal } from '../../http.ts';
import { sameId } from '../arm/ids.ts';
import type { KeyVersion, PrivateJwk, Vault, VaultKey } from '../state/vaults.ts';

const makePair = promisify(generateKeyPair);

const toJwk = (key: KeyObject): PrivateJwk =>
  Object.fromEntries(
    Object.entries(key.export({ format: 'jwk' })).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );

/** Curves by Key Vault's names; SECG's name for the last is `secp256k1`. */
const curves: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  'P-256K': 'secp256k1',
};

interface NewVersion extends Pick<KeyVersion, 'kty' | 'enabled' | 'nbf' | 'exp' | 'tags'> {
  readonly keySize: number;
  readonly curve: string;
  readonly keyOps: readonly string[] | null;
}

type Optional<T> = { readonly [N in keyof T]?: T[N] | null | undefined };
type Attributes = Pick<NewVersion, 'enabled' | 'nbf' | 'exp'>;
type AskedVersion = Pick<NewVersion, 'kty'> &
  Optional<Omit<NewVersion, 'kty' | keyof Attributes> & { readonly attributes: Optional<Attributes> }>;

/** Fills in the defaults, which Key Vault and Azure Resource Manager share. */
export const wantedVersion = ({ kty, keySize, curve, keyOps, attributes, tags }: AskedVersion): NewVersion => ({
  kty,
  keySize: keySize ?? 2048,
  curve: curve ?? 'P-256',
  keyOps: keyOps ?? null,
  enabled: attributes?.enabled ?? true,
  nbf: attributes?.nbf ?? null,
  exp: attributes?.exp ?? null,
  tags: tags ?? null,
});

/** Key operations that Key Vault allows by default. */
const defaultOps = (kty: KeyVersion['kty']): string[] =>
  kty.startsWith('EC') ? ['sign', 'verify'] : ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

const newJwk = async (wanted: NewVersion): Promise<PrivateJwk> => {
  const { privateKey } = wanted.kty.startsWith('EC')
    ? await makePair('ec', { namedCurve: curves[wanted.curve] ?? 'prime256v1' })
    : await makePair('rsa', { modulusLength: wanted.keySize });
  return toJwk(privateKey);
};

export const versionOf = (wanted: NewVersion, jwk: PrivateJwk, now: Date): KeyVersion => {
  const seconds = Math.floor(now.getTime() / 1000);
  const elliptic = wanted.kty.startsWith('EC');
  return {
    ...wanted,
    version: randomBytes(16).toString('hex'),
    keySize: elliptic ? null : wanted.keySize,
    curve: elliptic ? wanted.curve : null,
    keyOps: wanted.keyOps === null ? defaultOps(wanted.kty) : [...wanted.keyOps],
    created: seconds,
    updated: seconds,
    jwk,
  };
};

/** Returns a key version with newly generated material. */
export const newKeyVersion = async (wanted: NewVersion, now: Date): Promise<KeyVersion> =>
  versionOf(wanted, await newJwk(wanted), now);

/** Returns the public parts of a key, base64url. */
export const publicParts = (key: KeyVersion): Readonly<Record<string, string>> => {
  const names = key.kty.startsWith('EC') ? ['x', 'y'] : ['n', 'e'];
  return Object.fromEntries(names.map((name) => [name, key.jwk[name] ?? '']));
};

const paddings: Readonly<Record<string, { readonly padding: number; readonly oaepHash?: string }>> = {
  'RSA-OAEP': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  'RSA-OAEP-256': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
};

/** Wraps or unwraps bytes. Returns null if the key doesn't support the algorithm. Throws for bytes that it didn't wrap. */
const withPadding =
  (use: typeof publicEncrypt | typeof privateDecrypt, keyOf: typeof createPublicKey | typeof createPrivateKey) =>
  (key: KeyVersion, algorithm: string, value: Buffer): Buffer | null => {
    const padding = paddings[algorithm];
    if (padding === undefined || !key.kty.startsWith('RSA')) return null;
    return use({ key: keyOf({ key: key.jwk, format: 'jwk' }), ...padding }, value);
  };

export const wrapBytes = withPadding(publicEncrypt, createPublicKey);
export const unwrapBytes = withPadding(privateDecrypt, createPrivateKey);

/** Returns the version that an address without one means. The schema requires at least one version. */
export const newestVersion = (key: VaultKey): KeyVersion => {
  const newest = key.versions.at(-1);
  if (newest === undefined) throw new Error(`key ${key.name} has no version`);
  return newest;
};

/** Returns the key with this name, unless it is deleted. */
export const findKey = (vault: Vault, name: string): VaultKey | undefined =>
  vault.keys.find((one) => sameId(one.name, name) && one.deletedAt === null);

/** Without a version, returns the newest. */
export const findVersion = (key: VaultKey, version: string): KeyVersion | undefined =>
  version === '' ? newestVersion(key) : key.versions.find((one) => sameId(one.version, version));

/** Returns what was found, or refuses with Key Vault's code, which both doors use. */
const found = <T>(one: T | undefined, name: string): T => {
  if (one === undefined) throw Refusal.of(404, 'KeyNotFound', notFoundText('key', name));
  return one;
};

export const requireKey = (vault: Vault, name: string): VaultKey => found(findKey(vault, name), name);

export const requireVersion = (key: VaultKey, version: string): KeyVersion =>
  found(findVersion(key, version), `${key.name}/${version}`);

const findDeleted = ({ keys }: Vault, name: string): VaultKey | undefined =>
  keys.find((one) => sameId(one.name, name) && one.deletedAt !== null);

export const requireDeleted = (vault: Vault, name: string): VaultKey => found(findDeleted(vault, name), name);

const requireNotDeleted = (vault: Vault, name: string): void => {
  if (findDeleted(vault, name) === undefined) return;
  throw Refusal.of(409, 'Conflict', keyDeletedText(name), { innererror: { code: 'ObjectIsDeletedButRecoverable' } });
};

/** Adds a key or, over ARM, returns an existing one. What is checked again can have changed: making key material takes time. */
export const addKey = async (
  door: 'arm' | 'vault',
  vault: Vault,
  name: string,
  wanted: NewVersion,
  make: () => KeyVersion | Promise<KeyVersion>,
): Promise<VaultKey> => {
  const problem = sizeProblem(vault, name, wanted);
  if (problem !== null) throw Refusal.of(400, door === 'arm' ? 'BadRequest' : 'BadParameter', problem);
  requireNotDeleted(vault, name);
  const version = await make();
  requireNotDeleted(vault, name);
  return (door === 'arm' && findKey(vault, name)) || addVersion(vault, name, version);
};

/** Adds a version, and the key if it doesn't exist. */
const addVersion = (vault: Vault, name: string, version: KeyVersion): VaultKey => {
  const key: VaultKey = findKey(vault, name) ?? { name, versions: [], deletedAt: null };
  if (key.versions.length === 0) vault.keys.push(key);
  key.versions.push(version);
  return key;
};

/** Real text, from recordings of the official client libraries. */
export const notFoundText = (kind: 'key' | 'secret', name: string): string =>
  `A ${kind} with (name/id) ${name} was not found in this key vault. If you recently deleted this ${kind} you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`;

/** Real text (public reports). */
const keyDeletedText = (name: string): string =>
  `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`;

/** Returns why the vault can't create such a key, or null. The rules are on Microsoft's page about keys; the texts are invented. */
const sizeProblem = (
  vault: Vault,
  name: string,
  wanted: Pick<NewVersion, 'kty' | 'keySize' | 'curve'>,
): string | null => {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) return `The key name '${name}' is not valid.`;
  if (wanted.kty.endsWith('-HSM') && vault.sku !== 'premium') {
    return 'The key type is not supported for the vault: keys in hardware need the premium tier.';
  }
  if (wanted.kty.startsWith('EC'))
    return wanted.curve in curves ? null : `The curve '${wanted.curve}' is not supported.`;
  return [2048, 3072, 4096].includes(wanted.keySize) ? null : `The key size ${wanted.keySize} is not supported.`;
};

export type KeyOperation = 'wrapKey' | 'unwrapKey';

/**
 * Returns why a key can't be used for an operation now, or null.
 * Microsoft's key attributes page: a disabled key can't be used; outside its dates a key doesn't wrap, but
 * still unwraps. Texts after public reports of the same refusals for secrets and keys.
 */
export const keyUseProblem = (key: KeyVersion, operation: KeyOperation, now: Date) => {
  const seconds = now.getTime() / 1000;
  const { enabled, keyOps, nbf, exp } = key;
  const unwraps = operation === 'unwrapKey';
  const problems: readonly (readonly [isIt: boolean, innerCode: string, text: string])[] = [
    [!enabled, 'KeyDisabled', 'allowed on a disabled key'],
    [!keyOps.includes(operation), 'KeyOperationForbidden', 'permitted on this key'],
    [!unwraps && nbf !== null && nbf > seconds, 'KeyNotYetValid', 'allowed on a key that is not yet valid'],
    [!unwraps && exp !== null && exp <= seconds, 'KeyExpired', 'allowed on an expired key'],
  ];
  const [, innerCode, text] = problems.find(([isIt]) => isIt) ?? [];
  if (innerCode === undefined) return null;
  return { innerCode, message: `Operation ${operation} is not ${text}.` };
};
