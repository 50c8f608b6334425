import { z } from 'zod';
import { environmentExample } from '../../config/settings/table.ts';
import { setSetting } from './setup-set.ts';
import { exit, subcommand } from './subcommand.ts';

/** Asks for what the bot needs, and writes it down. */
export const setup = subcommand({
  name: 'setup',
  usage: '[--answers FILE | --set NAME[=VALUE] | --example] [--env FILE] [--print]',
  summary: 'asks for what the bot needs, checks each answer, and writes .env and what is left to do',
  help: [
    'Eight parts, in order; every answer is checked against what can be reached with your own sign-in to Azure (az login).',
    'Nothing is changed there, and nothing is written before the last question. Lines that come by a pipe are taken as if',
    'they were typed. --answers takes them from a JSON file, names what is not usable, and asks nobody: keys are those of',
    'the questions, and confirmed names the questions whose answer is meant although somebody would be asked again.',
    '--print shows what would be written. --env names the file of settings, .env unless given; the one there was is kept.',
    '--set asks for one setting, checks it together with the others, and writes it; --example prints every setting, with',
    'what it means and an example. Ends with 0 when written, 1 when broken off or refused, 2 when answers are not usable.',
  ].join('\n'),
  options: {
    answers: { type: 'string' },
    set: { type: 'string' },
    env: { type: 'string' },
    example: { type: 'boolean' },
    print: { type: 'boolean' },
  },
  withoutSettings: true,
  positionals: [],
  input: z.object({
    answers: z.string().min(1, 'names no file').nullable().default(null),
    set: z.string().min(1, 'names no setting').nullable().default(null),
    env: z.string().min(1, 'names no file').default('.env'),
    example: z.boolean().default(false),
    print: z.boolean().default(false),
  }),
  async run({ answers, set, env, example, print }, surroundings) {
    if (example) {
      await surroundings.write(environmentExample());
      return exit.done;
    }
    if (set !== null) return setSetting(set, env, surroundings);
    // Azure's clients take a while to load.
    const { runWizard } = await import('./setup-wizard.ts');
    return runWizard({ answers, env, print }, surroundings);
  },
});
