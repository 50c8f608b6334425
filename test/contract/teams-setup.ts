/** The Teams simulator of a suite, with a bare server in place of the bot, which keeps what it gets and answers as it is told. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, type LocalTeamsProcess, startLocalTeams } from '../support/teams/local-teams.ts';

export const operations = '19:operations@thread.tacv2';
export const cardType = 'application/vnd.microsoft.card.adaptive';

// biome-ignore lint/suspicious/noExplicitAny: tests look into activities freely
export type Received = { readonly id: string; readonly type: string; readonly text?: string } & Record<string, any>;
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface BareTeams {
  /** The simulator, which a test may start again. */
  teams: LocalTeamsProcess;
  readonly received: Received[];
  /** To every invoke. */
  answer: (invoke: Received) => Answer | Promise<never>;
  start(): Promise<LocalTeamsProcess>;
}

/** Starts both before the first test, and ends them after the last. */
export function bareTeams(): BareTeams {
  let dataDir = '';
  let bot: Server;
  const given: Partial<BareTeams> & Pick<BareTeams, 'received' | 'answer'> = {
    received: [],
    answer: () => ({ status: 200 }),
  };
  const world = given as BareTeams;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'local-teams-'));
    bot = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const activity: Received = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
      if (activity.type !== undefined) world.received.push(activity);
      const { status, body } = activity.type === 'invoke' ? await world.answer(activity) : { status: 200 };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
    const { port } = bot.address() as { port: number };
    given.start = () => startLocalTeams({ dataDir, botUrl: `http://127.0.0.1:${port}/api/messages` });
    world.teams = await world.start();
  });
  afterAll(async () => {
    await world.teams.stop();
    bot.close();
    bot.closeAllConnections();
    await rm(dataDir, { recursive: true, force: true });
  });
  return world;
}

export const activitiesOf = (conversationId: string): string =>
  `/v3/conversations/${encodeURIComponent(conversationId)}/activities`;

/** The bot posts a card to a new thread of operations; the id of the post. */
export async function postCard({ teams }: BareTeams, content: JsonObject): Promise<string> {
  const attachments = [{ contentType: cardType, content }];
  const { body } = await teams.client.call('POST', activitiesOf(operations), { type: 'message', attachments });
  return (body as { id: string }).id;
}

export const updateCard = ({ teams }: BareTeams, id: string, content: JsonObject) =>
  teams.client.call('PUT', `${activitiesOf(operations)}/${id}`, {
    type: 'message',
    attachments: [{ contentType: cardType, content }],
  });
