/** Creates an evidence pack: proved files, report and instructions for verification. */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { digestSubject } from '../../domain/digest.ts';
import type { EventOfRequest } from '../../domain/evidence/replacement.ts';
import type { PersonId } from '../../domain/ids.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import { readKeyLine } from '../tlog/keys.ts';
import { openNote } from '../tlog/note.ts';
import { type PackFiles, packFile, sumsOf } from './pack-files.ts';
import type { ProvedFiles } from './proved-files.ts';
import { readEvent } from './read-event.ts';
import { readmeOf } from './readme.ts';
import { controls } from './report/controls.ts';
import { type ReportFacts, reportOf } from './report/report.ts';

const jsonFile = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

const textIn = (files: PackFiles, name: string): string => files.get(name)?.toString('utf8') ?? '';

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
