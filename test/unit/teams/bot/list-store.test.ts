import { randomBytes } from 'node:crypto';
import { PersonId } from '../../../../src/domain/ids.ts';
import type { ListSubject } from '../../../../src/operations/commands/command.ts';
import { openListStore, openLists } from '../../../../src/teams/bot/lists.ts';
import { refusalWords } from '../../../../src/text/refusals.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';

const by = PersonId.parse('20000000-0000-4000-8000-000000000001');
const subject = (named: string): ListSubject => ({ kind: 'open-requests', show: 'all', by, named });

function open() {
  const clock = { ms: Date.UTC(2030, 0, 1) };
  const there = new Map<string, Record<string, unknown>>();
  const trouble = { now: false };
  const documents = {
    read: async (keys: readonly string[]) =>
      Object.fromEntries(
        keys.flatMap((key) => [[key, there.get(key)] as const]).filter(([, value]) => value),
      ) as Record<string, Record<string, unknown>>,
    write: async (changes: Readonly<Record<string, Record<string, unknown>>>) => {
      if (trouble.now) throw new Error('the database is gone');
      for (const [key, value] of Object.entries(changes)) there.set(key, value);
    },
  };
  const tools = { documents, random: randomBytes, now: () => new Date(clock.ms) };
  return { clock, there, trouble, tools, kept: openListStore(tools) };
}

it('writes what a list is about once an hour, however often it is asked for, and each list by itself', async () => {
  const { clock, there, kept } = open();
  const [first, same] = await Promise.all([kept.keep(subject('')), kept.keep(subject(''))]);
  const another = await kept.keep(subject('triage'));
  expect(same).toBe(first);
  expect(another).not.toBe(first);
  expect(there.size).toBe(2);
  clock.ms += 3_599_999;
  expect(await kept.keep(subject(''))).toBe(first);
  clock.ms += 1;
  expect(await kept.keep(subject(''))).not.toBe(first);
  expect(there.size).toBe(3);
});

it('gives a new id where the clock was set back by more than that', async () => {
  const { clock, kept } = open();
  const first = await kept.keep(subject(''));
  clock.ms -= 3_600_000;
  expect(await kept.keep(subject(''))).not.toBe(first);
});

it('reads back what a list is about, and nothing under an id that is none', async () => {
  const { kept } = open();
  const id = await kept.keep(subject('triage'));
  expect(await kept.read(id)).toEqual({ id, subject: subject('triage') });
  expect(await kept.read('F-0000000000')).toBeNull();
  expect(await kept.read('../etc')).toBeNull();
});

it('takes what could not be written for not written', async () => {
  const { trouble, there, kept } = open();
  trouble.now = true;
  await expect(kept.keep(subject(''))).rejects.toThrow('gone');
  trouble.now = false;
  await kept.keep(subject(''));
  expect(there.size).toBe(1);
});

it('says of a list that is gone how to get it again, and names no other command', async () => {
  const { tools } = open();
  const lists = openLists({
    ...tools,
    requests: memoryRequests(tools.now),
    directory: { names: async () => () => 'Requester' },
    decidable: async () => () => false,
    contradicting: async () => [],
    fleet: { read: () => Promise.reject(new Error('not asked')), unsupported: async () => new Map() },
  });
  const answer = await lists.turn('list.page', 'F-0000000000', 2, { person: by, asks: true });
  if (answer.kind !== 'refused') throw new Error(answer.kind);
  expect(refusalWords(answer)).toMatchObject({ title: 'This list is too old.', text: 'Type its command again.' });
});
