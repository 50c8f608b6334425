/** Evidence packs of a record that is a list: as it is, or as the owner of the log would have liked it. */
import { unzipSync } from 'fflate';
import { checkpointPath } from '../../../src/audit/anchor/file-names.ts';
import { makePack } from '../../../src/audit/evidence/make-pack.ts';
import { digestOf, type PackFiles, packFile, sumsOf } from '../../../src/audit/evidence/pack-files.ts';
import { provedFiles } from '../../../src/audit/evidence/proved-files.ts';
import { keyLine, signingKey } from '../../../src/audit/tlog/keys.ts';
import { cosignText, textOfNote } from '../../../src/audit/tlog/note.ts';
import { genesis, hashOf } from '../../../src/audit/verify.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import type { RevealedText } from '../../../src/domain/record/chain.ts';
import { inMemory, logKey, publisherOf } from './published-log.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever an event holds is changed here
export type Body = any;

export const witnessKey = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
/** What an auditor was given. */
export const packKeys = `${keyLine(logKey.verifier)}\n${keyLine(witnessKey.verifier)}\n`;

/** A policy whose digest a request can have. */
export const packRules = { text: '{"rules":[]}\n', digest: digestOf(Buffer.from('{"rules":[]}\n')) };

/** The files of a pack as it is taken. */
export const filesOf = (archive: Uint8Array): PackFiles =>
  new Map(Object.entries(unzipSync(archive)).map(([name, bytes]) => [name, Buffer.from(bytes)]));

/** With a file put in, replaced or taken away, and the list of sums made anew: what a forger does last. */
export function withFile(files: PackFiles, name: string, bytes: Buffer | string | null): PackFiles {
  const changed = new Map(files);
  if (bytes === null) changed.delete(name);
  else changed.set(name, Buffer.from(bytes));
  return changed.set(packFile.sums, sumsOf(changed));
}

/** Null takes the file away. */
export const edited = (files: PackFiles, name: string, edit: (text: string) => string | null): PackFiles =>
  withFile(files, name, edit(files.get(name)?.toString('utf8') ?? ''));

interface Wish {
  readonly texts?: readonly RevealedText[];
  /** What becomes of an event of the request before the log is signed: null leaves it out, a list puts more in. */
  readonly change?: (body: Body) => Body;
  /** Events of other requests that it has to have as those that replaced the key. */
  readonly later?: (body: Body) => boolean;
  readonly fromSize?: number;
  readonly key?: typeof logKey;
}

/** The record with its changes, every hash made anew, and the numbers of the request's events. */
export function rewritten(bodies: readonly string[], request: string, change: (body: Body) => Body) {
  const record: string[] = [];
  const numbers: number[] = [];
  for (const body of bodies) {
    const parsed: Body = JSON.parse(body);
    const isOurs = parsed.request === request;
    for (const changed of isOurs ? [change(parsed)].flat().filter((one) => one !== null) : [parsed]) {
      const seq = record.length + 1;
      if (isOurs) numbers.push(seq);
      const before = record.at(-1);
      const prev = before === undefined ? genesis : hashOf(before);
      record.push(canonicalJson({ ...changed, seq, prev, revision: isOurs ? numbers.length : changed.revision }));
    }
  }
  return { record, numbers };
}

/** The pack of a request, in a log that a witness signed. */
export async function packOf(bodies: readonly string[], request: string, wish: Wish = {}): Promise<PackFiles> {
  const { record, numbers } = rewritten(bodies, request, wish.change ?? ((body) => body));
  const published = new Map<string, Buffer>();
  const files = inMemory(published);
  await publisherOf(files, record, wish.key).publish();
  const at = checkpointPath(numbers.at(-1) ?? 0);
  const note = String(published.get(at));
  published.set(at, Buffer.from(note + cosignText(textOfNote(note), witnessKey, 1_795_569_012)));
  const later = record.flatMap((body, n) => (wish.later?.(JSON.parse(body)) ? [n + 1] : []));
  const proved = await provedFiles(files.read, numbers, { later, fromSize: wish.fromSize ?? null });
  return makePack({ proved, names: new Map(), texts: wish.texts ?? null, rules: packRules, keys: packKeys });
}
