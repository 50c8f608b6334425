import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAs, startPostgres } from '../support/postgres.ts';
import {
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

const sessions = "from pg_stat_activity where datname = current_database() and application_name like 'cmk-bot%'";

/** The server ends the sessions of a bot that is in the middle of a run, and another bot of its name is started. */
onPostgres('a bot that loses every connection while another of its name starts', () => {
  let world: World;
  let url: string;
  let putBack: () => Promise<void>;
  const endSessions = () => runAs(url, [`select pg_terminate_backend(pid) ${sessions}`]);

  beforeAll(async () => {
    url = (await postgres?.newDatabase()) ?? '';
    world = await startWorld({ env: { DATABASE_URL: url, CMK_REPLICA: 'one' } });
    putBack = await rememberAzure(world);
  });
  afterAll(() => world?.end());

  /** Until Azure has been asked for the grant, and holds the answer back. */
  async function inTheMiddle(): Promise<{ readonly id: string; readonly from: number }> {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    return { id, from };
  }

  async function endsWell({ id, from }: { readonly id: string; readonly from: number }): Promise<void> {
    await until(async () => (await readRecord(world)).events(id).at(-1) === 'succeeded', 'the run succeeds');
    expect((await writes(world, from)).filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const events = record.events(id);
    expect(new Set(events).size).toBe(events.length);
  }

  test('it comes back at once: it goes on, the other one does not start, and nothing is done twice', async () => {
    const run = await inTheMiddle();
    const other = world.startReplica('one');
    for (let times = 0; times < 2; times += 1) await endSessions();
    await expect(other).rejects.toThrow(/cmk-bot does not start: .*another replica named one is running/s);
    await mendAzure(world);
    await endsWell(run);
    await shows(world, places.operations, people.requester, run.id, /Succeeded/);
    await putBack();
  });

  test('it stands still meanwhile: the other one goes on, it ends when it can go on, and nothing is done twice', async () => {
    const run = await inTheMiddle();
    world.signalBot('SIGSTOP');
    await endSessions();
    const other = await world.startReplica('one');
    await mendAzure(world);
    world.signalBot('SIGCONT');
    await world.untilBotEnds();
    expect(world.printed()).toMatch(/cmk-bot ends: (another replica named one is running|run 1 of )/);
    await endsWell(run);
    await other.end('SIGINT');
    await world.startBot();
    await shows(world, places.operations, people.requester, run.id, /Succeeded/);
    await putBack();
  });
});
