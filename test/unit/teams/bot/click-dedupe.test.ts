import { openClickDedupe } from '../../../../src/teams/bot/reply.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { noon } from '../../../support/builders/plans.ts';

const origin = { conversationId: '19:ops', conversationType: 'channel' } as const;
const by = { person: requester, origin };

function opened() {
  const [documents, clock] = [memoryDocuments(), { now: noon }];
  const open = () => openClickDedupe(documents, () => clock.now);
  const wait = (seconds: number): void => {
    clock.now = new Date(clock.now.getTime() + seconds * 1_000);
  };
  return { open, wait };
}

it('of two clicks at once, in one process or in two, one is the first', async () => {
  const { open } = opened();
  const [one, other] = [open(), open()];
  const clicks = [one, one, other].map((process) => process.isFirst(by, 'list.ask', 'agent'));
  expect((await Promise.all(clicks)).filter(Boolean)).toHaveLength(1);
});

it('a click a moment later is the same, and one half a minute later is another', async () => {
  const { open, wait } = opened();
  expect(await open().isFirst(by, 'list.ask', 'agent')).toBe(true);
  wait(15);
  expect(await open().isFirst(by, 'list.ask', 'agent')).toBe(false);
  wait(15);
  expect(await open().isFirst(by, 'list.ask', 'agent')).toBe(true);
});

it('a clock that was set back by hours keeps nobody out', async () => {
  const { open, wait } = opened();
  expect(await open().isFirst(by, 'list.ask', 'agent')).toBe(true);
  wait(-7_200);
  expect(await open().isFirst(by, 'list.ask', 'agent')).toBe(true);
});

it.each([
  ['somebody else', { ...by, person: approver }, 'list.ask', 'agent'],
  ['elsewhere', { ...by, origin: { ...origin, conversationId: '19:chat' } }, 'list.ask', 'agent'],
  ['on another button', by, 'list.open', 'agent'],
  ['about something else', by, 'list.ask', 'another agent'],
])('clicked by or on %s it is another', async (_what, who, verb, about) => {
  const { open } = opened();
  await open().isFirst(by, 'list.ask', 'agent');
  expect(await open().isFirst(who, verb, about)).toBe(true);
});
