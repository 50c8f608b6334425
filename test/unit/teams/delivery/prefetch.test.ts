import type { PersonId, RequestId } from '../../../../src/domain/ids.ts';
import { prefetch } from '../../../../src/teams/delivery/card-renderer.ts';
import { requestAfter, secondApprover } from '../../../support/builders/commands.ts';
import { approver, requester, submit } from '../../../support/builders/fixtures.ts';

const waiting = requestAfter(submit());
const called = (id: PersonId) => ({ id, memberId: `29:${id}`, name: id });

function open(coming = Promise.resolve(waiting)) {
  const [named, sought]: [(readonly PersonId[])[], RequestId[]] = [[], []];
  const people = {
    among: async (ids: readonly PersonId[]) => {
      named.push(ids);
      return ids.map(called);
    },
  };
  const postedCards = {
    of: async (id: RequestId) => {
      sought.push(id);
      return [];
    },
  };
  return { named, sought, beside: prefetch({ people, postedCards }, coming, approver) };
}

test('reads whom the request names and who clicked before anybody asks, and not once more', async () => {
  const { named, sought, beside } = open();
  await Promise.resolve();
  expect([named, sought]).toEqual([[[requester, approver]], [waiting.id]]);
  expect(await beside.people.among([approver])).toEqual([called(approver)]);
  expect(await beside.postedCards.of(waiting.id)).toEqual([]);
  expect([named.length, sought.length]).toEqual([1, 1]);
});

test('reads people whom the request does not name', async () => {
  const { named, beside } = open();
  const asked = [requester, secondApprover];
  expect(await beside.people.among(asked)).toEqual(asked.map(called));
  expect(named).toEqual([[requester, approver], asked]);
});

test('whoever needs what could not be read hears why', async () => {
  const { beside } = open(Promise.reject(new Error('the database is away')));
  await expect(beside.postedCards.of(waiting.id)).rejects.toThrow('the database is away');
});
