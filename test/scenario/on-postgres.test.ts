import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { botEnvironment, localBotPrincipal } from '../../src/local/bot-environment.ts';
import { cmkBot } from '../support/command-line.ts';
import { type EntraDatabase, startEntraDatabase } from '../support/entra-database.ts';
import { startPostgres } from '../support/postgres.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';

const postgres = await startPostgres();
const server = {
  newDatabase: async (): Promise<string> => (await postgres?.newDatabase()) ?? '',
};

afterAll(() => postgres?.stop());

/** Where there is no PostgreSQL its part shows as skipped. */
const onPostgres = postgres === null ? describe.skip : describe;

onPostgres('over PostgreSQL', () => {
  let world: World;
  let id = '';

  beforeAll(async () => {
    world = await startWorld({ env: { DATABASE_URL: await server.newDatabase() } });
  });
  afterAll(async () => {
    await world?.end();
  });

  test('a request goes from typing to succeeded, over a Ctrl-C in mid-run', async () => {
    id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, times: 1, delayMs: 500 });
    expect(answered(await approve(world, people.approver, card))).toContain('Approved, 1 of 1');
    await untilFaultsAreMet(world);
    await world.restartBot('SIGINT');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    expect(await writes(world)).toHaveLength(4);
  });

  test('the record verifies while the bot is running', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual([id]);
    expect(record.events(id).filter((event) => event.startsWith('step-done'))).toHaveLength(5);
    expect((await fetch(`${world.botUrl}/readyz`)).status).toBe(200);
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|audit before/i);
  });
});

onPostgres('over a PostgreSQL whose users are identities, which has no passwords', () => {
  let world: World;
  let gate: EntraDatabase;
  let behind = '';

  beforeAll(async () => {
    behind = await server.newDatabase();
    const { username } = new URL(behind);
    const identities = { [username]: localBotPrincipal.id };
    gate = await startEntraDatabase(behind, username, identities);
    world = await startWorld({
      env: { DATABASE_URL: gate.url, CMK_DATABASE_OWNER_URL: gate.url, CMK_DATABASE_SIGN_IN: 'entra' },
    });
  });
  afterAll(async () => {
    await world?.end();
    gate?.stop();
  });

  test('tables are brought up and requests carried out with tokens for databases, and with nothing else', async () => {
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const { database } = world;
    if (database.kind !== 'postgres') throw new Error('it is not on PostgreSQL');
    expect((await readRecord({ ...world, database: { ...database, url: behind } })).findings).toEqual([]);
    const before = gate.seen.length;
    const ports = { 'azure-port': world.azure.port, 'bot-port': 1, 'teams-port': 1, 'sign-in-port': 1 };
    const options = {
      data: world.azure.dataDir,
      latency: 'instant',
      ...ports,
      'step-up': false,
      reset: false,
    } as const;
    const settings = { DATABASE_URL: gate.url, CMK_DATABASE_SIGN_IN: 'entra' };
    const CMK_SEAL_KEY_FILE = path.join(world.dataDir, 'server-seal.key');
    const env = botEnvironment(options, { ...settings, CMK_SEAL_KEY_FILE });
    expect(await cmkBot(['audit', 'verify'], env)).toMatchObject({ code: 0, err: '' });
    expect(gate.seen.length).toBeGreaterThan(before);
    expect(gate.seen.filter((one) => !one.let)).toEqual([]);
    expect(world.printed()).not.toMatch(/eyJ/);
  });
});

onPostgres('two replicas over one PostgreSQL', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({
      env: { DATABASE_URL: await server.newDatabase(), CMK_REPLICA: 'one', CMK_HEARTBEAT: '500ms' },
    });
  });
  afterAll(() => world?.end());

  test('one is killed in mid-run and never comes back: the other goes on, writing each change once', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    const endOther = await world.startReplica('two');
    await world.endBot('SIGKILL');
    await mendAzure(world);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    expect(await writes(world)).toHaveLength(4);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(id).filter((event) => event.startsWith('step-done'))).toHaveLength(5);
    await endOther('SIGINT');
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|audit before/i);
  });

  test('the one that died starts again under its name, and what it had in its hands waits for nobody', async () => {
    const endOther = await world.startReplica('two');
    await world.startBot();
    const id = await ask(world, choices.policies);
    await approve(world, people.approver, await approvalCard(world, id));
    await world.endBot('SIGKILL');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await endOther('SIGINT');
  });
});
