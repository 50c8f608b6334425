import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packFile } from '../../src/audit/pack/files.ts';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { botEnvironment, localBotPrincipal } from '../../src/sandbox/bot-environment.ts';
import { verifyPy } from '../support/audit/outside-judges.ts';
import { readPack } from '../support/audit/taken-evidence.ts';
import { takeRoles } from '../support/azure/azure-state.ts';
import { type Azurite, startAzurite } from '../support/azure/azurite.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { putSealSecret, sealKeyInVault, sealSecretName } from '../support/azure/seal-secret.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { type EntraDatabase, startEntraDatabase } from '../support/store/entra-database.ts';
import { startPostgres } from '../support/store/postgres.ts';
import { serverSealKey } from '../support/store/seal-keys.ts';
import { settingsOf } from '../support/world/operator-settings.ts';
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
  untilAzureAnswered,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

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
  let azurite: Azurite | null = null;
  let published: NodeJS.ProcessEnv = {};

  /** In a container where there is an emulator of storage, else in a folder: both lie beside the server. */
  async function publishing(): Promise<NodeJS.ProcessEnv> {
    const keyFile = path.join(world.dataDir, 'log.key');
    await writeFile(keyFile, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
    const file = (...names: readonly string[]) => readFile(path.join(world.azure.dataDir, ...names), 'utf8');
    const [ca = '', cert = '', key = ''] = await Promise.all([
      file('ca.pem'),
      file('azure', 'server.pem'),
      file('azure', 'server-key.pem'),
    ]);
    azurite = await startAzurite(Promise.resolve({ ca, cert, key }));
    return {
      CMK_LOG_NAME: 'bot.example/audit',
      CMK_LOG_KEY_FILE: keyFile,
      CMK_CHECKPOINT_EVERY: '200ms',
      CMK_ANCHOR: azurite?.container ?? path.join(world.dataDir, 'anchor'),
    };
  }

  /** What the operator's shell has. */
  const settings = (): NodeJS.ProcessEnv => ({ ...settingsOf(world), ...published, DATABASE_URL: databaseUrl });
  let databaseUrl = '';

  beforeAll(async () => {
    databaseUrl = await server.newDatabase();
    world = await startWorld({ env: { DATABASE_URL: databaseUrl } });
    published = await publishing();
  });
  afterAll(async () => {
    await world?.end();
    await azurite?.stop();
  });

  test('a request goes from typing to succeeded, over a Ctrl-C in mid-run', async () => {
    id = await ask(world);
    const card = await approvalCard(world, id);
    const grant = { method: 'PUT', url: 'roleAssignments' };
    await faultAzure(world, { match: grant, ...untilMended });
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await untilFaultsAreMet(world);
    await world.endBot('SIGINT');
    await mendAzure(world);
    await untilAzureAnswered(world, grant, 1, 0);
    await world.startBot(published);
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

  test('evidence is taken beside it, of what it publishes, and proves itself to both verifiers', async () => {
    const [pack, keys] = [path.join(world.dataDir, 'pack.zip'), path.join(world.dataDir, 'my-keys.txt')];
    expect(await cmkBot(['evidence', id, '-o', pack], settings())).toMatchObject({ code: 0, err: '' });
    const logKey = signingKey('bot.example/audit', 'log', Buffer.alloc(32, 5)).verifier;
    await writeFile(keys, `${keyLine(logKey)}\n`);
    const given = ['--log-key', keys, '--anchor', String(published.CMK_ANCHOR)];
    const ours = await cmkBot(['audit', 'verify', pack, ...given], settings());
    expect([ours.code, ours.err]).toEqual([0, '']);
    expect(ours.out).toMatch(/^verified: \d+ events of CMK-[\s\S]* still holds them/);
    const python = await verifyPy(pack, '--keys', keys);
    if (python !== null) expect(python).toEqual([0, expect.stringMatching(/^proved: \d+ events of CMK-/)]);
    const whole = await cmkBot(['audit', 'verify', ...given], settings());
    expect([whole.code, whole.out]).toEqual([0, expect.stringMatching(/Published log: \d+ events .* consistent/)]);
  });

  test('a statement made beside it has the log’s own keys, of this shell’s settings', async () => {
    const out = path.join(world.dataDir, 'statement.zip');
    const today = new Date().toISOString().slice(0, 10);
    const made = await cmkBot(['statement', '--from', today, '--to', today, '--out', out], settings());
    expect(made).toMatchObject({ code: 0, err: '' });
    const keys = (await readPack(out)).get(packFile.keys)?.toString('utf8');
    expect(keys).toBe(await readFile(path.join(world.dataDir, 'my-keys.txt'), 'utf8'));
  });
});

const secretOf = (world: World): string => `https://localhost:${world.azure.port + 1}/secrets/${sealSecretName}`;

onPostgres(
  'over a PostgreSQL whose users are identities, sealed with a secret of a vault: no password, no file',
  () => {
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
        sealKey: sealKeyInVault,
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
      expect(gate.seen.filter((one) => !one.let)).toEqual([]);
      expect(world.printed()).not.toMatch(/eyJ/);
    });

    /** What the operator's shell has. */
    const settings = (): NodeJS.ProcessEnv => {
      const ports = { 'azure-port': world.azure.port, 'bot-port': 1, 'teams-port': 1, 'sign-in-port': 1 };
      const options = {
        data: world.azure.dataDir,
        latency: 'instant',
        ...ports,
        'step-up': false,
        reset: false,
      } as const;
      const named = { DATABASE_URL: gate.url, CMK_DATABASE_SIGN_IN: 'entra', CMK_SEAL_KEY_SECRET: secretOf(world) };
      return botEnvironment(options, named);
    };

    test('the command line signs in as the bot does, to the database and to the vault', async () => {
      const before = gate.seen.length;
      expect(await cmkBot(['audit', 'verify'], settings())).toMatchObject({ code: 0, err: '' });
      expect(gate.seen.length).toBeGreaterThan(before);
    });

    const newerKey = Buffer.from('a newer key for tests, and for no other').toString('base64');

    test('a newer version of the secret with a further line is the newer key, from the next start on', async () => {
      await putSealSecret(world.azure, serverSealKey, newerKey);
      await world.restartBot('SIGINT');
      await ask(world, choices.test);
      const said = await cmkBot(['audit', 'verify'], settings());
      expect(said).toMatchObject({ code: 0, err: '' });
      expect(said.out).toContain('2 seal keys, checked');
      const doctor = await cmkBot(['doctor'], settings());
      expect(doctor.out).toMatch(
        /seals .*of https:\/\/localhost:\d+\/secrets\/seal-key\/[0-9a-f]{32}, and 1 older key/,
      );
      expect(`${doctor.out}${world.printed()}`).not.toContain(newerKey);
    });

    test('without the right to the secret it does not start, and says who has to give what', async () => {
      await changeState(world.azure, takeRoles(localBotPrincipal.id));
      await expect(world.restartBot('SIGINT')).rejects.toThrow(
        /does not start: the seal key \(CMK_SEAL_KEY_SECRET\): reading secret seal-key in localhost:\d+: ForbiddenByRbac: Caller is not authorized[\s\S]*Give the bot’s identity the role Key Vault Secrets User/,
      );
    });
  },
);

