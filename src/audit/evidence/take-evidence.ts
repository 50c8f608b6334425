/**
 * Takes evidence of a request: reads Azure once more, notes in the record that it was taken and what was read, has the record
 * published up to there, and makes the pack of what was published.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PersonId, type RequestId } from '../../domain/ids.ts';
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import type { Actor, StoredEvent } from '../../domain/request/events.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { archiveOf } from '../pack/archive.ts';
import { newestCheckpoint, provedFiles } from '../pack/proved-files.ts';
import { openNote } from '../tlog/note.ts';
import { TileReader } from '../tlog/tile-reader.ts';
import { keyLine, type VerifierKey } from '../tlog/verifier-key.ts';
import { findReplacement } from './find-replacement.ts';
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
  readonly rules: { readonly digest: string; readonly text: string };
}

export interface PublishedLog {
  /** Of the newest checkpoint what the bot's own keys verify, and no more: see `ownRead`. */
  readonly read: AnchorFiles['read'];
  /** Has what is new published now, where this process can; else somebody does within `patienceMs`. */
  readonly publish: () => Promise<unknown>;
  readonly patienceMs: number;
  /** Verifier keys of the witnesses that are asked. */
  readonly witnessKeys: readonly VerifierKey[];
  /** Every key that the bot knows of the log and of its witnesses, the log's own before those of witnesses. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
}

export interface EvidenceRequest {
  readonly id: RequestId;
  readonly actor: Actor;
  /** The same cause takes the same evidence again: one event, one reading. */
  readonly cause: string;
  readonly texts: boolean;
  readonly names: boolean;
  /** A size of the log from which the pack proves that its log goes on; null: from none. */
  readonly fromSize: number | null;
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
const isWitnessed = (note: string, keys: readonly VerifierKey[]): boolean => typeof openNote(note, keys) !== 'string';

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

async function note(ports: EvidencePorts, { id, actor, cause, texts }: EvidenceRequest): Promise<number | Refusal> {
  const request = await ports.requests.load(id);
  if (request === null) return refuse('unknown-request', id);
  const reading = await readAzure(ports.azure, request);
  const noted = await ports.requests.append(id, cause, (now, at) =>
    decide(now, { do: 'note-evidence', actor, texts, reading }, at),
  );
  return noted.kind === 'refused' ? noted : (noted.events[0]?.seq ?? 0);
}

/** Who may was asked before. Throws what the store and the published log throw. */
export async function takeEvidence(ports: EvidencePorts, wanted: EvidenceRequest): Promise<Taken> {
  const { log } = ports;
  if (log === null) return { kind: 'nowhere-published' };
  const { fromSize } = wanted;
  if (fromSize !== null) {
    const published = (await newestCheckpoint(log.read))?.checkpoint.size ?? 0;
    if (published < fromSize) return { kind: 'not-published', published, needed: fromSize };
  }
  const seq = await note(ports, wanted);
  if (typeof seq !== 'number') return seq;
  const { size, witnessed } = await waitFor(log, seq);
  if (size < seq) return { kind: 'not-published', published: size, needed: seq };
  // What came after the evidence was taken is not part of it: taken again, it is the same.
  const events = (await ports.requests.events(wanted.id)).filter((event) => event.seq <= seq);
  const later = await findReplacement(new TileReader(log.read, size), wanted.id, events);
  const numbers = events.map((event) => event.seq);
  const proved = await provedFiles(log.read, numbers, { later, fromSize });
  const files = makePack({
    proved,
    names: wanted.names ? await ports.names(peopleIn(events)) : null,
    texts: wanted.texts ? await ports.texts(wanted.id) : null,
    rules: ports.rules,
    keys: (await log.keys()).map((key) => `${keyLine(key)}\n`).join(''),
  });
  return { kind: 'made', name: `${wanted.id}.zip`, archive: archiveOf(files), seq, witnessed };
}
