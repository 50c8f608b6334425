/** What `cancel`, `retry`, `give-up` and `erase` have in common. */

import type { RequestId } from '../../domain/ids.ts';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/operator-refusals.ts';
import type { Act } from '../rpc/calls.ts';
import { type CommandEnvironment, type Exit, exit } from './subcommand.ts';

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
