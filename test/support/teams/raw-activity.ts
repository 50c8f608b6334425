import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { localTenantId } from '../../../sandbox/people.ts';
import { InboundActivity } from '../../../src/teams/bot/activity.ts';
import { people, places } from '../world/story.ts';
import type { World } from '../world/world.ts';

/** What somebody who is not Teams can send to the bot, and what it answers. */

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export interface RawOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the body and goes on waiting, as if more would come. */
  readonly unfinished?: boolean;
}

type Bot = Pick<World, 'botUrl'>;

/** A message, or what the changes make of it, as the bot reads it. */
export const inbound = (changes: Record<string, unknown>) =>
  InboundActivity.parse({
    type: 'message',
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    from: { id: '29:a' },
    recipient: { id: '28:bot' },
    conversation: { id: 'a:1' },
    ...changes,
  });

/** Sends these very bytes. Status 0: the connection was cut. */
export function sendRaw(bot: Bot, body: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  const { method = 'POST', path = '/api/messages', headers = {}, unfinished = false } = options;
  const url = new URL(path, bot.botUrl);
  return new Promise((resolve) => {
    const sent = request(url, { method, agent: false, headers: { 'content-type': 'application/json', ...headers } });
    sent.on('response', (response) => {
      const read = text(response).then(
        (words) => resolve({ status: response.statusCode ?? 0, body: words }),
        () => resolve({ status: 0, body: '' }),
      );
      void read.finally(() => sent.destroy());
    });
    sent.on('error', (error) => resolve({ status: 0, body: String(error) }));
    if (unfinished) sent.write(body);
    else sent.end(body);
  });
}

/** Sends these very lines as a request's head; answers the status, 0 when the connection was cut without one. */
export function sendLines(bot: Bot, lines: readonly string[]): Promise<number> {
  const { hostname, port } = new URL(bot.botUrl);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
  });
}

export const send = (bot: Bot, activity: unknown, options?: RawOptions): Promise<RawAnswer> =>
  sendRaw(bot, JSON.stringify(activity), options);

/** A whole and honest activity of the requester, to be spoiled. */
export function activity(
  world: { readonly teams: { readonly url: string } },
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    type: 'message',
    id: 'raw-1',
    channelId: 'msteams',
    serviceUrl: world.teams.url,
    text: '/cmk-help',
    from: { id: `29:${people.requester}`, name: 'Ana', aadObjectId: people.requester },
    recipient: { id: '28:cmk-bot', name: 'CMK bot' },
    conversation: { id: places.group, conversationType: 'groupChat', isGroup: true, tenantId: localTenantId },
    channelData: { tenant: { id: localTenantId } },
    ...changes,
  };
}

export const invoke = (world: World, value: unknown, changes: Readonly<Record<string, unknown>> = {}) =>
  activity(world, { type: 'invoke', name: 'adaptiveCard/action', value, ...changes });
