import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  cardsAbout,
  isNotification,
  people,
  places,
  rememberAzure,
  requestIdIn,
  shows,
  typeAll,
  until,
  untilMended,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-kill-'));
const file = path.join(folder, 'kill');
const hook = pathToFileURL(path.resolve('test/support/processes/kill-at-commit.js')).href;

describe('killed when a click is stored, or while Teams has just received a card, or a call', () => {
  let world: World;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    writeFileSync(file, 'off');
    world = await startWorld({ env: { CMK_TEST_KILL: file, NODE_OPTIONS: `--import=${hook}` } });
    putBack = await rememberAzure(world);
  });
  afterAll(async () => {
    await world?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Call {
    readonly method: string;
    readonly url: string;
    readonly says?: string;
  }
  /** Kills the bot while Teams has a call in its hands, which it then carries out for nobody, unless a fault says no. */
  async function killAt(call: Call, begin: () => Promise<unknown>, fault: object = {}): Promise<void> {
    await world.teams.call('POST', '/simulator/faults', { match: call, ...untilMended, ...fault });
    const begun = begin();
    await until(async () => {
      const { body } = await world.teams.call('GET', '/simulator/faults');
      return Array.isArray(body) && body.length === 0;
    }, `Teams is called: ${call.method} ${call.url}`);
    await world.endBot('SIGKILL');
    await world.teams.call('DELETE', '/simulator/faults');
    await begun;
    await world.startBot();
  }

  const inBoth = async (id: string, words: RegExp): Promise<void> => {
    await shows(world, places.operations, people.requester, id, words);
    await shows(world, places.approvals, people.approver, id, words);
  };
  const copies = (id: string, place: string, person: string): Promise<readonly SeenActivity[]> =>
    cardsAbout(world, place, person, id);

  const messageOf = ({ conversation, id }: SeenActivity): string =>
    `/v3/conversations/${encodeURIComponent(conversation.id)}/activities/${id}`;
  const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
  const submitIn = (form: SeenActivity) => () =>
    world.teams.click(people.requester, form.id, 'form.submit', { inputs });

  test('the approval card stands twice; a click on either counts, and both end right', async () => {
    const form = await typeAll(world);
    const id = requestIdIn(activityText(form));
    // Whoever clicked may have no answer: on a busy machine it comes after the post.
    await killAt({ method: 'POST', url: '/v3/conversations$', says: id }, submitIn(form));
    await until(
      async () => (await copies(id, places.approvals, people.approver)).length === 2,
      'both copies are there',
    );
    const [unknown] = await copies(id, places.approvals, people.approver);
    if (unknown === undefined) throw new Error('no copy');
    expect(answered(await approve(world, people.approver, unknown))).toContain('Approved: 1 of 1');
    await inBoth(id, /Succeeded/);
    await until(async () => {
      const cards = await copies(id, places.approvals, people.secondApprover);
      return cards.every((card) => /Succeeded/.test(activityText(card)));
    }, 'both copies end right for everybody');
    await putBack();
  });

  test('a click that was stored and not answered is stored once, and answered when it is made again', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    writeFileSync(file, 'stored approved');
    const click = () => approve(world, people.approver, card);
    expect((await click()).status).not.toBe(200);
    await world.untilBotEnds();
    writeFileSync(file, 'off');
    await world.startBot();
    expect(answered(await click())).toMatch(/Approved: 1 of 1|Succeeded/);
    await inBoth(id, /Succeeded/);
    expect((await readRecord(world)).events(id).filter((event) => event === 'approved')).toEqual(['approved']);
    await putBack();
  });

  test('the form’s message becomes the request’s card all the same, and no other card is posted', async () => {
    const form = await typeAll(world);
    // The form knows the id of the request that it will make.
    const id = requestIdIn(activityText(form));
    // Teams does not carry it out: the request is stored, and its message still shows the form.
    await killAt({ method: 'PUT', url: `/activities/${form.id}` }, submitIn(form), { respond: { status: 503 } });
    await inBoth(id, /Waiting for approval|Needs approval/);
    const cards = await copies(id, places.operations, people.requester);
    expect(cards.map((card) => card.id)).toEqual([form.id]);
    expect(activityText(cards[0] ?? form)).toContain('Waiting for approval: 0 of 1');
    await world.teams.click(people.requester, form.id, 'request.cancel');
    await inBoth(id, /Canceled/);
    // What the killed process had in hand is taken over within ten seconds.
    await until(
      async () => (await copies(id, places.operations, people.teamMember)).length === 1,
      'the form’s message is the card for everybody',
    );
  });

  test('a card that was deleted before its run is posted once, although Teams is slow', async () => {
    const id = await ask(world);
    const approval = await approvalCard(world, id);
    const [card] = await copies(id, places.operations, people.requester);
    if (card === undefined) throw new Error('no card');
    await world.teams.call('DELETE', messageOf(card));
    // Longer than the pause between two updates of a request's cards.
    const slow = { match: { method: 'POST', url: 'operations.*/activities', says: id }, delayMs: 3_000 };
    await world.teams.call('POST', '/simulator/faults', slow);
    await approve(world, people.approver, approval);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect(await copies(id, places.operations, people.requester)).toHaveLength(1);
    await world.teams.call('DELETE', '/simulator/faults');
    await putBack();
  });

  test('a call is made once more at most, and none is lost', async () => {
    const id = await ask(world);
    const card = await shows(world, places.approvals, people.approver, id, /Needs approval/);
    const ownChat = `a:${people.requester}`;
    await killAt({ method: 'POST', url: `${encodeURIComponent(ownChat)}/activities`, says: id }, async () =>
      world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } }),
    );
    const callsIn = async (place: string): Promise<number> =>
      (await world.teams.activities(place, people.requester)).filter(
        (one) =>
          isNotification(one) && activityText(one).includes(id) && activityText(one).includes('rejected your request'),
      ).length;
    await until(async () => (await callsIn(places.operations)) > 0, 'whoever reads along is told');
    expect(await callsIn(places.operations)).toBe(1);
    // Teams had taken the one that nobody knows of.
    expect(await callsIn(ownChat)).toBe(2);
  });

  test('the record verifies', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|Not now|local-bot/i);
  });
});
