/** The programs of a world: child processes, or the product in the test's own process. */
import vm from 'node:vm';
import { prepared } from '../jest/prepared.ts';
import { programIn } from '../jest/programs.ts';
import { type BotProcess, spawnBot } from '../processes/bot-process.ts';
import { startListening } from '../processes/child-program.ts';

export interface Programs {
  readonly startListening: typeof startListening;
  readonly spawnBot: typeof spawnBot;
}

export const childProcesses: Programs = { startListening, spawnBot };

/** Loads it once for each process of jest: in the suites' contexts, loading takes seconds. */
const load: (file: string) => typeof import('../../product.ts') = vm.runInThisContext(
  "(file) => process.getBuiltinModule('node:module').createRequire(file)(file)",
);
export const product = async () => load(programIn(await prepared(), 'product'));

async function startBot(env: NodeJS.ProcessEnv, print: (text: string) => void = () => undefined): Promise<BotProcess> {
  let printed = '';
  const stop = await (await product()).startBot(env, (text) => {
    printed += text;
    print(text);
  });
  let stopping: Promise<void> | null = null;
  let gone: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    gone = resolve;
  });
  return {
    hasEnded: false,
    ended,
    printed: () => printed,
    signal: () => {
      throw new Error('the bot runs in the test’s process');
    },
    end: (how) => {
      if (how === 'SIGKILL') throw new Error('the bot runs in the test’s process: only one in its own can be killed');
      stopping ??= stop().then(gone);
      return stopping;
    },
  };
}

export const inProcess: Programs = {
  spawnBot: startBot,
  async startListening(name, args) {
    if (name !== 'local-azure' && name !== 'local-teams') throw new Error(`${name} is no part of the product`);
    const { url, stop } = await (await product()).startSimulator(name, args);
    return { url, stop, kill: stop };
  },
};
