import { describe, expect, test } from '@jest/globals';
import { wholeDigest } from '../../src/domain/digest.ts';
import { startStore } from '../support/store/store-client.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { follow, linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  ask,
  cardsAbout,
  choices,
  people,
  places,
  shows,
  until,
  writes,
} from '../support/world/story.ts';

const audit = '19:audit@thread.tacv2';
const chatOf = (person: string): string => `a:${person}`;
const [chat, secondChat] = [chatOf(people.approver), chatOf(people.secondApprover)];

/** Each place with somebody who is in it. */
const everywhere: readonly (readonly [string, string, string])[] = [
  ['operations', places.operations, people.approver],
  ['approvals', places.approvals, people.approver],
  ['group', places.group, people.requester],
  ['requester’s chat', chatOf(people.requester), people.requester],
  ['approver’s chat', chat, people.approver],
  ['second approver’s', secondChat, people.secondApprover],
];

const world = scenario({ own: {}, restoresAzure: true });
const asked: string[] = [];

/** The badge stands first. */
const stateLine = (text: string): string => text.split('\n')[0] ?? '';

/** The cards that say so are all there are: the wanted places show one each, the others none. */
async function expectShown(id: string, wanted: readonly string[], state: string): Promise<void> {
  for (const [name, place, reader] of everywhere) {
    if (wanted.includes(name)) await shows(world, place, reader, id, new RegExp(state));
    const cards = (await cardsAbout(world, place, reader, id)).map((card) => stateLine(activityText(card)));
    expect([name, cards]).toEqual([name, wanted.includes(name) ? [expect.stringContaining(state)] : []]);
  }
}

const always = ['operations', 'approvals', 'approver’s chat', 'second approver’s'];

describe('who posts where', () => {
  test.each([
    ['the operations channel', places.operations, 'operations'],
    ['the group chat', places.group, 'group'],
    ['the requester’s chat', chatOf(people.requester), 'requester’s chat'],
  ])('asked in %s', async (_where, place, name) => {
    const { id } = await follow(world, { ...choices.first, place });
    asked.push(id);
    await expectShown(id, [...always, name], 'Succeeded');
  });

  test('a status card in a channel is a reply to who asked', async () => {
    const [card] = await cardsAbout(world, places.operations, people.requester, asked[0] ?? '');
    expect(card?.conversation.id).toContain(';messageid=');
  });
});

describe('an approver’s own chat', () => {
  test('asks the same question, and a rejection there ends every card', async () => {
    const id = await ask(world);
    asked.push(id);
    const mine = await shows(world, chat, people.approver, id, /Needs approval: 0 of 1/);
    expect(linesOf(mine)).toContain('Requester: “Own keys before the audit”');
    await world.teams.click(people.approver, mine.id, 'request.reject', { inputs: { comment: 'Not this week' } });
    await expectShown(id, always, 'Rejected');
    for (const [, place, reader] of everywhere.filter(([name]) => always.includes(name))) {
      const [card] = await cardsAbout(world, place, reader, id);
      expect(card && activityText(card)).toContain('Nothing was changed in Azure.');
    }
    expect((await writes(world)).length).toBe(3 * 4);
  });
});

describe('the audit channel', () => {
  /** `1` to `14` of a reply, and the hash it names at the last of them. */
  const replyOf = (card: SeenActivity) => ({
    sequence: linesOf(card)
      .filter((line) => /^\d+$/.test(line))
      .map(Number),
    chain: /Chain at (\d+): ((?:[0-9a-f]{8} ){7}[0-9a-f]{8})/.exec(JSON.stringify(card)),
  });

  /** The last reply tells the end, and the root says that it goes that far. */
  async function isTold(id: string): Promise<boolean> {
    const [root, ...replies] = await cardsAbout(world, audit, people.approver, id);
    const last = replies.at(-1);
    if (root === undefined || last === undefined) return false;
    const upTo = /Shown up to event (\d+)/.exec(activityText(root))?.[1];
    const isEnd = /(Succeeded|Approver rejected): /.test(activityText(last));
    return isEnd && JSON.stringify(last).includes(`Chain at ${upTo}:`);
  }

  test('shows every event once, in the order of the store, under one root a request, with the chain’s hashes', async () => {
    for (const id of asked) await until(() => isTold(id), `the audit channel shows ${id} to its end`);
    const cards = await world.teams.activities(audit, people.approver);
    await world.endBot('SIGINT');
    const store = await startStore(world.database);
    const stored = await store.call('auditLog', 'lines', 0, 10_000);
    await store.close();
    for (const id of asked) {
      const about = cards.map((card) => ({ card, text: activityText(card) })).filter(({ text }) => text.includes(id));
      const [root, ...replies] = about.map(({ card }) => card);
      const mine = stored.filter((line) => line.request === id);
      const told = replies.map(replyOf);
      expect(told.flatMap(({ sequence }) => sequence)).toEqual(mine.map(({ seq }) => Number(seq)));
      for (const { sequence, chain } of told) {
        const last = stored.find(({ seq }) => Number(seq) === sequence.at(-1));
        expect(chain?.slice(1)).toEqual([String(last?.seq), wholeDigest(last?.hash ?? '')]);
      }
      expect(new Set(replies.map((card) => card.conversation.id))).toEqual(new Set([root?.conversation.id]));
      // Events that come close after each other go into one reply.
      expect(replies.length).toBeLessThanOrEqual(mine.length / 2 + 1);
      const text = root === undefined ? '' : activityText(root);
      expect(text).toContain(`Shown up to event ${mine.at(-1)?.seq}`);
      expect(text + replies.map(activityText).join()).not.toMatch(/Own keys before the audit|Not this week/);
    }
  });
});
