/**
 * Keys of a vault. ARM can only create the first version of a key (`createIfNotExist`), so later ones are created in the vault
 * itself.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Key } from '@azure/arm-keyvault';
import { z } from 'zod';
import { sha256 } from '../../domain/canonical-json.ts';
import { botFailure, done, type Failure, failed, type Outcome } from '../../domain/failure.ts';
import { type ArmId, type ArmIdParts, KeyName, KeyVersion } from '../../domain/ids.ts';
import type { KeyKind, ObservedKey } from '../../domain/observed.ts';
import type { CreatedKey, Deleted, KeyMark, Keys, Probe } from '../../domain/ports/azure.ts';
import { lastPart, vaultKind } from '../arm/resource-ids.ts';
import { type AzureClients, missing } from '../connection/azure-clients.ts';
import { type Connection, FoundInCall } from '../connection/connection.ts';
import { type AzureError, azureErrorIn } from '../connection/error-body.ts';
import { inParallel } from '../connection/limits.ts';

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
const tagsOf = ({ request, nonce }: KeyMark): Record<string, string> => ({
  'cmk-bot-request': request,
  [nonceTag]: nonce,
});

const isoOf = (seconds: number | null | undefined): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;

/** Returns the version from `https://v.vault.azure.net:443/keys/k/<version>`. Only the last part is reliable. */
const versionIn = (address: string): KeyVersion => KeyVersion.parse(lastPart(address).toLowerCase());

/** Converts a key of ARM. Uses the requested name: a single version carries the version as its name. */
function observedKey(name: KeyName, key: unknown): ObservedKey {
  const { kty, keySize, keyOps, keyUriWithVersion, attributes, tags } = ArmKey.parse(key);
  const nonce = tags?.[nonceTag];
  return {
    name,
    version: versionIn(keyUriWithVersion),
    type: kty,
    size: keySize ?? null,
    operations: keyOps ?? [],
    enabled: attributes?.enabled !== false,
    notBefore: isoOf(attributes?.notBefore),
    expires: isoOf(attributes?.expires),
    created: isoOf(attributes?.created),
    // A foreign text has a hash that isn't stored.
    nonceHash: nonce === undefined ? null : sha256(nonce),
  };
}

const createdKey = (
  { exchange }: AzureClients,
  version: KeyVersion,
  tags: Readonly<Record<string, string>> | undefined,
  { nonce }: KeyMark,
): CreatedKey => ({ ...exchange.receipt(), version, carriesNonce: tags?.[nonceTag] === nonce });

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

/** Oldest first. */
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
    found.push({ version: versionIn(keyUriWithVersion), created, enabled: enabled !== false });
  }
  return found.sort((a, b) => a.created - b.created);
}

/** Oldest first; null: no such key. */
const listVersions = (connection: Connection, vaultId: ArmId, name: KeyName) =>
  connection.on(vaultKind, vaultId, `reading the versions of key ${name} in ${lastPart(vaultId)}`, (clients, parts) =>
    clients.nullOn(missing, versionsOf(clients, parts, name)),
  );

/** Maximum number of versions read. More are unlikely between an approval and its run. */
const maxVersionsRead = 25;

