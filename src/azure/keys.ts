/**
 * Keys over ARM, which needs no access to the vault's data and passes its firewall; only the probe and the
 * look at deleted keys, which ARM does not list, speak to the vault itself.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Key, KeysOperations } from '@azure/arm-keyvault';
import { z } from 'zod';
import { done, failed, type Outcome } from '../domain/failure.ts';
import { type ArmId, type ArmIdParts, KeyName, KeyVersion } from '../domain/ids.ts';
import type { NewKey, ObservedKey } from '../domain/observed.ts';
import type { Deleted, Keys, Probe } from '../domain/ports/azure.ts';
import type { Cloud } from './clouds.ts';
import { type Connection, type Line, missing } from './connection.ts';
import { complaintOf } from './error-body.ts';
import { refusedHere } from './failures.ts';
import { vaultKind } from './resource-ids.ts';

/** Only what is used; the SDK has flattened `properties` and calls nbf and exp by words, in seconds. */
const ArmKey = z.object({
  kty: z.string(),
  keySize: z.number().nullish(),
  keyOps: z.array(z.string()).nullish(),
  keyUriWithVersion: z.string(),
  attributes: z
    .object({ enabled: z.boolean().nullish(), notBefore: z.number().nullish(), expires: z.number().nullish() })
    .nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
});

/** The tag by which the bot knows a key that it made, and for which request. */
const madeForTag = 'cmk-bot-request';

/** A list's entry of one version. */
const ListedVersion = z.object({
  keyUriWithVersion: z.string(),
  attributes: z.object({ created: z.number() }),
});

const isoOf = (seconds: number | null | undefined): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;

/** `https://v.vault.azure.net:443/keys/k/<version>`: the version is the last part, and no other is to be relied on. */
const versionIn = (address: string): string => (address.split('/').at(-1) ?? '').toLowerCase();

/** The name is the one asked for: a version read by itself carries the version as its name. */
function observedKey(name: KeyName, key: unknown): ObservedKey {
  const { kty, keySize, keyOps, keyUriWithVersion, attributes, tags } = ArmKey.parse(key);
  const madeFor = tags?.[madeForTag];
  return {
    name,
    version: KeyVersion.parse(versionIn(keyUriWithVersion)),
    type: kty,
    size: keySize ?? null,
    operations: keyOps ?? [],
    enabled: attributes?.enabled !== false,
    notBefore: isoOf(attributes?.notBefore),
    expires: isoOf(attributes?.expires),
    ...(madeFor === undefined ? {} : { madeFor }),
  };
}

/** A list's entry. ARM's lists carry dates and addresses, but the type only where a version of the API cares to: else a name. */
const listed = (key: Key): ObservedKey | KeyName => {
  const name = KeyName.parse(key.name);
  return key.keyUriWithVersion !== undefined && key.kty !== undefined && key.keyOps !== undefined
    ? observedKey(name, key)
    : name;
};

const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** The body of a new key: good for wrapping and for nothing else. */
const newKeyProperties = ({ type, size, expires }: NewKey) => ({
  kty: type,
  keySize: size,
  keyOps: ['wrapKey', 'unwrapKey'],
  attributes: { enabled: true, ...(expires === null ? {} : { expires: secondsOf(expires) }) },
});

/** Reading keys one by one may not become a burst that Azure throttles. */
const atOnce = 8;

/** The list's entries, each read by itself where only its name is known. */
async function completed(
  entries: readonly (ObservedKey | KeyName)[],
  get: (name: KeyName) => Promise<Outcome<ObservedKey | null>>,
): Promise<Outcome<readonly ObservedKey[]>> {
  const whole: ObservedKey[] = [];
  for (let start = 0; start < entries.length; start += atOnce) {
    const batch = entries.slice(start, start + atOnce);
    const read = await Promise.all(batch.map(async (entry) => (typeof entry === 'string' ? get(entry) : done(entry))));
    for (const outcome of read) {
      if (!outcome.ok) return outcome;
      if (outcome.value !== null) whole.push(outcome.value);
    }
  }
  return done(whole.sort((a, b) => a.name.localeCompare(b.name, 'en')));
}

/** Refusals of the key's state, not of the caller: the key does not work, and that must not pass as "could not look". */
const keyItself = /^Key(Disabled|NotYetValid|Expired|OperationNotAllowed)$|key .*(disabled|expired|not yet valid)/i;

/** The SDK looks at dates and operations before it sends anything, and throws plain errors. */
const refusedBySdk = /expired at|can't be used before|is not supported on key/;

async function probeKey(line: Line, address: string): Promise<Probe> {
  const client = line.key(address);
  const secret = randomBytes(32);
  try {
    // Not RSA-OAEP: that one the SDK wraps on its own with the public key, which proves nothing about the vault.
    const wrapped = await client.wrapKey('RSA-OAEP-256', secret);
    const unwrapped = await client.unwrapKey('RSA-OAEP-256', wrapped.result);
    if (unwrapped.result.length === secret.length && timingSafeEqual(unwrapped.result, secret)) return 'usable';
    throw new KeyUnusable('KeyProbeMismatch', 'what was unwrapped is not what was wrapped');
  } catch (error) {
    if (error instanceof Error && refusedBySdk.test(error.message))
      throw new KeyUnusable('KeyNotUsable', error.message);
    const { last } = line.exchange;
    const told = last?.status === 403 ? complaintOf(last) : null;
    if (told === null) throw error;
    if (keyItself.test([...told.codes, told.message].join('\n'))) throw error;
    return 'not-allowed';
  }
}

