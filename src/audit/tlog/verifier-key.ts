/**
 * Keys of signed notes (C2SP signed-note, tlog-cosignature): a name, what kind of signature, and the public key. Four bytes of
 * their hash stand in each signature to find the key by; they can be imitated, so keys are compared whole.
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** What a key signs: a log signs its checkpoint's text, a witness the same with the time before it. */
export type KeyKind = 'log' | 'witness';

export interface VerifierKey {
  readonly name: string;
  readonly kind: KeyKind;
  /** The 32 bytes of an Ed25519 public key. */
  readonly publicKey: Buffer;
}

const typeBytes: Readonly<Record<KeyKind, number>> = { log: 1, witness: 4 };
const keyBytes = 32;
const idBytes = 4;

/** Eight hexadecimal digits. */
export function keyId({ name, kind, publicKey }: VerifierKey): string {
  const hash = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([typeBytes[kind]]))
    .update(publicKey);
  return hash.digest().subarray(0, idBytes).toString('hex');
}

/** The line that is handed to whoever verifies: name, id and key, with plus signs between. */
export function keyLine(key: VerifierKey): string {
  const bytes = Buffer.concat([Buffer.from([typeBytes[key.kind]]), key.publicKey]);
  return `${key.name}+${keyId(key)}+${bytes.toString('base64')}`;
}

/** Why a line is no key, as data. */
export type KeyLineFault = 'not-a-key-line' | 'key-cut-off' | 'key-kind-unknown' | 'key-id-differs';

/** Reads what {@link keyLine} writes. */
export function readKeyLine(text: string): VerifierKey | KeyLineFault {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim()) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return 'not-a-key-line';
  const bytes = Buffer.from(base64, 'base64');
  const kind = (['log', 'witness'] as const).find((one) => typeBytes[one] === bytes[0]);
  if (kind === undefined) return 'key-kind-unknown';
  if (bytes.length !== 1 + keyBytes) return 'key-cut-off';
  const key = { name, kind, publicKey: bytes.subarray(1) };
  return keyId(key) === id ? key : 'key-id-differs';
}

const base64Url = { format: 'jwk' } as const;

/** For node's own functions. */
export const publicKeyObject = ({ publicKey }: VerifierKey): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, ...base64Url });
