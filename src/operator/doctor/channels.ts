/** Whether the configured channels are there for the bot, as Teams says (Bot Connector, "Get conversation paged members"). */
import { z } from 'zod';
import { credentialForBotFramework } from '../../config/azure-from-config.ts';
import { callServer } from '../../io/call-server.ts';
import { botFrameworkOf } from '../../teams/bot-framework.ts';
import { trustHosts, trustThisMachine } from '../../teams/service-urls.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { about, fail, ok, type Subjects, unknown } from './subjects.ts';

const limits = { bytes: 1_000_000, ms: 5_000 };

/** A configured channel, and the variable it comes from. */
export interface NamedChannel {
  readonly which: string;
  readonly variable: string;
  readonly id: string;
}

const TeamsError = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

/** Null in the sandbox, which takes no token. */
async function tokenOf(config: Subjects['config']): Promise<string | null> {
  const { app, framework } = config.teams;
  if (app.id === null) return null;
  const { scope } = botFrameworkOf({ ...framework, cloud: config.azure.cloud.name, appId: app.id });
  return (await credentialForBotFramework(config).getToken(`${scope}/.default`))?.token ?? null;
}

/** The bot's token is sent to no other host than the bot itself would send it to. */
function isTrusted({ config }: Subjects, url: string): boolean {
  const { app, framework, serviceUrl } = config.teams;
  if (app.id === null) return trustThisMachine(url);
  const { serviceHosts } = botFrameworkOf({ ...framework, cloud: config.azure.cloud.name, appId: app.id });
  return trustHosts(serviceHosts, serviceUrl)(url);
}

const about404 = 'Open the channel in Teams, choose “Get link to channel”, and set the ID again: setup takes the link.';
const about403 = 'Add the app to the team of this channel, or set the ID of a channel that it was added to.';

function judge({ which, variable, id }: NamedChannel, status: number, body: unknown): Diagnosis {
  const subject = about('teams/channels', `${which} channel`);
  if (status === 200) return ok(subject, `${id}: the bot is a member`);
  const said = TeamsError.safeParse(body).data?.error;
  const remedy = { commands: [setAnew(variable)] };
  if (said !== undefined && status === 404) {
    return fail(subject, `${variable}: Teams has no channel ${id} (${said.code})`, about404, remedy);
  }
  if (said !== undefined && status === 403) {
    return fail(subject, `${variable}: the bot isn’t a member of ${id} (${said.code})`, about403, remedy);
  }
  const why = said === undefined ? '' : `: ${said.code}`;
  return unknown(subject, `${id}: Teams answers ${status}${why}`, 'Not checked. See teams/bot and teams/service.');
}

/** Asks Teams about each. `url`: its service URL. */
export async function diagnoseMembership(
  subjects: Subjects,
  url: string,
  channels: readonly NamedChannel[],
): Promise<readonly Diagnosis[]> {
  const notAsked = (why: string) =>
    channels.map(({ which, id }) =>
      unknown(
        about('teams/channels', `${which} channel`),
        `${id}: Teams wasn’t asked: ${why}`,
        'See teams/bot and teams/service.',
      ),
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