/** `KeyNotFound` is what the vault says of deleted keys too (recordings of Microsoft's JavaScript client). */
async function findDeleted(line: Line, vaultUri: string, name: KeyName): Promise<Deleted> {
  try {
    const key = await line.unless(['KeyNotFound'], line.keysAt(vaultUri).getDeletedKey(name));
    return key === null ? 'none' : 'deleted';
  } catch (error) {
    if (line.exchange.last?.status === 403) return 'not-checked';
    throw error;
  }
}

class KeyUnusable extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Null: the key has no version that is listed, as if there were none. */
async function oldestVersion(keys: KeysOperations, { resourceGroup, name: vault }: ArmIdParts, name: KeyName) {
  let oldest: z.infer<typeof ListedVersion> | null = null;
  for await (const version of keys.listVersions(resourceGroup, vault, name)) {
    const one = ListedVersion.parse(version);
    if (oldest === null || one.attributes.created < oldest.attributes.created) oldest = one;
  }
  return oldest === null ? null : KeyVersion.parse(versionIn(oldest.keyUriWithVersion));
}

/** A token is only sent to hosts of the cloud's Key Vault. */
const isVaultHost = (vaultUri: string, { vaultSuffix }: Cloud): boolean => {
  const url = URL.canParse(vaultUri) ? new URL(vaultUri) : null;
  return url !== null && url.protocol === 'https:' && (vaultSuffix === null || url.hostname.endsWith(vaultSuffix));
};

/** Keys as ARM has them, and the probe. */
export function armKeys(connection: Connection): Keys {
  const get: Keys['get'] = (vaultId, name, version) =>
    connection.on(vaultKind, vaultId, `reading key ${name} in ${nameOf(vaultId)}`, async (line, parts) => {
      const { keys } = line.keyVault(parts.subscriptionId);
      const asked =
        version === null
          ? keys.get(parts.resourceGroup, parts.name, name)
          : keys.getVersion(parts.resourceGroup, parts.name, name, version);
      const key = await line.unless(missing, asked);
      return key === null ? null : observedKey(name, key);
    });

  const list: Keys['list'] = async (vaultId) => {
    const doing = `listing the keys in ${nameOf(vaultId)}`;
    const entries = await connection.on(vaultKind, vaultId, doing, async (line, parts) => {
      const found: (ObservedKey | KeyName)[] = [];
      for await (const key of line.keyVault(parts.subscriptionId).keys.list(parts.resourceGroup, parts.name)) {
        found.push(listed(key));
      }
      return found;
    });
    return entries.ok ? completed(entries.value, (name) => get(vaultId, name, null)) : entries;
  };

  const first: Keys['first'] = async (vaultId, name) => {
    const doing = `reading the versions of key ${name} in ${nameOf(vaultId)}`;
    const oldest = await connection.on(vaultKind, vaultId, doing, (line, parts) =>
      line.unless(missing, oldestVersion(line.keyVault(parts.subscriptionId).keys, parts, name)),
    );
    return oldest.ok && oldest.value !== null ? get(vaultId, name, oldest.value) : oldest.ok ? done(null) : oldest;
  };

  const createIfMissing: Keys['createIfMissing'] = (vaultId, name, key, madeFor) =>
    connection.on(vaultKind, vaultId, `creating key ${name} in ${nameOf(vaultId)}`, async (line, parts) => {
      const { keys } = line.keyVault(parts.subscriptionId);
      await keys.createIfNotExist(parts.resourceGroup, parts.name, name, {
        tags: { [madeForTag]: madeFor },
        properties: newKeyProperties(key),
      });
      return line.exchange.receipt();
    });

  const probe: Keys['probe'] = async (vaultUri, name, version) => {
    const doing = `trying key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    const address = `${new URL(vaultUri).origin}/keys/${name}/${version}`;
    try {
      return await connection.call(doing, (line) => probeKey(line, address));
    } catch (error) {
      if (!(error instanceof KeyUnusable)) throw error;
      return failed(refusedHere(doing, error.code, error.message));
    }
  };

  const deleted: Keys['deleted'] = async (vaultUri, name) => {
    const doing = `looking for a deleted key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    return connection.call(doing, (line) => findDeleted(line, vaultUri, name), { brief: true });
  };

  return { get, first, list, createIfMissing, probe, deleted };
}

const notAVault = (doing: string, vaultUri: string) =>
  refusedHere(doing, 'NotAKeyVaultAddress', `${vaultUri} is not the address of a key vault`);

const nameOf = (id: ArmId): string => id.split('/').at(-1) ?? id;
