/** Starts the background workers: the worker of follow-up work, and cleanup. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { withWriteFence } from '../azure/azure-clients.ts';
import { isDatabaseUnavailable, isDriverError } from '../store/db-errors.ts';
import { roleRights } from '../store/runtime-role.ts';
import { closeAbandonedForms, recoverLostFormJobs } from '../teams/bot/dialog-store.ts';
import { ownerAdvice } from '../text/record.ts';
import { openRetryAfterOutage } from '../workflow/retry-after-outage.ts';
import { openRunJobs } from '../workflow/run-job.ts';
import { isRunning } from '../workflow/run-plan.ts';
import { openUsageCheck } from '../workflow/usage-check.ts';
import { startWorker } from '../workflow/worker.ts';
import type { AzureModule } from './open-azure.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { TeamsModule } from './open-teams.ts';
import type { Stoppable } from './shutdown.ts';
import { startSchedule } from './start-schedule.ts';
import { isWritable, retryOnClockSkew } from './write-health.ts';

/**
 * Cleanup: deletes old documents, closes abandoned forms, and informs people whose background work was lost. Lost work has the
 * shortest interval, because a person is waiting. Returns how to stop it.
 */
function startCleanup({ store, requests, log }: Infrastructure, { chat, directory }: TeamsModule): () => void {
  const { documents, people } = store;
  const forms = { documents, chat, directory, people, requests };
  const week = 7 * 24 * 3_600_000;
  const jobs = [
    { work: () => documents.deleteLeftFor(week), everyMs: 3_600_000, failure: 'old forms could not be deleted' },
    { work: () => closeAbandonedForms(forms), everyMs: 60_000, failure: 'abandoned forms could not be closed' },
    {
      work: () => recoverLostFormJobs(forms),
      everyMs: 20_000,
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

export async function startWorkers(
  infrastructure: Infrastructure,
  azureModule: AzureModule,
  teamsModule: TeamsModule,
): Promise<Stoppable> {
  const { config, log, database, store, requests, telemetry } = infrastructure;
  const { azure, roleChecks } = azureModule;
  const { jobs } = store;
  const { now } = store.clock;
  const { policy, paused, stepUp, retry: retryLimits } = config;
  const { tenantId } = config.teams;
  const { approver: approverStatus, requester: requesterStatus } = roleChecks;
  const runs = {
    requests: retryOnClockSkew(requests),
    azure,
    policy,
    tenantId,
    approverStatus,
    requesterStatus,
    stepUp,
    retryLimits,
    random: randomBytes,
    ...(config.logs === null ? {} : { useWithinMs: config.logs.withinMs }),
    now,
    pause: (ms: number) => pause(ms, undefined, { ref: false }),
  };
  const { owns: ownTables } = await roleRights(database.pool);
  if (ownTables && config.server.mode === 'production') {
    log.warn({}, `the bot’s database user owns the tables or can act as their owner: ${ownerAdvice}`);
  }
  const { tracing } = telemetry;
  // Another service's refused connection looks the same, so check the store itself. Its driver's own errors are unmistakable.
  const isStores = (error: unknown): boolean =>
    isDriverError(error) || (!isWritable(infrastructure) && isDatabaseUnavailable(error));
  // Jobs can be lost, for example in a restore of the database. What is to be run, events say.
  const { requests: open } = await store.requests.open();
  for (const request of open) if (isRunning(request, request.runs)) await jobs.requestRun(request.id, request.runs);
  const runJobs = openRunJobs({ runs, jobs, paused, withWriteFence, isStores, log, tracing });
  const worker = startWorker({
    jobs,
    requests,
    run: runJobs.carryOut,
    show: teamsModule.requestCards.show,
    audit: teamsModule.auditChannel.show,
    remind: teamsModule.remind,
    call: teamsModule.notifications.notifyForEvent,
    alert: teamsModule.driftAlerts.show,
    retryAfterOutage: openRetryAfterOutage({ ...runs, paused }),
    checkUsage: openUsageCheck({
      requests: runs.requests,
      vaultLog: azure.vaultLog,
      pollMs: config.logs?.pollMs ?? 60_000,
      now,
    }),
    log,
    tracing,
  });
  const stopCleanup = startCleanup(infrastructure, teamsModule);
  return {
    async stop() {
      stopCleanup();
      await worker.stop();
    },
  };
}
