/** Puts a pack together: what is proved, the views of it, the report, and how to verify. */
import { readFileSync } from 'node:fs';
import { type Replacement, replacementIn } from '../../domain/evidence/replacement.ts';
import type { PersonId } from '../../domain/ids.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { digestOf, type PackFiles, packFile, reportSources, sumsOf } from '../pack/files.ts';
import type { ProvedFiles } from '../pack/proved-files.ts';
import { readEvent, viewsOf } from '../pack/views.ts';
import { readKeyLine } from '../tlog/keys.ts';
import { openNote } from '../tlog/note.ts';
import { controls } from './controls.ts';
import { readmeOf } from './readme.ts';
import type { ReportFacts } from './report/parts.ts';
import { reportOf } from './report/report.ts';

export interface PackParts {
  readonly proved: ProvedFiles;
  /** Null: they are left out. */
  readonly names: ReadonlyMap<PersonId, string> | null;
  readonly texts: readonly RevealedText[] | null;
  /** The policy as it is configured now: it goes in where it is the one that applied. */
  readonly rules: { readonly digest: string; readonly text: string };
  /** Verifier keys of log and witnesses as the bot knows them, a line each. */
  readonly keys: string;
}

/** The verifier in Python, beside the sources or what was built of them. Packs name its digest and don't contain it. */
const verifier = new URL('../outside/verify.py', import.meta.url);

/** The events of one request as they were published. Throws where they cannot be read: then the record is not the bot's. */
export function packEventsOf(
  bodies: readonly string[],
  texts: readonly RevealedText[],
): { readonly request: Request; readonly events: readonly StoredEvent[] } {
  const events: StoredEvent[] = [];
  let id = '';
  for (const body of bodies) {
    const read = readEvent(body, texts, parseEventBody);
    if (typeof read === 'string') throw new Error(`making evidence: ${read}`);
    events.push(read.event);
    id = read.line.request;
  }
  const request = fold(id as Request['id'], events);
  if (request === null) throw new Error('making evidence: there are no events');
  return { request, events };
}

/** What the events of a later request in the pack show. */
function replacementOf(files: PackFiles, { plan }: Request): Replacement | null {
  const bodies = (files.get(packFile.later)?.toString('utf8') ?? '').split('\n').slice(0, -1);
  const read = bodies.map((body) => readEvent(body, [], parseEventBody)).filter((one) => typeof one !== 'string');
  const events = read.map(({ line, event }) => ({ request: line.request, event }));
  return replacementIn(events, plan.wish.resource.id);
}

/** What the report is made of: what is in the pack, and nothing else, so that whoever verifies can make it anew. */
export function reportFacts(files: PackFiles, request: Request, events: readonly StoredEvent[]): ReportFacts {
  const names = new Map<string, string>(
    Object.entries(JSON.parse(files.get(packFile.names)?.toString('utf8') ?? '{}')),
  );
  const note = files.get(packFile.checkpoint)?.toString('utf8') ?? '';
  const keys = (files.get(packFile.keys)?.toString('utf8') ?? '')
    .split('\n')
    .map(readKeyLine)
    .filter((key) => typeof key !== 'string');
  const opened = openNote(note, keys);
  const signatures = typeof opened === 'string' ? [] : opened.signatures;
  const witness = signatures.find(({ time }) => time !== null);
  return {
    request,
    events,
    names: (id) => names.get(id) ?? null,
    note,
    witness:
      witness === undefined ? null : { name: witness.key.name, at: new Date((witness.time ?? 0) * 1000).toISOString() },
    later: replacementOf(files, request),
    vault: signatures.some(({ key }) => key.kind === 'vault'),
    texts: files.has(packFile.texts),
    rules: files.has(packFile.rules),
    madeOf: reportSources.map((name) => `${name} ${digestOf(files.get(name) ?? Buffer.alloc(0))}`).join('; '),
  };
}

export function makePack({ proved, names, texts, rules, keys }: PackParts): PackFiles {
  const { request, events } = packEventsOf(proved.bodies, texts ?? []);
  const files = new Map<string, Buffer>([...proved.files, ...viewsOf(request, events)]);
  files.set(packFile.controls, json(controls));
  files.set(packFile.keys, Buffer.from(keys));
  if (names !== null)
    files.set(packFile.names, json(Object.fromEntries([...names].sort(([a], [b]) => (a < b ? -1 : 1)))));
  if (texts !== null) files.set(packFile.texts, Buffer.from(texts.map((text) => `${JSON.stringify(text)}\n`).join('')));
  if (rules.digest === request.policy.digest) files.set(packFile.rules, Buffer.from(rules.text));
  files.set(packFile.report, Buffer.from(reportOf(reportFacts(files, request, events))));
  files.set(
    packFile.readme,
    Buffer.from(readmeOf({ id: request.id, texts: texts !== null, verifierDigest: digestOf(readFileSync(verifier)) })),
  );
  files.set(packFile.sums, sumsOf(files));
  return files;
}

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
