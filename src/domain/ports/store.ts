/** The ports of the store. Every method throws if the database can't be reached. */

import type { ArmId, DriftId, PersonId, RequestId, StreamId } from '../ids.ts';
import type { Consequence, OrphanJob, RescheduleAt } from '../request/consequences.ts';
import type { StoredEvent } from '../request/events.ts';
import type { OpenState, Waits } from '../request/payloads.ts';
import type { Refusal } from '../request/refusal.ts';
import type { Request } from '../request/request.ts';
import type { Decision } from '../request/request-command.ts';
import type { Drift, ResourceWatch } from '../watch/resource-watch.ts';

export interface AppendedTo<S> {
  readonly kind: 'accepted';
  /** What the events fold to, right after these. More can have happened since. */
  readonly after: S;
  readonly events: readonly StoredEvent[];
  /** True: the cause was seen before, and nothing was stored now. */
  readonly replay: boolean;
}

export interface Appended extends Omit<AppendedTo<Request>, 'after'> {
  readonly request: Request;
}

/** A filter for open requests. Every field that is given must match. */
export interface OpenWanted {
  readonly requester?: PersonId;
  readonly waits?: Waits;
  /** Part of the resource's name or of the request's id; case doesn't matter. */
  readonly named?: string;
}

/** Requests and their events. `append` is the only way to write an event of a request. */
export interface Requests {
  /**
   * In one transaction: locks the chain head, reads the request's events, and returns what was stored under `cause` if it was
   * seen before. Else runs `decide` on the request, and stores its events with their jobs. A refusal stores nothing, not
   * even the cause. Safe to repeat with the same cause, also after an error. `decide` must be pure; it runs at most once.
   */
  append(
    id: RequestId,
    cause: string,
    decide: (request: Request | null, now: Date) => Decision,
  ): Promise<Appended | Refusal>;
  load(id: RequestId): Promise<Request | null>;
  /** Of a request, or of a resource's drift. */
  events(id: StreamId): Promise<readonly StoredEvent[]>;
  openFor(resourceId: ArmId): Promise<RequestId | null>;
  /** The open request that was submitted from the form in that message, if any. */
  openFrom(messageId: string): Promise<RequestId | null>;
  /** Newest first. */
  list(limit: number, offset: number): Promise<readonly Request[]>;
  /** The number of requests, counted up to `most`. */
  count(most: number): Promise<number>;
  /**
   * A page of open requests, and the number of all that match. Those that wait for people come first, the newest first among them.
   * Reads only the page.
   */
  open(
    limit?: number,
    offset?: number,
    wanted?: OpenWanted,
  ): Promise<{ readonly requests: readonly Request[]; readonly total: number }>;
  countOpen(): Promise<Readonly<Record<OpenState, number>>>;
  /** Every open request by its resource id in lower case. `touched`: a run has begun to change Azure. */
  held(): Promise<ReadonlyMap<string, { readonly id: RequestId; readonly waits: Waits; readonly touched: boolean }>>;
  /** Every request for the resource, newest first. */
  ofResource(resourceId: ArmId): Promise<readonly RequestId[]>;
}

/** Drifts of resources, each resource's in a stream of its own. */
export interface Drifts {
  /** {@link Requests.append} to the resource's stream. */
  append(
    resource: ArmId,
    cause: string,
    decide: (watch: ResourceWatch | null, now: Date) => Decision,
  ): Promise<AppendedTo<ResourceWatch> | Refusal>;
  load(id: DriftId): Promise<ResourceWatch | null>;
  /** The resource's stream. Null: no drift was ever found. */
  of(resource: ArmId): Promise<ResourceWatch | null>;
  /** The last succeeded request of each resource, by ARM id in lower case: what it is compared with. */
  succeeded(): Promise<ReadonlyMap<string, RequestId>>;
  /** The open drift of each resource that has one, by ARM id in lower case. */
  open(): Promise<ReadonlyMap<string, Drift>>;
}

export interface EventHashes {
  /** The hash of the event with that sequence number. Throws if there is none. */
  hashAt(seq: number): Promise<string>;
}

export type Job = ClaimedJob &
  (
    | { readonly kind: Exclude<Consequence['kind'], 'alert' | 'webhook'>; readonly stream: RequestId }
    | { readonly kind: 'alert'; readonly stream: DriftId }
    | { readonly kind: 'webhook'; readonly stream: StreamId }
  );

interface ClaimedJob extends Consequence {
  readonly id: string;
  /** With the id, it names this claim: each one counts up. */
  readonly retryCount: number;
  readonly attempts: number;
  /** Trace Context of the span that wrote it; null without tracing. */
  readonly traceparent: string | null;
}

/**
 * What must follow from stored events: the transaction that stores them inserts the jobs. A claim that isn't renewed for six seconds
 * goes to another worker. Jobs with the same stream, kind and key are carried out one after the other.
 */
