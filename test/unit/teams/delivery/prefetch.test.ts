import { PersonId, type RequestId } from '../../../../src/domain/ids.ts';
import { prefetch } from '../../../../src/teams/delivery/card-renderer.ts';
import { requestAfter } from '../../../support/builders/commands.ts';
import { approver, requester, requestId, submit } from '../../../support/builders/fixtures.ts';

const waiting = requestAfter(submit());
const third = PersonId.parse('20000000-0000-4000-8000-0000000000f9');
const called = (id: PersonId) => ({ id, memberId: `29:${id}`, name: id });

function open(coming = Promise.resolve<typeof waiting | null>(waiting)) {
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

test('reads whoever else came up in between', async () => {
  const { named, beside } = open();
  expect(await beside.people.among([requester, third])).toEqual([called(requester), called(third)]);
  expect(named).toEqual([
    [requester, approver],
    [requester, third],
  ]);
});

test('reads nothing ahead of a request that there is not', async () => {
  const { sought, beside } = open(Promise.resolve(null));
  expect(await beside.people.among([requester])).toEqual([called(requester)]);
  expect(sought).toEqual([]);
  await beside.postedCards.of(requestId(9));
  expect(sought).toEqual([requestId(9)]);
});

test('whoever needs what could not be read hears why', async () => {
  const { beside } = open(Promise.reject(new Error('the database is away')));
  await expect(beside.postedCards.of(waiting.id)).rejects.toThrow('the database is away');
});
