/** Starts the background workers: leases, the workflow engine, the outbox worker and cleanup. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { withWriteFence } from '../azure/azure-clients.ts';
import type { StepResult } from '../domain/request/request-command.ts';
import type { Log } from '../observability/log.ts';
import { isDatabaseUnavailable } from '../store/db-errors.ts';
import { roleRights } from '../store/runtime-role.ts';
import { closeLeftForms } from '../teams/bot/left-forms.ts';
import { tellLostLooks } from '../teams/bot/lost-looks.ts';
import { ownerAdvice } from '../text/record.ts';
import { startEngine, workflowVersion } from '../workflow/engine.ts';
import { openKept } from '../workflow/kept.ts';
import { startOutboxWorker } from '../workflow/outbox-worker.ts';
import type { RunTaken } from '../workflow/ownership.ts';
import { openSeekUse } from '../workflow/seek-use.ts';
import { startSweeper } from '../workflow/sweeper.ts';
import { openWatch } from '../workflow/watch.ts';
import type { AzureSide } from './open-azure-side.ts';
import type { Ground } from './open-ground.ts';
import type { TeamsSide } from './open-teams-side.ts';
import type { Part } from './stop-in-order.ts';
import { isStoring } from './storing.ts';
import { random, sha256 } from './tools.ts';
import { waitingForClock } from './wrong-clock.ts';

/** Ends the process, because its memory is stale. */
const endProcess = (log: Log, message: string): void => {
  log.fatal({}, message);
  process.stderr.write(`cmk-bot ends: ${message}\n`);
  process.exit(1);
};

const leaseLost = 'other replicas have taken over its work: it was held up, or cut off, until its lease expired';

/** The lease is acquired first and released last, so that other replicas see heartbeats while the engine runs. */
export async function startRunSide(ground: Ground, azureSide: AzureSide, teamsSide: TeamsSide): Promise<Part> {
  const { config, log, database, store, requests, telemetry } = ground;
  const { azure, standings, vaultLog } = azureSide;
  const { outbox, leases, documents, people } = store;
  const { now } = store.clock;
  const { policy, paused, beatMs, stepUp, retry: retryLimits } = config;
  const { tenantId } = config.teams;
  const { approver: approverStanding, requester: requesterStanding } = standings;
  const runs = {
    requests: waitingForClock(requests),
    azure,
    policy,
    tenantId,
    approverStanding,
    requesterStanding,
    stepUp,
    retryLimits,
    sha256,
    random,
    nonces: openKept<string>(),
    intents: openKept<true>(),
    results: openKept<StepResult>(),
    ...(config.logs === null ? {} : { useWithinMs: config.logs.withinMs }),
    paused,
    now,
    pause: (ms: number) => pause(ms, undefined, { ref: false }),
  };
  const me = { instance: randomUUID(), workflowVersion };
  const release = await leases.acquire(me, {
    onTrouble: (error) => log.warn({ err: error }, 'this replica could not say it lives'),
    onExpired: (gone) => log.warn({ gone }, 'replicas are dead: what they had in hand is taken over'),
    onLost: () => endProcess(log, leaseLost),
  });
  log.info(me, 'this replica has its lease');
  const { owns: ownTables } = await roleRights(database.pool);
  if (ownTables && config.server.mode === 'production' && database.kind === 'postgres') {
    log.warn({}, `the bot’s database user owns the tables: ${ownerAdvice}`);
  }
  const { tracing } = telemetry;
  const ownership = {
    executorId: me.instance,
    lease: () => leases.state(me.instance),
    beatMs,
    onTaken: ({ message }: RunTaken) => endProcess(log, message),
    withWriteFence,
  };
  const storing = { isDatabaseUnavailable, isStoring: () => isStoring(ground) };
  const { pool } = database;
  const engine = await startEngine({ pool, ...ownership, ...storing, ownTables, log, tracing }, runs);
  const runner = startOutboxWorker({
    outbox,
    requests,
    run: openWatch({ runs, engine, leases, me, beatMs, paused, show: teamsSide.notifier.show, log }),
    show: teamsSide.notifier.show,
    audit: teamsSide.auditChannel.show,
    remind: teamsSide.reminders.remind,
    call: teamsSide.calls.callForEvent,
    seekUse: openSeekUse({ requests: runs.requests, vaultLog, pollMs: config.logs?.pollMs ?? 60_000, now }),
    instance: me.instance,
    log,
    tracing,
  });
  const { chat, directory } = teamsSide;
  const forms = { documents, chat, directory, people, requests };
  const sweeper = startSweeper({
    documents,
    closeLeftForms: () => closeLeftForms(forms),
    tellLostLooks: () => tellLostLooks(forms),
    log,
  });
  return {
    async stop() {
      sweeper.stop();
      await runner.stop();
      await engine.stop();
      await release();
    },
  };
}
