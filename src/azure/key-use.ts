/** What is asked of a vault itself, with the bot's own data access: trying a key, and looking at deleted ones. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type Found, failed, foundThat } from '../domain/failure.ts';
import type { KeyName } from '../domain/ids.ts';
import type { Deleted, Keys, Probe } from '../domain/ports/azure.ts';
import type { Connection } from './connection.ts';
import { complaintOf } from './error-body.ts';
import type { AzureClients } from './line.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';

/** Refusals of the key's state, not of the caller: the key does not work, and that must not pass as "could not look". */
const keyItself =
  /^Key(Disabled|NotYetValid|Expired|Operation(NotAllowed|Forbidden))$|key .*(disabled|expired|not yet valid)/i;

/** The vault lets nobody in from where the bot is, whatever it may do. */
const atTheDoor = /^ForbiddenBy(Firewall|Connection)$/;

/** A 403 of the vault's own. One of a proxy says nothing about what the bot is permitted. */
const isVaultRefusal = ({ status, codes }: { readonly status: number; readonly codes: readonly string[] }): boolean =>
  status === 403 && codes.some((code) => /^(Forbidden|AccessDenied|AuthorizationFailed)/.test(code));

/** The SDK looks at dates and operations before it sends anything, and throws plain errors. */
const refusedBySdk = /expired at|can't be used before|is not supported on key/;

async function probeKey(line: AzureClients, address: string): Promise<Probe> {
  const client = line.key(address);
  const secret = randomBytes(32);
  try {
    // Not RSA-OAEP: that one the SDK wraps on its own with the public key, which proves nothing about the vault.
    const wrapped = await client.wrapKey('RSA-OAEP-256', secret);
    const unwrapped = await client.unwrapKey('RSA-OAEP-256', wrapped.result);
    if (unwrapped.result.length === secret.length && timingSafeEqual(unwrapped.result, secret)) return 'usable';
    throw new KeyUnusable({ code: 'key-probe-mismatch' });
  } catch (error) {
    if (error instanceof Error && refusedBySdk.test(error.message))
      throw new KeyUnusable({ code: 'key-not-usable', message: error.message });
    const { last } = line.exchange;
    const told = last === null ? null : complaintOf(last);
    if (last === null || told === null || !isVaultRefusal({ status: last.status, codes: told.codes })) throw error;
    if (keyItself.test([...told.codes, told.message].join('\n'))) throw error;
    return told.codes.some((code) => atTheDoor.test(code)) ? 'firewalled' : 'not-allowed';
  }
}

/** `KeyNotFound` is what the vault says of deleted keys too (recordings of Microsoft's JavaScript client). */
async function findDeleted(line: AzureClients, vaultUri: string, name: KeyName): Promise<Deleted> {
  try {
    const key = await line.unless(['KeyNotFound'], line.keysAt(vaultUri).getDeletedKey(name));
    return key === null ? 'none' : 'deleted';
  } catch (error) {
    const { last } = line.exchange;
    const codes = last === null ? [] : (complaintOf(last)?.codes ?? []);
    if (last !== null && isVaultRefusal({ status: last.status, codes })) return 'not-checked';
    throw error;
  }
}

class KeyUnusable extends Error {
  readonly found: Found;
  constructor(found: Found) {
    super(found.code);
    this.found = found;
  }
}

export function keyUse(connection: Connection): Pick<Keys, 'probe' | 'deleted'> {
  const probe: Keys['probe'] = async (vaultUri, name, version) => {
    const doing = `trying key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    const address = `${new URL(vaultUri).origin}/keys/${name}/${version}`;
    try {
      return await connection.call(doing, (line) => probeKey(line, address));
    } catch (error) {
      if (!(error instanceof KeyUnusable)) throw error;
      return failed(foundThat(doing, error.found));
    }
  };

  const deleted: Keys['deleted'] = async (vaultUri, name) => {
    const doing = `looking for a deleted key ${name} in ${vaultUri}`;
    if (!isVaultHost(vaultUri, connection.cloud)) return failed(notAVault(doing, vaultUri));
    return connection.call(doing, (line) => findDeleted(line, vaultUri, name), { brief: true });
  };

  return { probe, deleted };
}
