/**
 * Further versions of a key. ARM can only create the first (`createIfNotExist`), so later ones are created in the vault itself.
 */

import { z } from 'zod';
import { sha256 } from '../domain/canonical-json.ts';
import { done, failed, type Receipt } from '../domain/failure.ts';
import { type ArmId, type ArmIdParts, type KeyName, KeyVersion } from '../domain/ids.ts';
import type { ObservedKey } from '../domain/observed.ts';
import type { CreatedKey, KeyMark, Keys } from '../domain/ports/azure.ts';
import { type AzureClients, missing } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { isVaultHost, notAVault, vaultKind } from './resource-ids.ts';

/** Only the fields in use. The SDK flattens `properties` and names nbf and exp `notBefore` and `expires`, in seconds. */
const ArmKey = z.object({
  kty: z.string(),
  keySize: z.number().nullish(),
  keyOps: z.array(z.string()).nullish(),
  keyUriWithVersion: z.string(),
  attributes: z
    .object({
      enabled: z.boolean().nullish(),
      notBefore: z.number().nullish(),
      expires: z.number().nullish(),
      created: z.number().nullish(),
    })
    .nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
});

const nonceTag = 'cmk-bot-nonce';

/** Returns the tags of a created key. Only the nonce is ever read, and only its hash leaves this module. */
export const tagsOf = ({ request, nonce }: KeyMark): Record<string, string> => ({
  'cmk-bot-request': request,
  [nonceTag]: nonce,
});

/** Returns the hash of any text in the tag. A foreign text has a hash that isn't stored. */
function nonceHashOf(tags: Readonly<Record<string, string>> | null | undefined): string | null {
  const nonce = tags?.[nonceTag];
  return nonce === undefined ? null : sha256(nonce);
}

const isoOf = (seconds: number | null | undefined): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;

/** Returns the version from `https://v.vault.azure.net:443/keys/k/<version>`. Only the last part is reliable. */
const versionIn = (address: string): string => (address.split('/').at(-1) ?? '').toLowerCase();

/** Converts a key of ARM. Uses the requested name: a single version carries the version as its name. */
export function observedKey(name: KeyName, key: unknown): ObservedKey {
  const { kty, keySize, keyOps, keyUriWithVersion, attributes, tags } = ArmKey.parse(key);
  return {
    name,
    version: KeyVersion.parse(versionIn(keyUriWithVersion)),
    type: kty,
    size: keySize ?? null,
    operations: keyOps ?? [],
    enabled: attributes?.enabled !== false,
    notBefore: isoOf(attributes?.notBefore),
    expires: isoOf(attributes?.expires),
    created: isoOf(attributes?.created),
    nonceHash: nonceHashOf(tags),
  };
}

/** Returns the result of a create, from the tags in the answer. */
export const createdKey = (
  version: KeyVersion,
  tags: Readonly<Record<string, string>> | null | undefined,
  { nonce }: KeyMark,
): Omit<CreatedKey, keyof Receipt> => ({ version, carriesNonce: tags?.[nonceTag] === nonce });

const ListedVersion = z.object({
  keyUriWithVersion: z.string(),
  attributes: z.object({ created: z.number(), enabled: z.boolean().nullish() }),
});

interface Version {
  readonly version: KeyVersion;
  /** Seconds. Two versions can have the same value. */
  readonly created: number;
  readonly enabled: boolean;
}

/** Lists the versions, oldest first. Empty: no versions listed. */
async function versionsOf(
  clients: AzureClients,
  { subscriptionId, resourceGroup, name: vault }: ArmIdParts,
  name: KeyName,
): Promise<readonly Version[]> {
  const found: Version[] = [];
  const { keys } = clients.keyVault(subscriptionId);
  for await (const version of clients.items(keys.listVersions(resourceGroup, vault, name))) {
    const { keyUriWithVersion, attributes } = ListedVersion.parse(version);
    const { created, enabled } = attributes;
    found.push({ version: KeyVersion.parse(versionIn(keyUriWithVersion)), created, enabled: enabled !== false });
  }
  return found.sort((a, b) => a.created - b.created);
}

/** Lists the versions, oldest first; null: no such key. */
export const listVersions = (connection: Connection, vaultId: ArmId, name: KeyName, doing: string) =>
  connection.on(vaultKind, vaultId, doing, (clients, parts) =>
    clients.nullOn(missing, versionsOf(clients, parts, name)),
  );

/** Maximum number of versions read. More are unlikely between an approval and its run. */
const maxVersionsRead = 25;

export function keyVersions(
  connection: Connection,
  get: Keys['get'],
): Pick<Keys, 'createVersion' | 'versions' | 'older'> {
  return {
    async older(vaultId, name, current) {
      const all = await listVersions(connection, vaultId, name, `reading the versions of key ${name}`);
      if (!all.ok) return all;
      const versions = all.value ?? [];
      const at = versions.findIndex(({ version }) => version === current);
      return done(versions.slice(0, Math.max(at, 0)).map(({ version, enabled }) => ({ version, enabled })));
    },

    async versions(vaultId, name, after) {
      const all = await listVersions(connection, vaultId, name, `reading the versions of key ${name}`);
      if (!all.ok) return all;
      const since = all.value?.find(({ version }) => version === after)?.created ?? 0;
      const later = (all.value ?? []).filter(({ version, created }) => version !== after && created >= since);
      const versions: ObservedKey[] = [];
      // Lists don't include tags, so each version is read.
      for (const { version } of later.slice(0, maxVersionsRead)) {
        const key = await get(vaultId, name, version);
        if (!key.ok) return key;
        if (key.value !== null) versions.push(key.value);
      }
      return done({ versions, complete: later.length <= maxVersionsRead });
    },

    async createVersion(vaultUri, name, after, { type, size, expires }, mark) {
      const doing = `making a version of key ${name} in ${vaultUri}`;
      if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
      return connection.call(doing, async (clients) => {
        const expiresOn = expires === null ? null : new Date(expires);
        const client = clients.keysAt(vaultUri, expiresOn);
        const { keyOperations = [], properties } = await client.getKey(name, { version: after });
        const made = await client.createKey(name, type, {
          keySize: size,
          keyOps: keyOperations,
          enabled: true,
          tags: { ...properties.tags, ...tagsOf(mark) },
          ...(expiresOn === null ? {} : { expiresOn }),
        });
        const version = KeyVersion.parse(made.properties.version);
        return { ...clients.exchange.receipt(), ...createdKey(version, made.properties.tags, mark) };
      });
    },
  };
}
