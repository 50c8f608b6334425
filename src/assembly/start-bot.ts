/** The bot: what is typed and clicked, and where an approver signs in anew. From here on calls are taken. */
import { keepRoles } from '../authorization/kept-roles.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Actor } from '../domain/request/events.ts';
import { type EvidencePorts, takeEvidence } from '../evidence/take-evidence.ts';
import { FleetReader } from '../operations/read-fleet.ts';
import { isNotStoring } from '../store/not-storing.ts';
import { CmkBot } from '../teams/conversation/bot.ts';
import { openForms } from '../teams/conversation/forms.ts';
import { keepChoices } from '../teams/conversation/kept-choices.ts';
import { type LaterCards, openLaterCards } from '../teams/conversation/later-cards.ts';
import { openLists } from '../teams/conversation/lists.ts';
import { openOnce } from '../teams/conversation/once.ts';
import { startServer } from '../teams/edge/server.ts';
import { type EvidenceLinks, openEvidenceLinks } from '../teams/evidence/evidence-links.ts';
import { holderOf } from '../teams/posts/stray-cards.ts';
import { openAuthority } from '../teams/sign-in/authority.ts';
import { openStepUp, type StepUpSignIn } from '../teams/sign-in/step-up.ts';
import { browserUrl } from './browser-url.ts';
import type { AzureSide } from './open-azure-side.ts';
import type { Ground } from './open-ground.ts';
import type { TeamsSide } from './open-teams-side.ts';
import type { Part } from './stop-in-order.ts';
import { readiness } from './storing.ts';
import { now, random, sha256 } from './tools.ts';
import { refusingWrongClock } from './wrong-clock.ts';

/** Null where a click is enough to approve. */
function openSignIn({ config, store, requests, log }: Ground, azureSide: AzureSide, teamsSide: TeamsSide) {
  const { stepUp } = config;
  if (stepUp === null) return null;
  const authority = openAuthority({ ...azureSide.authority, tenantId: config.teams.tenantId, now });
  const { directory } = teamsSide;
  return openStepUp({
    app: stepUp,
    stepUp,
    authority,
    documents: store.documents,
    requests,
    directory,
    random,
    now,
    log,
  });
}

/** Null where nothing is published, or browsers do not reach the bot: then operators take evidence. */
function openLinks(ground: Ground, { standings: { rolesOf } }: AzureSide, ports: EvidencePorts): EvidenceLinks | null {
  const publicUrl = browserUrl(ground.config);
  if (publicUrl === null || ports.log === null) return null;
  const { store, log } = ground;
  const take = (id: RequestId, actor: Actor, cause: string) =>
    takeEvidence(ports, { id, actor, cause, texts: false, names: true });
  return openEvidenceLinks({
    documents: store.documents,
    requests: store.requests,
    publicUrl,
    rolesOf,
    take,
    random,
    now,
    log,
  });
}

function openBot(
  ground: Ground,
  azureSide: AzureSide,
  teamsSide: TeamsSide,
  parts: { readonly stepUp: StepUpSignIn | null; readonly later: LaterCards; readonly evidence: EvidenceLinks | null },
): CmkBot {
  const { config, store } = ground;
  const { stepUp, later, evidence } = parts;
  const requests = refusingWrongClock(ground.requests);
  const { documents, conversations, people, shown } = store;
  const { azure, standings, portal } = azureSide;
  const { chat, notifier, directory, contradicting } = teamsSide;
  const { policy } = config;
  const { tenantId, auditChannel } = config.teams;
  const { requester: requesterStanding, approverOf, requesterOf, decidable } = standings;
  const commandPorts = { azure, requests, policy, tenantId, requesterStanding, random, sha256, now };
  const fleet = new FleetReader({ azure, requests, now });
  return new CmkBot({
    commandPorts,
    agents: keepChoices(azure.inventory),
    actionPorts: {
      requests,
      asItStood: requests.load,
      approverStanding: approverOf,
      requesterStanding: requesterOf,
      stepUp: config.stepUp,
    },
    forms: openForms({
      documents,
      ports: commandPorts,
      portal,
      isTaken: async (at) => (await holderOf({ requests, shown }, at)) !== null,
    }),
    lists: openLists({ documents, requests, directory, decidable, random, now, fleet, contradicting }),
    later,
    once: openOnce(documents, now),
    notifier,
    documents,
    chat,
    conversations,
    people,
    tenantId,
    signIn: config.server.mode === 'local' ? 'local' : 'bot-framework',
    auditChannel: auditChannel !== null,
    ...keepRoles(standings),
    stepUp,
    evidence,
  });
}

/** Starts listening. */
export async function startBot(
  ground: Ground,
  azureSide: AzureSide,
  teamsSide: TeamsSide,
  ports: EvidencePorts,
): Promise<Part> {
  const { config, log, metrics, telemetry } = ground;
  const { adapter, callers } = teamsSide;
  const { mode, port, listen, callsAtOnce } = config.server;
  const stepUp = openSignIn(ground, azureSide, teamsSide);
  const later = openLaterCards(teamsSide.chat, log);
  const evidence = openLinks(ground, azureSide, ports);
  const server = await startServer({
    adapter,
    bot: openBot(ground, azureSide, teamsSide, { stepUp, later, evidence }),
    callers,
    callsAtOnce,
    port,
    listen,
    local: mode === 'local',
    isNotStoring,
    ready: () => readiness(ground),
    pages: [...(stepUp?.pages ?? []), ...(evidence?.pages ?? [])],
    metrics,
    tracing: telemetry.tracing,
    log,
  });
  log.info({ url: server.url }, 'listening');
  return {
    async stop() {
      await later.stop();
      await server.stop();
    },
  };
}
