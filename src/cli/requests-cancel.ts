import { z } from 'zod';
import { carryOutAct } from './act.ts';
import { asHelp, asOption, nameInput, requestIdInput } from './inputs.ts';
import { subcommand } from './subcommand.ts';

export const requestsCancel = subcommand({
  name: 'requests cancel',
  usage: 'ID [--as NAME]',
  summary: 'ends a request whose run has not started',
  help: asHelp,
  options: asOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, as: nameInput }),
  run: ({ id, as }, surroundings) =>
    carryOutAct(surroundings, id, { verb: 'cancel', by: as ?? surroundings.user }, `Request ${id} is cancelled.`),
});
