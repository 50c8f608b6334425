import { z } from 'zod';
import { longestText } from '../domain/request/request-command.ts';
import { isBlank } from '../domain/unseen.ts';
import { carryOutAct } from './act.ts';
import { asHelp, asOption, nameInput, requestIdInput } from './inputs.ts';
import { subcommand } from './subcommand.ts';

/** Destroys what people wrote about a request. */
export const auditErase = subcommand({
  name: 'audit erase',
  usage: 'ID --reason TEXT [--as NAME]',
  summary: 'destroys what people wrote about a request; the trail still verifies',
  help: [
    'Justification and comments go for good, with the salts without which nobody can even guess at them. That it was done is',
    'recorded with the reason, which stays in the trail: name nobody in it.',
    asHelp,
  ].join('\n'),
  options: { reason: { type: 'string' }, ...asOption },
  positionals: ['id'],
  input: z.object({
    id: requestIdInput,
    reason: z
      .string({ error: 'is missing; say why, without naming anybody' })
      .trim()
      .refine((reason) => !isBlank(reason), 'is empty; say why, without naming anybody')
      .max(longestText, `is longer than ${longestText} characters`),
    as: nameInput,
  }),
  run: ({ id, reason, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'erase', by: as ?? surroundings.user, reason },
      `What people wrote about request ${id} is destroyed.`,
    ),
});
