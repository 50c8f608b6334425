/** Creates an evidence pack: proved files, report and instructions for verification. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { digestSubject } from '../../domain/digest.ts';
import type { EventOfRequest } from '../../domain/evidence/verdict.ts';
import type { PersonId } from '../../domain/ids.ts';
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import type { EventBody, StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { newestCheckpoint } from '../anchor/newest-checkpoint.ts';
import { readKeyLine } from '../tlog/keys.ts';
import { type Hash, hashLines, leafHash, type Tree } from '../tlog/merkle-tree.ts';
import { openNote } from '../tlog/note.ts';
import { openTiles, type TileReader } from '../tlog/tile-reader.ts';
import { tileWidth } from '../tlog/tiles.ts';
import { provesConsistency, provesInclusion } from '../tlog/verify-proof.ts';
import { lineFrom, parseBody } from '../verify.ts';
import { controls } from './report/controls.ts';
import { type ReportFacts, reportOf } from './report/report.ts';

export const packFile = {
  readme: 'README.txt',
  report: 'report.html',
  events: 'events.jsonl',
  /** Events of the later request that replaced the key, and of the key watch about the agent, if any. */
  later: 'later.jsonl',
  checkpoint: 'checkpoint',
  consistency: 'consistency',
  plan: 'plan.json',
  rules: 'rules.json',
  controls: 'controls.json',
  names: 'names.json',
  texts: 'texts.jsonl',
  keys: 'keys.txt',
  sums: 'SHA256SUMS',
} as const;

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const jsonFile = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

const proofPath = (index: number): string => `proofs/${String(index).padStart(10, '0')}.tlog-proof`;

/** Files of a pack: names with slashes, in no order. */
export type PackFiles = ReadonlyMap<string, Buffer>;

const textIn = (files: PackFiles, name: string): string => files.get(name)?.toString('utf8') ?? '';

/**
 * Returns a deterministic archive: names are sorted, the date is in local time as in the zip format, and nothing is compressed,
 * because compressors differ.
 */
export function archiveOf(files: PackFiles): Buffer {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(zipSync(Object.fromEntries(sorted), { level: 0, mtime: new Date(1980, 0, 1) }));
}

// `SHA256SUMS`: all other files of a pack. It detects damage, not forgery: a forger can write a new one.

export const sumsOf = (files: PackFiles): Buffer =>
  linesOf(
    [...files]
      .filter(([name]) => name !== packFile.sums)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => `${digestOf(bytes)}  ${name}`),
  );

/** Inclusion proof of one entry with its checkpoint, as a file (C2SP tlog-proof), verifiable on its own. */
interface ProofFile {
  readonly index: number;
  /** From the leaf up. */
  readonly hashes: readonly Hash[];
  readonly note: string;
}

const proofHead = 'c2sp.org/tlog-proof@v1\n';

const proofFile = ({ index, hashes, note }: ProofFile): string =>
  `${proofHead}index ${index}\n${hashLines(hashes)}\n${note}`;

// Consistency proof from an older size that the auditor named (RFC 6962, 2.1.2). C2SP has no file format for it: a first line,
// size and root as in a checkpoint, an empty line, and the hashes.

const head = 'cmk-bot/consistency@v1\n';

const fileOf = (older: Tree, hashes: readonly Buffer[]): string =>
  `${head}${older.size}\n${older.root.toString('base64')}\n\n${hashLines(hashes)}`;

/** Returns the proof; null: the tiles don't prove it. `reader`: of the newer tree. */
async function consistencyFile(reader: TileReader, size: number, newer: Tree): Promise<Buffer | null> {
  const older = { size, root: await reader.prefixRoot(size) };
  const hashes = await reader.consistency(size);
  return provesConsistency(older, newer, hashes) ? Buffer.from(fileOf(older, hashes)) : null;
}

