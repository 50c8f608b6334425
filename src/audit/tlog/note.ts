/**
 * Signed notes (C2SP signed-note): a text, an empty line, and one line per signature. Signatures of unknown keys are ignored.
 * An invalid signature of a known key invalidates the note.
 */
import { verify } from 'node:crypto';
import { readCheckpoint } from './checkpoint.ts';
import { keyId, publicKeyObject, type SigningKey, type VerifierKey } from './keys.ts';

const dash = '\u2014';
/** Readers of notes must accept at least this many signatures. More are an error. */
const maxSignatures = 64;
const idBytes = 4;
const timeBytes = 8;
const signatureBytes = 64;
/** The year 9999, in seconds since 1970. A later time isn't one, so that its signature doesn't count. */
const lastTime = 253_402_300_799n;

export interface NoteSignature {
  readonly key: VerifierKey;
  /** Time of a witness's signature, in seconds since 1970; null for the log's. */
  readonly time: number | null;
  readonly line: string;
}

export interface OpenedNote {
  /** The signed bytes, including the last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

type NoteFault = 'not-a-note' | 'signature-differs' | 'no-known-signature';

const signatureLine = (key: VerifierKey, signature: Buffer): string =>
  `${dash} ${key.name} ${Buffer.concat([Buffer.from(keyId(key), 'hex'), signature]).toString('base64')}\n`;

/** Returns what a witness signs: the note's text after the time (C2SP tlog-cosignature). */
const cosigned = (text: string, time: bigint | number): string => `cosignature/v1\ntime ${time}\n${text}`;

export const signText = (text: string, key: SigningKey): string =>
  signatureLine(key.verifier, key.sign(Buffer.from(text)));

/** Returns a witness's signature line for the text at a time, in seconds since 1970. */
export function cosignText(text: string, key: SigningKey, time: number): string {
  const at = Buffer.alloc(timeBytes);
  at.writeBigUInt64BE(BigInt(time));
  return signatureLine(key.verifier, Buffer.concat([at, key.sign(Buffer.from(cosigned(text, time)))]));
}

export const noteOf = (text: string, signatures: readonly string[]): string => `${text}\n${signatures.join('')}`;

/** Returns the text of a note that has no empty line in it, such as a checkpoint. It isn't verified. */
export const textOfNote = (note: string): string => note.slice(0, note.indexOf('\n\n') + 1);

function partsOf(note: string) {
  const at = note.lastIndexOf('\n\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the only one allowed is the line feed
  if (at < 0 || !note.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(note)) return null;
  const written = note.slice(at + 2, -1).split('\n');
  if (written.length > maxSignatures) return null;
  const lines = written.map((line) => {
    const [, name, base64] = /^\u2014 ([^\s+\u0085]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    return { name: name ?? '', bytes, line: `${line}\n` };
  });
  // Only the canonical form: otherwise two different notes could have the same content.
  const canonical = lines.every(
    ({ name, bytes, line }) => bytes.length > idBytes && line === `${dash} ${name} ${bytes.toString('base64')}\n`,
  );
  return canonical ? { text: note.slice(0, at + 1), lines } : null;
}

function signatureOf(key: VerifierKey, text: string, bytes: Buffer, line: string): NoteSignature | null {
  const body = bytes.subarray(idBytes);
  const isWitness = key.kind === 'witness';
  if (body.length !== signatureBytes + (isWitness ? timeBytes : 0)) return null;
  const time = isWitness ? body.readBigUInt64BE() : null;
  const message = time === null ? text : cosigned(text, time);
  const holds = verify(null, Buffer.from(message), publicKeyObject(key), body.subarray(-signatureBytes));
  return holds ? { key, time: time === null ? null : Number(time), line } : null;
}

/** One faulty witness doesn't make the note unreadable: a signature at no time is ignored. */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote | NoteFault {
  const parts = partsOf(note);
  if (parts === null) return 'not-a-note';
  const size = readCheckpoint(parts.text)?.size ?? Number.POSITIVE_INFINITY;
  const signatures: NoteSignature[] = [];
  for (const { name, bytes, line } of parts.lines) {
    const id = bytes.subarray(0, idBytes).toString('hex');
    // Two keys can share an id, by chance or on purpose, so all of them are tried.
    const known = keys.filter((key) => key.name === name && keyId(key) === id && size <= (key.until ?? size));
    if (known.length === 0) continue;
    const found = known.map((key) => signatureOf(key, parts.text, bytes, line)).find((one) => one !== null);
    if (found === undefined || found === null) return 'signature-differs';
    if (BigInt(found.time ?? 0) <= lastTime) signatures.push(found);
  }
  return signatures.length === 0 ? 'no-known-signature' : { text: parts.text, signatures };
}
