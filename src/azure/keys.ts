import type { Key } from '@azure/arm-keyvault';
import { done, type Outcome } from '../domain/failure.ts';
import { type ArmId, KeyName } from '../domain/ids.ts';
import type { KeyKind, ObservedKey } from '../domain/observed.ts';
import type { Keys } from '../domain/ports/azure.ts';
import { createdKey, observedKey, tagsOf } from './arm-key.ts';
import type { Connection } from './connection.ts';
import { keyUse } from './key-use.ts';
import { keyVersions, versionsOf } from './key-versions.ts';
import { missing } from './line.ts';
import { vaultKind } from './resource-ids.ts';

/** A list's entry. ARM's lists carry dates and addresses, but the type only where a version of the API cares to: else a name. */
const listed = (key: Key): ObservedKey | KeyName => {
  const name = KeyName.parse(key.name);
  return key.keyUriWithVersion !== undefined && key.kty !== undefined && key.keyOps !== undefined
    ? observedKey(name, key)
    : name;
};

const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** The body of a new key: good for wrapping and for nothing else. */
const newKeyProperties = ({ type, size, expires }: KeyKind) => ({
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

/** Keys as ARM has them, with what only the vault itself can do. */
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
      const { keys } = line.keyVault(parts.subscriptionId);
      for await (const key of line.items(keys.list(parts.resourceGroup, parts.name))) {
        found.push(listed(key));
      }
      return found;
    });
    return entries.ok ? completed(entries.value, (name) => get(vaultId, name, null)) : entries;
  };

  const first: Keys['first'] = async (vaultId, name) => {
    const doing = `reading the versions of key ${name} in ${nameOf(vaultId)}`;
    const all = await connection.on(vaultKind, vaultId, doing, (line, parts) =>
      line.unless(missing, versionsOf(line, parts, name)),
    );
    if (!all.ok) return all;
    const oldest = all.value?.[0];
    return oldest === undefined ? done(null) : get(vaultId, name, oldest.version);
  };

  const createIfMissing: Keys['createIfMissing'] = (vaultId, name, key, mark) =>
    connection.on(vaultKind, vaultId, `creating key ${name} in ${nameOf(vaultId)}`, async (line, parts) => {
      const { keys } = line.keyVault(parts.subscriptionId);
      const answered = await keys.createIfNotExist(parts.resourceGroup, parts.name, name, {
        tags: tagsOf(mark),
        properties: newKeyProperties(key),
      });
      const { version } = observedKey(name, answered);
      return { ...line.exchange.receipt(), ...createdKey(version, answered.tags, mark) };
    });

  return { get, first, list, createIfMissing, ...keyVersions(connection, get), ...keyUse(connection) };
}

const nameOf = (id: ArmId): string => id.split('/').at(-1) ?? id;
