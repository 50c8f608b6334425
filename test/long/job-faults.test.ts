import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { runAs, startPostgres } from '../support/store/postgres.ts';
import {
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  mendOne,
  people,
  places,
  rememberAzure,
  shows,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord, startWorld, testOverrides, type World } from '../support/world/world.ts';

/** What can happen to the tables of jobs and to the processes that claim them. */

const postgres = await startPostgres();
afterAll(() => postgres.stop());

describe('jobs in trouble', () => {
  let world: World;
  let url: string;
  let from: number;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    url = await postgres.newDatabase();
    world = await startWorld({ env: { DATABASE_URL: url, ...testOverrides({ replica: 'one' }) } });
    putBack = await rememberAzure(world);
  });
  afterAll(() => world?.end());
  afterEach(() => putBack());

  /** A run that stands in the middle of a change of Azure. */
  async function inTheMiddle(): Promise<string> {
    from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    return id;
  }
  const isWhole = async (id: string): Promise<void> => {
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect((await writes(world, from)).filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
    expect((await readRecord(world)).findings).toEqual([]);
  };

  test('its own rows are refused for a while: it tries again every few seconds, and the run goes on', async () => {
    const id = await inTheMiddle();
    // A sequence counts what is refused: it isn't rolled back. The job exists; what follows from the run's events is refused.
    await runAs(url, [
      'create sequence refused',
      `create function refuse() returns trigger language plpgsql as $$ begin
        perform nextval('public.refused'); raise exception 'no room' using errcode = '53100'; end $$`,
      'create trigger refuse before insert on pgboss.job_common for each row execute function refuse()',
    ]);
    await mendAzure(world);
    const refused = async () => Number((await queryStore(world, 'select last_value from refused'))[0]?.last_value);
    // Waits that double would take minutes for so many.
    await until(async () => (await refused()) >= 5, 'it to try again and again');
    await runAs(url, ['drop trigger refuse on pgboss.job_common', 'drop function refuse', 'drop sequence refused']);
    await isWhole(id);
  });

  test('a start gives back many interrupted runs at once', async () => {
    // More than a process carries out at once.
    const many = 12;
    await changeState(world.azure, (state) => {
      const pattern = agentIn(state, 'triage-agent-test');
      for (let n = 1; n <= many; n += 1)
        state.agents.push({ ...structuredClone(pattern), name: `agent-${n}`, etag: `"${n}"` });
    });
    // Azure is at work on the identity of each, and does not end.
    const match = { method: 'PATCH', url: 'healthBots/agent-' };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    const before = (await world.azureRequests()).length;
    const ids: string[] = [];
    for (let n = 1; n <= many; n += 1) {
      const id = await ask(world, { agent: `agent-${n}`, vault: 'kv-care-prod', key: 'cmk-triage-agent' });
      await approve(world, people.approver, await approvalCard(world, id));
      ids.push(id);
    }
    const pending = async (): Promise<number> =>
      (await queryStore(world, "select 1 from pgboss.job where state = 'active' and data->>'kind' = 'run'")).length;
    await until(async () => (await pending()) >= many, 'every run to be in hand');
    await world.endBot('SIGKILL');
    // One is lost, as in a restore of the database.
    await queryStore(world, `delete from pgboss.job where data->>'kind' = 'run' and data->>'id' = '${ids[0]}'`);
    await mendOne(world, 'hold');
    const startedAt = Date.now();
    await world.startBot();
    const ready = Date.now() - startedAt;
    for (const id of ids) await shows(world, places.operations, people.requester, id, /Succeeded/, 120_000);
    process.stdout.write(
      `${many} interrupted runs: ready after ${ready} ms, all ended after ${Date.now() - startedAt} ms\n`,
    );
    const done = (await writes(world, before)).filter((write) => /healthBots\/agent-\d+ 20[01]$/.test(write));
    expect(done).toHaveLength(2 * many);
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
