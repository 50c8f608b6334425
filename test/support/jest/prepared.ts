/** What every test starts from. `prepare.ts` makes it once for each state of the sources, while the first tests begin. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProgramName, programIn } from './programs.ts';

/** A watchdog only: making it takes some ten seconds. */
const patienceMs = 300_000;

/** The folder; waits until it is there. Throws what kept it from being made. */
export async function prepared(): Promise<string> {
  const folder = process.env.CMK_TEST_PREPARED;
  if (folder === undefined) throw new Error('CMK_TEST_PREPARED is not set: these tests run under jest');
  for (const until = Date.now() + patienceMs; !existsSync(folder); await sleep(50)) {
    const failed = `${folder}.failed`;
    if (existsSync(failed)) throw new Error(`preparing the tests: ${readFileSync(failed, 'utf8')}`);
    if (Date.now() > until) throw new Error('preparing the tests hung');
  }
  return folder;
}

/** Reading the maps takes each process half a second; who looks for a bug asks for stacks that name the sources. */
const maps: readonly string[] = process.env.CMK_TEST_STACKS === undefined ? [] : ['--enable-source-maps'];

/** JavaScript is optimized after thirty times as many turns: a bot's first request takes half as long. Node 20 has this option. */
const optimizesLate: readonly string[] = process.version.startsWith('v20.') ? ['--interrupt-budget=2000000'] : [];

/** Threads that compile and collect beside the program win it nothing: other programs wait for the same cores. */
const options: readonly string[] = ['--single-threaded', ...optimizesLate, ...maps];

export const startOf = async (name: ProgramName, args: readonly string[]): Promise<string[]> => [
  ...options,
  programIn(await prepared(), name),
  ...args,
];

/** Starts a program that speaks over a channel. */
export const forkProgram = async (
  name: ProgramName,
  args: readonly string[] = [],
  more: ForkOptions = {},
): Promise<ChildProcess> =>
  fork(programIn(await prepared(), name), args, { execArgv: [...options], serialization: 'advanced', ...more });
