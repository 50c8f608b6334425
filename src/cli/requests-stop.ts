import { z } from 'zod';
import { carryOutAct } from './act.ts';
import { asHelp, asOption, nameInput, requestIdInput } from './inputs.ts';
import { subcommand } from './subcommand.ts';

export const requestsStop = subcommand({
  name: 'requests stop',
  usage: 'ID [--as NAME]',
  summary: 'stops a run after the step that is running',
  help: asHelp,
  options: asOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, as: nameInput }),
  run: ({ id, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'stop', by: as ?? surroundings.user },
      `Request ${id} stops after the step that is running. What is done stays; requests show lists it.`,
    ),
});
