import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { approver, localTenantId } from '../../sandbox/people.ts';
import { signingKey } from '../../src/audit/tlog/keys.ts';
import { checkpointText, noteOf, signText } from '../../src/audit/tlog/note.ts';
import type { Diagnosis, DiagnosisCode } from '../../src/operator/doctor/diagnosis.ts';
import { freePorts } from '../support/processes/free-ports.ts';
import { type ProductionWorld, printedByStart, startProductionWorld } from '../support/world/production-world.ts';

/**
 * Settings that are broken one at a time, in a configuration as in production: what the start of the bot says, and what doctor
 * says. Both name the variable and what to do, and neither prints a stack. Each variable: test/unit/config.
 */

const world = await startProductionWorld();
const where = world === null ? describe.skip : describe;
afterAll(() => world?.end());

type Change = Readonly<Record<string, string | null>>;

interface Row {
  readonly what: string;
  readonly breaks: (world: ProductionWorld) => Change | Promise<Change>;
  /** What the start says. Null: nothing that the start looks at is wrong. */
  readonly start: RegExp | null;
  /** What doctor says, under which code; null: only a start can find it. */
  readonly doctor: readonly [code: DiagnosisCode, outcome: Diagnosis['outcome'], found: RegExp] | null;
}

const file = (one: ProductionWorld, name: string): string => path.join(one.folder, name);
function write(one: ProductionWorld, name: string, text: string): string {
  writeFileSync(file(one, name), text, { mode: 0o600 });
  return file(one, name);
}

const seed = (byte: number): Buffer => Buffer.alloc(32, byte);
const logName = `cmk-bot/${localTenantId}/audit`;
/** Publishes a checkpoint, and gives the settings of a bot that would go on with it. */
function published(one: ProductionWorld, signedBy: number, claims: string = 'as it was signed'): Change {
  const text = checkpointText({ origin: logName, size: 0, root: seed(1) });
  const note = noteOf(text, [signText(text, signingKey(logName, 'log', seed(signedBy)))]);
  write(one, 'checkpoint', claims === 'as it was signed' ? note : note.replace(seed(1).toString('base64'), claims));
  const key = write(one, 'log.key', `${seed(7).toString('base64')}\n`);
  return { CMK_ANCHOR: one.folder, CMK_LOG_KEY_FILE: key };
}

const nobodysId = '20000000-0000-4000-8000-0000000000ff';

const elsewhere = (url: string, database: string): string => Object.assign(new URL(url), { pathname: database }).href;

const rows: readonly Row[] = [
  {
    what: 'a channel of nobody',
    breaks: () => ({ CMK_APPROVALS_CHANNEL: '19:nobodys@thread.tacv2' }),
    start: null,
    doctor: ['teams/channels', 'fail', /^CMK_APPROVALS_CHANNEL: Teams has no channel 19:nobodys@thread\.tacv2/],
  },
  {
    what: 'an approver’s ID that nobody has',
    breaks: () => ({ CMK_APPROVERS: nobodysId }),
    start: null,
    doctor: ['people/policy', 'fail', /no one can approve: its approvers have no members/],
  },
  {
    what: 'two approvals by one approver',
    breaks: () => ({ CMK_APPROVALS_REQUIRED: '2', CMK_APPROVERS: approver.id }),
    start: null,
    doctor: ['people/policy', 'fail', /2 approvals can be needed, and at most 1 person can give one/],
  },
  {
    what: 'a seal key that is not there',
    breaks: (one) => ({ CMK_SEAL_KEY_FILE: file(one, 'none.key') }),
    start: /the seal key doesn’t exist: \S+none\.key\. .*openssl rand -base64 32/,
    doctor: ['record/seals', 'fail', /the key cannot be used/],
  },
  {
    what: 'another log signing key',
    breaks: (one) => published(one, 8),
    start: /It isn’t signed with the log signing key in CMK_LOG_KEY_FILE or CMK_LOG_KEY_SECRET/,
    doctor: ['record/anchor', 'fail', /It isn’t signed with the log signing key in CMK_LOG_KEY_FILE/],
  },
  {
    what: 'a checkpoint that was changed',
    breaks: (one) => published(one, 7, seed(2).toString('base64')),
    start: /Its text was changed after it was signed with the log signing key/,
    doctor: ['record/anchor', 'fail', /Its text was changed after it was signed/],
  },
  {
    what: 'the database’s name',
    breaks: ({ settings }) => ({ DATABASE_URL: elsewhere(settings.DATABASE_URL ?? '', 'cmkk') }),
    start: /DATABASE_URL: \S+\/cmkk: database "cmkk" does not exist\. Correct the database’s name in DATABASE_URL/,
    doctor: ['db/answers', 'fail', /database "cmkk" does not exist/],
  },
  {
    what: 'an owner’s address of another database',
    breaks: ({ ownerUrl }) => ({ CMK_DATABASE_OWNER_URL: elsewhere(ownerUrl, 'postgres') }),
    start: /CMK_DATABASE_OWNER_URL: \S+\/postgres is another database than \S+ in DATABASE_URL/,
    doctor: ['db/owner', 'fail', /CMK_DATABASE_OWNER_URL: \S+\/postgres is another database than \S+ in DATABASE_URL/],
  },
  {
    what: 'a file in place of the folder to publish in',
    breaks: (one) => ({ ...published(one, 7), CMK_ANCHOR: write(one, 'a-file', '') }),
    start: /CMK_ANCHOR: \S+a-file is a file, or is inside one; name a folder that the bot can write to/,
    doctor: ['config/settings', 'fail', /CMK_ANCHOR: \S+a-file is a file/],
  },
  {
    what: 'a file of authorities that is not there',
    breaks: () => ({ AZURE_CA_FILE: '/nowhere/ca.pem' }),
    start: /AZURE_CA_FILE: \/nowhere\/ca\.pem can’t be used: ENOENT/,
    doctor: ['config/settings', 'fail', /AZURE_CA_FILE: \/nowhere\/ca\.pem can’t be used/],
  },
  {
    what: 'no secret for Azure on a machine without a managed identity',
    breaks: () => ({ AZURE_CLIENT_SECRET: null }),
    start: null,
    doctor: [
      'azure/sign-in',
      'fail',
      /AZURE_CLIENT_SECRET isn’t set, nor is AZURE_FEDERATED_TOKEN_FILE, so the bot signs in with a managed identity \(client ID \S+ in AZURE_CLIENT_ID\), which this machine doesn’t have/,
    ],
  },
  {
    what: 'a port that is in use',
    breaks: ({ settings }) => ({ PORT: settings.PORT ?? '' }),
    start: /PORT: port \d+ of 127\.0\.0\.1 is in use\. End the program that uses it, or set PORT to another port/,
    doctor: null,
  },
];

where('each broken setting', () => {
  beforeAll(() => world?.putBack());
  afterEach(() => world?.putBack());

  test.each(rows.map((row) => [row.what, row] as const))('is named: %s', async (_what, row) => {
    if (world === null) return;
    world.set({ PORT: String(await freePorts(1)) });
    world.set(await row.breaks(world));
    if (row.doctor !== null) {
      const [code, outcome, found] = row.doctor;
      expect(await world.doctor('--only', code)).toContainEqual(
        expect.objectContaining({ code, outcome, found: expect.stringMatching(found) }),
      );
    }
    if (row.start === null) return;
    const printed = await printedByStart(world);
    expect(printed).toMatch(row.start);
    expect(printed).not.toMatch(/^\s+at /m);
  });
});
