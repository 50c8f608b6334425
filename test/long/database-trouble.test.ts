import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type SlowWire, startSlowWire } from '../support/processes/slow-wire.ts';
import { runAs, startPostgres } from '../support/store/postgres.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  cardsAbout,
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
import { type Replica, readRecord, startWorld, testOverrides, type World } from '../support/world/world.ts';

/** The database goes away under a bot that works: it lives on, says so, and afterwards everything was done, once. */

const postgres = await startPostgres();
afterAll(() => postgres.stop());

const allReady = JSON.stringify({ status: 200, body: { status: 'ready' } });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const crash = async () => {
  return postgres.crash();
};
const endConnections = (url: string): Promise<void> =>
  runAs(url, [
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  ]);

describe('a bot whose database goes away', () => {
  let world: World;
  let url: string;
  let wire: SlowWire | null = null;
  let putBack: () => Promise<void>;
  let other: Replica;
  let judgedFrom = 0;
  const ready = async (at = world.botUrl): Promise<unknown> => {
    const answer = await fetch(`${at}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };

  beforeAll(async () => {
    url = await postgres.newDatabase();
    world = await startWorld({ env: { DATABASE_URL: url, ...testOverrides({ replica: 'one' }) } });
    other = await world.startReplica('two');
    putBack = await rememberAzure(world);
  });
  afterAll(async () => {
    await world?.end();
    wire?.stop();
  });

  /** Both live as they did; the request is done, each change of Azure once, and every card says so. */
  async function isWhole(id: string, from: number): Promise<void> {
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    for (const place of [places.operations, places.approvals]) {
      const cards = await cardsAbout(world, place, people.approver, id);
      expect([1, 2]).toContain(cards.length);
      await until(
        async () =>
          (await cardsAbout(world, place, people.approver, id)).every((card) => /Succeeded/.test(activityText(card))),
        `every card of ${id} to be up to date`,
      );
    }
    const done = (await writes(world, from)).filter((write) => / 20[01]$/.test(write));
    expect(done).toHaveLength(new Set(done).size + 1);
    expect(done).toHaveLength(4);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const steps = record.events(id).filter((event) => event.startsWith('step-done'));
    expect(new Set(steps.map((event) => event.split('/')[0])).size).toBe(steps.length);
    // A replica says again that it stores with its next beat, and it may have to open a connection for that.
    for (const at of [world.botUrl, other.url]) {
      await until(async () => JSON.stringify(await ready(at)) === allReady, `${at} to be ready`);
    }
  }
  afterEach(async () => {
    // After one that failed, too: the next is not to fail because of it.
    await mendAzure(world);
    await putBack();
    const trouble = world
      .printed()
      .slice(judgedFrom)
      .match(/.*(cmk-bot ends|unhandled|uncaught|"level":60).*/gi);
    expect((trouble ?? []).map((line) => line.slice(0, 3_000))).toEqual([]);
  });

  test('a replica that is killed in mid-run and never comes back: the other one continues', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    // Either one may begin a run: the one that is killed is alone until it has begun this one.
    await other.end('SIGINT');
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    other = await world.startReplica('two');
    await world.endBot('SIGKILL');
    const killedAt = Date.now();
    await mendAzure(world);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const [first] = (await world.azureRequests()).map(({ at }) => Date.parse(at) - killedAt).filter((ms) => ms > 0);
    // Printed, not judged: machines are busy.
    process.stdout.write(`from the kill to the other's first call of Azure: ${first} ms\n`);
    await world.startBot();
    await isWhole(id, from);
    // That a replica failed, the other one said, as it should.
    expect(world.printed()).toMatch(/lost its replica/);
    judgedFrom = world.printed().length;
  });

  test('a server that is away for twelve seconds, in the middle of a run', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    const server = await crash();
    await mendAzure(world);
    expect(await ready()).toEqual({ status: 503, body: { status: 'not ready', missing: 'database' } });
    await pause(12_000);
    await server.start();
    await isWhole(id, from);
  });

  test('a server that is away when somebody clicks: they are told, and click again', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const server = await crash();
    const click = await approve(world, people.approver, card);
    expect(JSON.stringify(click)).toContain('The bot can’t save anything at the moment');
    await server.start();
    await until(async () => {
      try {
        answered(await approve(world, people.approver, card));
        return true;
      } catch {
        return false;
      }
    }, 'the click to be taken');
    await isWhole(id, from);
  });

  test('all connections ended again and again, through a whole run', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    answered(await approve(world, people.approver, card));
    for (let times = 0; times < 12; times += 1) {
      await endConnections(url);
      await pause(250);
    }
    await isWhole(id, from);
  });

  // The last: the proxy accepts connections even while the server is down.
  test('connections that are lost without an end, as when a server loses its network: it takes others within a minute', async () => {
    const lossy = await startSlowWire(url);
    wire = lossy;
    await other.end('SIGINT');
    other = await world.startReplica('two', { DATABASE_URL: lossy.url });
    await world.restartBot('SIGINT', { DATABASE_URL: lossy.url });
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    answered(await approve(world, people.approver, card));
    await untilFaultsAreMet(world);
    lossy.loseConnections();
    await mendAzure(world);
    await isWhole(id, from);
  });
});
