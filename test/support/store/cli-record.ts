/** A small record for the command line's tests: requests in several states. */

import type { Command } from '../../../src/domain/request/request-command.ts';
import { approve, checkRun, failedWith, intends, plan, records, reject, submit } from '../builders/commands.ts';
import { requestId, resourceId } from '../builders/fixtures.ts';
import type { TestStore } from './test-stores.ts';

export const waiting = requestId(1);
export const stuck = requestId(2);
export const rejected = requestId(3);
export const retrying = requestId(4);

/** Texts that must be gone once erased. */
export const reasonOf = (request: string): string => `Because ${request} is due, says ward nine`;
const colored = 'The client has no right to do this.\u001b[31m';

export const comment = 'Not before ward nine has moved';

/** Writes the record: one request awaits approval, one needs attention, one was rejected, one is about to try again. */
export async function writeRecord(store: TestStore): Promise<void> {
  const say = async (request: typeof waiting, cause: string, command: Command): Promise<void> => {
    const answer = await store.append(request, cause, command);
    if (answer.kind === 'refused') throw new Error(`${request} ${cause}: ${answer.code}`);
  };
  for (const request of [waiting, stuck, rejected, retrying]) {
    const asked = submit({ plan: plan(resourceId(`bot-${request.slice(-1)}`)), justification: reasonOf(request) });
    await say(request, 'submit', asked);
  }
  await say(rejected, 'click:reject', reject(undefined, comment));
  for (const [request, retryAt] of [
    [stuck, null],
    [retrying, '2100-01-01T00:00:00.000Z'],
  ] as const) {
    await say(request, 'click:approve', approve());
    await say(request, 'run:1/check', checkRun(resourceId(`bot-${request.slice(-1)}`)));
    await say(request, 'run:1/intent', intends());
    await say(request, 'run:1/result', records(1, failedWith('enable-identity', retryAt, 1, { message: colored })));
  }
}
