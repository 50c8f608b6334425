import { AsyncResource } from 'node:async_hooks';
import type { DocumentSeals, RowSeals } from '../domain/record/seals.ts';
import type { Request } from '../domain/request/request.ts';
import type { AppendTools } from './append.ts';
import { openAuditLog } from './audit-log.ts';
import { ChainMonitor, type ChainMonitorOptions } from './chain-monitor.ts';
import type { Database } from './database.ts';
import { type DatabaseClockTools, openDatabaseClock } from './database-clock.ts';
import { type DocumentTools, openDocuments } from './documents.ts';
import { type JobTools, openJobs } from './jobs.ts';
import { openConversations, openPeople } from './people-and-conversations.ts';
import { openPostedCards } from './posted-cards.ts';
import { openDrifts, openRequests } from './requests.ts';
import { openWitnesses } from './witnesses.ts';

export type OpenStore = ReturnType<typeof openStore>;

export type StoreTools = DatabaseClockTools &
  ChainMonitorOptions &
  Omit<AppendTools, 'monitor' | 'clock' | 'trace'> &
  Partial<Pick<AppendTools, 'trace'>> &
  Pick<JobTools, 'onOrphan'> &
  Pick<DocumentTools, 'onUnsound'> & {
    readonly documentSeals: DocumentSeals;
    readonly rowSeals: RowSeals;
  };

/** The database must have been migrated. Any number of replicas can use it. */
export function openStore(database: Database, given: StoreTools) {
  const { pool } = database;
  const clock = openDatabaseClock(database, given);
  const tools = { trace: () => null, ...given, clock, monitor: new ChainMonitor(given) };
  const listeners: ((after: Request) => void)[] = [];
  // Runs in a microtask, because a listener's error must not fail a committed append. Bound to the listener's async context:
  // a run's permissions are its own.
  const written = (after: Request): void => {
    for (const listener of listeners) queueMicrotask(() => listener(after));
  };
  return {
    requests: openRequests(pool, tools, written),
    drifts: openDrifts(pool, tools),
    jobs: openJobs(
      database,
      (listener) => {
        listeners.push(AsyncResource.bind(listener));
      },
      tools,
    ),
    postedCards: openPostedCards(pool, given.rowSeals),
    conversations: openConversations(pool, given.rowSeals),
    people: openPeople(pool, given.rowSeals),
    documents: openDocuments(pool, { ...given, clock, seals: given.documentSeals }),
    auditLog: openAuditLog(database, tools, written),
    witnesses: openWitnesses(pool, given.rowSeals),
    clock,
  };
}
