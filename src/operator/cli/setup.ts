import { z } from 'zod';
import { environmentExample } from '../../config/settings/table.ts';
import { setSetting } from './setup-set.ts';
import { exit, subcommand } from './subcommand.ts';

/** Asks for the bot's settings and writes them. */
export const setup = subcommand({
  name: 'setup',
  usage: '[--answers FILE | --set NAME[=VALUE] | --example] [--env FILE] [--print]',
  summary: 'asks for the settings, checks each answer, and writes .env and the remaining steps',
  help: [
    'Checks each answer with your own Azure sign-in (az login). Changes nothing in Azure, and writes nothing before the',
    'last question. Answers can come from a pipe, a line each.',
  ].join('\n'),
  explains: [
    [
      '--answers FILE',
      'takes the answers from a JSON file instead of asking. Its keys are the IDs of the questions. The list confirmed names the questions that need a confirmation',
    ],
    ['--set NAME[=VALUE]', 'asks for one setting, checks it together with the others, and writes it'],
    ['--example', 'prints every setting with its meaning and an example'],
    ['--env FILE', 'file with the settings; the previous one is kept. Default: .env'],
    ['--print', 'shows what would be written'],
  ],
  exits: { 0: 'written', 1: 'stopped, or refused', 2: 'unusable answers' },
  examples: ['cmk-bot setup', 'cmk-bot setup --set CMK_LOG_LEVEL=info'],
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
    // Azure's clients load slowly.
    const { runWizard } = await import('./setup-wizard.ts');
    return runWizard({ answers, env, print }, surroundings);
  },
});
