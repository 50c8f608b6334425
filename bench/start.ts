/** From the spawn until the bot answers that it is ready, and what it holds in memory then. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, type Measured } from './support/figures.ts';
import type { Ground } from './support/product.ts';

/** What was read for the start is given back by then. */
const idleMs = 3_000;

/** The database has been migrated and used before: a first start is another matter. */
export async function start(ground: Ground, databaseUrl: string, rounds: number): Promise<Measured> {
  const noAnchor = { CMK_ANCHOR: 'none' };
  for (const database of [databaseUrl, null]) await (await ground.start(database, noAnchor)).end('SIGINT');
  const all: Record<'echo' | 'server' | 'folder' | 'killed', number>[] = [];
  const memory: { readonly ours: number; readonly baseline: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const echo = await ground.startEcho();
    const server = await ground.start(databaseUrl, noAnchor);
    await sleep(idleMs);
    memory.push({ ours: server.memoryMb(), baseline: echo.memoryMb() });
    await Promise.all([echo.end('SIGKILL'), server.end('SIGKILL')]);
    const killed = await ground.start(databaseUrl, noAnchor);
    await killed.end('SIGINT');
    const folder = await ground.start(null, noAnchor);
    await folder.end('SIGINT');
    all.push({
      echo: echo.readyAfterMs,
      server: server.readyAfterMs,
      folder: folder.readyAfterMs,
      killed: killed.readyAfterMs,
    });
  }
  const toEcho = (which: 'server' | 'folder') => all.map((one) => ({ ours: one[which], baseline: one.echo }));
  return {
    name: 'start',
    figures: [
      compare('start on PostgreSQL', 'ms', toEcho('server'), 'echo', { atMost: 2.7 }),
      compare('start on a folder', 'ms', toEcho('folder'), 'echo', { atMost: 4 }),
      compare(
        'start on PostgreSQL after a kill -9',
        'ms',
        all.map(({ killed, server }) => ({ ours: killed, baseline: server })),
        'a start after an end',
        { atMost: 1.2 },
      ),
      compare('memory, idle', 'MB', memory, 'echo', { atMost: 2 }),
    ],
  };
}
