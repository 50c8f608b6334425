import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Key } from '@azure/arm-keyvault';
import { botFailure, done, type Failure, failed, type Outcome } from '../domain/failure.ts';
import { KeyName } from '../domain/ids.ts';
import type { KeyKind, ObservedKey } from '../domain/observed.ts';
import type { Deleted, Keys, Probe } from '../domain/ports/azure.ts';
import { type AzureClients, missing } from './azure-clients.ts';
import { type Connection, FoundInCall } from './connection.ts';
import { azureErrorIn } from './error-body.ts';
import { createdKey, keyVersions, listVersions, observedKey, tagsOf } from './key-versions.ts';
import { inParallel } from './limits.ts';
import { isVaultHost, lastPart, notAVault, vaultKind } from './resource-ids.ts';

/**
 * Refusals because of the key's state, not of the caller. They mean that the key doesn't work, and must not count as "not
 * checked".
 */
const keyStateErrors =
  /^Key(Disabled|NotYetValid|Expired|Operation(NotAllowed|Forbidden))$|key .*(disabled|expired|not yet valid)/i;

/** Refusals by the vault's firewall, independent of permissions. */
const firewallCodes = /^ForbiddenBy(Firewall|Connection)$/;

/** Returns whether the vault itself refused with 403. A proxy's 403 says nothing about the bot's permissions. */
const isVaultRefusal = ({ status, codes }: { readonly status: number; readonly codes: readonly string[] }): boolean =>
  status === 403 && codes.some((code) => /^(Forbidden|AccessDenied|AuthorizationFailed)/.test(code));

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
    const { last } = clients.exchange;
    const reported = last === null ? null : azureErrorIn(last);
    if (last === null || reported === null || !isVaultRefusal({ status: last.status, codes: reported.codes }))
      throw error;
    if (keyStateErrors.test([...reported.codes, reported.message].join('\n'))) throw error;
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
    const { last } = clients.exchange;
    const codes = last === null ? [] : (azureErrorIn(last)?.codes ?? []);
    if (last !== null && isVaultRefusal({ status: last.status, codes })) return 'not-checked';
    throw error;
  }
}

/** Operations on the vault itself, with the bot's own data access: test of a key, and check for deleted keys. */
function dataPlaneKeys(connection: Connection): Pick<Keys, 'probe' | 'deleted'> {
  const probe: Keys['probe'] = async (vaultUri, name, version) => {
    const doing = `trying key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    const address = `${new URL(vaultUri).origin}/keys/${name}/${version}`;
    try {
      return await connection.call(doing, (clients) => probeKey(clients, address));
    } catch (error) {
      if (!(error instanceof FoundInCall)) throw error;
      return failed(botFailure(doing, error.found));
    }
  };

  const deleted: Keys['deleted'] = async (vaultUri, name) => {
    const doing = `looking for a deleted key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    return connection.call(doing, (clients) => findDeleted(clients, vaultUri, name), { limit: 'brief' });
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

const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** Returns the body of a new key, for wrapping only. */
const newKeyProperties = ({ type, size, expires }: KeyKind) => ({
  kty: type,
  keySize: size,
  keyOps: ['wrapKey', 'unwrapKey'],
  attributes: { enabled: true, ...(expires === null ? {} : { expires: secondsOf(expires) }) },
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
    const doing = `reading the versions of key ${name} in ${lastPart(vaultId)}`;
    const all = await listVersions(connection, vaultId, name, doing);
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
      return { ...clients.exchange.receipt(), ...createdKey(version, created.tags, mark) };
    });

  return { get, first, list, createIfMissing, ...keyVersions(connection, get), ...dataPlaneKeys(connection) };
}