export interface Jobs {
  /** Claims due jobs. `onlyUrgent`: only those that need no Teams. */
  claim(limit: number, onlyUrgent: boolean): Promise<readonly Job[]>;
  /** Renews claims. Returns those that are lost. Call it every second, also without any. */
  renew(jobs: readonly Job[]): Promise<readonly Job[]>;
  /** False: the last renewal failed. */
  isAnswering(): boolean;
  /** Returns whether the claim is still valid, for seconds from now. Renews it. */
  isMine(job: Job): Promise<boolean>;
  /** Frees claims that other processes didn't renew in time. */
  freeLostClaims(): Promise<void>;
  /** Deletes the job. `again`: it was added again since it was claimed. `lost`: the claim was. */
  finish(job: Job): Promise<'gone' | 'again' | 'lost'>;
  /** Gives the job back, due again later. `attempts`: failed ones in a row. */
  release(job: Job, again: RescheduleAt, attempts: number): Promise<void>;
  /**
   * Has the request's cards updated within about a second, by one worker at a time: two at once would each post a card that is
   * missing. After failed attempts the job keeps its due time.
   */
  requestShow(id: RequestId): Promise<void>;
  /** Has the run continued, if its job was lost. */
  requestRun(id: RequestId, run: number): Promise<void>;
  /** Makes due now what waits for Teams: a place might take posts again. */
  retryPosts(): Promise<void>;
  /** When cards of the request or drift are still to be updated: `later` after a failure. Null: they are up to date. */
  cardsDue(id: StreamId): Promise<'now' | 'later' | null>;
  /** The due time of the oldest due job. Null: none is due. */
  oldestDue(now: Date): Promise<Date | null>;
  /** How often the job that failed most has failed since it last succeeded. Each failure makes it due later, but this grows. */
  mostAttempts(): Promise<number>;
  /** Reports a job that no event asks for. The caller drops it. */
  reportOrphan(job: OrphanJob): void;
  orphans(): number;
  /**
   * Calls the listener after each commit of this process that added jobs, with the request as of that commit, so that they needn't
   * wait for the next poll. Listeners are called in the order in which they were added.
   */
  onWritten(listener: (after: Request) => void): void;
}

/** Stored in place of the fingerprint: the message still shows an earlier card, because Teams refused the current one. */
export const refusedUpdate = 'refused';

export interface PostedCard {
  /** Or the resource's drift that it is about. */
  readonly requestId: StreamId;
  /** The kind of card and its reader: `status`, `approval`, `approver:<object id>`. */
  readonly audience: string;
  readonly conversationId: string;
  readonly activityId: string;
  readonly fingerprint: string;
}

export interface PostedCards {
  of(id: StreamId): Promise<readonly PostedCard[]>;
  /** Every request or drift that has a card in that message, also ended ones. */
  at(activityId: string): Promise<readonly StreamId[]>;
  /** Inserts or replaces by request and audience. */
  save(card: PostedCard): Promise<void>;
  remove(id: StreamId, audience: string): Promise<void>;
}

/** Where the bot can post: learned from activities, needed for proactive messages. */
export interface ConversationAddress {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly tenantId: string;
  /** The person of a personal chat, else null. */
  readonly personId: PersonId | null;
}

export interface Conversations {
  /** A thread counts as its channel. Can skip a write that changes nothing. */
  save(address: ConversationAddress): Promise<void>;
  get(conversationId: string): Promise<ConversationAddress | null>;
  personalChat(person: PersonId): Promise<ConversationAddress | null>;
  /** The tenant's newest service URL. Null before its first activity. */
  serviceUrl(tenantId: string): Promise<string | null>;
}

export type KnownPerson = { readonly id: PersonId; readonly memberId: string; readonly name: string };

/**
 * People as Teams last named them. Names are for cards only and never part of the audit log. A name that several known people have is
 * returned with the address, `Requester (requester@example.com)`, or with the object id if no address is known.
 */
export interface People {
  /** Without an address, the stored one stays. */
  save(person: KnownPerson & { readonly address: string | null }): Promise<void>;
  /** Those of the people who are known, in any order. */
  among(ids: readonly PersonId[]): Promise<readonly KnownPerson[]>;
  /** The same for very many people, without telling equal names apart: so don't show them. */
  amongMany: People['among'];
}

/** Small documents with compare-and-set: forms, lists, sign-ins, schedules, marks of what was posted. */
export interface Documents {
  read(keys: readonly string[]): Promise<Record<string, Record<string, unknown>>>;
  /**
   * Each value has an `eTag`: `''` inserts only, `*` or none overwrites, any other replaces that version only. Throws
   * {@link StaleDocument} if a condition fails, and then writes nothing.
   */
  write(changes: Readonly<Record<string, Record<string, unknown>>>): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
}

export class StaleDocument extends Error {
  override readonly name = 'StaleDocument';
}

/** Returns whether it was written. False instead of a {@link StaleDocument}. */
export const isWritten = (writing: Promise<void>): Promise<boolean> =>
  writing
    .then(() => true)
    .catch((error: unknown) => {
      if (error instanceof StaleDocument) return false;
      throw error;
    });
