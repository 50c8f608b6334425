import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localBotPrincipal } from '../../sandbox/bot-environment.ts';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { takeRoles } from '../support/azure/azure-state.ts';
import { type Azurite, startAzurite } from '../support/azure/azurite.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { putSealSecret, sealKeyInVault, sealSecretName } from '../support/azure/seal-secret.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { type EntraDatabase, startEntraDatabase } from '../support/store/entra-database.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { serverSealKey } from '../support/store/seal-keys.ts';
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
import { queryStore, readRecord, startWorld, type World } from '../support/world/world.ts';

/**
 * A server as in production: its users are identities, the seal key is a secret of a vault, and the log is published in a container
 * of storage, where there is an emulator of it. No password, no file. The command line works beside the bot.
 */

describe('over a PostgreSQL that is signed in to with tokens, sealed with a secret of a vault', () => {
  let world: World;
  let gate: EntraDatabase;
  let behind = '';
  let id = '';
  let azurite: Azurite | null = null;
  let published: NodeJS.ProcessEnv = {};
  const inFolder = (name: string): string => path.join(world.dataDir, name);

  async function publishing(): Promise<NodeJS.ProcessEnv> {
    await writeFile(inFolder('log.key'), `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 });
    const file = (...names: readonly string[]) => readFile(path.join(world.azure.dataDir, ...names), 'utf8');
    const [ca = '', key = ''] = await Promise.all([file('ca.pem'), file('azure', 'server-key.pem')]);
    azurite = await startAzurite(Promise.resolve({ ca, cert: ca, key }));
    return {
      CMK_LOG_NAME: 'bot.example/audit',
      CMK_LOG_KEY_FILE: inFolder('log.key'),
      CMK_CHECKPOINT_EVERY: '200ms',
      CMK_ANCHOR: azurite?.container ?? inFolder('anchor'),
    };
  }

  beforeAll(async () => {
    behind = await newDatabase();
    const { username } = new URL(behind);
    gate = await startEntraDatabase(behind, username, { [username]: localBotPrincipal.id });
    world = await startWorld({
      env: { DATABASE_URL: gate.url, CMK_DATABASE_OWNER_URL: gate.url, CMK_DATABASE_SIGN_IN: 'entra' },
      sealKey: sealKeyInVault,
    });
    published = await publishing();
  });
  afterAll(async () => {
    await world?.end();
    gate?.stop();
    await azurite?.stop();
  });

  /** What the operator's shell has. */
  const settings = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
    const { CMK_SEAL_KEY_FILE: _, ...others } = world.settings;
    const secret = `https://localhost:${world.azure.port + 1}/secrets/${sealSecretName}`;
    const database = { DATABASE_URL: gate.url, CMK_DATABASE_SIGN_IN: 'entra' };
    return { ...others, ...database, CMK_SEAL_KEY_SECRET: secret, ...more };
  };

  test('tables are brought up and a request is carried out, over a Ctrl-C in mid-run, with tokens and nothing else', async () => {
    const from = (await world.azureRequests()).length;
    id = await ask(world);
    const card = await approvalCard(world, id);
    const grant = { method: 'PUT', url: 'roleAssignments' };
    await faultAzure(world, { match: grant, ...untilMended });
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await untilFaultsAreMet(world);
    await world.endBot('SIGINT');
    await mendAzure(world);
    await untilAzureAnswered(world, grant, 1, from);
    await world.startBot(published);
    for (const place of [places.operations, places.approvals])
      await shows(world, place, people.approver, id, /Succeeded/);
    expect(await writes(world, from)).toHaveLength(4);
    const record = await readRecord({ ...world, databaseUrl: behind });
    expect(record.findings).toEqual([]);
    expect(record.events(id).filter((event) => event.startsWith('step-done'))).toHaveLength(5);
    expect(gate.seen.filter((one) => !one.let)).toEqual([]);
    expect(world.printed()).not.toMatch(/eyJ|unhandled|unexpected error|audit before/i);
  });

  test('evidence is taken beside the bot, of what it publishes, and proves itself', async () => {
    const pack = inFolder('pack.zip');
    const keys = inFolder('my-keys.txt');
    const before = gate.seen.length;
    expect(await cmkBot(['evidence', id, '-o', pack], settings(published))).toMatchObject({ code: 0, err: '' });
    expect(gate.seen.length).toBeGreaterThan(before);
    const logKey = signingKey('bot.example/audit', 'log', Buffer.alloc(32, 5)).verifier;
    await writeFile(keys, `${keyLine(logKey)}\n`);
    const place = String(published.CMK_ANCHOR);
    const given = ['--log-key', keys, '--anchor', place];
    // It reads files only: of a container an auditor takes a copy.
    const later = place.startsWith('https:') ? [] : ['--later', place];
    const python = verifyInPython(pack, '--keys', keys, ...later);
    expect(python).toEqual([0, expect.stringMatching(/^proved: \d+ events of CMK-/), '']);
    const whole = await cmkBot(['audit', 'verify', ...given], settings(published));
    expect([whole.code, whole.out]).toEqual([0, expect.stringMatching(/Published log: \d+ events .* consistent/)]);
  });

  const newerKey = Buffer.from('a newer key for tests, and for no other').toString('base64');

  test('a newer version of the secret with a further line is the newer key, from the next start on', async () => {
    const sealed = "select seal_key as key from cmk.document union select split_part(seal, ':', 1) from cmk.person";
    const before = await queryStore({ databaseUrl: behind }, sealed);
    await world.endBot('SIGINT');
    const end = (await cmkBot(['audit', 'verify'], settings())).out;
    const [, seq, hash] = /The log ends at event (\d+), ([\da-f]{64})\./.exec(end) ?? [];
    await putSealSecret(world.azure, `${serverSealKey} until ${seq} ${hash}`, newerKey);
    await world.startBot();
    // What the older key has sealed of the chat has a new seal.
    const after = await queryStore({ databaseUrl: behind }, sealed);
    expect([before.length, after.length, after]).toEqual([1, 1, expect.not.arrayContaining([...before])]);
    await ask(world, choices.test);
    const said = await cmkBot(['audit', 'verify'], settings());
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('2 seal keys, checked');
    const doctor = await cmkBot(['doctor'], settings());
    expect(doctor.out).toMatch(/seals .*of https:\/\/localhost:\d+\/secrets\/seal-key\/[0-9a-f]{32}, and 1 older key/);
    expect(`${doctor.out}${world.printed()}`).not.toContain(newerKey);
  });

  test('without the right to the secret it does not start, and says who has to give what', async () => {
    await changeState(world.azure, takeRoles(localBotPrincipal.id));
    await expect(world.restartBot('SIGINT')).rejects.toThrow(
      /does not start: the seal key \(CMK_SEAL_KEY_SECRET\): reading secret seal-key in localhost:\d+: ForbiddenByRbac: Caller is not authorized[\s\S]*Give the bot’s identity the role Key Vault Secrets User/,
    );
  });
});
