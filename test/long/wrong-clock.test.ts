import { z } from 'zod';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { npxCmkBot } from '../support/processes/command-line.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { answered, approvalCard, approve, ask, choices, people, places, shows, until } from '../support/world/story.ts';
import { queryStore, readRecord, startWorld, type World } from '../support/world/world.ts';

/**
 * The clock of the bot's process is moved while it runs, and set right again: it stores by the database's, and what waits in a
 * run goes on in its time.
 */

const day = 86_400_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ready = async (world: World) => {
  const answer = await fetch(`${world.botUrl}/readyz`);
  return {
    status: answer.status,
    missing: z.object({ missing: z.string().optional() }).parse(await answer.json()).missing,
  };
};
const gauge = async (world: World): Promise<string> =>
  (await (await fetch(`${world.botUrl}/metrics`)).text()).match(/^cmk_clock_ahead_seconds\{what="clock"\} .*/m)?.[0] ??
  '';

describe('a clock that differs from the database’s', () => {
  const clock = shiftedClock();
  let world: World;
  let waited = '';
  beforeAll(async () => {
    const DATABASE_URL = await newDatabase();
    world = await startWorld({ env: { DATABASE_URL, CMK_RETRY_FIRST_WAIT: '3s', ...clock.env } });
  });
  afterAll(async () => {
    await world?.end();
    clock.remove();
  });

  it.each([
    ['forward past every expiry', 4 * day, /ahead of the database’s/, choices.first],
    ['back', -2 * day, /behind the database’s/, choices.policies],
  ])('a clock moved %s dates nothing, and no run starts until it is right', async (_how, ms, far, choice) => {
    const id = await ask(world, choice);
    const card = await approvalCard(world, id);
    clock.shift(ms);
    await until(async () => (await ready(world)).missing === 'clock', 'the bot notices');
    expect(await ready(world)).toEqual({ status: 503, missing: 'clock' });
    expect(Math.sign(Number((await gauge(world)).split(' ')[1]))).toBe(Math.sign(ms));
    const { code, out } = await npxCmkBot(['doctor', '--only', 'record/clock'], { ...world.settings, ...clock.env });
    expect(code).toBe(1);
    expect(out).toMatch(/fail {2}clock +\d+ days/);
    expect(out).toMatch(far);
    // Sweeps come once a second: what this clock takes for due, an expiry among them, would have come up by now.
    await pause(2_500);
    expect(answered(await approve(world, people.approver, card))).toContain('Approved');
    await pause(2_500);
    expect((await readRecord(world)).events(id)).not.toContainEqual(expect.stringMatching(/^run-checked/));
    clock.shift(0);
    await until(async () => (await ready(world)).status === 200, 'the bot is ready again');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect(await gauge(world)).toBe('cmk_clock_ahead_seconds{what="clock"} 0');
    expect(world.printed()).toContain('clock skew: ');
    expect(world.printed()).toContain('clock skew ended');
  });

  // Ahead while a wait begins, and behind while one ends: either would last for days.
  it('a run that waits for its next look looks again in seconds, although the clock was ahead meanwhile', async () => {
    const { agent } = choices.test;
    const setState = (provisioningState: string) =>
      changeState(world.azure, (state) => Object.assign(agentIn(state, agent), { provisioningState }));
    const looks = async () =>
      (await world.azureRequests()).filter(({ url }) => url.includes(`healthBots/${agent}?`)).length;
    const lookMore = async (from: number) => until(async () => (await looks()) > from, 'the run to look');
    waited = await ask(world, choices.test);
    const card = await approvalCard(world, waited);
    // Somebody else's operation on the agent, which a run waits for.
    await setState('Updating');
    const before = await looks();
    await approve(world, people.approver, card);
    await lookMore(before);
    clock.shift(4 * day);
    await until(async () => (await ready(world)).missing === 'clock', 'the bot notices');
    clock.shift(0);
    await lookMore(await looks());
    await setState('Succeeded');
    await shows(world, places.operations, people.requester, waited, /Succeeded/);
  });

  it('the record has no time that was not', async () => {
    await world.endBot('SIGINT');
    const rows = await queryStore(world, "select (body::json ->> 'time') as at from cmk.event order by seq");
    const times = rows.map(({ at }) => Date.parse(String(at)));
    expect(times.length).toBeGreaterThan(20);
    for (const time of times) expect(Math.abs(time - Date.now())).toBeLessThan(day / 2);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(waited).filter((event) => event.startsWith('attention'))).toEqual([]);
  });
});
