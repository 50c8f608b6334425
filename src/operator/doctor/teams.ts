import { callServer } from '../../io/call-server.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { diagnoseMembership, type NamedChannel } from './channels.ts';
import { setAnew } from './commands.ts';
import { about, fail, ok, type Subjects, unknown, warn } from './subjects.ts';

const limits = { bytes: 1_000_000, ms: 5_000 };

/** Where the bot posts to: learned from activities, else configured. */
async function serviceUrlOf({ config, store }: Subjects): Promise<string | null> {
  const learned = await store.conversations.serviceUrl(config.teams.tenantId);
  const url = learned ?? config.teams.serviceUrl;
  return url === null ? null : url.replace(/\/*$/, '/');
}

async function diagnoseService(url: string | null): Promise<Diagnosis> {
  const subject = about('teams/service', 'Teams');
  if (url === null) {
    const mend = 'Set CMK_TEAMS_SERVICE_URL, or say something to the bot in Teams.';
    return warn(subject, 'its service URL is not known yet: the bot cannot post before somebody speaks to it', mend);
  }
  try {
    // Whatever it answers to somebody who is not signed in, it answers.
    const { status } = await callServer(url, { limits });
    return ok(subject, `${url} answers (${status})`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return fail(subject, `${url} does not answer: ${message}`, 'Look at the network and the proxy.');
  }
}

const channel = (which: string) => about('teams/channels', `${which} channel`);

/** Those that are left out, as far as that is worth saying. */
function leftOut({ config }: Subjects): readonly Diagnosis[] {
  const { operationsChannel, auditChannel } = config.teams;
  const noOperations = ok(channel('operations'), 'none: status is shown where a request was asked, and nowhere else');
  const noAudit = warn(
    channel('audit'),
    'none: the store alone is the trail',
    'Export the trail regularly, or set CMK_AUDIT_CHANNEL.',
    { commands: [setAnew('CMK_AUDIT_CHANNEL')] },
  );
  return [...(operationsChannel === null ? [noOperations] : []), ...(auditChannel === null ? [noAudit] : [])];
}

function channelsOf({ config }: Subjects): readonly NamedChannel[] {
  const { approvalsChannel, operationsChannel, auditChannel } = config.teams;
  const all = [
    { which: 'approvals', variable: 'CMK_APPROVALS_CHANNEL', id: approvalsChannel },
    { which: 'operations', variable: 'CMK_OPERATIONS_CHANNEL', id: operationsChannel },
    { which: 'audit', variable: 'CMK_AUDIT_CHANNEL', id: auditChannel },
  ];
  return all.flatMap(({ id, ...rest }) => (id === null ? [] : [{ ...rest, id }]));
}

export async function diagnoseTeams(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const url = await serviceUrlOf(subjects);
  const service = await diagnoseService(url);
  const named = channelsOf(subjects);
  const asked =
    url === null || service.outcome !== 'ok'
      ? named.map(({ which, id }) => unknown(channel(which), `${id}: Teams wasn’t asked`, 'See teams/service.'))
      : await diagnoseMembership(subjects, url, named);
  return [service, ...asked, ...leftOut(subjects)];
}
