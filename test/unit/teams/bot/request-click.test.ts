import type { PersonId } from '../../../../src/domain/ids.ts';
import { openRequestPrefetch, ownReader } from '../../../../src/teams/bot/request-click.ts';
import { requestAfter } from '../../../support/builders/commands.ts';
import { approver, requester, requestId, submit } from '../../../support/builders/fixtures.ts';

const waiting = requestAfter(submit());
const clickOf = (verb: string, id: string) => ({ action: { verb, data: { requestId: id } } });

/** What a click has prefetched, before its action runs. */
async function begun(verb: string) {
  const [read, about, looked]: [string[], PersonId[], string[]] = [[], [], []];
  const load = async (id: string) => {
    read.push(id);
    return waiting;
  };
  const ahead = {
    askAlso: (one: PersonId) => void about.push(one),
    lookAt: ({ id }: typeof waiting) => void looked.push(id),
  };
  const beside = openRequestPrefetch({ load }, ahead, clickOf(verb, requestId(1)));
  beside.begin();
  await new Promise((resolve) => setImmediate(resolve));
  return { read, about, looked, beside };
}

test.each([
  ['request.approve', [requester], 1],
  ['request.reject', [], 1],
  ['request.stop', [], 1],
  ['request.cancel', [], 0],
  ['request.refresh', [], 0],
])('%s asks for what its rules depend on, as soon as the request is read', async (verb, ...expected) => {
  const { read, about, looked } = await begun(verb);
  expect([read, about, looked.length]).toEqual([[requestId(1)], ...expected]);
});

test('the request that was clicked is read once', async () => {
  const { read, beside } = await begun('request.approve');
  expect(await beside.loadSnapshot(requestId(1))).toBe(waiting);
  expect(read).toEqual([requestId(1)]);
  await beside.loadSnapshot(requestId(2));
  expect(read).toEqual([requestId(1), requestId(2)]);
});

test('a click on something else reads nothing', async () => {
  expect((await begun('form.next')).read).toEqual([]);
});

test.each([
  [approver, 'yes', { kind: 'approver', id: approver }],
  [approver, 'no', { kind: 'everybody' }],
  [approver, 'unknown', { kind: 'everybody' }],
  [requester, 'yes', { kind: 'requester' }],
] as const)('only an approver has the buttons of one: %s, %s', async (person, status, reader) => {
  expect(await ownReader({ approverOf: async () => status }, waiting, person)).toEqual(reader);
});
