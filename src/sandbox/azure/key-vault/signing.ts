/**
 * Signing a digest with the real key. Node hashes by itself whatever it signs with a curve, and a vault is sent the digest: so
 * the few lines of ECDSA (FIPS 186-4, 6.4) stand here, with node's own curve. Nobody's secret depends on how long they take.
 */
import { createECDH } from 'node:crypto';
import type { KeyVersion } from '../state/schema-vaults.ts';

const curve = 'prime256v1';
const order = 0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff_bce6_faad_a717_9e84_f3b9_cac2_fc63_2551n;
const bytes = 32;

const numberOf = (data: Uint8Array): bigint => BigInt(`0x${Buffer.from(data).toString('hex') || '0'}`);
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');

/** By Fermat: the order is a prime. */
function inverseOf(value: bigint): bigint {
  let [result, base, exponent] = [1n, value % order, order - 2n];
  while (exponent > 0n) {
    if (exponent % 2n === 1n) result = (result * base) % order;
    base = (base * base) % order;
    exponent /= 2n;
  }
  return result;
}

/** r and s side by side, as Key Vault answers. Null for an algorithm the key cannot do; throws for what is no SHA-256. */
export function signDigest(key: KeyVersion, algorithm: string, digest: Buffer): Buffer | null {
  if (algorithm !== 'ES256' || !key.kty.startsWith('EC') || key.curve !== 'P-256') return null;
  if (digest.length !== bytes) throw new RangeError(`a SHA-256 has ${bytes} bytes, not ${digest.length}`);
  const secret = numberOf(Buffer.from(key.jwk.d ?? '', 'base64url'));
  const once = createECDH(curve);
  const point = once.generateKeys();
  const r = numberOf(point.subarray(1, 1 + bytes)) % order;
  const s = (inverseOf(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * secret)) % order;
  return r === 0n || s === 0n ? signDigest(key, algorithm, digest) : Buffer.concat([bytesOf(r), bytesOf(s)]);
}
