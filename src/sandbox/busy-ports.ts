/** Looks for ports that somebody else listens on, before anything is started or removed. */
import { createServer } from 'node:net';
import type { LocalOptions } from './options.ts';

const flags = ['bot-port', 'teams-port', 'azure-port'] as const;

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    // What else may be wrong with the port is said by the one who is to listen there.
    server.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE'));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });

/**
 * One line a port that is in use. The bot's matters most: another bot there would answer that it is ready, and from then on
 * two bots and two pages would talk to each other crosswise.
 */
export async function busyPorts(options: LocalOptions): Promise<readonly string[]> {
  const taken = await Promise.all(flags.map(async (flag) => ((await isTaken(options[flag])) ? [flag] : [])));
  return taken
    .flat()
    .map((flag) => `port ${options[flag]} is in use; stop the program that uses it, or choose another with --${flag}`);
}
