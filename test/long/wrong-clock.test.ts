import { z } from 'zod';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { npxCmkBot } from '../support/processes/command-line.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { settingsOf } from '../support/world/operator-settings.ts';
import { azureState } from '../support/world/path.ts';
import {
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendOne,
  people,
  places,
  rememberAzure,
  shows,
  until,
  untilAzureAnswered,
} from '../support/world/story.ts';
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
  const underWay: string[] = [];
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
    const { code, out } = await npxCmkBot(['doctor', '--only', 'record/clock'], {
      ...settingsOf(world),
      ...world.settings,
      ...clock.env,
    });
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

  const isHeld = async () => agentIn(await azureState(world), choices.test.agent).provisioningState === 'Accepted';
  /** A request whose run waits for Azure, which is at work on the agent. */
  async function heldInAzure(): Promise<string> {
    const match = { method: 'PATCH', url: `${agentId(choices.test.agent, 'rg-care-test')}\\?` };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    const id = await ask(world, choices.test);
    await approve(world, people.approver, await approvalCard(world, id));
    await until(isHeld, 'Azure is at work on the agent');
    return id;
  }

  it.each([['back', -2 * day]])(
    'a run that is under way while it is moved %s goes on, and asks nobody',
    async (_how, ms) => {
      const putBack = await rememberAzure(world);
      const id = await heldInAzure();
      clock.shift(ms);
      await until(async () => (await ready(world)).missing === 'clock', 'the bot notices');
      await mendOne(world, 'hold');
      await until(async () => !(await isHeld()), 'Azure is through');
      await pause(2_500);
      clock.shift(0);
      await shows(world, places.operations, people.requester, id, /Succeeded/);
      underWay.push(id);
      await putBack();
    },
  );

  // Ahead while a wait begins, and behind while one ends: either would last for days.
  it.each([['ahead', 4 * day]])(
    'a run that waits for its next look looks again in seconds, although the clock was %s meanwhile',
    async (_how, ms) => {
      const putBack = await rememberAzure(world);
      const { agent } = choices.test;
      const setState = (provisioningState: string) =>
        changeState(world.azure, (state) => Object.assign(agentIn(state, agent), { provisioningState }));
      const id = await ask(world, choices.test);
      const card = await approvalCard(world, id);
      // Somebody else's operation on the agent, which a run waits for.
      await setState('Updating');
      const from = (await world.azureRequests()).length;
      await approve(world, people.approver, card);
      await untilAzureAnswered(world, { method: 'GET', url: `healthBots/${agent}\\?` }, 1, from);
      await pause(1_000);
      clock.shift(ms);
      await pause(3_500);
      clock.shift(0);
      await setState('Succeeded');
      await shows(world, places.operations, people.requester, id, /Succeeded/);
      underWay.push(id);
      await putBack();
    },
  );

  it('the record has no time that was not', async () => {
    await world.endBot('SIGINT');
    const rows = await queryStore(world, "select (body::json ->> 'time') as at from cmk.event order by seq");
    const times = rows.map(({ at }) => Date.parse(String(at)));
    expect(times.length).toBeGreaterThan(20);
    for (const time of times) expect(Math.abs(time - Date.now())).toBeLessThan(day / 2);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(underWay.flatMap((id) => record.events(id)).filter((event) => event.startsWith('attention'))).toEqual([]);
  });
});