onPostgres('two replicas over one PostgreSQL', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({
      // As in production: docs/explanation/reliability.md says how long it takes.
      env: { DATABASE_URL: await server.newDatabase(), CMK_REPLICA: 'one', CMK_HEARTBEAT: '1s' },
    });
  });
  afterAll(() => world?.end());

  test('one is killed in mid-run and never comes back: the other goes on, writing each change once', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    const other = await world.startReplica('two');
    await world.endBot('SIGKILL');
    const killedAt = Date.now();
    await mendAzure(world);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const [first] = (await world.azureRequests()).map(({ at }) => Date.parse(at) - killedAt).filter((ms) => ms > 0);
    // Printed, not judged: machines are busy.
    process.stdout.write(`from the kill to the other's first call of Azure: ${first} ms\n`);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    expect(await writes(world)).toHaveLength(4);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(id).filter((event) => event.startsWith('step-done'))).toHaveLength(5);
    await other.end('SIGINT');
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|audit before/i);
  });

  test('the one that died starts again under its name, and what it had in its hands waits for nobody', async () => {
    const other = await world.startReplica('two');
    await world.startBot();
    const id = await ask(world, choices.policies);
    await approve(world, people.approver, await approvalCard(world, id));
    await world.endBot('SIGKILL');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await other.end('SIGINT');
  });
});
