/** Taking runs that wait for a replica out of the engine's queue, where the engine does not do so by itself. */
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { INTERNAL_QUEUE_NAME } from '@dbos-inc/dbos-sdk/internal/utils';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';

/**
 * Takes what waits, as the engine's own look at its queue does. That one looks again at a time of day: a clock that was ahead for
 * a moment keeps it from looking for as long as it was ahead, and there is no call that wakes it. Two replicas take no run twice.
 */
export async function takeWaiting(): Promise<void> {
  const executor = DBOSExecutor.globalInstance;
  const queue = wfQueueRunner.getInternalQueue(INTERNAL_QUEUE_NAME);
  if (executor === undefined || queue === undefined) return;
  const { systemDatabase, executorID } = executor;
  const owner = randomUUID();
  const version = DBOS.applicationVersion;
  const taken = await systemDatabase.findAndMarkStartableWorkflows(queue, executorID, version, undefined, 0, 0, owner);
  await executor.dispatchDequeuedWorkflows(taken, owner);
}
