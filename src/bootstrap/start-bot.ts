/** Starts the bot: messages, clicks and sign-in pages. Incoming calls start here. */

import { randomBytes } from 'node:crypto';
import { type EvidencePorts, takeEvidence } from '../audit/evidence/take-evidence.ts';
import { browserUrl, type Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Actor } from '../domain/request/events.ts';
import { FleetReader } from '../operations/read-fleet.ts';
import { isDatabaseUnavailable } from '../store/db-errors.ts';
import { CmkBot } from '../teams/bot/bot.ts';
import { replaceEarlierForm } from '../teams/bot/dialog-store.ts';
import { openForms } from '../teams/bot/forms.ts';
import { openLists } from '../teams/bot/lists.ts';
import { type DeferredUpdates, openClickDedupe, openDeferredUpdates } from '../teams/bot/reply.ts';
import { openTypeaheadCache } from '../teams/bot/typeahead.ts';
import { holderOf } from '../teams/delivery/audience.ts';
import { startServer } from '../teams/ingress/server.ts';
import { openAuthority } from '../teams/sign-in/authority.ts';
import { type EvidenceLinks, openEvidenceLinks } from '../teams/sign-in/evidence-links.ts';
import { openStepUp, type StepUpSignIn } from '../teams/sign-in/step-up.ts';
import { listenErrorWords } from '../text/remedies.ts';
import { openLastVerified } from '../workflow/key-watch/read-agent.ts';
import type { AzureModule } from './open-azure.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { TeamsModule } from './open-teams.ts';
import type { Stoppable } from './shutdown.ts';
import { readiness, rejectOnClockSkew } from './write-health.ts';

/** Returns null if approving needs no sign-in. */
function openSignIn(
  { config, store, requests, metrics, log }: Infrastructure,
  azureModule: AzureModule,
  teamsModule: TeamsModule,
) {
  const { stepUp } = config;
  const { now } = store.clock;
  if (stepUp === null) return null;
  const authority = openAuthority({ ...azureModule.authority, tenantId: config.teams.tenantId, now });
  const { directory, requestCards } = teamsModule;
  return openStepUp({
    app: stepUp,
    stepUp,
    authority,
    documents: store.documents,
    requests,
    directory,
    redraw: requestCards.redraw,
    random: randomBytes,
    now,
    onRefused: metrics.refused,
    log,
  });
}

/** Returns how people are authenticated: `bot-framework` with tokens, `local` without. */
const signInOf = ({ server }: Config): string => (server.mode === 'local' ? 'local' : 'bot-framework');

/** Returns null if the log isn't published, or browsers can't reach the bot. Then only operators can make evidence. */
function openLinks(
  infrastructure: Infrastructure,
  { roleChecks: { rolesOf } }: AzureModule,
  ports: EvidencePorts,
): EvidenceLinks | null {
  const publicUrl = browserUrl(infrastructure.config);
  if (publicUrl === null || ports.log === null) return null;
  const { store, log } = infrastructure;
  const take = (id: RequestId, actor: Actor, cause: string) =>
    takeEvidence(ports, { id, actor, cause, texts: true, names: true, fromSize: null });
  return openEvidenceLinks({
    documents: store.documents,
    requests: store.requests,
    publicUrl,
    tenantId: infrastructure.config.teams.tenantId,
    signIn: signInOf(infrastructure.config),
    rolesOf,
    take,
    random: randomBytes,
    now: store.clock.now,
    log,
  });
}

function openBot(
  infrastructure: Infrastructure,
  azureModule: AzureModule,
  teamsModule: TeamsModule,
  parts: {
    readonly stepUp: StepUpSignIn | null;
    readonly later: DeferredUpdates;
    readonly evidence: EvidenceLinks | null;
  },
): CmkBot {
  const { config, store, metrics, log } = infrastructure;
  const { stepUp, later, evidence } = parts;
  const requests = rejectOnClockSkew(infrastructure.requests);
  const { now } = store.clock;
  const { documents, conversations, people, postedCards } = store;
  const { azure, roleChecks, portal } = azureModule;
  const { chat, requestCards, driftAlerts, directory } = teamsModule;
  const { policy } = config;
  const { tenantId, auditChannel } = config.teams;
  const { requester: requesterStatus, approverOf, requesterOf, operator, reading } = roleChecks;
  const lastVerified = openLastVerified({ requests, drifts: store.drifts });
  const commandPorts = { azure, requests, policy, tenantId, requesterStatus, lastVerified, random: randomBytes, now };
  const fleet = new FleetReader({ azure, requests, drifts: store.drifts, now });
  return new CmkBot({
    commandPorts,
    agents: openTypeaheadCache(azure.inventory),
    actionPorts: {
      requests,
      loadSnapshot: requests.load,
      approverStatus: approverOf,
      operatorStatus: operator,
      requesterStatus: requesterOf,
      stepUp: config.stepUp,
    },
    forms: openForms({
      documents,
      ports: commandPorts,
      portal,
      isTaken: async (at) => (await holderOf({ requests, postedCards }, at)) !== null,
    }),
    replaceEarlierForm: (form) => replaceEarlierForm({ documents, chat, directory, requests }, form),
    lists: openLists({ requests, directory, decidable: reading.decidable, now, fleet }),
    later,
    once: openClickDedupe(documents, now),
    ...{ requestCards, driftAlerts, documents },
    chat,
    conversations,
    people,
    tenantId,
    signIn: signInOf(config),
    auditChannel: auditChannel !== null,
    roleChecks,
    onRefused: metrics.refused,
    stepUp,
    evidence,
    log,
  });
}

/** Starts listening. Throws {@link ConfigurationError} if the port or address isn't available. */
export async function startBot(
  infrastructure: Infrastructure,
  azureModule: AzureModule,
  teamsModule: TeamsModule,
  ports: EvidencePorts,
): Promise<Stoppable> {
  const { config, log, metrics, telemetry } = infrastructure;
  const { adapter, callers } = teamsModule;
  const { mode, port, listen, callsAtOnce } = config.server;
  const stepUp = openSignIn(infrastructure, azureModule, teamsModule);
  const later = openDeferredUpdates({ chat: teamsModule.chat, log, isDatabaseUnavailable });
  const evidence = openLinks(infrastructure, azureModule, ports);
  const server = await startServer({
    adapter,
    bot: openBot(infrastructure, azureModule, teamsModule, { stepUp, later, evidence }),
    callers,
    callsAtOnce,
    port,
    listen,
    local: mode === 'local',
    isDatabaseUnavailable,
    ready: () => readiness(infrastructure),
    pages: [...(stepUp?.pages ?? []), ...(evidence?.pages ?? [])],
    metrics,
    tracing: telemetry.tracing,
    log,
  }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const words = listenErrorWords(code, port, listen ?? '127.0.0.1');
    throw words === null ? error : new ConfigurationError(words);
  });
  log.info({ url: server.url }, 'listening');
  return {
    async stop() {
      await later.stop();
      await server.stop();
    },
  };
}
