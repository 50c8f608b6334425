/** What the product asks of its store. Everything here throws when the database cannot be reached: that is a bug-kind error. */

import type { ArmId, PersonId, RequestId } from '../ids.ts';
import type { Again, OutboxItem } from '../request/consequences.ts';
import type { StoredEvent } from '../request/events.ts';
import type { Refusal } from '../request/refusal.ts';
import type { Request } from '../request/request.ts';
import type { Decision } from '../request/request-command.ts';
import type { OpenState, Waits } from '../request/waits.ts';

/** What `append` stored, or had stored before under the same cause. */
export interface Appended {
  readonly kind: 'accepted';
  /** The request right after these events, even when more has happened since. */
  readonly request: Request;
  readonly events: readonly StoredEvent[];
  /** The cause was seen before: nothing was stored now. */
  readonly replay: boolean;
}

/** Which open requests: every part that is there has to hold. */
export interface OpenWanted {
  readonly requester?: PersonId;
  readonly waits?: Waits;
  /** Part of the agent's name or of the request's id, in any case. */
  readonly named?: string;
}

/** The events of requests: the only way to write one is `append`. */
export interface Requests {
  /**
   * In one transaction: locks the chain head, folds the request, returns what was recorded if the cause was seen before,
   * else runs `decide` and stores what it returns together with all consequences. A refusal stores nothing, not even the
   * cause. Safe to repeat with the same cause. `decide` must be pure: it may run more than once.
   */
  append(
    id: RequestId,
    cause: string,
    decide: (request: Request | null, now: Date) => Decision,
  ): Promise<Appended | Refusal>;
  load(id: RequestId): Promise<Request | null>;
  /** Who asked for it, where this process has heard of it, which never changes. Nothing is read for it. */
  askedBy(id: RequestId): Promise<PersonId | null>;
  events(id: RequestId): Promise<readonly StoredEvent[]>;
  /** The open request that holds the agent, if any. */
  openFor(resourceId: ArmId): Promise<RequestId | null>;
  /** The open request whose form stood in that message, if any. Nothing is read for it but what is new. */
  openFrom(messageId: string): Promise<RequestId | null>;
  /** Newest first. */
  list(limit: number, offset: number): Promise<readonly Request[]>;
  /** How many there are, counted up to so many. */
  count(most: number): Promise<number>;
  /**
   * Requests that have not ended: those that wait for people first, among them the newest; and how many of those that are
   * wanted there are. Without a limit all of them. Only what is answered is read and folded.
   */
  open(
    limit?: number,
    offset?: number,
    wanted?: OpenWanted,
  ): Promise<{ readonly requests: readonly Request[]; readonly total: number }>;
  /** How many have not ended, by state. Nothing is read for it but what is new. */
  countOpen(): Promise<Readonly<Record<OpenState, number>>>;
  /** Every open request by the agent it holds, in lower case, with whom it waits for. Nothing is read for it. */
  held(): Promise<ReadonlyMap<string, { readonly id: RequestId; readonly waits: Waits }>>;
  /** Every request there was for the agent, newest first. */
  ofResource(resourceId: ArmId): Promise<readonly RequestId[]>;
}

/** The chain's hashes, for showing them. */
export interface TrailHashes {
  /** Hash of the event with that sequence number. Throws when there is none. */
  hashAt(seq: number): Promise<string>;
}

/**
 * Rows that say what must follow. Claimed rows come back unless finished or put off: when the instance that claimed them is
 * dead, and at the latest when the lease ends.
 */
export interface Outbox {
  /**
   * `inHand`: what the instance still works on of what it claimed before. Whatever else is claimed in its name is handed out
   * again: where the database went away, the answer to a claim was lost, or the row could not be given back. `kinds`: of these
   * alone. Nothing is handed out while this process's clock is not believed.
   */
  claim(
    instance: string,
    leaseMs: number,
    limit: number,
    inHand: readonly OutboxItem[],
    kinds?: readonly OutboxItem['kind'][],
  ): Promise<readonly OutboxItem[]>;
  /** Removes the row unless it was written again since it was claimed: false, it stays then. */
  finish(item: OutboxItem): Promise<boolean>;
  /** Gives the row back, due so much later, counting one more attempt that did not work. */
  postpone(item: OutboxItem, waitMs: number): Promise<void>;
  /** Gives the row back, due later, because there is more to come; attempts are counted anew. */
  comeBack(item: OutboxItem, again: Again): Promise<void>;
  /** Since when the oldest row that is due has been; null when none is. */
  oldestDue(now: Date): Promise<Date | null>;
  /**
   * Calls back after a commit in this process wrote rows, with the request right after it, so that nobody has to wait for the
   * next sweep. Listeners are called in the order in which they came.
   */
  onWritten(listener: (after: Request) => void): void;
}

