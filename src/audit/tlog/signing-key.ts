/** The private half of a note's key: an Ed25519 seed of 32 bytes. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { SignatureKind, VerifierKey } from './verifier-key.ts';

export const seedBytes = 32;

/** What an Ed25519 private key begins with in PKCS #8 (RFC 8410, 7): the seed follows. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  readonly verifier: VerifierKey;
  sign(message: Uint8Array): Buffer;
}

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });

function publicKeyOf(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('an Ed25519 key without its point');
  return Buffer.from(x, 'base64url');
}

/** Throws where the seed is not of {@link seedBytes}. */
export function signingKey(name: string, kind: Exclude<SignatureKind, 'vault'>, seed: Uint8Array): SigningKey {
  if (seed.length !== seedBytes) throw new Error(`an Ed25519 seed has ${seedBytes} bytes, not ${seed.length}`);
  const key = privateKeyOf(seed);
  return {
    verifier: { name, kind, publicKey: publicKeyOf(key) },
    sign: (message) => sign(null, message, key),
  };
}
