import { z } from 'zod';
import { agentIn } from '../support/azure/azure-state.ts';
import { npxCmkBot } from '../support/processes/command-line.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { startPostgres } from '../support/store/postgres.ts';
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
} from '../support/world/story.ts';
import { queryStore, readRecord, startWorld, type World } from '../support/world/world.ts';

/** The clock of the bot's process is moved while it runs, and set right again: it stores by the database's. */

const postgres = await startPostgres();
afterAll(() => postgres?.stop());

const day = 86_400_000;
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

(postgres === null ? describe.skip : describe)('a clock that differs from the database’s', () => {
  const clock = shiftedClock();
  let world: World;
  const underWay: string[] = [];
  beforeAll(async () => {
    world = await startWorld({ env: { DATABASE_URL: (await postgres?.newDatabase()) ?? '', ...clock.env } });
  });
  afterAll(async () => {
    await world?.end();
    clock.remove();
  });

  it.each([
    ['forward past every expiry', 4 * day, /ahead of the database’s/, choices.first],
    ['back', -2 * day, /behind the database’s/, choices.policies],
  ])('a clock moved %s dates nothing, and stops nothing', async (_how, ms, far, choice) => {
    const id = await ask(world, choice);
    const card = await approvalCard(world, id);
    clock.shift(ms);
    await until(async () => (await ready(world)).missing === 'clock', 'the bot notices');
    expect(await ready(world)).toEqual({ status: 503, missing: 'clock' });
    expect(Math.sign(Number((await gauge(world)).split(' ')[1]))).toBe(Math.sign(ms));
    const { code, out } = await npxCmkBot(['doctor', '--only', 'record/clock'], {
      ...settingsOf(world),
      ...world.place,
      ...clock.env,
    });
    expect(code).toBe(1);
    expect(out).toMatch(/fail {2}clock +\d+ days/);
    expect(out).toMatch(far);
    // Sweeps come once a second: what this clock takes for due, an expiry among them, would have come up by now.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(answered(await approve(world, people.approver, card))).toContain('Approved');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    clock.shift(0);
    await until(async () => (await ready(world)).status === 200, 'the bot is ready again');
    expect(await gauge(world)).toBe('cmk_clock_ahead_seconds{what="clock"} 0');
    expect(world.printed()).toContain('the clock is not believed');
    expect(world.printed()).toContain('the clock is believed again');
  });

  it.each([
    ['forward past every time limit', 4 * day],
    ['back', -2 * day],
  ])('a run that is under way while it is moved %s goes on, and asks nobody', async (_how, ms) => {
    const putBack = await rememberAzure(world);
    const match = { method: 'PATCH', url: `${agentId('triage-agent-test', 'rg-care-test')}\\?` };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    const id = await ask(world, choices.test);
    await approve(world, people.approver, await approvalCard(world, id));
    const isHeld = async () => agentIn(await azureState(world), 'triage-agent-test').provisioningState === 'Accepted';
    await until(isHeld, 'Azure is at work on the agent');
    clock.shift(ms);
    await until(async () => (await ready(world)).missing === 'clock', 'the bot notices');
    await mendOne(world, 'hold');
    await until(async () => !(await isHeld()), 'Azure is through');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    clock.shift(0);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    underWay.push(id);
    await putBack();
  });

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
