/**
 * Takes evidence of a request: reads Azure once more, notes in the record that it was taken and what was read, has the record
 * published up to there, and makes the pack of what was published.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { archiveOf } from '../audit/pack/archive.ts';
import { newestCheckpoint, provedFiles } from '../audit/pack/proved-files.ts';
import { openNote } from '../audit/tlog/note.ts';
import { readKeyLine } from '../audit/tlog/verifier-key.ts';
import { PersonId, type RequestId } from '../domain/ids.ts';
import type { AnchorFiles } from '../domain/ports/anchor.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { RevealedText } from '../domain/record/chain.ts';
import { decide } from '../domain/request/decide.ts';
import type { Actor, StoredEvent } from '../domain/request/events.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import { makePack } from './make-pack.ts';
import { type ReadPorts, readAzure } from './read-azure.ts';

export interface EvidencePorts {
  readonly requests: Pick<Requests, 'append' | 'events' | 'load'>;
  readonly azure: ReadPorts;
  /** Where the record is published; null: nowhere, and then there is no evidence. */
  readonly log: PublishedLog | null;
  /** Of those of the people whom Teams has named. */
  readonly names: (people: readonly PersonId[]) => Promise<ReadonlyMap<PersonId, string>>;
  readonly texts: (id: RequestId) => Promise<readonly RevealedText[]>;
  /** The policy as it is configured now. */
  readonly rules: { readonly version: string; readonly text: string };
}

export interface PublishedLog {
  readonly read: AnchorFiles['read'];
  /** Has what is new published now, where this process can; else somebody does within `patienceMs`. */
  readonly publish: () => Promise<unknown>;
  readonly patienceMs: number;
  /** Verifier keys of the witnesses that are asked, a line each. */
  readonly witnessKeys: readonly string[];
}

export interface Wanted {
  readonly id: RequestId;
  readonly actor: Actor;
  /** The same cause takes the same evidence again: one event, one reading. */
  readonly cause: string;
  readonly texts: boolean;
  readonly names: boolean;
}

export type Taken =
  | {
      readonly kind: 'made';
      readonly name: string;
      readonly archive: Buffer;
      readonly seq: number;
      readonly witnessed: boolean;
    }
  /** What is new has not come out in time; the event stands in the record all the same. */
  | { readonly kind: 'not-published'; readonly published: number; readonly needed: number }
  | { readonly kind: 'nowhere-published' }
  | Refusal;

const lookEveryMs = 250;

/** Whether a witness has signed it, by the keys of those that are asked. */
function isWitnessed(note: string, lines: readonly string[]): boolean {
  const keys = lines.map(readKeyLine).filter((key) => typeof key !== 'string');
  return typeof openNote(note, keys) !== 'string';
}

/** Waits until so many events are published, and a little for a witness. How many are, and whether one has signed. */
async function waitFor(
  log: PublishedLog,
  needed: number,
): Promise<{ readonly size: number; readonly witnessed: boolean }> {
  const until = performance.now() + log.patienceMs;
  for (;;) {
    await log.publish();
    const newest = await newestCheckpoint(log.read);
    const size = newest?.checkpoint.size ?? 0;
    const witnessed = newest !== null && isWitnessed(newest.note, log.witnessKeys);
    const enough = size >= needed && (witnessed || log.witnessKeys.length === 0);
    if (enough || performance.now() > until) return { size, witnessed };
    await sleep(lookEveryMs);
  }
}

const peopleIn = (events: readonly StoredEvent[]): readonly PersonId[] => [
  ...new Set(events.flatMap(({ body }) => PersonId.safeParse(body.actor.id).data ?? [])),
];

async function note(ports: EvidencePorts, { id, actor, cause, texts }: Wanted): Promise<number | Refusal> {
  const request = await ports.requests.load(id);
  if (request === null) return refuse('unknown-request', id);
  const reading = await readAzure(ports.azure, request);
  const noted = await ports.requests.append(id, cause, (now, at) =>
    decide(now, { do: 'note-evidence', actor, texts, reading }, at),
  );
  return noted.kind === 'refused' ? noted : (noted.events[0]?.seq ?? 0);
}

/** Who may was asked before. Throws what the store and the published log throw. */
export async function takeEvidence(ports: EvidencePorts, wanted: Wanted): Promise<Taken> {
  const { log } = ports;
  if (log === null) return { kind: 'nowhere-published' };
  const seq = await note(ports, wanted);
  if (typeof seq !== 'number') return seq;
  const { size, witnessed } = await waitFor(log, seq);
  if (size < seq) return { kind: 'not-published', published: size, needed: seq };
  // What came after the evidence was taken is not part of it: taken again, it is the same.
  const events = (await ports.requests.events(wanted.id)).filter((event) => event.seq <= seq);
  const proved = await provedFiles(
    log.read,
    events.map((event) => event.seq),
  );
  const files = makePack({
    proved,
    names: wanted.names ? await ports.names(peopleIn(events)) : null,
    texts: wanted.texts ? await ports.texts(wanted.id) : null,
    rules: ports.rules,
    keys: [(await log.read('keys.txt'))?.toString('utf8') ?? '', ...log.witnessKeys.map((line) => `${line}\n`)].join(
      '',
    ),
  });
  return { kind: 'made', name: `${wanted.id}.zip`, archive: archiveOf(files), seq, witnessed };
}
