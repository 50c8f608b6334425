/**
 * Creates the evidence of a request: reads Azure once more, stores an event with the result, publishes the audit log up to it,
 * and packs what was published.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOfRequest } from '../../domain/evidence/replacement.ts';
import { requestedKey } from '../../domain/evidence/run-history.ts';
import { eventsSince } from '../../domain/evidence/verdict.ts';
import type { Outcome } from '../../domain/failure.ts';
import { KeyVersion, type PersonId, type RequestId } from '../../domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import type { Requests } from '../../domain/ports/store.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import { decide } from '../../domain/request/decide.ts';
import { type Actor, peopleInEvents, type StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Reading, Seen } from '../../domain/request/payloads.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { workOf } from '../../operations/registry.ts';
import { newestCheckpoint } from '../anchor/newest-checkpoint.ts';
import { keyLine, type VerifierKey } from '../tlog/keys.ts';
import { openNote } from '../tlog/note.ts';
import { openTiles, type TileReader } from '../tlog/tile-reader.ts';
import { tileWidth } from '../tlog/tiles.ts';
import { makePack } from './make-pack.ts';
import { archiveOf } from './pack-files.ts';
import { provedFiles } from './proved-files.ts';
import { readEvent } from './read-event.ts';

export interface EvidencePorts {
  readonly requests: Pick<Requests, 'append' | 'events' | 'load'>;
  readonly azure: ReadPorts;
  /** The published log; null: none, so there is no evidence. */
  readonly log: PublishedLog | null;
  readonly names: (people: readonly PersonId[]) => Promise<ReadonlyMap<PersonId, string>>;
  readonly texts: (id: RequestId) => Promise<readonly RevealedText[]>;
  readonly rules: { readonly digest: string; readonly text: string };
}

export interface PublishedLog {
  /** Reads files; the newest checkpoint only with signatures that the bot's own keys verify: see `verifiedRead`. */
  readonly read: AnchorFiles['read'];
  /** Publishes new events if this process can; else another one does so within `timeoutMs`. */
  readonly publish: () => Promise<unknown>;
  readonly timeoutMs: number;
  readonly witnessKeys: readonly VerifierKey[];
  /** All keys of the log and its witnesses, the log's own first. */
  readonly keys: readonly VerifierKey[];
}

export interface EvidenceRequest {
  readonly id: RequestId;
  readonly actor: Actor;
  /** The same cause returns the same evidence: one event, one read. */
  readonly cause: string;
  readonly texts: boolean;
  readonly names: boolean;
  /** Older size of the log for which the pack has a consistency proof; null: none. */
  readonly fromSize: number | null;
}

export type EvidenceResult =
  | {
      readonly kind: 'made';
      readonly name: string;
      readonly archive: Buffer;
      readonly seq: number;
      readonly witnessed: boolean;
    }
  /** The new events weren't published in time. The stored event stays. */
  | { readonly kind: 'not-published'; readonly published: number; readonly needed: number }
  | { readonly kind: 'nowhere-published' }
  | Refusal;

const pollIntervalMs = 250;

/**
 * Waits until a checkpoint of exactly this many events is published, and a little for a cosignature. Returns the published size, and
 * whether it's cosigned.
 */
async function waitFor(log: PublishedLog, needed: number) {
  const until = performance.now() + log.timeoutMs;
  for (;;) {
    await log.publish();
    const own = await newestCheckpoint(log, needed);
    const witnessed = own !== null && typeof openNote(own.note, log.witnessKeys) !== 'string';
    const enough = own !== null && (witnessed || log.witnessKeys.length === 0);
    if (enough || performance.now() > until)
      return { size: own?.size ?? (await newestCheckpoint(log))?.size ?? 0, witnessed };
    await sleep(pollIntervalMs);
  }
}

async function note(ports: EvidencePorts, { id, actor, cause, texts }: EvidenceRequest): Promise<number | Refusal> {
  const request = await ports.requests.load(id);
  if (request === null) return refuse('unknown-request', id);
  const before = (await ports.requests.events(id)).find((event) => event.cause === cause);
  if (before !== undefined) return before.seq;
  const reading = await readAzure(ports.azure, request);
  const noted = await ports.requests.append(id, cause, (now, at) =>
    decide(now, { do: 'note-evidence', actor, texts, reading }, at),
  );
  return noted.kind === 'refused' ? noted : (noted.events[0]?.seq ?? 0);
}

