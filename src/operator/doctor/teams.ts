import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { about, fail, ok, type Subjects, warn } from './subjects.ts';

const patienceMs = 5_000;

/** Where the bot posts to: learned from what was said to it, else configured. */
async function serviceUrlOf({ config, store }: Subjects): Promise<string | null> {
  const learned = await store.conversations.serviceUrl(config.teams.tenantId);
  return learned ?? config.teams.serviceUrl;
}

async function diagnoseService(subjects: Subjects): Promise<Diagnosis> {
  const subject = about('teams/service', 'Teams');
  const url = await serviceUrlOf(subjects);
  if (url === null) {
    const mend = 'Set CMK_TEAMS_SERVICE_URL, or say something to the bot in Teams.';
    return warn(subject, 'its service URL is not known yet: the bot cannot post before somebody speaks to it', mend);
  }
  try {
    // Whatever it answers to somebody who is not signed in, it answers.
    const { status } = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    return ok(subject, `${url} answers (${status})`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return fail(subject, `${url} does not answer: ${message}`, 'Look at the network and the proxy.');
  }
}

const channel = (which: string) => about('teams/channels', `${which} channel`);

function diagnoseChannels({ config }: Subjects): readonly Diagnosis[] {
  const { approvalsChannel, operationsChannel, auditChannel } = config.teams;
  return [
    ok(channel('approvals'), approvalsChannel),
    ok(channel('operations'), operationsChannel ?? 'none: status is shown where a request was asked, and nowhere else'),
    auditChannel === null
      ? warn(
          channel('audit'),
          'none: the store alone is the trail',
          'Export the trail regularly, or set CMK_AUDIT_CHANNEL.',
          { commands: [setAnew('CMK_AUDIT_CHANNEL')] },
        )
      : ok(channel('audit'), auditChannel),
  ];
}

export const diagnoseTeams = async (subjects: Subjects): Promise<readonly Diagnosis[]> => [
  await diagnoseService(subjects),
  ...diagnoseChannels(subjects),
];
