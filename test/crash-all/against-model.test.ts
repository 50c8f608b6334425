/**
 * Many requests at once on two replicas, to which everything happens that can happen: clicks in any order, several times and at
 * the same time, replicas killed and restarted, connections ended, clocks moved, posts of Teams and calls of Azure refused or
 * their answers lost, cards deleted. What comes of each click is held against a small machine that knows only the promises.
 * So many requests as `CMK_CRASH_LIVES` says, 60 unless set; what happens is chosen by `CMK_CRASH_SEED`, which is printed.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../support/postgres.ts';
import { lives, type Outcome, startTroubledWorld, type TroubledWorld } from '../support/troubled-lives.ts';
import { readRecord } from '../support/world.ts';

const count = Number(process.env.CMK_CRASH_LIVES ?? 60);
const seed = Number(process.env.CMK_CRASH_SEED ?? Date.now() % 1_000_000);
/** So many requests live at a time. */
const atOnce = 4;

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null || process.env.CMK_TEST_DATABASE_URL !== undefined ? describe.skip : describe;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

onPostgres('requests to which everything happens', () => {
  let troubled: TroubledWorld;
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    troubled = await startTroubledWorld((await postgres?.newDatabase()) ?? '', count);
  });
  afterAll(() => troubled?.end());

  test(`${count} of them: each click has its effect once or none, in one order, and every card says how it ended`, async () => {
    const waiting = lives(seed, count).map((life, index) => ({ life, agent: `agent-${index + 1}` }));
    const began = Date.now();
    const people = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        outcomes.push(await troubled.live(next.agent, next.life));
    };
    await Promise.all(Array.from({ length: atOnce }, people));
    const clicks = outcomes.flatMap(({ made }) => made);
    const ends = outcomes.map(({ ended }) => ended);
    const said = [
      `against the model: ${count} requests in ${Math.round((Date.now() - began) / 1_000)} s, seed ${seed}`,
      `${clicks.length} clicks, ${clicks.filter(({ said }) => said !== null).length} answered`,
      [...new Set(ends)].map((end) => `${ends.filter((one) => one === end).length} ${end}`).join(', '),
      Object.entries(troubled.met())
        .map(([trouble, times]) => `${times} ${trouble}`)
        .join(', '),
      `${sum(outcomes.map(({ wrong }) => wrong.length))} wrong, ${sum(outcomes.map(({ extraCards }) => extraCards))} extra cards`,
    ];
    process.stdout.write(`${said.join('; ')}\n`);
    const wrong = outcomes.filter((one) => one.wrong.length > 0);
    expect(
      wrong.map(({ life, made, ...rest }) => ({
        ...rest,
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
