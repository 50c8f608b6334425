/** Starts the background workers: leases, the workflow engine, the outbox worker and cleanup. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { withWriteFence } from '../azure/azure-clients.ts';
import { isDatabaseUnavailable, isDriverError } from '../store/db-errors.ts';
import { roleRights } from '../store/runtime-role.ts';
import { closeAbandonedForms, recoverLostFormJobs } from '../teams/bot/dialog-store.ts';
import { ownerAdvice } from '../text/record.ts';
import { startEngine, workflowVersion } from '../workflow/engine.ts';
import type { RunLostError } from '../workflow/fencing.ts';
import { startOutboxWorker } from '../workflow/outbox-worker.ts';
import { openRetryAfterOutage } from '../workflow/retry-after-outage.ts';
import { openRunMonitor } from '../workflow/run-monitor.ts';
import { openUsageCheck } from '../workflow/usage-check.ts';
import type { AzureModule } from './open-azure.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { TeamsModule } from './open-teams.ts';
import { endProcess, type Stoppable } from './shutdown.ts';
import { startSchedule } from './start-schedule.ts';
import { isWritable, retryOnClockSkew } from './write-health.ts';

const leaseLost = 'other replicas took over its work, because its lease expired: it was unresponsive or disconnected';

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

/** The lease is acquired first and released last, so that other replicas see heartbeats while the engine runs. */
export async function startWorkers(
  infrastructure: Infrastructure,
  azureModule: AzureModule,
  teamsModule: TeamsModule,
): Promise<Stoppable> {
  const { config, log, database, store, requests, telemetry } = infrastructure;
  const { azure, roleChecks } = azureModule;
  const { outbox, leases } = store;
  const { now } = store.clock;
  const { policy, paused, beatMs, stepUp, retry: retryLimits } = config;
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
    paused,
    now,
    pause: (ms: number) => pause(ms, undefined, { ref: false }),
  };
  const me = { instance: randomUUID(), workflowVersion };
  const release = await leases.acquire(me, {
    onTrouble: (err, overdueSeconds) => log.warn({ err, overdueSeconds }, 'this replica could not renew its lease'),
    onExpired: (gone) => log.warn({ gone }, 'replicas failed: this one takes over their work'),
    onLost: () => endProcess(log, {}, leaseLost),
  });
  log.info(me, 'this replica acquired its lease');
  const { owns: ownTables } = await roleRights(database.pool);
  if (ownTables && config.server.mode === 'production') {
    log.warn({}, `the bot’s database user owns the tables or can act as their owner: ${ownerAdvice}`);
  }
  const { tracing } = telemetry;
  const ownership = {
    executorId: me.instance,
    lease: () => leases.state(me.instance),
    beatMs,
    onTaken: ({ message }: RunLostError) => endProcess(log, {}, message),
    withWriteFence,
  };
  const storing = { isDatabaseUnavailable, isDriverError, isWritable: () => isWritable(infrastructure) };
  const { pool } = database;
  const engine = await startEngine({ pool, ...ownership, ...storing, ownTables, log, tracing }, runs);
  const runner = startOutboxWorker({
    outbox,
    requests,
    run: openRunMonitor({ runs, engine, leases, me, beatMs, paused, outbox, log }),
    show: teamsModule.requestCards.show,
    audit: teamsModule.auditChannel.show,
    remind: teamsModule.remind,
    call: teamsModule.notifications.notifyForEvent,
    alert: teamsModule.driftAlerts.show,
    retryAfterOutage: openRetryAfterOutage(runs),
    checkUsage: openUsageCheck({
      requests: runs.requests,
      vaultLog: azure.vaultLog,
      pollMs: config.logs?.pollMs ?? 60_000,
      now,
    }),
    instance: me.instance,
    log,
    tracing,
  });
  const stopCleanup = startCleanup(infrastructure, teamsModule);
  return {
    async stop() {
      stopCleanup();
      await runner.stop();
      await engine.stop();
      await release();
    },
  };
}
