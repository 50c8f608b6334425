/** What an operator does to the audit log: erases texts, continues after a wrong clock, asks a witness again. */
import { z } from 'zod';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/operator-refusals.ts';
import { asHelp, asOption, flag, nameInput, reasonInput, reasonOption, requestIdInput, Unusable } from './inputs.ts';
import { carryOutAct } from './requests.ts';
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