function keyVersions(connection: Connection, get: Keys['get']): Pick<Keys, 'createVersion' | 'versions' | 'older'> {
  return {
    async older(vaultId, name, current) {
      const all = await listVersions(connection, vaultId, name);
      if (!all.ok) return all;
      const versions = all.value ?? [];
      const at = versions.findIndex(({ version }) => version === current);
      return done(versions.slice(0, Math.max(at, 0)).map(({ version, enabled }) => ({ version, enabled })));
    },

    async versions(vaultId, name, after) {
      const all = await listVersions(connection, vaultId, name);
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

    createVersion(vaultUri, name, after, { type, size, expires }, mark) {
      return connection.inVault(vaultUri, `making a version of key ${name} in ${vaultUri}`, async (clients) => {
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
        return createdKey(clients, version, made.properties.tags, mark);
      });
    },
  };
}

/**
 * Refusals because of the key's state, not of the caller. They mean that the key doesn't work, and must not count as "not
 * checked".
 */
const keyStateErrors =
  /^Key(Disabled|NotYetValid|Expired|Operation(NotAllowed|Forbidden))$|key .*(disabled|expired|not yet valid)/i;

/** Refusals by the vault's firewall, independent of permissions. */
const firewallCodes = /^ForbiddenBy(Firewall|Connection)$/;

/** The vault's own refusal with 403; null: none. A proxy's 403 says nothing about the bot's permissions. */
function vaultRefusal({ exchange: { last } }: AzureClients): AzureError | null {
  const reported = last?.status === 403 ? azureErrorIn(last) : null;
  const isVaults = reported?.codes.some((code) => /^(Forbidden|AccessDenied|AuthorizationFailed)/.test(code));
  return isVaults === true ? reported : null;
}

/** Plain errors that the SDK throws before it sends a request, from the key's dates and operations. */
const refusedBySdk = /expired at|can't be used before|is not supported on key/;

async function probeKey(clients: AzureClients, address: string): Promise<Probe> {
  const client = clients.key(address);
  const secret = randomBytes(32);
  try {
    // Not RSA-OAEP: the SDK wraps it locally with the public key, which proves nothing about the vault.
    const wrapped = await client.wrapKey('RSA-OAEP-256', secret);
    const unwrapped = await client.unwrapKey('RSA-OAEP-256', wrapped.result);
    if (unwrapped.result.length === secret.length && timingSafeEqual(unwrapped.result, secret)) return 'usable';
    throw new FoundInCall({ code: 'key-probe-mismatch' });
  } catch (error) {
    if (error instanceof Error && refusedBySdk.test(error.message))
      throw new FoundInCall({ code: 'key-not-usable', message: error.message });
    const reported = vaultRefusal(clients);
    if (reported === null || keyStateErrors.test([...reported.codes, reported.message].join('\n'))) throw error;
    return reported.codes.some((code) => firewallCodes.test(code)) ? 'firewalled' : 'not-allowed';
  }
}

/**
 * Checks for a deleted key. The vault also returns `KeyNotFound` for deleted keys (recordings of Microsoft's JavaScript
 * client).
 */
async function findDeleted(clients: AzureClients, vaultUri: string, name: KeyName): Promise<Deleted> {
  try {
    const key = await clients.nullOn(['KeyNotFound'], clients.keysAt(vaultUri).getDeletedKey(name));
    return key === null ? 'none' : 'deleted';
  } catch (error) {
    if (vaultRefusal(clients) !== null) return 'not-checked';
    throw error;
  }
}

/** Operations on the vault itself, with the bot's own data access: test of a key, and check for deleted keys. */
function dataPlaneKeys(connection: Connection): Pick<Keys, 'probe' | 'deleted'> {
  const probe: Keys['probe'] = async (vaultUri, name, version) => {
    const doing = `trying key ${name} in ${vaultUri}`;
    try {
      return await connection.inVault(vaultUri, doing, (clients) =>
        probeKey(clients, `${new URL(vaultUri).origin}/keys/${name}/${version}`),
      );
    } catch (error) {
      if (!(error instanceof FoundInCall)) throw error;
      return failed(botFailure(doing, error.found));
    }
  };

  const deleted: Keys['deleted'] = (vaultUri, name) => {
    const doing = `looking for a deleted key ${name} in ${vaultUri}`;
    return connection.inVault(vaultUri, doing, (clients) => findDeleted(clients, vaultUri, name), { limit: 'brief' });
  };

  return { probe, deleted };
}

/**
 * Converts a list entry. ARM's lists contain dates and addresses, but the type only in some API versions. Without it, returns
 * the name.
 */
const entryOf = (key: Key): ObservedKey | KeyName => {
  const name = KeyName.parse(key.name);
  return key.keyUriWithVersion !== undefined && key.kty !== undefined && key.keyOps !== undefined
    ? observedKey(name, key)
    : name;
};

const newKeyProperties = ({ type, size, expires }: KeyKind) => ({
  kty: type,
  keySize: size,
  keyOps: ['wrapKey', 'unwrapKey'],
  attributes: { enabled: true, ...(expires === null ? {} : { expires: Math.floor(Date.parse(expires) / 1000) }) },
});

/** Returns the list's entries. Reads those of which only the name is known, until a read fails. */
async function readMissing(
  entries: readonly (ObservedKey | KeyName)[],
  get: (name: KeyName) => Promise<Outcome<ObservedKey | null>>,
): Promise<Outcome<readonly ObservedKey[]>> {
  const failures: Failure[] = [];
  const found = await inParallel(entries, async (entry) => {
    if (typeof entry !== 'string') return entry;
    const outcome = failures.length > 0 ? done(null) : await get(entry);
    if (outcome.ok) return outcome.value;
    failures.push(outcome.failure);
    return null;
  });
  const [failure] = failures;
  if (failure !== undefined) return failed(failure);
  return done(found.filter((key) => key !== null).sort((a, b) => a.name.localeCompare(b.name, 'en')));
}

export function armKeys(connection: Connection): Keys {
  const get: Keys['get'] = (vaultId, name, version) =>
    connection.on(vaultKind, vaultId, `reading key ${name} in ${lastPart(vaultId)}`, async (clients, parts) => {
      const { keys } = clients.keyVault(parts.subscriptionId);
      const pending =
        version === null
          ? keys.get(parts.resourceGroup, parts.name, name)
          : keys.getVersion(parts.resourceGroup, parts.name, name, version);
      const key = await clients.nullOn(missing, pending);
      return key === null ? null : observedKey(name, key);
    });

  const list: Keys['list'] = async (vaultId) => {
    const doing = `listing the keys in ${lastPart(vaultId)}`;
    const entries = await connection.on(vaultKind, vaultId, doing, async (clients, parts) => {
      const found: (ObservedKey | KeyName)[] = [];
      const { keys } = clients.keyVault(parts.subscriptionId);
      for await (const key of clients.items(keys.list(parts.resourceGroup, parts.name))) {
        found.push(entryOf(key));
      }
      return found;
    });
    return entries.ok ? readMissing(entries.value, (name) => get(vaultId, name, null)) : entries;
  };

  const first: Keys['first'] = async (vaultId, name) => {
    const all = await listVersions(connection, vaultId, name);
    if (!all.ok) return all;
    const oldest = all.value?.[0];
    return oldest === undefined ? done(null) : get(vaultId, name, oldest.version);
  };

  const createIfMissing: Keys['createIfMissing'] = (vaultId, name, key, mark) =>
    connection.on(vaultKind, vaultId, `creating key ${name} in ${lastPart(vaultId)}`, async (clients, parts) => {
      const { keys } = clients.keyVault(parts.subscriptionId);
      const created = await keys.createIfNotExist(parts.resourceGroup, parts.name, name, {
        tags: tagsOf(mark),
        properties: newKeyProperties(key),
      });
      const { version } = observedKey(name, created);
      return createdKey(clients, version, created.tags, mark);
    });

  return { get, first, list, createIfMissing, ...keyVersions(connection, get), ...dataPlaneKeys(connection) };
}
