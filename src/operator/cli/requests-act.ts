/** What an operator can do to one request, a row each: they differ in words alone. */
import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/operator-refusals.ts';
import type { Act } from '../rpc/calls.ts';
import { asHelp, asOption, nameInput, reasonInput, reasonOption, requestIdInput } from './inputs.ts';
import { type CommandEnvironment, type Exit, exit, type Subcommand, subcommand } from './subcommand.ts';

interface RequestAct {
  readonly verb: Exclude<Act['verb'], 'erase' | 'give-up'>;
  readonly summary: string;
  readonly done: (id: RequestId) => string;
}

/** In the order the help tells them. */
const acts: readonly RequestAct[] = [
  {
    verb: 'cancel',
    summary: 'ends a request whose run has not started',
    done: (id) => `Request ${id} is cancelled.`,
  },
  {
    verb: 'stop',
    summary: 'stops a run after the step that is running',
    done: (id) => `Request ${id} stops after the step that is running. What is done stays; requests show lists it.`,
  },
  {
    verb: 'retry',
    summary: 'lets a request that needs attention go on where it stopped',
    done: (id) => `Request ${id} goes on where it stopped.`,
  },
];

const asSubcommand = ({ verb, summary, done }: RequestAct): Subcommand =>
  subcommand({
    name: `requests ${verb}`,
    usage: 'ID [--as NAME]',
    summary,
    help: asHelp,
    options: asOption,
    positionals: ['id'],
    input: z.object({ id: requestIdInput, as: nameInput }),
    run: ({ id, as }, surroundings) => carryOutAct(surroundings, id, { verb, by: as ?? surroundings.user }, done(id)),
  });

/** The one that wants a reason: whoever asked reads it, and nobody decides after it. */
const giveUp = subcommand({
  name: 'requests give-up',
  usage: 'ID --reason TEXT [--as NAME]',
  summary: 'ends a request that needs attention, and leaves what is done as it is',
  help: ['The reason stands on the request’s card, for everybody who sees it, until it is erased.', asHelp].join('\n'),
  options: { ...reasonOption, ...asOption },
  positionals: ['id'],
  input: z.object({ id: requestIdInput, reason: reasonInput('say why it is given up'), as: nameInput }),
  run: ({ id, reason, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'give-up', by: as ?? surroundings.user, reason },
      `Request ${id} has ended as failed. What is done stays; requests show lists it.`,
    ),
});

export const requestActs: readonly Subcommand[] = [...acts.map(asSubcommand), giveUp];

/** Carries the act out where the record is, and says what came of it. Asked twice, it is done once. */
export async function carryOutAct(
  { records, print, complain }: CommandEnvironment,
  id: RequestId,
  act: Act,
  done: string,
): Promise<Exit> {
  const answer = await (await records()).records.act({ id, act });
  if (answer.kind === 'refused') {
    await complain(`Nothing was done. ${refusalLine(answer)}`);
    return exit.no;
  }
  const { event, replay } = answer;
  const by = event.body.submittedBy ?? 'somebody';
  await print(
    replay
      ? `Done before: event ${event.seq} of ${utcSecond(event.time)}, by ${by}.`
      : `${done} Recorded as event ${event.seq}, by ${by}.`,
  );
  return exit.done;
}
