import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approversGroup } from '../../sandbox/people.ts';
import { table } from '../support/docs/table.ts';
import { chosenCases } from '../support/lives/chosen-cases.ts';
import type { BotAnswer, SeenActivity } from '../support/teams/local-teams.ts';
import {
  answered,
  approvalCard,
  ask,
  cardsAbout,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  requestIdIn,
  shows,
  typeAll,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** A click that is about to be made, what is to come of it, and which of Azure's answers it waits for before it is stored. */
interface Prepared {
  readonly person: string;
  readonly card: SeenActivity;
  readonly inputs: Record<string, unknown>;
  readonly waitsFor: string;
  readonly id: string;
}

interface Click {
  readonly verb: string;
  readonly prepare: (world: World) => Promise<Prepared>;
  readonly answer: RegExp;
  readonly ends: RegExp;
  /** The event that the click stores. */
  readonly event: string;
}

const statusCard = (world: World, id: string, words: RegExp) =>
  shows(world, places.operations, people.requester, id, words);

const clicks: readonly Click[] = [
  {
    verb: 'form.submit',
    prepare: async (world) => ({
      person: people.requester,
      card: await typeAll(world),
      inputs: { justification: 'Own keys', acknowledgeDataLoss: 'true' },
      waitsFor: 'healthBots/triage-agent-prod\\?',
      id: '',
    }),
    answer: /Waiting for approval: 0 of 1/,
    ends: /Waiting for approval: 0 of 1/,
    event: 'submitted',
  },
  {
    verb: 'request.approve',
    async prepare(world) {
      const [person, id] = [people.approver, await ask(world)];
      const inputs = { acknowledgeIrreversible: 'true', comment: 'Seen' };
      return { person, card: await approvalCard(world, id), inputs, waitsFor: 'checkMemberGroups', id };
    },
    answer: /Approved: 1 of 1/,
    ends: /Succeeded/,
    event: 'approved',
  },
];

/** When the process dies: while the click waits, so many milliseconds after it was made, or once it was answered. */
const moments = ['before it is stored', 'after 30 ms', 'once answered'] as const;
const cases = chosenCases(clicks.flatMap((click) => moments.map((moment) => ({ ...click, moment }))));

describe('killed around a click', () => {
  let world: World;
  let putBack: () => Promise<void>;
  const rows: string[][] = [];
  const ended: { readonly id: string; readonly event: string }[] = [];

  beforeAll(async () => {
    // Membership of a group is asked of the directory, so that a click can be held up before it is stored.
    world = await startWorld({ env: { CMK_APPROVERS: approversGroup.id } });
    putBack = await rememberAzure(world);
  });
  afterAll(async () => {
    const columns = ['verb', 'killed', 'heard', 'then', 'end'];
    process.stdout.write(table('SIGKILL of the bot, and what came of the same click again', columns, rows));
    await world.end();
  });

  test.each(cases)('$verb, $moment: the same click again gets its true outcome', async (click) => {
    const { person, card, inputs, waitsFor, id: known } = await click.prepare(world);
    const invokeId = `${click.verb} ${click.moment}`;
    const press = () => world.teams.click(person, card.id, click.verb, { inputs, invokeId });
    if (click.moment === 'before it is stored') {
      await faultAzure(world, { match: { url: waitsFor }, ...untilMended });
    }
    const pressed = press();
    if (click.moment === 'before it is stored') await untilFaultsAreMet(world);
    else if (click.moment === 'once answered') await pressed;
    else await new Promise((resolve) => setTimeout(resolve, Number(/\d+/.exec(click.moment)?.[0])));
    await world.endBot('SIGKILL');
    await mendAzure(world);
    const heard: BotAnswer = await pressed;
    await world.startBot();
    const again = await press();
    const words = answered(again);
    // Where the run has ended meanwhile, that is said instead of what was true then.
    expect(words).toMatch(new RegExp(`${click.answer.source}|${click.ends.source}`));
    if (heard.status === 200 && click.answer.test(words)) expect(again.body).toEqual(heard.body);
    const id = known || requestIdIn(words);
    for (const place of [places.operations, places.approvals]) {
      const ends = click.verb === 'form.submit' && place === places.approvals ? /Needs approval/ : click.ends;
      // An approver is asked wherever they look: where it was asked, the requester's card is the one that waits.
      const reader = place === places.operations ? people.requester : people.approver;
      await shows(world, place, reader, id, ends);
      // A post whose answer was lost may stand there twice, never more often.
      expect((await cardsAbout(world, place, people.approver, id)).length).toBeLessThanOrEqual(2);
    }
    const outcome = heard.status === 200 ? 'answer' : 'nothing';
    rows.push([click.verb, click.moment, outcome, 'same outcome', words.split(' | ')[0] ?? '']);
    ended.push({ id, event: click.event });
    if (click.verb === 'form.submit') {
      const status = await statusCard(world, id, click.ends);
      await world.teams.click(people.requester, status.id, 'request.cancel');
    }
    await putBack();
  });

  test('the record verifies; every click stored its event once', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual(ended.map(({ id }) => id));
    for (const { id, event } of ended) expect(record.events(id).filter((one) => one === event)).toEqual([event]);
    expect(world.printed()).not.toMatch(/unhandled|Own keys|local-bot/i);
  });
});
