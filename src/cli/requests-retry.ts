import { z } from 'zod';
import { carryOutAct } from './act.ts';
import { asHelp, asOption, nameInput, requestIdInput } from './inputs.ts';
import { subcommand } from './subcommand.ts';

export const requestsRetry = subcommand({
  name: 'requests retry',
  usage: 'ID [--as NAME]',
  summary: 'lets a request that needs attention go on where it stopped',
  help: asHelp,
  options: asOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, as: nameInput }),
  run: ({ id, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'retry', by: as ?? surroundings.user },
      `Request ${id} goes on where it stopped.`,
    ),
});
