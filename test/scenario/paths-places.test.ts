import { wholeDigest } from '../../src/domain/digest.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  cardsAbout,
  choices,
  people,
  places,
  shows,
  submit,
  typeAll,
  until,
} from '../support/world/story.ts';
import { queryStore } from '../support/world/world.ts';

/** One request from its asking in a chat to its rejection: in each place one card, and in the audit channel every event. */

const audit = '19:audit@thread.tacv2';
const chatOf = (person: string): string => `a:${person}`;
const chat = chatOf(people.approver);

/** Each place that shows the request, with a person who is in it. */
const shown: readonly (readonly [place: string, person: string])[] = [
  [places.group, people.requester],
  [places.operations, people.approver],
  [places.approvals, people.approver],
  [chat, people.approver],
  [chatOf(people.secondApprover), people.secondApprover],
];

const world = scenario();
let id = '';

/** The cards that say so are all there are. */
async function expectShown(state: string): Promise<void> {
  for (const [place, reader] of shown) {
    await shows(world, place, reader, id, new RegExp(state));
    const cards = (await cardsAbout(world, place, reader, id)).map((card) => activityText(card).split('\n')[0]);
    expect([place, cards]).toEqual([place, [expect.stringContaining(state)]]);
  }
  expect(await cardsAbout(world, chatOf(people.requester), people.requester, id)).toEqual([]);
}

test('a rejection in an approver’s own chat ends the one card in each place', async () => {
  id = await submit(world, await typeAll(world, choices.first, places.group));
  await expectShown('approval: 0 of 1');
  const mine = await shows(world, chat, people.approver, id, /Needs approval: 0 of 1/);
  expect(linesOf(mine)).toContain('Requester: “Own keys before the audit”');
  await world.teams.click(people.approver, mine.id, 'request.reject', { inputs: { comment: 'Not this week' } });
  await expectShown('Rejected');
  for (const [place, reader] of shown) {
    const [card] = await cardsAbout(world, place, reader, id);
    expect(card && activityText(card)).toContain('Nothing was changed in Azure.');
  }
});

/** `1` to `14` of a reply, and the hash it names at the last of them. */
const replyOf = (card: SeenActivity) => ({
  sequence: linesOf(card).filter((line) => /^\d+$/.test(line)),
  chain: /Chain at (\d+): ((?:[0-9a-f]{8} ){7}[0-9a-f]{8})/.exec(JSON.stringify(card))?.slice(1),
});

test('the audit channel has every event once, in order, under one root, with the hashes of the chain', async () => {
  const query = `select seq::text, hash from cmk.event where request_id = '${id}' order by revision`;
  const stored = await queryStore(world, query);
  const last = stored.at(-1)?.seq;
  const cards = () => cardsAbout(world, audit, people.approver, id);
  await until(async () => {
    const [root, ...replies] = await cards();
    const [end] = replies.slice(-1).map(replyOf);
    return root !== undefined && activityText(root).includes(`up to event ${last}`) && end?.chain?.[0] === last;
  }, 'the audit channel shows the request to its end');
  const [root, ...replies] = await cards();
  const told = replies.map(replyOf);
  expect(told.flatMap(({ sequence }) => sequence)).toEqual(stored.map(({ seq }) => seq));
  for (const { sequence, chain } of told) {
    const event = stored.find(({ seq }) => seq === sequence.at(-1));
    expect(chain).toEqual([event?.seq, wholeDigest(String(event?.hash))]);
  }
  expect(new Set(replies.map((card) => card.conversation.id))).toEqual(new Set([root?.conversation.id]));
  expect((await cards()).map(activityText).join()).not.toMatch(/Own keys before the audit|Not this week/);
});
