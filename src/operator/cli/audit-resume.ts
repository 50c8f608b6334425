import { z } from 'zod';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/operator-refusals.ts';
import { asHelp, asOption, nameInput } from './inputs.ts';
import { exit, subcommand } from './subcommand.ts';

/** Lets the record go on after a wrong clock. */
export const auditResume = subcommand({
  name: 'audit resume',
  usage: '[--as NAME]',
  summary: 'lets the record go on from the present time, after a wrong clock dated its last event ahead',
  help: [
    'Look at the clocks of this machine and of the database first: nothing can be stored before the time of the last event,',
    'and what is stored cannot be dated anew. That the record went on from an earlier time is recorded, in the request that',
    'was last written to. Requests that were asked for by the wrong clock expire by it: cancel those.',
    asHelp,
  ].join('\n'),
  options: asOption,
  positionals: [],
  input: z.object({ as: nameInput }),
  async run({ as }, { records, user, print, complain }) {
    const answer = await (await records()).records.resume({ by: as ?? user });
    if (answer.kind === 'refused') {
      await complain(`Nothing was done. ${refusalLine(answer)}`);
      return exit.no;
    }
    const { event } = answer;
    await print(`The record goes on from ${utcSecond(event.time)}. Recorded as event ${event.seq}.`);
    return exit.done;
  },
});
