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

/** Faults that others reported of the engine, tried on the version that is used here. */

const postgres = await startPostgres();
afterAll(() => postgres.stop());

describe('faults that were reported of the engine', () => {
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
  const takenOver = '"msg":"a run that lost its replica is taken over"';
  const said = (words: string): number => world.printed().split(words).length - 1;

  test('dbos-transact-py#716: a database that restarts while a run is recovered strands nothing', async () => {
    const id = await inTheMiddle();
    const other = await world.startReplica('two');
    const adopted = said(takenOver);
    await world.endBot('SIGKILL');
    await mendAzure(world);
    await until(async () => said(takenOver) > adopted, 'the run to be adopted');
    for (let times = 0; times < 3; times += 1) {
      const server = await postgres.crash();
      await server.start();
    }
    await isWhole(id);
    await world.startBot();
    await other.end('SIGINT');
  });

  test('dbos-transact-py#716: nor one that restarts while a start recovers its own', async () => {
    const id = await inTheMiddle();
    await world.endBot('SIGKILL');
    await mendAzure(world);
    const instances = async () =>
      JSON.stringify(await queryStore(world, 'select instance from cmk.replica order by 1'));
    const before = await instances();
    const starts = world.startBot().catch(() => undefined);
    await until(async () => (await instances()) !== before, 'it to sign on');
    const server = await postgres.crash();
    await server.start();
    await starts;
    // A start that found no database ends and says so; whatever keeps it running starts it again.
    const answers = await fetch(`${world.botUrl}/readyz`).catch(() => null);
    if (answers === null) await world.startBot();
    await isWhole(id);
  });

  test('dbos-transact-py#804: two processes that both have a run, one about to end, strand nothing', async () => {
    const id = await inTheMiddle();
    world.signalBot('SIGSTOP');
    const again = await world.startReplica('one');
    const adopted = said(takenOver);
    // Its lease expires.
    await until(async () => said(takenOver) > adopted, 'the run to be adopted');
    await mendAzure(world);
    world.signalBot('SIGCONT');
    await Promise.race([world.untilBotEnds(), new Promise((resolve) => setTimeout(resolve, 60_000))]);
    expect(said('cmk-bot ends: ')).toBe(1);
    await isWhole(id);
    await again.end('SIGINT');
    await world.startBot();
  });

  test('its own rows are refused for a while: it tries again every few seconds, and the run goes on', async () => {
    const id = await inTheMiddle();
    // A sequence counts what is refused: it isn't rolled back.
    await runAs(url, [
      'create sequence refused',
      `create function refuse() returns trigger language plpgsql as $$ begin
        perform nextval('refused'); raise exception 'no room' using errcode = '53100'; end $$`,
      'create trigger refuse before insert on dbos.operation_outputs for each row execute function refuse()',
    ]);
    await mendAzure(world);
    const refused = async () => Number((await queryStore(world, 'select last_value from refused'))[0]?.last_value);
    // Waits that double would take minutes for so many.
    await until(async () => (await refused()) >= 9, 'it to try again and again');
    await runAs(url, [
      'drop trigger refuse on dbos.operation_outputs',
      'drop function refuse',
      'drop sequence refused',
    ]);
    await isWhole(id);
  });

  test('dbos-transact-ts#1299: a start gives back many interrupted runs at once', async () => {
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
      (await queryStore(world, "select 1 from dbos.workflow_status where status = 'PENDING'")).length;
    await until(async () => (await pending()) >= many, 'every run to be known to the engine');
    await world.endBot('SIGKILL');
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
