import fc from 'fast-check';
import { decide } from '../../../../src/domain/request/decide.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';
import { type Book, lead, modelTurn, type Told } from '../../../support/builders/model-turns.ts';
import { noon } from '../../../support/builders/plans.ts';

/**
 * No plan runs without the right people, whatever anybody does in whatever order: three requests for two agents, five people of
 * whom some ask and some approve and some do both, memberships and the policy that change, an Azure that moves, a clock that
 * goes forward and back, a runner that is not trusted, causes that come twice, processes that start anew.
 */
const numRuns = 400;

function bookInMemory(): Book {
  let clock = noon;
  let latest = 0;
  const requests = memoryRequests(() => new Date(Math.max(clock.getTime(), latest)));
  return {
    async append(id, cause, command, now) {
      clock = now;
      const outcome = await requests
        .append(id, cause, (request, at) => decide(request, command, at))
        .catch((error: Error) => error);
      latest = Math.max(latest, Date.parse(requests.all().at(-1)?.time ?? new Date(0).toISOString()));
      return outcome;
    },
    events: requests.events,
    state: async (id) => fold(id, await requests.events(id))?.state ?? null,
  };
}

it('stores, of any attempt of anybody, what the promises say and nothing else', async () => {
  const all: Told[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(modelTurn, { minLength: 30, maxLength: 120, size: 'max' }), async (turns) => {
      all.push(await lead(bookInMemory(), turns));
    }),
    { numRuns },
  );
  const sum = (what: keyof Told) => all.reduce((total, told) => total + told[what], 0);
  // Lives in which nothing happened would keep every promise.
  expect(sum('ordered')).toBeGreaterThan(numRuns / 2);
  expect(sum('intended')).toBeGreaterThan(numRuns);
  expect(sum('succeeded')).toBeGreaterThan(numRuns / 10);
  expect(sum('changed')).toBeGreaterThan(numRuns / 20);
  expect(sum('ended')).toBeGreaterThan(numRuns / 20);
});