interface ProvedFiles {
  /** In the order of the numbers. */
  readonly bodies: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Creates the files. `numbers`: event numbers from 1, in order. `later`: those of the request that replaced the key.
 * `fromSize`: older size for a consistency proof to the checkpoint. Throws if the published log is inconsistent or too short,
 * and errors of the files.
 */
export async function provedFiles(
  read: AnchorFiles['read'],
  numbers: readonly number[],
  { later = [], fromSize = null }: { readonly later?: readonly number[]; readonly fromSize?: number | null } = {},
): Promise<ProvedFiles> {
  const last = numbers.at(-1) ?? 0;
  const checkpoint = await newestCheckpoint({ read }, last);
  if (checkpoint?.size !== last) throw new Error(`there is no checkpoint of ${last} events`);
  const { note, size, root } = checkpoint;
  const reader = openTiles(read, size);
  const bodies: string[] = [];
  const files = new Map<string, Buffer>([[packFile.checkpoint, Buffer.from(note)]]);
  for (const number of [...numbers, ...later]) {
    const index = number - 1;
    const entry = (await reader.entriesOf(Math.floor(index / tileWidth)))[index % tileWidth];
    const hashes = await reader.inclusion(index);
    if (entry === undefined || !provesInclusion(leafHash(entry), index, size, hashes, root)) {
      throw new Error(`event ${number} is not in the log that was signed`);
    }
    bodies.push(entry.toString('utf8'));
    files.set(proofPath(index), Buffer.from(proofFile({ index, hashes, note })));
  }
  if (fromSize !== null) {
    const consistency = fromSize > size ? null : await consistencyFile(reader, fromSize, checkpoint);
    if (consistency === null) throw new Error(`no proof leads from ${fromSize} to ${size} events`);
    files.set(packFile.consistency, consistency);
  }
  const own = bodies.slice(0, numbers.length);
  const others = bodies.slice(numbers.length);
  files.set(packFile.events, linesOf(own));
  if (others.length > 0) files.set(packFile.later, linesOf(others));
  return { bodies: own, files };
}

/** The Python verifier, next to the sources or the build. Packs name its digest and don't contain it. */
const verifier = new URL('../outside/verify.py', import.meta.url);

/** How to verify it; `id`: the archive's name without `.zip`. */
const verifySection = (id: string): string => `CHECK IT YOURSELF

You need Python 3.9 or later. It installs nothing and needs no network.
On Windows type "py" where this says "python3".

1. Get verify.py from the source code of cmk-bot, where it is
   src/audit/outside/verify.py. Don't take it from this pack or from the people
   who run the bot. A pack contains no program: if there is one in it, don't
   run it. Show the file's SHA-256:

       sha256sum verify.py        (Windows: certutil -hashfile verify.py SHA256)

   The bot that created this pack has the verifier with this SHA-256:
       ${digestOf(readFileSync(verifier))}

2. Get the keys. Ask the security office, not the people who run the bot and
   not this pack, for the log's key and the witness's: lines that look like
       bot.example.org/prod/audit+c67077a9+AepK...
       witness.audit.example.org/w1+f679ee99+BP0X...
   Save them as my-keys.txt. Compare whole lines: the eight digits in the
   middle can be imitated. Every witness in my-keys.txt must have signed. A
   line "quorum N" says that N of them are enough, "quorum 0" that none is
   needed.

3. Verify:      python3 verify.py ${id}.zip --keys my-keys.txt

The first word of the output is the result:

  proved      The events are in the log, unchanged and signed, and match the
              files in this pack. Exit code 0.
  NOT proved  Something doesn't match. The line says which file or event.
              Exit code 1. Keep the pack unchanged, and ask another person
              to create another pack.
  unknown     Not everything could be checked: a file, a key, or the
              signature of a witness whose key you gave is missing. The
              output says which. This is not "proved". Exit code 2.

The output says which key the resource uses, derived from the events. Trust the
output, not the report.

Without --keys, the pack's own keys are used, and the result is "unknown":
it shows only that the pack is consistent. Anyone can create such a pack.
`;

const later = (id: string): string => `LATER

The log continues. Once a year, or when in doubt, check that it still contains
this pack's events, and whether events of the request were added. ANCHOR is a
copy of the published log (a folder):

                python3 verify.py ${id}.zip --keys my-keys.txt --later ANCHOR

ANCHOR can also be a checkpoint that you kept, as a file. If yours is older
than this pack, request a pack that proves that its log continues yours:

                cmk-bot evidence ${id} --from-size N

N is the number in the second line of your checkpoint.
`;

const limits = `WHAT THIS PACK DOESN'T SHOW

- Responses of Azure and Entra are logged as received. Microsoft doesn't sign
  them. Azure's Activity Log has the same correlation ids: compare.
- If one party controls the log and the witness, it can create a different
  history. Ask who runs the witness.
- Events after the last one here, and events of other requests.
- names.json was looked up when the pack was created: the audit log has only
  object ids. report.html, controls.json, keys.txt and this text prove
  nothing.

DON'T TRUST verify.py? Read it, or use other tools. checkpoint is a
C2SP signed note, proofs/ has C2SP tlog-proofs over an RFC 6962 tree, and
Go's golang.org/x/mod/sumdb (note, tlog) reads both. A line of events.jsonl,
without its newline, is one leaf. sha256sum plan.json is the plan's digest in
the events; sha256sum rules.json is the digest of the policy in them.
`;

const withTexts = `REASON AND COMMENT are in texts.jsonl. Each text is checked against the salted
SHA-256 in the event. It can be erased in the audit log, but not in this pack:
store the pack with care.
`;

const omittedTexts = `NOT INCLUDED: reason and comment. The events have a salted SHA-256 of each, so
that a text that you get later can be checked.
`;

const readmeOf = (id: string, hasTexts: boolean): string =>
  [
    `EVIDENCE OF REQUEST ${id}

This pack shows what was decided, changed and verified for one Azure
resource, and proves that its audit log wasn't changed since. Start with
report.html: open it in a browser, or print it.
`,
    verifySection(id),
    later(id),
    limits,
    hasTexts ? withTexts : omittedTexts,
  ].join('\n');

interface PackParts {
  readonly proved: ProvedFiles;
  /** Null: omitted. */
  readonly names: ReadonlyMap<PersonId, string> | null;
  readonly texts: readonly RevealedText[] | null;
  /** The currently configured policy. Included only if it's the one that applied. */
  readonly rules: { readonly digest: string; readonly text: string };
  /** The bot's verifier keys of the log and its witnesses, one per line. */
  readonly keys: string;
}

/** Parses an event, or returns the reason in words. Omitted texts are null, as if they were erased. */
export function readEvent(body: string, texts: readonly RevealedText[]): EventOfRequest | string {
  const parsed = parseBody(body);
  if (parsed === null) return 'not a JSON object in canonical form';
  let event: EventBody;
  try {
    event = parseEventBody(parsed);
  } catch (error) {
    return String(error);
  }
  const { seq, revision, cause, request } = lineFrom(body);
  const shown = texts.filter((text) => text.request === request && text.revision === revision);
  // The strict schema validated these.
  const commitments = parsed.commitments as readonly { readonly field: string }[];
  const fields = commitments.map(({ field }): [string, string | null] => [
    field,
    shown.find((text) => text.field === field)?.text ?? null,
  ]);
  return {
    request,
    event: { seq, revision, cause, time: String(parsed.time), body: event, texts: Object.fromEntries(fields) },
  };
}

/** Parses the published events of one request. Throws if one is unreadable: then the audit log isn't the bot's. */
function packEventsOf(
  bodies: readonly string[],
  texts: readonly RevealedText[],
): { readonly request: Request; readonly events: readonly StoredEvent[] } {
  const events: StoredEvent[] = [];
  let id = '';
  for (const body of bodies) {
    const read = readEvent(body, texts);
    if (typeof read === 'string') throw new Error(`making evidence: ${read}`);
    events.push(read.event);
    id = read.request;
  }
  const request = fold(id as Request['id'], events);
  if (request === null) throw new Error('making evidence: there are no events');
  return { request, events };
}

function laterIn(files: PackFiles): readonly EventOfRequest[] {
  const bodies = textIn(files, packFile.later).split('\n').slice(0, -1);
  return bodies.map((body) => readEvent(body, [])).filter((one) => typeof one !== 'string');
}

function signedBy(files: PackFiles): Pick<ReportFacts, 'note' | 'witness'> {
  const note = textIn(files, packFile.checkpoint);
  const lines = textIn(files, packFile.keys).split('\n');
  const keys = lines.map(readKeyLine).filter((key) => typeof key !== 'string');
  const opened = openNote(note, keys);
  const signatures = typeof opened === 'string' ? [] : opened.signatures;
  const witness = signatures.find(({ time }) => time !== null);
  return {
    note,
    witness:
      witness === undefined ? null : { name: witness.key.name, at: new Date((witness.time ?? 0) * 1000).toISOString() },
  };
}

export function makePack({ proved, names, texts, rules, keys }: PackParts): PackFiles {
  const { request, events } = packEventsOf(proved.bodies, texts ?? []);
  const files = new Map<string, Buffer>(proved.files);
  // `sha256sum plan.json` is the digest in the events.
  files.set(packFile.plan, Buffer.from(canonicalJson(digestSubject(request.plan))));
  files.set(packFile.controls, jsonFile(controls));
  files.set(packFile.keys, Buffer.from(keys));
  if (names !== null)
    files.set(packFile.names, jsonFile(Object.fromEntries([...names].sort(([a], [b]) => (a < b ? -1 : 1)))));
  if (texts !== null) files.set(packFile.texts, Buffer.from(texts.map((text) => `${JSON.stringify(text)}\n`).join('')));
  if (rules.digest === request.policy.digest) files.set(packFile.rules, Buffer.from(rules.text));
  const facts: ReportFacts = {
    request,
    events,
    names: (id) => names?.get(id as PersonId) ?? null,
    ...signedBy(files),
    later: laterIn(files),
    texts: texts !== null,
  };
  files.set(packFile.report, Buffer.from(reportOf(facts)));
  files.set(packFile.readme, Buffer.from(readmeOf(request.id, texts !== null)));
  files.set(packFile.sums, sumsOf(files));
  return files;
}
