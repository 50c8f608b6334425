/** Secrets and signing keys of the bot itself in Key Vault. */
import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey } from '@azure/keyvault-keys';
import { botFailure, failed, type Outcome } from '../domain/failure.ts';
import type { VaultSigner } from '../domain/ports/published-log.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import { refusedBySdk } from './keys.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';

interface Secret {
  /** Address with the version that was read. */
  readonly id: string;
  readonly value: string;
}

export interface Secrets {
  /**
   * Reads a secret. `id`: `https://VAULT/secrets/NAME` for the newest version, or with `/VERSION`. Needs only permission to get
   * it.
   */
  get(id: string): Promise<Outcome<Secret>>;
}

/** Creates the reader of a vault's secrets. The seal key and the log signing key can be secrets. */
export function vaultSecrets(options: AzureOptions): Secrets {
  const connection = connectionOf(options);
  return {
    async get(id) {
      const { origin, host, pathname } = new URL(id);
      const [, , name = '', version = ''] = pathname.split('/');
      const doing = `reading secret ${name} in ${host}`;
      if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
      return connection.call(doing, async (clients) => {
        const { value = '', properties } = await clients
          .secretsAt(origin)
          .getSecret(name, version === '' ? {} : { version });
        return { id: properties.id ?? id, value };
      });
    },
  };
}

class SigningKeyUnsupported extends Error {}

/** Returns the public key; null: not P-256. */
function publicKeyOf({ kty, crv, x, y }: JsonWebKey): Buffer | null {
  if (!kty?.startsWith('EC') || crv !== 'P-256' || x === undefined || y === undefined) return null;
  const base64 = (part: Uint8Array): string => Buffer.from(part).toString('base64url');
  const key = createPublicKey({ key: { kty: 'EC', crv, x: base64(x), y: base64(y) }, format: 'jwk' });
  return key.export({ format: 'der', type: 'spki' });
}

/** Encodes an integer in DER: the shortest form, with a zero before a set high bit. */
function integerOf(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(first < 0 ? bytes.length - 1 : first);
  const value = (short[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), short]) : short;
  return Buffer.concat([Buffer.of(2, value.length), value]);
}

/** Converts a signature: Key Vault returns r and s concatenated, 32 bytes each; others expect `Ecdsa-Sig-Value`. */
function derOf(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw);
  const half = bytes.length / 2;
  const body = Buffer.concat([integerOf(bytes.subarray(0, half)), integerOf(bytes.subarray(half))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** Creates a signer. `address`: `https://VAULT/keys/NAME` for the newest version, or with `/VERSION`. */
export function vaultSigner(address: string, options: AzureOptions): VaultSigner {
  const connection = connectionOf(options);
  const { origin, host, pathname } = new URL(address);
  const [, , name = '', version = ''] = pathname.split('/');

  /** Returns a failure if the key itself isn't usable. */
  const call: typeof connection.call = async (doing, work) => {
    if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
    try {
      return await connection.call(doing, work, { limit: 'brief' });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof SigningKeyUnsupported) && !refusedBySdk.test(error.message)) throw error;
      return failed(botFailure(doing, { code: 'key-not-usable', message: error.message }));
    }
  };

  return {
    address,
    version: () =>
      call(`reading key ${name} in ${host}`, async (clients) => {
        const { id, key } = await clients.keysAt(origin).getKey(name, version === '' ? {} : { version });
        const publicKey = key === undefined ? null : publicKeyOf(key);
        if (id === undefined || publicKey === null) {
          throw new SigningKeyUnsupported(
            `it is of the kind ${[key?.kty, key?.crv].join(' ').trim()}, and has to be EC P-256`,
          );
        }
        return { id, publicKey };
      }),
    sign: ({ id }, message) =>
      call(`signing with key ${name} in ${host}`, async (clients) => {
        const digest = createHash('sha256').update(message).digest();
        return derOf((await clients.key(id).sign('ES256', digest)).result);
      }),
  };
}
