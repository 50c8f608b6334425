/**
 * Keys of signed notes (C2SP signed-note, tlog-cosignature): name, kind of signature, and public key. Each signature contains
 * four bytes of the key's hash to find the key. These can be imitated, so keys are compared completely.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** `log` signs the checkpoint's text. `witness` signs the text after the time. */
type SignatureKind = 'log' | 'witness';

export interface VerifierKey {
  readonly name: string;
  readonly kind: SignatureKind;
  readonly publicKey: Buffer;
  /** Of a replaced key: larger checkpoints don't count. */
  readonly until?: number;
}

const typeBytes: Readonly<Record<SignatureKind, number>> = { log: 1, witness: 4 };
const keyBytes = 32;
const idBytes = 4;

/** Eight hexadecimal digits. */
export function keyId({ name, kind, publicKey }: VerifierKey): string {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(typeBytes[kind])).update(publicKey);
  return hash.digest().subarray(0, idBytes).toString('hex');
}

/** Returns the line for distribution to verifiers: name, id and key, separated by plus signs; of a replaced key, also until when. */
export function keyLine(key: VerifierKey): string {
  const bytes = Buffer.concat([Buffer.from([typeBytes[key.kind]]), key.publicKey]);
  const until = key.until === undefined ? '' : ` until ${key.until}`;
  return `${key.name}+${keyId(key)}+${bytes.toString('base64')}${until}`;
}

export type KeyLineFault = 'not-a-key-line' | 'key-cut-off' | 'key-kind-unknown' | 'key-id-differs';

export function readKeyLine(text: string): VerifierKey | KeyLineFault {
  const [, name, id, base64, until] =
    /^([^\s+\u0085]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)(?: until ([1-9]\d{0,14}))?$/.exec(text.trim()) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return 'not-a-key-line';
  const bytes = Buffer.from(base64, 'base64');
  const kind = (['log', 'witness'] as const).find((one) => typeBytes[one] === bytes[0]);
  if (kind === undefined) return 'key-kind-unknown';
  const key = { name, kind, publicKey: bytes.subarray(1), ...(until === undefined ? {} : { until: Number(until) }) };
  if (key.publicKey.length !== keyBytes) return 'key-cut-off';
  return keyId(key) === id ? key : 'key-id-differs';
}

export const publicKeyObject = ({ publicKey }: VerifierKey): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });

const seedBytes = 32;

/** Prefix of an Ed25519 private key in PKCS #8 (RFC 8410, 7); the seed follows. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  readonly verifier: VerifierKey;
  sign(message: Uint8Array): Buffer;
}

/** Throws if the seed doesn't have {@link seedBytes}. */
export function signingKey(name: string, kind: SignatureKind, seed: Uint8Array): SigningKey {
  if (seed.length !== seedBytes) throw new Error(`an Ed25519 seed has ${seedBytes} bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return {
    verifier: { name, kind, publicKey: Buffer.from(x, 'base64url') },
    sign: (message) => sign(null, message, key),
  };
}
