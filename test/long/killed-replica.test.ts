import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../support/store/postgres.ts';
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
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

/** How long a run waits when its replica is killed, at the usual heartbeat. Printed, not judged: machines are busy. */
onPostgres('a replica that is killed in mid-run and never comes back', () => {
  let world: World;
  let putBack: () => Promise<void>;
  const waited: number[] = [];

  beforeAll(async () => {
    world = await startWorld({ env: { DATABASE_URL: (await postgres?.newDatabase()) ?? '', CMK_REPLICA: 'one' } });
    putBack = await rememberAzure(world);
  });
  afterAll(async () => {
    process.stdout.write(`from the kill to the other's first call of Azure: ${waited.join(', ')} ms\n`);
    await world?.end();
  });

  test.each([1, 2, 3, 4, 5])('round %d: another goes on, and writes each change once', async (round) => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    const other = await world.startReplica(`two-${round}`);
    // Until the other has heard the first one beat for a while, it judges nobody.
    await new Promise((resolve) => setTimeout(resolve, 4_000 + 200 * round));
    await world.endBot('SIGKILL');
    const killedAt = Date.now();
    await mendAzure(world);
    const after = async () =>
      (await world.azureRequests()).map(({ at }) => Date.parse(at) - killedAt).filter((ms) => ms > 0);
    await until(async () => (await after()).length > 0, 'the run to go on');
    waited.push(Math.min(...(await after())));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect((await writes(world, from)).filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
    expect((await readRecord(world)).findings).toEqual([]);
    await world.startBot();
    await other.end('SIGINT');
    await putBack();
  });
});
