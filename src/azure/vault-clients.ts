/** What the bot itself uses of a vault: a secret, and a key that signs. */
import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey } from '@azure/keyvault-keys';
import { failed, foundThat, type Outcome } from '../domain/failure.ts';
import type { VaultSigner } from '../domain/ports/vault-signer.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import { isVaultHost, notAVault } from './resource-ids.ts';

interface Secret {
  /** Its address, with the version that was read. */
  readonly id: string;
  readonly value: string;
}

export interface Secrets {
  /** `id`: `https://VAULT/secrets/NAME`, which is the newest version, or with `/VERSION` behind it. Takes the right to get it and no other. */
  get(id: string): Promise<Outcome<Secret>>;
}

/** A secret of a vault. The key of the seals can be one; nothing else of the bot is. */
export function vaultSecrets(options: AzureOptions): Secrets {
  const connection = connectionOf(options);
  return {
    async get(id) {
      const { origin, host, pathname } = new URL(id);
      const [, , name = '', version = ''] = pathname.split('/');
      const doing = `reading secret ${name} in ${host}`;
      if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
      return connection.call(doing, async (line) => {
        const { value = '', properties } = await line
          .secretsAt(origin)
          .getSecret(name, version === '' ? {} : { version });
        return { id: properties.id ?? id, value };
      });
    },
  };
}

/** The SDK looks at dates and operations before it sends anything, and throws plain errors. */
const refusedBySdk = /expired at|can't be used before|is not supported on key/;

class NotUsable extends Error {}

/** Null where it is no P-256 key. */
function publicKeyOf({ kty, crv, x, y }: JsonWebKey): Buffer | null {
  if (!kty?.startsWith('EC') || crv !== 'P-256' || x === undefined || y === undefined) return null;
  const base64 = (part: Uint8Array): string => Buffer.from(part).toString('base64url');
  const key = createPublicKey({ key: { kty: 'EC', crv, x: base64(x), y: base64(y) }, format: 'jwk' });
  return key.export({ format: 'der', type: 'spki' });
}

/** A whole number in DER: the shortest form, with a zero before what would look negative. */
function integerOf(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(first < 0 ? bytes.length - 1 : first);
  const value = (short[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), short]) : short;
  return Buffer.concat([Buffer.of(2, value.length), value]);
}

/** Key Vault answers r and s side by side, 32 bytes each; everybody else reads `Ecdsa-Sig-Value`. */
function derOf(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw);
  const half = bytes.length / 2;
  const body = Buffer.concat([integerOf(bytes.subarray(0, half)), integerOf(bytes.subarray(half))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** `address`: `https://VAULT/keys/NAME`, which is the newest version, or with `/VERSION` behind it. */
export function vaultSigner(address: string, options: AzureOptions): VaultSigner {
  const connection = connectionOf(options);
  const { origin, host, pathname } = new URL(address);
  const [, , name = '', version = ''] = pathname.split('/');

  /** What the key itself stands in the way of is found, like an answer. */
  const call: typeof connection.call = async (doing, work) => {
    if (!isVaultHost(origin, options.cloud)) return failed(notAVault(doing, origin));
    try {
      return await connection.call(doing, work, { brief: true });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof NotUsable) && !refusedBySdk.test(error.message)) throw error;
      return failed(foundThat(doing, { code: 'key-not-usable', message: error.message }));
    }
  };

  return {
    address,
    version: () =>
      call(`reading key ${name} in ${host}`, async (line) => {
        const { id, key } = await line.keysAt(origin).getKey(name, version === '' ? {} : { version });
        const publicKey = key === undefined ? null : publicKeyOf(key);
        if (id === undefined || publicKey === null) {
          throw new NotUsable(`it is of the kind ${[key?.kty, key?.crv].join(' ').trim()}, and has to be EC P-256`);
        }
        return { id, publicKey };
      }),
    sign: ({ id }, message) =>
      call(`signing with key ${name} in ${host}`, async (line) => {
        const digest = createHash('sha256').update(message).digest();
        return derOf((await line.key(id).sign('ES256', digest)).result);
      }),
  };
}
