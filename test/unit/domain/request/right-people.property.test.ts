import fc from 'fast-check';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { hasEnded, isEnding } from '../../../../src/domain/request/request.ts';
import { byRules } from '../../../support/audit/python-verifier.ts';
import { lead, modelTurn, type Told } from '../../../support/builders/random-lives.ts';
import { sealedRecord, writtenEvent } from '../../../support/builders/sealed-record.ts';

/**
 * No plan runs without the right people, whatever anybody does in whatever order: three requests for two agents, five people of
 * whom some ask and some approve and some do both, memberships and the policy that change, an Azure that moves, a clock that
 * goes forward and back, a runner that is not trusted, causes that come twice, processes that start anew.
 */
const numRuns = 250;

it('stores, of any attempt of anybody, what the promises say and nothing else, and the verifier finds no fault in it', async () => {
  const all: Told[] = [];
  const logs: string[][] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(modelTurn, { minLength: 30, maxLength: 120, size: 'max' }), async (turns) => {
      const { told, written } = await lead(turns);
      all.push(told);
      logs.push(
        sealedRecord(written.map((event) => writtenEvent(event.requestId, event))).map(({ line }) => line.body),
      );
      for (const request of new Set(written.map(({ requestId }) => requestId))) {
        const events = written.filter(({ requestId }) => requestId === request);
        const state = fold(request, events);
        expect(events.some(({ body }) => isEnding(body.type))).toBe(state !== null && hasEnded(state));
      }
    }),
    { numRuns },
  );
  const said = byRules(logs, { plans: false });
  expect(said.filter((one, n) => one !== 'ok' && (logs[n]?.length ?? 0) > 0)).toEqual([]);
  const sum = (what: keyof Told) => all.reduce((total, told) => total + told[what], 0);
  // Lives in which nothing happened would keep every promise.
  expect(sum('ordered')).toBeGreaterThan(numRuns / 2);
  expect(sum('intended')).toBeGreaterThan(numRuns);
  expect(sum('succeeded')).toBeGreaterThan(numRuns / 10);
  expect(sum('changed')).toBeGreaterThan(numRuns / 20);
  expect(sum('ended')).toBeGreaterThan(numRuns / 20);
});
