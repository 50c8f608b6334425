import { z } from 'zod';
import { environmentExample } from '../config/variables/variables.ts';
import { setSetting } from './setup-set.ts';
import { exit, subcommand } from './subcommand.ts';
import { Unusable } from './unusable.ts';

/** Asks for what the bot needs, and writes it down. */
export const setup = subcommand({
  name: 'setup',
  usage: '--set NAME[=VALUE] | --example [--env FILE]',
  summary: 'changes a setting in .env after checking it, or prints an example of all',
  help: [
    '--set asks for one setting, checks it together with the others, and writes it into .env or the file that --env names;',
    'the file as it was is kept beside it. Without a terminal the value comes by a pipe, or stands behind the =.',
    '--example prints a file with every setting, what it means and an example.',
  ].join('\n'),
  options: { set: { type: 'string' }, env: { type: 'string' }, example: { type: 'boolean' } },
  positionals: [],
  input: z.object({
    set: z.string().min(1, 'names no setting').nullable().default(null),
    env: z.string().min(1, 'names no file').default('.env'),
    example: z.boolean().default(false),
  }),
  async run({ set, env, example }, surroundings) {
    if (example) {
      await surroundings.write(environmentExample());
      return exit.done;
    }
    if (set === null) throw new Unusable('say what to do: --set NAME, or --example');
    return setSetting(set, env, surroundings);
  },
});
