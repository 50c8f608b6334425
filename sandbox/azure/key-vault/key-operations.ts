import { createECDH } from 'node:crypto';
import { z } from 'zod';
import { type Reply, reply } from '../../http.ts';
import type { KeyVersion } from '../state/schema-vaults.ts';
import { badParameter, requireRight, type VaultCall, vaultRefusal } from './data-plane-access.ts';
import { parseVaultBody, requireKey, requireVersion } from './data-plane-keys.ts';
import { unwrapBytes, wrapBytes } from './key-material.ts';

// Signs a digest with the real key.
// Node hashes everything that it signs with a curve, but a vault gets the digest. So this is ECDSA (FIPS 186-4, 6.4) on
// node's own curve. It isn't constant-time; the simulator has no secrets to protect.

const curve = 'prime256v1';
const order = 0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff_bce6_faad_a717_9e84_f3b9_cac2_fc63_2551n;
const bytes = 32;

const numberOf = (data: Uint8Array): bigint => BigInt(`0x${Buffer.from(data).toString('hex') || '0'}`);
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');

/** Modular inverse by Fermat: the order is prime. */
function inverseOf(value: bigint): bigint {
  let [result, base, exponent] = [1n, value % order, order - 2n];
  while (exponent > 0n) {
    if (exponent % 2n === 1n) result = (result * base) % order;
    base = (base * base) % order;
    exponent /= 2n;
  }
  return result;
}

/**
 * Returns r and s concatenated, as Key Vault does. Null if the key doesn't support the algorithm. Throws if the digest
 * isn't a SHA-256.
 */
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

/** Wraps or unwraps bytes, or signs a digest, with the real key. Values are base64url. */
export const useKey =
  (operation: KeyOperation) =>
  (call: VaultCall, name: string, wantedVersion: string): Reply => {
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

/** Real text for bytes that don't fit the key (from memory). */
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
 * Returns why a key can't be used for an operation now, or null.
 * Microsoft's key attributes page: a disabled key can't be used; outside its dates a key doesn't wrap or sign, but
 * still unwraps. Texts after public reports of the same refusals for secrets and keys.
 */
export const keyUseProblem = (key: KeyVersion, operation: KeyOperation, now: Date): KeyUseProblem | null => {
  const seconds = now.getTime() / 1000;
  const { enabled, keyOps, nbf, exp } = key;
  const unwraps = operation === 'unwrapKey';
  const problems: readonly (readonly [isIt: boolean, innerCode: string, text: string])[] = [
    [!enabled, 'KeyDisabled', 'allowed on a disabled key'],
    [!keyOps.includes(operation), 'KeyOperationForbidden', 'permitted on this key'],
    [!unwraps && nbf !== null && nbf > seconds, 'KeyNotYetValid', 'allowed on a key that is not yet valid'],
    [!unwraps && exp !== null && exp <= seconds, 'KeyExpired', 'allowed on an expired key'],
  ];
  const [, innerCode, text] = problems.find(([isIt]) => isIt) ?? [];
  if (innerCode === undefined) return null;
  return { innerCode, message: `Operation ${operation} is not ${text}.` };
};
