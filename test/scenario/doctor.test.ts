import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localBotPrincipal } from '../../sandbox/bot-environment.ts';
import { requestersGroup } from '../../sandbox/people.ts';
import type { Diagnosis, DiagnosisCode } from '../../src/operator/doctor/diagnosis.ts';
import type { AzureState, Change } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { researchId } from '../support/azure/local-azure-names.ts';
import { freePorts } from '../support/processes/free-ports.ts';
import { runAs } from '../support/store/postgres.ts';
import { printedByStart, startProductionWorld, teamsApp } from '../support/world/production-world.ts';

/**
 * What is broken is named, and the very commands that the doctor prints mend it: settings through `cmk-bot setup`, Azure through what
 * stands in for its command line, the database and files through a shell. A start that refuses says the same.
 */

const world = await startProductionWorld();
afterAll(() => world.end());

interface Broken {
  readonly code: DiagnosisCode;
  readonly found: RegExp;
  readonly breaks: () => unknown;
  /** If it isn't a failure. */
  readonly outcome?: 'warn';
  /** What is answered where a command asks for a setting, if it isn't what the command before printed. */
  readonly value?: (command: string) => string;
  /** Of the commands, where the others are another way or only look. */
  readonly runs?: RegExp;
  /** No command mends it: a person chooses. */
  readonly byHand?: true;
}
type More = Partial<Pick<Broken, 'outcome' | 'value' | 'runs' | 'byHand'>>;
/** Broken at once; what the start says of it, where it refuses. */
type Case = readonly [what: string, rows: readonly Broken[], start: RegExp | null];

const row = (code: DiagnosisCode, found: RegExp, breaks: Broken['breaks'], more: More = {}): Broken => ({
  code,
  found,
  breaks,
  ...more,
});
const set = (name: string, value: string | null) => () => world.set({ [name]: value });
const azure = (change: (state: AzureState) => void) => () => changeState(world.azure, change);
const withoutGraph = (permission: string) =>
  azure(({ principals }) => {
    for (const bot of principals.filter(({ id }) => id === localBotPrincipal.id))
      bot.graphPermissions = bot.graphPermissions.filter((one) => one !== permission);
  });
const registration = (change: object) =>
  azure(({ botServices }) => {
    for (const bot of botServices) Object.assign(bot, change);
  });
/** The bot's assignments of roles with such names, in the subscription for research or everywhere. */
const unassigned =
  (roleName: RegExp, where = `/subscriptions/${researchId}`): Change =>
  (state) => {
    const roles = state.roleDefinitions.filter((one) => roleName.test(one.roleName)).map(({ id }) => id);
    state.roleAssignments = state.roleAssignments.filter(
      ({ scope, roleDefinitionId, principalId }) =>
        principalId !== localBotPrincipal.id || !scope.startsWith(where) || !roles.includes(roleDefinitionId),
    );
  };
const secretEnded = azure(({ principals }) => {
  for (const app of principals.filter(({ appId }) => appId === teamsApp.id))
    app.secretEndsAt = new Date(Date.now() - 86_400_000).toISOString();
});
const inDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
/** As the server's own administrator. */
const asServer = (): string => Object.assign(new URL(world.ownerUrl), { username: 'postgres' }).href;
async function toFreshDatabase(): Promise<void> {
  const name = `fresh_${randomUUID().slice(0, 8)}`;
  await runAs(asServer(), [`create database ${name} owner ${new URL(world.ownerUrl).username}`]);
  const [bot = '', owner = ''] = [world.settings.DATABASE_URL ?? '', world.ownerUrl].map((url) =>
    inDatabase(url, name),
  );
  world.set({ DATABASE_URL: bot, CMK_DATABASE_OWNER_URL: owner });
}
/** What a setting was before. */
const before = (command: string): string => world.settings[command.split(' ').at(-1) ?? ''] ?? '';
const inFolder = (name: string): string => path.join(world.folder, name);
const link =
  'https://teams.microsoft.com/l/channel/19%3Aapprovals%40thread.tacv2/Approvals?groupId=7&tenantId=10000000-0000-4000-8000-000000000000';

