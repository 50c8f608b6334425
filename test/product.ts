/**
 * The product in the test's process: the bot and both simulators, started and stopped by calls, as often as a test likes. It is one
 * script, which a process of jest loads once, outside of the suites' contexts. Its `Date` is the one that `moveClock` moves
 * (support/jest/moved-date.ts). Kills, replicas, signals and memory need processes: support/world/world.ts starts those too.
 */
import 'restify';
import { startLocalAzure } from '../sandbox/azure/server.ts';
import { AzureOptions } from '../sandbox/azure/world.ts';
import { localBotPrincipal } from '../sandbox/bot-environment.ts';
import { startLocalTeams } from '../sandbox/teams/local-teams.ts';
import { startParts } from '../src/bootstrap/run-bot.ts';
import { readConfig } from '../src/config/config.ts';
import { clock } from './support/jest/moved-date.ts';
import type { ListeningProgram } from './support/processes/child-program.ts';
import './support/processes/restify.ts';

type Server = Pick<ListeningProgram, 'url' | 'stop'>;

/** Starts a simulator with the arguments of its command line. */
export function startSimulator(name: 'local-azure' | 'local-teams', args: readonly string[]): Promise<Server> {
  const values = args.flatMap((arg, n) => (n % 2 === 0 ? [[arg.replace('--', ''), args[n + 1]]] : []));
  const { data = '', 'bot-url': botUrl = '', ...more }: Record<string, string> = Object.fromEntries(values);
  if (name === 'local-azure') return startLocalAzure(AzureOptions.parse({ data, ...more }));
  return startLocalTeams({ ...more, data, 'bot-url': botUrl, 'bot-id': localBotPrincipal.id, port: Number(more.port) });
}

/** Starts the bot with these settings and no others. `print` gets its log. */
export async function startBot(settings: NodeJS.ProcessEnv, print: (text: string) => void) {
  const { parts } = await startParts(readConfig(settings), null, { write: print });
  return async (): Promise<void> => {
    for (const part of parts) await part.stop();
  };
}

/** Moves the clock of all of it by so much from the true time. */
export function moveClock(ms: number): void {
  clock.moved = ms;
}
