import fc from 'fast-check';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { isEnding } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { hasEnded } from '../../../../src/domain/request/request.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';
import { type Book, lead, modelTurn, type Told } from '../../../support/builders/model-turns.ts';
import { noon } from '../../../support/builders/plans.ts';
import { sealedRecord, verified, type Written } from '../../../support/builders/sealed-record.ts';

/**
 * No plan runs without the right people, whatever anybody does in whatever order: three requests for two agents, five people of
 * whom some ask and some approve and some do both, memberships and the policy that change, an Azure that moves, a clock that
 * goes forward and back, a runner that is not trusted, causes that come twice, processes that start anew.
 */
const numRuns = 400;

function bookInMemory(): Book & { readonly written: () => readonly (Written & { readonly request: RequestId })[] } {
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
    written: () =>
      requests.all().map(({ requestId, time, body, texts }) => {
        const told = Object.entries(texts).map(([field, text]) => [field, text ?? '']);
        return { request: requestId, time, body, texts: Object.fromEntries(told) };
      }),
  };
}

it('stores, of any attempt of anybody, what the promises say and nothing else, and the verifier finds no fault in it', async () => {
  const all: Told[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(modelTurn, { minLength: 30, maxLength: 120, size: 'max' }), async (turns) => {
      const book = bookInMemory();
      all.push(await lead(book, turns));
      expect(verified(sealedRecord(book.written())).findings).toEqual([]);
      for (const request of new Set(book.written().map((event) => event.request))) {
        const events = await book.events(request);
        const state = fold(request, events);
        expect(events.some(({ body }) => isEnding(body.type))).toBe(state !== null && hasEnded(state));
      }
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
