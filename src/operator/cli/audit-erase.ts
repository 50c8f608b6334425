import { z } from 'zod';
import { asHelp, asOption, flag, nameInput, reasonInput, reasonOption, requestIdInput, Unusable } from './inputs.ts';
import { carryOutAct } from './requests-act.ts';
import { type CommandEnvironment, exit, subcommand } from './subcommand.ts';

/** Typing the name is more than a key pressed too early. Throws {@link Unusable} where nobody can be asked. */
async function isMeant(id: string, { ask }: CommandEnvironment): Promise<boolean> {
  if (ask === null)
    throw new Unusable('this destroys for good, and nobody is here to be asked: say --yes if it is meant');
  const typed = await ask(
    `What people wrote about ${id} will be destroyed, in every copy that the bot has. This cannot be undone.\nType ${id} to go on: `,
  );
  return typed.trim().toUpperCase() === id;
}

/** Destroys what people wrote about a request. */
export const auditErase = subcommand({
  name: 'audit erase',
  usage: 'ID --reason TEXT [--as NAME] [--yes]',
  summary: 'destroys what people wrote about a request; the trail still verifies',
  help: [
    'Justification and comments go for good, with the salts without which nobody can even guess at them. That it was done is',
    'recorded with the reason, which stays in the trail: name nobody in it.',
    'You are asked before; scripts say --yes.',
    asHelp,
  ].join('\n'),
  options: { ...reasonOption, yes: { type: 'boolean' }, ...asOption },
  positionals: ['id'],
  input: z.object({
    id: requestIdInput,
    reason: reasonInput('say why, without naming anybody'),
    as: nameInput,
    yes: flag,
  }),
  async run({ id, reason, as, yes }, surroundings) {
    if (!yes && !(await isMeant(id, surroundings))) {
      await surroundings.complain('Nothing was destroyed.');
      return exit.no;
    }
    return carryOutAct(
      surroundings,
      id,
      { verb: 'erase', by: as ?? surroundings.user, reason },
      `What people wrote about request ${id} is destroyed.`,
    );
  },
});
