/** Further versions of a key. ARM makes the first alone (`createIfNotExist`), so a later one is made in the vault itself. */
import { z } from 'zod';
import { done, failed } from '../domain/failure.ts';
import { type ArmIdParts, type KeyName, KeyVersion } from '../domain/ids.ts';
import type { ObservedKey } from '../domain/observed.ts';
import type { Keys } from '../domain/ports/azure.ts';
import { createdKey, tagsOf, versionIn } from './arm-key.ts';
import type { Connection } from './connection.ts';
import { type AzureClients, missing } from './line.ts';
import { isVaultHost, notAVault, vaultKind } from './resource-ids.ts';

/** A list's entry of one version. */
const ListedVersion = z.object({
  keyUriWithVersion: z.string(),
  attributes: z.object({ created: z.number() }),
});

interface Version {
  readonly version: KeyVersion;
  /** Seconds: two may be of the same one. */
  readonly created: number;
}

/** Oldest first. Empty: there is no such key, or none of its versions is listed. */
export async function versionsOf(
  line: AzureClients,
  { subscriptionId, resourceGroup, name: vault }: ArmIdParts,
  name: KeyName,
): Promise<readonly Version[]> {
  const found: Version[] = [];
  const { keys } = line.keyVault(subscriptionId);
  for await (const version of line.items(keys.listVersions(resourceGroup, vault, name))) {
    const { keyUriWithVersion, attributes } = ListedVersion.parse(version);
    found.push({ version: KeyVersion.parse(versionIn(keyUriWithVersion)), created: attributes.created });
  }
  return found.sort((a, b) => a.created - b.created);
}

/** More were hardly made between an approval and its run. */
const mostLookedAt = 25;

export function keyVersions(connection: Connection, get: Keys['get']): Pick<Keys, 'createVersion' | 'versions'> {
  return {
    async versions(vaultId, name, after) {
      const doing = `reading the versions of key ${name}`;
      const all = await connection.on(vaultKind, vaultId, doing, (line, parts) =>
        line.unless(missing, versionsOf(line, parts, name)),
      );
      if (!all.ok) return all;
      const since = all.value?.find(({ version }) => version === after)?.created ?? 0;
      const later = (all.value ?? []).filter(({ version, created }) => version !== after && created >= since);
      const versions: ObservedKey[] = [];
      // Lists do not show tags, so each is read.
      for (const { version } of later.slice(0, mostLookedAt)) {
        const key = await get(vaultId, name, version);
        if (!key.ok) return key;
        if (key.value !== null) versions.push(key.value);
      }
      return done({ versions, complete: later.length <= mostLookedAt });
    },

    async createVersion(vaultUri, name, after, { type, size, expires }, mark) {
      const doing = `making a version of key ${name} in ${vaultUri}`;
      if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
      return connection.call(doing, async (line) => {
        const client = line.keysAt(vaultUri);
        const { keyOperations = [], properties } = await client.getKey(name, { version: after });
        const made = await client.createKey(name, type, {
          keySize: size,
          keyOps: keyOperations,
          enabled: true,
          tags: { ...properties.tags, ...tagsOf(mark) },
          ...(expires === null ? {} : { expiresOn: new Date(expires) }),
        });
        const version = KeyVersion.parse(made.properties.version);
        return { ...line.exchange.receipt(), ...createdKey(version, made.properties.tags, mark) };
      });
    },
  };
}
