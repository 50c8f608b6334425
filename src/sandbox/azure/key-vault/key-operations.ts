import { createECDH } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../http/reply.ts';
import type { KeyVersion } from '../state/schema-vaults.ts';
import { badParameter, requireRight, type VaultCall, vaultRefusal } from './data-plane-access.ts';
import { requireKey, requireVersion } from './data-plane-reads.ts';
import { parseVaultBody } from './data-plane-writes.ts';
import { unwrapBytes, wrapBytes } from './key-material.ts';

// Signing a digest with the real key. Node hashes by itself whatever it signs with a curve, and a vault is sent the digest: so
// the few lines of ECDSA (FIPS 186-4, 6.4) stand here, with node's own curve. Nobody's secret depends on how long they take.

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
function signDigest(key: KeyVersion, algorithm: string, digest: Buffer): Buffer | null {
  if (algorithm !== 'ES256' || !key.kty.startsWith('EC') || key.curve !== 'P-256') return null;
  if (digest.length !== bytes) throw new RangeError(`a SHA-256 has ${bytes} bytes, not ${digest.length}`);
  const secret = numberOf(Buffer.from(key.jwk.d ?? '', 'base64url'));
  const once = createECDH(curve);
  const point = once.generateKeys();
  const r = numberOf(point.subarray(1, 1 + bytes)) % order;
  const s = (inverseOf(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * secret)) % order;
  return r === 0n || s === 0n ? signDigest(key, algorithm, digest) : Buffer.concat([bytesOf(r), bytesOf(s)]);
}

const WrapBody = z.object({ alg: z.string(), value: z.string() });

const work: Readonly<Record<KeyOperation, typeof wrapBytes>> = {
  wrapKey: wrapBytes,
  unwrapKey: unwrapBytes,
  sign: signDigest,
};

/** Wraps or unwraps bytes with the real key, and signs a digest; values travel as base64url. */
export const useKey = (call: VaultCall, operation: KeyOperation, name: string, wantedVersion: string): Reply => {
  requireRight(call, operation, name);
  const version = requireVersion(requireKey(call, name), wantedVersion);
  const problem = keyUseProblem(version, operation, call.now);
  if (problem !== null) throw vaultRefusal(403, 'Forbidden', problem.message, problem.innerCode);
  const body = parseVaultBody(WrapBody, call.incoming.body);
  const input = Buffer.from(body.value, 'base64url');
  const output = attempt(() => work[operation](version, body.alg, input));
  if (output === null) throw badParameter(`Key and algorithm '${body.alg}' do not fit together.`);
  return reply(200, { kid: `${call.base}/keys/${name}/${version.version}`, value: output.toString('base64url') });
};

/** Real text for bytes that do not fit the key (recalled). */
const attempt = (use: () => Buffer | null): Buffer | null => {
  try {
    return use();
  } catch {
    throw badParameter('The parameter is incorrect.');
  }
};

interface KeyUseProblem {
  readonly innerCode: string;
  readonly message: string;
}

type KeyOperation = 'wrapKey' | 'unwrapKey' | 'sign';

/**
 * Whether a key may be used for an operation now. Microsoft's key attributes page: a disabled key does nothing; outside its
 * dates a key wraps and signs nothing but still unwraps. Texts after public reports of the same refusals for secrets and keys.
 */
export const keyUseProblem = (key: KeyVersion, operation: KeyOperation, now: Date): KeyUseProblem | null => {
  const seconds = now.getTime() / 1000;
  if (!key.enabled) {
    return { innerCode: 'KeyDisabled', message: `Operation ${operation} is not allowed on a disabled key.` };
  }
  if (!key.keyOps.includes(operation)) {
    return { innerCode: 'KeyOperationForbidden', message: `Operation ${operation} is not permitted on this key.` };
  }
  if (operation === 'unwrapKey') return null;
  if (key.nbf !== null && key.nbf > seconds) {
    return {
      innerCode: 'KeyNotYetValid',
      message: `Operation ${operation} is not allowed on a key that is not yet valid.`,
    };
  }
  if (key.exp !== null && key.exp <= seconds) {
    return { innerCode: 'KeyExpired', message: `Operation ${operation} is not allowed on an expired key.` };
  }
  return null;
};
