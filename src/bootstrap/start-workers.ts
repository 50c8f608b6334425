/** Starts the background workers: the worker of follow-up work, and cleanup. */
import { setTimeout as pause } from 'node:timers/promises';
import { openEscalation } from '../authorization/role-checks.ts';
import { withWriteFence } from '../azure/connection/write-fence.ts';
import { isDatabaseUnavailable, isDriverError } from '../domain/database-errors.ts';
import { roleRights } from '../store/runtime-role.ts';
import { closeAbandonedForms } from '../teams/bot/abandoned-forms.ts';
import { recoverLostFormJobs } from '../teams/bot/lost-form-jobs.ts';
import { openWebhook } from '../teams/delivery/webhook.ts';
import { ownerAdvice } from '../text/record.ts';
import { openRetryAfterOutage } from '../workflow/retry-after-outage.ts';
import { openRunJobs } from '../workflow/run-job.ts';
import { isRunning } from '../workflow/run-plan.ts';
import { openUsageCheck } from '../workflow/usage-check.ts';
import { startWorker } from '../workflow/worker.ts';
import type { App } from './app.ts';
import type { Stoppable } from './shutdown.ts';
import { startSchedule } from './start-schedule.ts';
import { isWritable, retryOnClockSkew } from './write-health.ts';

/**
 * Cleanup: deletes old documents, closes abandoned forms, and informs people whose background work was lost. Lost work has the
 * shortest interval, because a person is waiting. Returns how to stop it.
 */
function startCleanup(app: App): () => void {
  const { documents, log } = app;
  const week = 7 * 24 * 3_600_000;
  const jobs = [
    { work: () => documents.deleteLeftFor(week), everyMs: 3_600_000, failure: 'old forms could not be deleted' },
    { work: () => closeAbandonedForms(app), everyMs: 60_000, failure: 'abandoned forms could not be closed' },
    {
      work: () => recoverLostFormJobs(app),
      everyMs: 5_000,
      failure: 'cards that wait for a lost Azure lookup could not be updated',
    },
  ];
  const schedules = jobs.map(({ work, everyMs, failure }) =>
    startSchedule({ work, everyMs, onFailure: (error) => log.warn({ err: error }, failure) }),
  );
  // What is cut off is done again after the next start.
  return () => {
    for (const schedule of schedules) void schedule.stop();
  };
}

export async function startWorkers(app: App): Promise<Stoppable> {
  const { config, log, database, jobs } = app;
  const runs = {
    ...app,
    requests: retryOnClockSkew(app.requests),
    approverStatus: app.roleChecks.approver,
    requesterStatus: app.roleChecks.requester,
    ...(config.logs === null ? {} : { useWithinMs: config.logs.withinMs }),
    ownTime: () => new Date(),
    pause: (ms: number) => pause(ms, undefined, { ref: false }),
  };
  const { owns: ownTables } = await roleRights(database.pool);
  if (ownTables && config.server.mode === 'production') {
    log.warn({}, `the bot’s database user owns the tables or can act as their owner: ${ownerAdvice}`);
  }
  // Another service's refused connection looks the same, so check the store itself. Its driver's own errors are unmistakable.
  const isStores = (error: unknown): boolean =>
    isDriverError(error) || (!isWritable(app) && isDatabaseUnavailable(error));
  // Jobs can be lost, for example in a restore of the database. What is to be run, events say.
  const { requests: open } = await app.store.requests.open();
  for (const request of open) if (isRunning(request, request.runs)) await jobs.requestRun(request.id, request.runs);
  const worker = startWorker({
    ...app,
    run: openRunJobs({ ...runs, withWriteFence, isStores }).carryOut,
    show: app.requestCards.show,
    audit: app.auditPosts.show,
    escalatedTo: openEscalation(app.azure.groups, app.roleChecks, config),
    call: app.notifications.notifyForEvent,
    alert: app.driftAlerts.show,
    webhook: openWebhook({ ...app, webhook: config.webhook }),
    retryAfterOutage: openRetryAfterOutage(runs),
    checkUsage: openUsageCheck({ ...runs, pollMs: config.logs?.pollMs ?? 60_000 }),
  });
  const stopCleanup = startCleanup(app);
  return {
    async stop() {
      stopCleanup();
      await worker.stop();
    },
  };
}
