/** Everything that uses exports of DBOS that it marks as internal, because it has no public calls for it: see ADR 7. */
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { dbRetryConfig, INTERNAL_QUEUE_NAME } from '@dbos-inc/dbos-sdk/internal/utils';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';

/**
 * Limits how long the engine waits before it tries the database again. Its default is a minute, so it could wait up to 90 s
 * after the database is back.
 */
export function limitDatabaseBackoff(ms: number): void {
  dbRetryConfig.maxBackoffSec = ms / 1_000;
}

/**
 * Dequeues and starts queued runs, as the engine's own poller does. That poller waits for a wall-clock time. If a clock was
 * ahead for a moment, it stops polling for just as long, and no public call wakes it. Two replicas never take the same run.
 */
export async function dequeueRuns(): Promise<void> {
  const executor = DBOSExecutor.globalInstance;
  const queue = wfQueueRunner.getInternalQueue(INTERNAL_QUEUE_NAME);
  if (executor === undefined || queue === undefined) return;
  const { systemDatabase, executorID } = executor;
  const owner = randomUUID();
  const version = DBOS.applicationVersion;
  const taken = await systemDatabase.findAndMarkStartableWorkflows(queue, executorID, version, undefined, 0, 0, owner);
  await executor.dispatchDequeuedWorkflows(taken, owner);
}
