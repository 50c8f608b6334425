/** Carries out calls of `cmk-bot`, one after the other, without loading it anew for each. `command-line.ts` asks. */
import { openTerminal, run } from '../../../src/operator/cli/run.ts';
import type { Call, Said } from './command-line.ts';

/**
 * As long as the call lasts, the process has its environment and no other. What stays the same is never away in between: the
 * library that moves the clock reads its setting at any time.
 */
async function carryOut({ args, env, lines, atTerminal, folder }: Call): Promise<Said> {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  if (folder !== null) process.chdir(folder);
  const left = [...lines];
  // Whoever types no more has broken off.
  const typed = async (): Promise<string> => {
    const line = left.shift();
    if (line === undefined) throw new Error('broken off');
    return line;
  };
  let out = '';
  let err = '';
  const terminal = openTerminal(
    async (text) => {
      out += text;
    },
    async (text) => {
      err += text;
    },
    atTerminal ? { ask: typed } : { nextLine: async () => left.shift() ?? null },
  );
  const code = await run(args, terminal, folder);
  return { code, out, err };
}

let turn = Promise.resolve();
process.on('message', (call: Call) => {
  turn = turn.then(async () => {
    process.send?.({ id: call.id, said: await carryOut(call) });
  });
});
