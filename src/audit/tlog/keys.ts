/**
 * Keys of signed notes (C2SP signed-note, tlog-cosignature): a name, what kind of signature, and the public key. Four bytes of
 * their hash stand in each signature to find the key by; they can be imitated, so keys are compared whole.
 *
 * The kind `vault` is type 2 of signed-note, ECDSA over SHA-256, as sigstore's Rekor signs and transparency-dev's package
 * `formats/note` (`NewECDSAVerifier`) reads it: the key is SubjectPublicKeyInfo in DER, its id the first bytes of the SHA-256
 * of that alone, without the name, and a signature `Ecdsa-Sig-Value` in DER.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** What a key signs: a log signs its checkpoint's text, also with a key in a vault; a witness the same with the time before it. */
type SignatureKind = 'log' | 'vault' | 'witness';

export interface VerifierKey {
  readonly name: string;
  readonly kind: SignatureKind;
  /** The 32 bytes of an Ed25519 public key; of a vault's, SubjectPublicKeyInfo of P-256 in DER. */
  readonly publicKey: Buffer;
}

const typeBytes: Readonly<Record<SignatureKind, number>> = { log: 1, vault: 2, witness: 4 };
const keyBytes = 32;
/** What every P-256 key begins with in that form (RFC 5480), when its point is written out: 64 bytes follow. */
const p256 = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const pointBytes = 64;
const idBytes = 4;
const der = { format: 'der', type: 'spki' } as const;

/** Eight hexadecimal digits. */
export function keyId({ name, kind, publicKey }: VerifierKey): string {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(typeBytes[kind])]);
  const hash = createHash('sha256')
    .update(kind === 'vault' ? '' : named)
    .update(publicKey);
  return hash.digest().subarray(0, idBytes).toString('hex');
}

/** The line that is handed to whoever verifies: name, id and key, with plus signs between. */
export function keyLine(key: VerifierKey): string {
  const bytes = Buffer.concat([Buffer.from([typeBytes[key.kind]]), key.publicKey]);
  return `${key.name}+${keyId(key)}+${bytes.toString('base64')}`;
}

/** Whether it is a whole public key of that kind. */
function isWhole({ kind, publicKey }: Pick<VerifierKey, 'kind' | 'publicKey'>): boolean {
  if (kind !== 'vault') return publicKey.length === keyBytes;
  if (publicKey.length !== p256.length + pointBytes || !publicKey.subarray(0, p256.length).equals(p256)) return false;
  try {
    // A point that is not on the curve is refused.
    return createPublicKey({ key: publicKey, ...der }).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}

/** Why a line is no key, as data. */
export type KeyLineFault = 'not-a-key-line' | 'key-cut-off' | 'key-kind-unknown' | 'key-id-differs';

/** Reads what {@link keyLine} writes. */
export function readKeyLine(text: string): VerifierKey | KeyLineFault {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return 'not-a-key-line';
  const bytes = Buffer.from(base64, 'base64');
  const kind = (['log', 'vault', 'witness'] as const).find((one) => typeBytes[one] === bytes[0]);
  if (kind === undefined) return 'key-kind-unknown';
  const key = { name, kind, publicKey: bytes.subarray(1) };
  if (!isWhole(key)) return 'key-cut-off';
  return keyId(key) === id ? key : 'key-id-differs';
}

/** For node's own functions. */
export const publicKeyObject = ({ kind, publicKey }: VerifierKey): KeyObject =>
  kind === 'vault'
    ? createPublicKey({ key: publicKey, ...der })
    : createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });

const seedBytes = 32;

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