const cases: readonly Case[] = [
  [
    'a setting that is missing',
    [
      row('config/settings', /CMK_APPROVALS_CHANNEL: is missing/, set('CMK_APPROVALS_CHANNEL', null), {
        value: () => link,
      }),
    ],
    null,
  ],
  [
    'people and channels',
    [
      row('people/roles', /no one can request/, set('CMK_REQUESTERS', null), { value: () => requestersGroup.id }),
      row('people/roles', /approvers are notified of key changes/, set('CMK_OPERATORS', null), {
        outcome: 'warn',
        value: before,
      }),
      row('teams/channels', /no copy in Teams/, set('CMK_AUDIT_CHANNEL', 'none'), {
        outcome: 'warn',
        value: before,
        runs: /cmk-bot/,
      }),
      row('people/sign-in', /a click in Teams is enough/, set('CMK_STEP_UP', null), { outcome: 'warn', value: before }),
    ],
    null,
  ],
  [
    'the registration, and what Graph permits',
    [
      row(
        'teams/endpoint',
        /says https:\/\/old-host/,
        registration({ endpoint: 'https://old-host.example/api/messages' }),
      ),
      row('teams/channel', /off: Teams can’t reach the bot/, registration({ channels: ['WebChatChannel'] })),
      row('teams/secret', /expired on .* UTC: the bot can’t sign in/, secretEnded),
      row('graph/rights', /not granted: .*no one has a role/, withoutGraph('GroupMember.Read.All')),
    ],
    null,
  ],
  [
    'the secrets that it signs in with',
    [
      row('teams/bot', /AADSTS7000215/, set('MicrosoftAppPassword', 'mistyped')),
      row('azure/sign-in', /AADSTS7000215/, set('AZURE_CLIENT_SECRET', 'mistyped')),
    ],
    null,
  ],
  [
    'roles in a subscription',
    [
      row('azure/subscription', /403 AuthorizationFailed/, azure(unassigned(/^(CMK bot.*|Reader)$/)), {
        runs: /az role/,
      }),
    ],
    null,
  ],
  [
    'the role for logs',
    // Reader may read and query whatever its roles let it.
    [
      row('azure/logs', /403 InsufficientAccessError/, azure(unassigned(/^(Reader|CMK bot logs)$/, '/')), {
        runs: /grant-azure/,
      }),
    ],
    null,
  ],
  [
    'the database’s name',
    [
      row(
        'db/answers',
        /database "cmkk" does not exist/,
        () => world.set({ DATABASE_URL: inDatabase(world.settings.DATABASE_URL ?? '', 'cmkk') }),
        { value: before, runs: /cmk-bot/ },
      ),
    ],
    /DATABASE_URL: \S+\/cmkk: database "cmkk" does not exist\. Correct the database’s name in DATABASE_URL/,
  ],
  [
    'a database without tables',
    [row('db/tables', /has no audit log that this version can read yet/, toFreshDatabase)],
    null,
  ],
  [
    'rights in the database',
    [
      row('db/role', /can update, delete events/, () =>
        runAs(world.ownerUrl, [`grant update, delete on cmk.event to ${world.role}`]),
      ),
    ],
    null,
  ],
  [
    'a seal key that others can read',
    [row('record/seals', /the key cannot be used/, () => chmodSync(world.settings.CMK_SEAL_KEY_FILE ?? '', 0o644))],
    null,
  ],
  [
    'a seal key that is not there',
    [
      row('record/seals', /the key cannot be used/, () => world.set({ CMK_SEAL_KEY_FILE: inFolder('none.key') }), {
        byHand: true,
      }),
    ],
    /the seal key doesn’t exist: \S+none\.key\. .*openssl rand -base64 32/,
  ],
];

/** Guard policies are optional, and the doctor warns without them. */
const ill = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  found.filter(({ outcome, code }) => outcome !== 'ok' && code !== 'azure/guard');

beforeEach(() => world.putBack());

test('a bot that is installed as it should be is well in everything that can be looked at from here', async () => {
  world.set({ CMK_DATABASE_OWNER_URL: null });
  const found = await world.doctor();
  expect(ill(found)).toEqual([expect.objectContaining({ code: 'record/anchor', outcome: 'warn' })]);
  expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(['people/groups', 'db/tls', 'teams/secret']));
});

/** Carries out the commands for each row, one that several print once. */
async function mend(rows: readonly Broken[], found: readonly Diagnosis[]): Promise<void> {
  const carriedOut = new Set<string>();
  for (const { code, value, runs = /./, ...row } of rows) {
    const named = found.filter((one) => one.code === code && row.found.test(one.found));
    const commands = named.flatMap((one) => one.commands).filter((command) => runs.test(command));
    expect([code, commands]).not.toEqual([code, []]);
    let printed = '';
    for (const command of commands.filter((one) => !carriedOut.has(one))) {
      carriedOut.add(command);
      printed = (await world.carryOut(command, value?.(command) ?? printed)) || printed;
    }
  }
}

test.each(cases)('%s: the doctor says so, and its commands put it right', async (_what, rows, start) => {
  for (const { breaks } of rows) await breaks();
  const only = ['--only', rows.map(({ code }) => code).join()];
  const found = ill(await world.doctor(...only));
  const outcomes = rows.map(({ code, found: words }) =>
    found.find((one) => one.code === code && words.test(one.found)),
  );
  expect(outcomes.map((one) => one?.outcome ?? found)).toEqual(rows.map(({ outcome = 'fail' }) => outcome));
  if (start !== null) {
    world.set({ PORT: String(await freePorts(1)) });
    const printed = await printedByStart(world);
    expect(printed).toMatch(start);
    expect(printed).not.toMatch(/^\s+at /m);
  }
  if (rows.some(({ byHand }) => byHand)) return;
  await mend(rows, found);
  expect(ill(await world.doctor(...only))).toEqual([]);
});

test('a published log with more than the record is a failure, and nothing that a command mends', async () => {
  const anchor = inFolder('anchor');
  writeFileSync(inFolder('log.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  world.set({ CMK_ANCHOR: anchor, CMK_LOG_KEY_FILE: inFolder('log.key') });
  mkdirSync(anchor);
  writeFileSync(path.join(anchor, 'checkpoint'), `cmk-bot/audit\n9\n${Buffer.alloc(32).toString('base64')}\n\n`);
  const found = `9 events are published in ${anchor}, and the audit log has 0`;
  const commands = [`cmk-bot audit verify --anchor ${anchor}`];
  expect(await world.doctor('--only', 'record/anchor')).toMatchObject([{ outcome: 'fail', found, commands }]);
});
