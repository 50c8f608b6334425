import { z } from 'zod';
import { asHelp, asOption, nameInput } from './inputs.ts';
import { exit, subcommand } from './subcommand.ts';

/** Ends the alarm of a witness, on an operator's word. */
export const auditAskAgain = subcommand({
  name: 'audit ask-again',
  usage: 'WITNESS [--as NAME]',
  summary: 'has a witness asked again that knew another history of the record, once that is settled',
  help: [
    'A witness that refuses because it knows another history is not asked any more: asking until somebody signs would make it',
    'worth nothing. Find out first which of the two was changed (docs/how-to/run-a-witness.md). If the record was, put it back; if the witness’s',
    'folder was, it needs a new name and a new key. What is said here ends the alarm, and people are told who said it. If the',
    'witness still knows another history, the alarm comes back with the next checkpoint.',
    'WITNESS: its name, as the doctor and the post in the channel have it.',
    asHelp,
  ].join('\n'),
  options: asOption,
  positionals: ['witness'],
  input: z.object({ witness: z.string({ error: 'is missing; name the witness' }).trim().min(1), as: nameInput }),
  async run({ witness, as }, { records, user, print, complain }) {
    const { cleared } = await (await records()).records.askAgain({ witness, by: as ?? user });
    if (cleared === 0) {
      await complain(`Nothing was done: no witness ${witness} is known to know another history.`);
      return exit.no;
    }
    await print(`${witness} is asked again with the next checkpoint.`);
    return exit.done;
  },
});
