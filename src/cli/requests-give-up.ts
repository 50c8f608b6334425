import { z } from 'zod';
import { carryOutAct } from './act.ts';
import { asHelp, asOption, nameInput, requestIdInput } from './inputs.ts';
import { subcommand } from './subcommand.ts';

export const requestsGiveUp = subcommand({
  name: 'requests give-up',
  usage: 'ID [--as NAME]',
  summary: 'ends a request that needs attention, and leaves what is done as it is',
  help: asHelp,
  options: asOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, as: nameInput }),
  run: ({ id, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'give-up', by: as ?? surroundings.user },
      `Request ${id} has ended as failed. What is done stays; requests show lists it.`,
    ),
});
