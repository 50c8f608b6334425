/**
 * Keys of signed notes (C2SP signed-note, tlog-cosignature): name, kind of signature, and public key. Each signature contains
 * four bytes of the key's hash to find the key. These can be imitated, so keys are compared completely.
 * The kind `vault` is type 2 of signed-note, ECDSA over SHA-256, as in sigstore's Rekor and transparency-dev's package
 * `formats/note` (`NewECDSAVerifier`). The key is SubjectPublicKeyInfo in DER, its id the first bytes of the SHA-256 of only
 * that, without the name, and a signature is `Ecdsa-Sig-Value` in DER.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** `log` and `vault` sign the checkpoint's text. `witness` signs the text after the time. */
type SignatureKind = 'log' | 'vault' | 'witness';

export interface VerifierKey {
  readonly name: string;
  readonly kind: SignatureKind;
  /** The 32 bytes of an Ed25519 public key; for `vault`, SubjectPublicKeyInfo of P-256 in DER. */
  readonly publicKey: Buffer;
}

const typeBytes: Readonly<Record<SignatureKind, number>> = { log: 1, vault: 2, witness: 4 };
const keyBytes = 32;
/** Prefix of each uncompressed P-256 key in this form (RFC 5480); 64 bytes follow. */
const p256 = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const pointBytes = 64;
const idBytes = 4;
const der = { format: 'der', type: 'spki' } as const;

/** Returns the key id, eight hexadecimal digits. */
export function keyId({ name, kind, publicKey }: VerifierKey): string {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(typeBytes[kind])]);
  const hash = createHash('sha256')
    .update(kind === 'vault' ? '' : named)
    .update(publicKey);
  return hash.digest().subarray(0, idBytes).toString('hex');
}

/** Returns the line for distribution to verifiers: name, id and key, separated by plus signs. */
export function keyLine(key: VerifierKey): string {
  const bytes = Buffer.concat([Buffer.from([typeBytes[key.kind]]), key.publicKey]);
  return `${key.name}+${keyId(key)}+${bytes.toString('base64')}`;
}

function isWhole({ kind, publicKey }: Pick<VerifierKey, 'kind' | 'publicKey'>): boolean {
  if (kind !== 'vault') return publicKey.length === keyBytes;
  if (publicKey.length !== p256.length + pointBytes || !publicKey.subarray(0, p256.length).equals(p256)) return false;
  try {
    // Refuses a point that isn't on the curve.
    return createPublicKey({ key: publicKey, ...der }).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}

export type KeyLineFault = 'not-a-key-line' | 'key-cut-off' | 'key-kind-unknown' | 'key-id-differs';

export function readKeyLine(text: string): VerifierKey | KeyLineFault {
  const [, name, id, base64] = /^([^\s+\u0085]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return 'not-a-key-line';
  const bytes = Buffer.from(base64, 'base64');
  const kind = (['log', 'vault', 'witness'] as const).find((one) => typeBytes[one] === bytes[0]);
  if (kind === undefined) return 'key-kind-unknown';
  const key = { name, kind, publicKey: bytes.subarray(1) };
  if (!isWhole(key)) return 'key-cut-off';
  return keyId(key) === id ? key : 'key-id-differs';
}

export const publicKeyObject = ({ kind, publicKey }: VerifierKey): KeyObject =>
  kind === 'vault'
    ? createPublicKey({ key: publicKey, ...der })
    : createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });

const seedBytes = 32;

/** Prefix of an Ed25519 private key in PKCS #8 (RFC 8410, 7); the seed follows. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  readonly verifier: VerifierKey;
  sign(message: Uint8Array): Buffer;
}

/** Creates a signing key. Throws if the seed doesn't have {@link seedBytes}. */
export function signingKey(name: string, kind: Exclude<SignatureKind, 'vault'>, seed: Uint8Array): SigningKey {
  if (seed.length !== seedBytes) throw new Error(`an Ed25519 seed has ${seedBytes} bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return {
    verifier: { name, kind, publicKey: Buffer.from(x, 'base64url') },
    sign: (message) => sign(null, message, key),
  };
}
