/** Everything the product keeps, over one database. */
import { AsyncResource } from 'node:async_hooks';
import type { Store } from '../domain/ports/store.ts';
import type { WitnessBook } from '../domain/ports/witnesses.ts';
import type { Request } from '../domain/request/request.ts';
import type { AppendTools } from './append.ts';
import { type ClockGuard, type ClockGuardTools, openClockGuard } from './clock-guard.ts';
import { openConversations } from './conversations.ts';
import type { Database } from './database.ts';
import { openDocuments, type SweptDocuments } from './documents.ts';
import { KnownRecord, type KnownRecordOptions } from './known-record.ts';
import { type OutboxTools, openOutbox } from './outbox.ts';
import { openPeople } from './people.ts';
import { openReplicas, usualBeatMs } from './replicas.ts';
import { openRequests } from './requests.ts';
import { openShown } from './shown.ts';
import { openTrail, type Trail } from './trail.ts';
import { openWitnesses } from './witnesses.ts';

/** The ports, and what only the joints (command line, sweeper) need besides. */
export interface OpenStore extends Store {
  readonly documents: SweptDocuments;
  readonly trail: Trail;
  readonly witnesses: WitnessBook;
  readonly clock: Pick<ClockGuard, 'look'>;
}

/** What a store is opened with: reading, time, the key of the seals, and what ends the process. */
export type StoreTools = ClockGuardTools &
  KnownRecordOptions &
  Omit<AppendTools, 'known' | 'clock' | 'trace'> &
  Partial<Pick<AppendTools, 'trace'>> &
  Partial<Pick<OutboxTools, 'onUnasked'>>;

/** The database must have been migrated. `beatMs`: how often replicas say that they live. Keeps no state but the listeners and what it has read of the chain: any number of replicas may open one each. */
export function openStore(database: Database, given: StoreTools, beatMs = usualBeatMs): OpenStore {
  const { pool } = database;
  const clock = openClockGuard(database, given);
  const tools: AppendTools = { trace: () => null, ...given, clock, known: new KnownRecord(given) };
  const listeners: ((after: Request) => void)[] = [];
  // In a turn of their own: a listener's mistake must not take back the answer to a commit. And bound to where they began to
  // listen: within a step of the engine no run can be started, and what a run permits is its own.
  const written = (after: Request): void => {
    for (const listener of listeners) queueMicrotask(() => listener(after));
  };
  return {
    requests: openRequests(pool, tools, written),
    outbox: openOutbox(
      pool,
      (listener) => {
        listeners.push(AsyncResource.bind(listener));
      },
      { clock, onUnasked: given.onUnasked ?? (() => undefined) },
    ),
    replicas: openReplicas(database, { beatMs, clock: given.clock }),
    shown: openShown(pool),
    conversations: openConversations(pool),
    people: openPeople(pool),
    documents: openDocuments(pool, given.clock, clock),
    trail: openTrail(database, tools, written),
    witnesses: openWitnesses(pool),
    clock,
  };
}