/**
 * Returns the events up to `seq`, and their texts. Null: not wanted, or erased by a later event, which the pack doesn't have. The
 * texts are read first, so that the events include an erasure before that.
 */
async function contentsOf(ports: EvidencePorts, wanted: EvidenceRequest, seq: number) {
  const texts = wanted.texts ? await ports.texts(wanted.id) : null;
  const all = await ports.requests.events(wanted.id);
  const events = all.filter((event) => event.seq <= seq);
  const erased = all.some((event) => event.seq > seq && event.body.type === 'texts-erased');
  const last = events.at(-1)?.revision ?? 0;
  return { events, texts: erased ? null : (texts?.filter(({ revision }) => revision <= last) ?? null) };
}

/** The caller checked permissions. Throws errors of the store and the published log. */
export async function takeEvidence(ports: EvidencePorts, wanted: EvidenceRequest): Promise<EvidenceResult> {
  const { log } = ports;
  if (log === null) return { kind: 'nowhere-published' };
  const { fromSize } = wanted;
  if (fromSize !== null) {
    const published = (await newestCheckpoint(log))?.size ?? 0;
    if (published < fromSize) return { kind: 'not-published', published, needed: fromSize };
  }
  const seq = await note(ports, wanted);
  if (typeof seq !== 'number') return seq;
  const { size, witnessed } = await waitFor(log, seq);
  if (size !== seq) return { kind: 'not-published', published: size, needed: seq };
  // Later events aren't part of it, so that the same evidence can be created again.
  const { events, texts } = await contentsOf(ports, wanted, seq);
  const later = await findLater(openTiles(log.read, size), wanted.id, events);
  const numbers = events.map((event) => event.seq);
  const proved = await provedFiles(log.read, numbers, { later, fromSize });
  const files = makePack({
    proved,
    names: wanted.names ? await ports.names(peopleInEvents(events)) : null,
    texts,
    rules: ports.rules,
    keys: log.keys.map((key) => `${keyLine(key)}\n`).join(''),
  });
  return { kind: 'made', name: `${wanted.id}.zip`, archive: archiveOf(files), seq, witnessed };
}

type ReadPorts = Pick<Azure, 'resources' | 'vaults' | 'keys' | 'grants'>;

const seen = <T>(outcome: Outcome<T | null>): Seen<T> => {
  if (!outcome.ok) return { seen: 'not', failure: outcome.failure };
  return outcome.value === null ? { seen: 'absent' } : { seen: 'yes', value: outcome.value };
};

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

async function readAzure(azure: ReadPorts, request: Request): Promise<Reading> {
  const { resource: ref, to } = workOf(request.plan);
  const version = KeyVersion.safeParse(requestedKey(request)?.keyVersion).data ?? null;
  const [resource, vault, key] = await Promise.all([
    azure.resources.get(ref).then(seen),
    azure.vaults.get(to.vaultId).then(seen),
    azure.keys.get(to.vaultId, to.keyName, version).then(seen),
  ]);
  return { resource, vault, key, grantHeld: await readGrant(azure, resource, vault, request) };
}

/** Text that only relevant events contain, to avoid parsing all others. */
const isOfInterest = (body: string): boolean =>
  ['"type":"approv', '"type":"drift-found"', '"step":"set-cmk"', '"step":"make-key-version"'].some((part) =>
    body.includes(part),
  );

async function eventsBetween(reader: TileReader, first: number, last: number): Promise<readonly EventOfRequest[]> {
  const found: EventOfRequest[] = [];
  for (let tile = Math.floor((first - 1) / tileWidth); tile * tileWidth < last; tile += 1) {
    for (const entry of await reader.entriesOf(tile)) {
      const body = entry.toString('utf8');
      const read = isOfInterest(body) ? readEvent(body, []) : null;
      if (read === null || typeof read === 'string') continue;
      if (read.event.seq >= first && read.event.seq <= last) found.push(read);
    }
  }
  return found;
}

/** Returns the numbers of events of other streams that say what became of the key since the success. */
async function findLater(
  reader: TileReader,
  id: Request['id'],
  events: readonly StoredEvent[],
): Promise<readonly number[]> {
  const request = fold(id, events);
  if (request?.state !== 'succeeded') return [];
  const first = events[0]?.seq ?? 1;
  const last = events.at(-1)?.seq ?? 0;
  const others = (await eventsBetween(reader, first, last)).filter((one) => one.request !== id);
  return eventsSince(request, events, others).map(({ event }) => event.seq);
}
