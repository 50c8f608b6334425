/**
 * Takes evidence of a request: reads Azure once more, notes in the record that it was taken and what was read, has the record
 * published up to there, and makes the pack of what was published.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reading, Seen } from '../../domain/evidence/reading.ts';
import { type EventOfRequest, eventsOfReplacement, replacementIn } from '../../domain/evidence/replacement.ts';
import { verdictOf, wantedKey } from '../../domain/evidence/verdict.ts';
import type { Outcome } from '../../domain/failure.ts';
import { KeyVersion, PersonId, type RequestId } from '../../domain/ids.ts';
import { isNamedAlike, type ObservedResource, type ObservedVault } from '../../domain/observed.ts';
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import type { Actor, StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { parseEventBody, workOf } from '../../operations/registry.ts';
import { archiveOf } from '../pack/files.ts';
import { newestCheckpoint, provedFiles } from '../pack/proved-files.ts';
import { readEvent } from '../pack/views.ts';
import { keyLine, type VerifierKey } from '../tlog/keys.ts';
import { openNote } from '../tlog/note.ts';
import { TileReader } from '../tlog/tile-reader.ts';
import { tileWidth } from '../tlog/tiles.ts';
import { makePack } from './make-pack.ts';

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

interface EvidenceRequest {
  readonly id: RequestId;
  readonly actor: Actor;
  /** The same cause takes the same evidence again: one event, one reading. */
  readonly cause: string;
  readonly texts: boolean;
  readonly names: boolean;
  /** A size of the log from which the pack proves that its log goes on; null: from none. */
  readonly fromSize: number | null;
}

type Taken =
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

type ReadPorts = Pick<Azure, 'resources' | 'vaults' | 'keys' | 'grants'>;

const seen = <T>(outcome: Outcome<T | null>): Seen<T> => {
  if (!outcome.ok) return { seen: 'not', failure: outcome.failure };
  return outcome.value === null ? { seen: 'absent' } : { seen: 'yes', value: outcome.value };
};

/** Only of an agent and a vault that were read: what was in the way of those is in the way of this. */
async function readGrant(
  azure: ReadPorts,
  resource: Seen<ObservedResource>,
  vault: Seen<ObservedVault>,
  request: Request,
): Promise<Reading['grantHeld']> {
  if (resource.seen === 'not') return resource;
  if (vault.seen === 'not') return vault;
  if (resource.seen === 'absent' || vault.seen === 'absent') return { seen: 'absent' };
  const { principalId } = resource.value;
  if (principalId === null) return { seen: 'yes', value: false };
  return seen(await azure.grants.held(vault.value, workOf(request.plan).to.keyName, principalId));
}

/** Every call may be refused or not answered: that is what was read then. */
async function readAzure(azure: ReadPorts, request: Request): Promise<Reading> {
  const { resource: ref, to } = workOf(request.plan);
  const version = KeyVersion.safeParse(wantedKey(request)?.keyVersion).data ?? null;
  const [resource, vault, key] = await Promise.all([
    azure.resources.get(ref).then(seen),
    azure.vaults.get(to.vaultId).then(seen),
    azure.keys.get(to.vaultId, to.keyName, version).then(seen),
  ]);
  return { resource, vault, key, grantHeld: await readGrant(azure, resource, vault, request) };
}

/** What only these events hold. */
const isOfInterest = (body: string): boolean =>
  body.includes('"type":"approved"') || body.includes('"step":"set-cmk"') || body.includes('"step":"make-key-version"');

async function eventsBetween(reader: TileReader, first: number, last: number): Promise<readonly EventOfRequest[]> {
  const found: EventOfRequest[] = [];
  for (let tile = Math.floor((first - 1) / tileWidth); tile * tileWidth < last; tile += 1) {
    for (const entry of await reader.entries(tile)) {
      const body = entry.toString('utf8');
      const read = isOfInterest(body) ? readEvent(body, [], parseEventBody) : null;
      if (read === null || typeof read === 'string') continue;
      const { line, event } = read;
      if (event.seq >= first && event.seq <= last) found.push({ request: line.request, event });
    }
  }
  return found;
}

/** Numbers of its events; none: Azure shows the key that was asked for, or no later request explains what it shows. */
async function findReplacement(
  reader: TileReader,
  id: Request['id'],
  events: readonly StoredEvent[],
): Promise<readonly number[]> {
  const request = fold(id, events);
  const verdict = request === null ? null : verdictOf(request, events);
  if (request === null || verdict?.is !== 'under-key' || verdict.now !== 'other' || verdict.found === null) return [];
  const [first, last] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
  const resource = request.plan.wish.resource.id;
  const others = (await eventsBetween(reader, first, last)).filter((one) => one.request !== id);
  const later = eventsOfReplacement(others, resource);
  const replacement = replacementIn(later, resource);
  return replacement !== null && isNamedAlike(replacement.key, verdict.found)
    ? later.map(({ event }) => event.seq)
    : [];
}
