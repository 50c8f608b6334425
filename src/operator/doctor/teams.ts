import { z } from 'zod';
import { credentialForBotFramework } from '../../config/azure-from-config.ts';
import { callServer } from '../../io/call-server.ts';
import { botFrameworkOf } from '../../teams/bot-framework.ts';
import { trustHosts, trustThisMachine } from '../../teams/trusted-addresses.ts';
import { changeSetting } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, fail, ok, type Subjects, unknown, warn } from './subjects.ts';

interface NamedChannel {
  readonly which: string;
  readonly variable: string;
  readonly id: string;
}

const TeamsError = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

async function tokenOf(config: Subjects['config']): Promise<string | null> {
  const { app, framework } = config.teams;
  if (app.id === null) return null;
  const { scope } = botFrameworkOf({ ...framework, cloud: config.azure.cloud.name, appId: app.id });
  return (await credentialForBotFramework(config).getToken(`${scope}/.default`))?.token ?? null;
}

/** Returns whether the bot itself would send its token to this host. No other host gets it. */
function isTrusted({ config }: Subjects, url: string): boolean {
  const { app, framework, serviceUrl } = config.teams;
  if (app.id === null) return trustThisMachine(url);
  const { serviceHosts } = botFrameworkOf({ ...framework, cloud: config.azure.cloud.name, appId: app.id });
  return trustHosts(serviceHosts, serviceUrl)(url);
}

const channel = (which: string) => about('teams/channels', `${which} channel`);

const about404 =
  'Open the channel in Teams, select “Get link to channel”, and set the ID again. The setup command takes the link.';
const about403 = 'Add the app to the team of this channel, or set the ID of a channel that it was added to.';

function judge({ which, variable, id }: NamedChannel, status: number, body: unknown): Diagnosis {
  const subject = channel(which);
  if (status === 200) return ok(subject, `${id}: the bot is a member`);
  const error = TeamsError.safeParse(body).data?.error;
  const remedy = [changeSetting(variable)];
  if (error !== undefined && status === 404) {
    return fail(subject, `${variable}: Teams has no channel ${id} (${error.code})`, about404, remedy);
  }
  if (error !== undefined && status === 403) {
    return fail(subject, `${variable}: the bot isn’t a member of ${id} (${error.code})`, about403, remedy);
  }
  const why = error === undefined ? '' : `: ${error.code}`;
  return unknown(subject, `${id}: Teams answers ${status}${why}`, 'Not checked. See teams/bot and the line of Teams.');
}

async function diagnoseMembership(
  subjects: Subjects,
  url: string,
  channels: readonly NamedChannel[],
): Promise<readonly Diagnosis[]> {
  const notAsked = (why: string) =>
    channels.map(({ which, id }) =>
      unknown(channel(which), `${id}: not checked: ${why}`, 'See teams/bot and the line of Teams.'),
    );
  if (!isTrusted(subjects, url)) return notAsked(`${url} isn’t an address of Teams`);
  try {
    const token = await tokenOf(subjects.config);
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const ask = async (channel: NamedChannel): Promise<Diagnosis> => {
      const address = new URL(`v3/conversations/${encodeURIComponent(channel.id)}/pagedmembers?pageSize=50`, url);
      const answer = await callServer(address, { headers, limits });
      return judge(channel, answer.status, await answer.json().catch(() => null));
    };
    return await Promise.all(channels.map(ask));
  } catch (error) {
    return notAsked(String(error).split('\n')[0] ?? '');
  }
}

const limits = { bytes: 1_000_000, ms: 5_000 };

async function serviceUrlOf({ config, store }: Subjects): Promise<string | null> {
  const learned = await store.conversations.serviceUrl(config.teams.tenantId);
  const url = learned ?? config.teams.serviceUrl;
  return url === null ? null : url.replace(/\/*$/, '/');
}

async function diagnoseService(url: string | null): Promise<Diagnosis> {
  const subject = about('teams/channels', 'Teams');
  if (url === null) {
    const fix = 'Set CMK_TEAMS_SERVICE_URL, or send the bot a message in Teams.';
    return warn(subject, 'its service URL isn’t known yet: the bot can’t post before it gets a message', fix);
  }
  try {
    // Any answer without sign-in means that it's reachable.
    const { status } = await callServer(url, { limits });
    return ok(subject, `${url} answers (${status})`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return fail(subject, `${url} doesn’t answer: ${message}`, 'Check the network and the proxy.');
  }
}

function missingChannels({ config }: Subjects): readonly Diagnosis[] {
  const { operationsChannel, auditChannel } = config.teams;
  const noOperations = ok(channel('operations'), 'none: cards are shown only where the request was made');
  const noAudit = warn(
    channel('audit'),
    'none: the audit log has no copy in Teams',
    'Export the audit log regularly, or set CMK_AUDIT_CHANNEL.',
    [changeSetting('CMK_AUDIT_CHANNEL')],
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
  const checks =
    url === null || service.outcome !== 'ok'
      ? named.map(({ which, id }) => unknown(channel(which), `${id}: not checked`, 'See the line of Teams.'))
      : await diagnoseMembership(subjects, url, named);
  return [service, ...checks, ...missingChannels(subjects)];
}