/** One replica of the program. */
export interface ReplicaIdentity {
  /** Stable, and no other living replica's. */
  readonly name: string;
  /** Of one start of the process: never used again. */
  readonly instance: string;
  /** Which runs it can go on with. */
  readonly workflowVersion: string;
}

/** Another process that lives signs on under this name. */
export class ReplicaNameTaken extends Error {
  override readonly name = 'ReplicaNameTaken';
  constructor(name: string) {
    super(`another replica named ${name} is running: give each its own CMK_REPLICA, or stop that one first`);
  }
}

/** What a replica that signed on is told. */
export interface Heard {
  /** It could not say that it lives, or not look whether others do; that is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** Replicas of these names are dead: what they had in their hands is free, and runs are looked at. */
  readonly onGone: (names: readonly string[]) => void;
  /** It was silent for so long that another process took its name. */
  readonly onNameTaken: (error: ReplicaNameTaken) => void;
}

/** Comes for a name. */
export interface Arrival {
  /**
   * Says from now on that this one lives, and returns how to say goodbye. Whatever an earlier start under the name left
   * claimed is free. Throws {@link ReplicaNameTaken}; takes a few heartbeats where the database cannot tell that one of that
   * name is gone.
   */
  signOn(me: Omit<ReplicaIdentity, 'name'>, heard: Heard): Promise<() => Promise<void>>;
}

/** Who is alive on this database. */
export interface Replicas {
  /** Looks who goes by that name so far. The earlier that is done, the less signing on waits for whoever it is to speak. */
  arrive(name: string): Promise<Arrival>;
  /** False: another process goes by the name now, or this one was taken for dead and has not been heard of since. */
  isMine(me: Pick<ReplicaIdentity, 'name' | 'instance'>): Promise<boolean>;
  alive(): Promise<readonly Pick<ReplicaIdentity, 'name' | 'workflowVersion'>[]>;
  /** False: the last heartbeat could not be stored, and so nothing else could be. */
  isStoring(): boolean;
}

/** One card that was posted somewhere. */
export interface ShownCard {
  readonly requestId: RequestId;
  /** Which card for whom: `status`, `approval`, `approver:<object id>`. */
  readonly audience: string;
  readonly conversationId: string;
  readonly activityId: string;
  /** Fingerprint of the card last shown there. */
  readonly fingerprint: string;
}

export interface Shown {
  of(id: RequestId): Promise<readonly ShownCard[]>;
  /** Every request that has a card in that message, ended ones too. */
  at(activityId: string): Promise<readonly RequestId[]>;
  /** Inserts or replaces by request and audience. */
  save(card: ShownCard): Promise<void>;
  remove(id: RequestId, audience: string): Promise<void>;
}

/** Where the bot can talk: learned from activities, needed to post without being asked. */
export interface ConversationAddress {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly tenantId: string;
  /** The person of a personal chat, else null. */
  readonly personId: PersonId | null;
}

export interface Conversations {
  /** What would be found without it as well need not be written. */
  save(address: ConversationAddress): Promise<void>;
  get(conversationId: string): Promise<ConversationAddress | null>;
  personalChat(person: PersonId): Promise<ConversationAddress | null>;
  /** The service URL last seen for the tenant, null before its first activity. */
  serviceUrl(tenantId: string): Promise<string | null>;
}

/**
 * A person as Teams last named them. Names are for cards only and are never part of the record. A name that another known
 * person bears too comes back with what tells the two apart: `Requester (requester@example.com)`, or the object id where no
 * address is known.
 */
export interface People {
  /** Without an address the one that is known stays. */
  save(person: {
    readonly id: PersonId;
    readonly memberId: string;
    readonly name: string;
    readonly address: string | null;
  }): Promise<void>;
  get(id: PersonId): Promise<{ readonly memberId: string; readonly name: string } | null>;
  /** Those of the people whom Teams has named, in any order. */
  among(
    ids: readonly PersonId[],
  ): Promise<readonly { readonly id: PersonId; readonly memberId: string; readonly name: string }[]>;
  /** The same of very many, by the names that Teams has for them: another may bear the same, so they are not to be shown. */
  amongMany: People['among'];
}

/** Small documents with compare-and-set: the state of forms. The shape is that of a botbuilder `Storage`. */
export interface Documents {
  read(keys: readonly string[]): Promise<Record<string, Record<string, unknown>>>;
  /**
   * Each value carries `eTag`: `''` insert only, `*` or absent overwrite, else replace that version only. Throws
   * {@link StaleDocument} when the condition does not hold, and then writes none.
   */
  write(changes: Readonly<Record<string, Record<string, unknown>>>): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
}

/** Somebody else wrote the document in between. */
export class StaleDocument extends Error {
  override readonly name = 'StaleDocument';
}

export interface Store {
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly replicas: Replicas;
  readonly shown: Shown;
  readonly conversations: Conversations;
  readonly people: People;
  readonly documents: Documents;
}
