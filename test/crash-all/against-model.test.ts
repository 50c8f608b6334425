/**
 * Many requests at once on two replicas, to which everything happens that can happen: clicks in any order, several times and at
 * the same time, replicas killed and restarted, connections ended, clocks moved, posts of Teams and calls of Azure refused or
 * their answers lost, cards deleted. What comes of each click is held against a small machine that knows only the promises.
 * So many requests as `CMK_CRASH_LIVES` says, 60 unless set; what happens is chosen by `CMK_CRASH_SEED`, which is printed.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crashSeed } from '../support/lives/chosen-cases.ts';
import { lead, type Outcome } from '../support/lives/led-life.ts';
import { lives } from '../support/lives/random-lives.ts';
import type { RecordedEvent } from '../support/lives/request-model.ts';
import { agentName, startTroubledWorld, type TroubledWorld } from '../support/lives/troubled-world.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { readRecord } from '../support/world/world.ts';

const count = Number(process.env.CMK_CRASH_LIVES ?? 60);
/** So many requests live at a time: more than are busy, since those whose start was put off wait. */
const atOnce = 6;
const queue = lives(crashSeed, count).map((life, n) => ({ life, agent: agentName(n + 1, life.needed) }));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** How often what is rare was met. */
const special: Readonly<Record<string, (event: RecordedEvent) => boolean>> = {
  'put off': ({ notBefore }) => notBefore !== null,
  'asked anew after a no': ({ reason }) => reason === 'stopped-by-approver',
  'expired by the clock': ({ type, cause }) => type === 'expired' && cause.startsWith('timer:'),
};

describe('requests to which everything happens', () => {
  let troubled: TroubledWorld;
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    const agents = queue.map(({ agent }) => agent);
    troubled = await startTroubledWorld(await newDatabase(), agents);
  });
  afterAll(() => troubled?.end());

  test(`${count} of them: each click has its effect once or none, in one order, and every card says how it ended`, async () => {
    const began = Date.now();
    // Before anything can hang.
    process.stdout.write(`against the model: CMK_CRASH_LIVES=${count} CMK_CRASH_SEED=${crashSeed}\n`);
    const leadAll = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        outcomes.push(await lead(troubled.desk, next.agent, next.life));
    };
    await Promise.all(Array.from({ length: atOnce }, leadAll));
    const clicks = outcomes.flatMap(({ made }) => made);
    const ends = outcomes.map(({ ended }) => ended);
    const said = [
      `against the model: ${count} requests in ${Math.round((Date.now() - began) / 1_000)} s, seed ${crashSeed}`,
      `${clicks.length} clicks, ${clicks.filter(({ said }) => said !== null).length} answered`,
      [...new Set(ends)].map((end) => `${ends.filter((one) => one === end).length} ${end}`).join(', '),
      Object.entries(troubled.met())
        .map(([trouble, times]) => `${times} ${trouble}`)
        .join(', '),
      Object.entries(special)
        .map(([what, is]) => `${outcomes.filter(({ events }) => events.some(is)).length} ${what}`)
        .join(', '),
      `${sum(outcomes.map(({ wrong }) => wrong.length))} wrong, ${sum(outcomes.map(({ extraCards }) => extraCards))} extra cards`,
    ];
    process.stdout.write(`${said.join('; ')}\n`);
    const wrong = outcomes
      .map((one, n) => ({ ...one, afterClicks: sum(outcomes.slice(0, n + 1).map(({ made }) => made.length)) }))
      .filter((one) => one.wrong.length > 0);
    expect(
      wrong.map(({ life, made, events, ...rest }) => ({
        ...rest,
        troubles: troubled.desk.troubles.log
          .filter(({ at }) => at >= rest.begun && at <= rest.over)
          .map(({ at, trouble }) => `${at} ${trouble}`),
        events: events.map(({ revision, type, time, cause }) => `${revision} ${type} ${time} ${cause}`),
        life: JSON.stringify(life),
        made: made.map((one) => JSON.stringify(one)),
      })),
    ).toEqual([]);
    expect(clicks.length).toBeGreaterThan(count);
    expect(ends).toContain('succeeded');
  }, 3_600_000);

  test('the record verifies; no change of Azure was made twice, or for a request that never began', async () => {
    const record = await readRecord(troubled.world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toHaveLength(count);
  });
});
