/** The runs of approved plans, and whatever else must follow from what is stored. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { permitting } from '../azure/line.ts';
import type { ReplicaNameTaken } from '../domain/ports/store.ts';
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
import { now, random, sha256 } from './tools.ts';
import { waitingForClock } from './wrong-clock.ts';

/** What this process holds in memory is old: whatever keeps it running starts it anew. */
const endTaken =
  (log: Log) =>
  ({ message }: RunTaken | ReplicaNameTaken): void => {
    log.fatal({}, message);
    process.stderr.write(`cmk-bot ends: ${message}\n`);
    process.exit(1);
  };

/**
 * Registers this replica before the engine starts, which continues at once what ran under its name: a running replica of the same
 * name is found first. Stops in reverse order: until the engine has stopped, the others must see heartbeats.
 */
export async function startRunSide(ground: Ground, azureSide: AzureSide, teamsSide: TeamsSide): Promise<Part> {
  const { config, log, database, store, registration, requests, telemetry } = ground;
  const { azure, standings, vaultLog } = azureSide;
  const { outbox, replicas, documents, people } = store;
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
  const me = { name: config.replica, instance: randomUUID(), workflowVersion };
  const deregister = await registration.register(me, {
    onTrouble: (error) => log.warn({ err: error }, 'this replica could not say it lives'),
    onGone: (gone) => log.warn({ gone }, 'replicas are dead: what they had in hand is taken over'),
    onNameTaken: endTaken(log),
  });
  const { owns: ownTables } = await roleRights(database.pool);
  if (ownTables && config.server.mode === 'production' && database.kind === 'postgres') {
    log.warn({}, `the bot’s database user owns the tables: ${ownerAdvice}`);
  }
  const { tracing } = telemetry;
  const ownership = {
    executorId: me.name,
    isStillMe: () => replicas.isMine(me),
    onTaken: endTaken(log),
    permitting,
  };
  const storing = { isDatabaseUnavailable, isStoring: () => isStoring(ground) };
  const { pool } = database;
  const engine = await startEngine({ pool, ...ownership, ...storing, ownTables, log, tracing }, runs);
  const runner = startOutboxWorker({
    outbox,
    requests,
    run: openWatch({ runs, engine, replicas, me, beatMs, paused, show: teamsSide.notifier.show, log }),
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
      await deregister();
    },
  };
}
