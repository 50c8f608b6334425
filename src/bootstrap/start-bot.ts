/** Starts the bot: messages, clicks and sign-in pages. Incoming calls start here. */
import { takeEvidence } from '../audit/evidence/take-evidence.ts';
import { browserUrl } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { FleetReader } from '../operations/read-fleet.ts';
import { evidencePorts } from '../operator/published-log.ts';
import { CmkBot } from '../teams/bot/bot.ts';
import { openClickDedupe } from '../teams/bot/click-dedupe.ts';
import { openDeferredUpdates } from '../teams/bot/deferred-updates.ts';
import { openForms } from '../teams/bot/forms.ts';
import { openLists } from '../teams/bot/lists.ts';
import { openTypeaheadCache } from '../teams/bot/typeahead-cache.ts';
import { holderOf } from '../teams/delivery/card-copies.ts';
import { startServer } from '../teams/ingress/server.ts';
import { openAuthority } from '../teams/sign-in/authority.ts';
import { type EvidenceLinks, openEvidenceLinks } from '../teams/sign-in/evidence-links.ts';
import { openStepUp, type StepUpSignIn } from '../teams/sign-in/step-up.ts';
import { listenErrorWords } from '../text/start-errors.ts';
import { openLastVerified } from '../workflow/key-watch/read-resource.ts';
import type { App } from './app.ts';
import type { Stoppable } from './shutdown.ts';
import { readiness, rejectOnClockSkew } from './write-health.ts';

function openSignIn(app: App): StepUpSignIn | null {
  const { stepUp, requestCards, tenantId, now } = app;
  if (stepUp === null) return null;
  const authority = openAuthority({ ...app.authority, tenantId, now });
  return openStepUp({ ...app, app: stepUp, stepUp, authority, redraw: requestCards.redraw });
}

const evidenceTimeoutMs = 10_000;

/** Returns null if the log isn't published, or browsers can't reach the bot. Then only operators can make evidence. */
async function openLinks(app: App): Promise<EvidenceLinks | null> {
  const publicUrl = browserUrl(app.config);
  const ports = await evidencePorts({ ...app, ...app.publisher, timeoutMs: evidenceTimeoutMs });
  if (publicUrl === null || ports.log === null) return null;
  return openEvidenceLinks({
    ...app,
    publicUrl,
    rolesOf: app.roleChecks.rolesOf,
    take: (id, actor, cause) => takeEvidence(ports, { id, actor, cause, texts: true, names: true, fromSize: null }),
  });
}

/** Starts listening. Throws {@link ConfigurationError} if the port or address isn't available. */
export async function startBot(app: App): Promise<Stoppable> {
  const { log, documents, azure, now } = app;
  const { approverOf, requesterOf, operator, requester: requesterStatus, reading } = app.roleChecks;
  const { mode, port, listen, callsAtOnce } = app.config.server;
  const stepUpSignIn = openSignIn(app);
  const evidenceLinks = await openLinks(app);
  const later = openDeferredUpdates(app);
  const requests = rejectOnClockSkew(app.requests);
  const ports = {
    ...app,
    requests,
    approverOf,
    requesterOf,
    operator,
    requesterStatus,
    loadSnapshot: requests.load,
    lastVerified: openLastVerified({ ...app, requests }),
    isTaken: async (at: Parameters<typeof holderOf>[1]) => (await holderOf(app, at)) !== null,
  };
  const fleet = new FleetReader(app);
  const bot = new CmkBot({
    ...ports,
    later,
    stepUpSignIn,
    evidenceLinks,
    resources: openTypeaheadCache(azure.inventory),
    forms: openForms(ports),
    lists: openLists({ ...app, decidable: reading.decidable, fleet }),
    once: openClickDedupe(documents, now),
  });
  const server = await startServer({
    ...app,
    bot,
    port,
    listen,
    callsAtOnce,
    local: mode === 'local',
    ready: () => readiness(app),
    pages: [...(stepUpSignIn?.pages ?? []), ...(evidenceLinks?.pages ?? [])],
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
