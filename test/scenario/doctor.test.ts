import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localBotPrincipal } from '../../sandbox/bot-environment.ts';
import { requestersGroup } from '../../sandbox/people.ts';
import type { Diagnosis, DiagnosisCode } from '../../src/operator/doctor/diagnosis.ts';
import { type AzureState, type Change, withoutActions } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { careId, researchId } from '../support/azure/local-azure-names.ts';
import { freePorts } from '../support/processes/free-ports.ts';
import { runAs } from '../support/store/postgres.ts';
import { printedByStart, startProductionWorld, teamsApp } from '../support/world/production-world.ts';

/**
 * Every broken setting is named, and the very commands that the doctor prints mend it: settings through `cmk-bot setup`, Azure
 * through what stands in for its command line, the database and files through a shell. A start that refuses says the same.
 */

const world = await startProductionWorld();
afterAll(() => world.end());

interface Broken {
  readonly code: DiagnosisCode;
  /** A failure, if it says nothing else. */
  readonly outcome?: 'warn';
  readonly found: RegExp;
  readonly breaks: () => unknown;
  /** What is answered where a command asks for a setting, if it isn't what the command before printed. */
  readonly value?: (command: string) => string;
  /** Of the commands, where the others are another way or only look. */
  readonly runs?: RegExp;
  /** No command mends it: a person chooses. */
  readonly byHand?: true;
}
type More = Partial<Pick<Broken, 'outcome' | 'value' | 'runs' | 'byHand'>>;
/** Broken at once; what the start says of it, where it refuses. */
interface Case {
  readonly what: string;
  readonly rows: readonly Broken[];
  readonly start?: RegExp;
}

const row = (code: DiagnosisCode, found: RegExp, breaks: Broken['breaks'], more: More = {}): Broken => ({
  ...{ code, found, breaks },
  ...more,
});
const [byHand, warn] = [{ byHand: true }, { outcome: 'warn' }] as const;
const set = (name: string, value: string | null) => () => world.set({ [name]: value });
/** Put right by `cmk-bot setup`, with the value that it had. */
const mistyped = (code: DiagnosisCode, found: RegExp, name: string, value: string | null, more: More = {}): Broken =>
  row(code, found, set(name, value), { value: () => world.settings[name] ?? '', runs: /cmk-bot/, ...more });
const azure = (change: (state: AzureState) => void) => () => changeState(world.azure, change);
const onBot = (change: (permissions: string[]) => string[]) =>
  azure(({ principals }) => {
    const bot = principals.find(({ id }) => id === localBotPrincipal.id);
    if (bot !== undefined) bot.graphPermissions = change(bot.graphPermissions);
  });
const without = (permission: string) => onBot((all) => all.filter((one) => one !== permission));
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
const vaultsDeletable = azure(({ roleDefinitions }) => {
  for (const { roleName, permissions } of roleDefinitions)
    if (roleName === 'CMK bot') permissions[0]?.actions.push('Microsoft.KeyVault/vaults/delete');
});
/** As the server's own administrator. */
const asServer = (): string => Object.assign(new URL(world.ownerUrl), { username: 'postgres' }).href;
const inDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
const databaseUrl = (code: DiagnosisCode, found: RegExp, change: (url: string) => string): Broken => ({
  ...mistyped(code, found, 'DATABASE_URL', null),
  breaks: () => world.set({ DATABASE_URL: change(world.settings.DATABASE_URL ?? '') }),
});
async function toFreshDatabase(): Promise<void> {
  const name = `fresh_${randomUUID().slice(0, 8)}`;
  await runAs(asServer(), [`create database ${name} owner ${new URL(world.ownerUrl).username}`]);
  const [bot, owner] = [world.settings.DATABASE_URL ?? '', world.ownerUrl].map((url) => inDatabase(url, name));
  world.set({ DATABASE_URL: bot ?? '', CMK_DATABASE_OWNER_URL: owner ?? '' });
}
const inFolder = (name: string): string => path.join(world.folder, name);
/** A key for the log; where it is published. */
function publishIn(anchor: string): string {
  writeFileSync(inFolder('log.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  world.set({ CMK_ANCHOR: inFolder(anchor), CMK_LOG_KEY_FILE: inFolder('log.key') });
  return inFolder(anchor);
}
const link =
  'https://teams.microsoft.com/l/channel/19%3Aapprovals%40thread.tacv2/Approvals?groupId=7&tenantId=10000000-0000-4000-8000-000000000000';

const cases: readonly Case[] = [
  {
    what: 'a setting is missing',
    rows: [
      row('config/settings', /CMK_APPROVALS_CHANNEL: is missing/, set('CMK_APPROVALS_CHANNEL', null), {
        value: () => link,
      }),
    ],
  },
  {
    what: 'what settings name is not there',
    rows: [
      row('config/settings', /CMK_ANCHOR: \S+log\.key is a file/, () => publishIn('log.key'), byHand),
      row(
        'config/settings',
        /AZURE_CA_FILE: \/nowhere\/ca\.pem can’t be used/,
        set('AZURE_CA_FILE', '/nowhere/ca.pem'),
        byHand,
      ),
    ],
    start:
      /CMK_ANCHOR: \S+log\.key is a file, or is inside one; name a folder[\s\S]*AZURE_CA_FILE: \/nowhere\/ca\.pem can’t be used: ENOENT/,
  },
  {
    what: 'people and channels',
    rows: [
      row('people/roles', /no one can request/, set('CMK_REQUESTERS', null), { value: () => requestersGroup.id }),
      mistyped(
        'teams/channels',
        /^CMK_OPERATIONS_CHANNEL: Teams has no channel 19:no@/,
        'CMK_OPERATIONS_CHANNEL',
        '19:no@thread.tacv2',
        byHand,
      ),
      mistyped('teams/channels', /the audit log has no copy in Teams/, 'CMK_AUDIT_CHANNEL', 'none', warn),
      mistyped('people/sign-in', /a click in Teams is enough/, 'CMK_STEP_UP', null, warn),
    ],
  },
  {
    what: 'the registration, and what Graph permits',
    rows: [
      row(
        'teams/endpoint',
        /the registration says https:\/\/old-host/,
        registration({ endpoint: 'https://old-host.example/api/messages' }),
      ),
      row('teams/channel', /off: Teams can’t reach the bot/, registration({ channels: ['WebChatChannel'] })),
      row('teams/secret', /expired on .* UTC: the bot can’t sign in/, secretEnded),
      row('graph/rights', /not granted: .*no one has a role/, without('GroupMember.Read.All')),
      row('graph/rights', /not granted: .*no one has a role/, without('User.Read.All')),
    ],
  },
  {
    what: 'more than the bot needs',
    rows: [
      row('azure/rights', /^Microsoft\.KeyVault\/vaults\/delete$/, vaultsDeletable, { ...warn, ...byHand }),
      row(
        'graph/rights',
        /^granted$/,
        onBot((all) => [...all, 'Directory.Read.All']),
        { ...warn, ...byHand },
      ),
    ],
  },
  {
    what: 'the secrets that it signs in with',
    rows: [
      row('teams/bot', /AADSTS7000215/, set('MicrosoftAppPassword', 'mistyped')),
      row('azure/sign-in', /AADSTS7000215/, set('AZURE_CLIENT_SECRET', 'mistyped')),
    ],
  },
  {
    what: 'no secret on a machine without a managed identity',
    rows: [
      row(
        'azure/sign-in',
        /AZURE_CLIENT_SECRET isn’t set, .* which this machine doesn’t have/,
        set('AZURE_CLIENT_SECRET', null),
        byHand,
      ),
    ],
  },
  {
    what: 'a subscription that is not there',
    rows: [
      mistyped(
        'azure/subscription',
        /SubscriptionNotFound/,
        'CMK_SUBSCRIPTIONS',
        `${careId},40000000-0000-4000-8000-00000000dead`,
      ),
    ],
  },
  {
    what: 'roles in a subscription',
    rows: [
      row('azure/subscription', /403 AuthorizationFailed/, azure(unassigned(/^(CMK bot.*|Reader)$/)), {
        runs: /az role/,
      }),
    ],
  },
  {
    what: 'rights of a role',
    rows: [
      row(
        'azure/rights',
        /lacks Microsoft\.KeyVault\/vaults\/keys\/versions\/read on vaults in rg-/,
        azure(withoutActions('Microsoft.KeyVault/vaults/keys/versions/read')),
        warn,
      ),
      // Reader may read and query whatever its roles let it.
      row('azure/logs', /403 InsufficientAccessError/, azure(unassigned(/^(Reader|CMK bot logs)$/, '/')), {
        runs: /grant-azure/,
      }),
    ],
  },
  {
    what: 'the database’s name',
    rows: [databaseUrl('db/answers', /database "cmkk" does not exist/, (url) => inDatabase(url, 'cmkk'))],
    start: /DATABASE_URL: \S+\/cmkk: database "cmkk" does not exist\. Correct the database’s name in DATABASE_URL/,
  },
  {
    what: 'an owner’s address of another database',
    rows: [
      row(
        'db/owner',
        /CMK_DATABASE_OWNER_URL: \S+\/postgres is another database/,
        () => world.set({ CMK_DATABASE_OWNER_URL: inDatabase(world.ownerUrl, 'postgres') }),
        byHand,
      ),
    ],
    start: /CMK_DATABASE_OWNER_URL: \S+\/postgres is another database than \S+ in DATABASE_URL/,
  },
  {
    what: 'a connection without TLS',
    rows: [
      // For this machine, and not known as such.
      databaseUrl('db/tls', /none, to 0\.0\.0\.0/, (url) => url.replace('localhost', '0.0.0.0').replace(/\?.*/, '')),
    ],
  },
  {
    what: 'a database without tables',
    rows: [row('db/tables', /has no audit log that this version can read yet/, toFreshDatabase)],
  },
  {
    what: 'a superuser',
    rows: [
      row(
        'db/role',
        /postgres is a superuser, so it could change the audit log/,
        () => world.set({ DATABASE_URL: asServer() }),
        {
          value: (command) => world.settings[command.split(' ').at(-1) ?? ''] ?? '',
        },
      ),
    ],
  },
  {
    what: 'rights in the database',
    rows: [
      row(
        'db/owner',
        /^the bot can sign in as the owner and change/,
        () => world.set({ CMK_DATABASE_OWNER_URL: world.ownerUrl }),
        warn,
      ),
      row('db/role', /can update, delete events/, () =>
        runAs(world.ownerUrl, [`grant update, delete on cmk.event to ${world.role}`]),
      ),
    ],
  },
  {
    what: 'a seal key that others can read',
    rows: [
      row('record/seals', /the key cannot be used/, () => chmodSync(world.settings.CMK_SEAL_KEY_FILE ?? '', 0o644)),
    ],
  },
  {
    what: 'a seal key that is not there',
    rows: [
      row(
        'record/seals',
        /the key cannot be used/,
        () => world.set({ CMK_SEAL_KEY_FILE: inFolder('none.key') }),
        byHand,
      ),
    ],
    start: /the seal key doesn’t exist: \S+none\.key\. .*openssl rand -base64 32/,
  },
  {
    what: 'a database that is read-only',
    rows: [
      row('db/writes', /^refuses writes: it is read-only$/, () =>
        runAs(world.ownerUrl, [
          `alter database ${new URL(world.ownerUrl).pathname.slice(1)} set default_transaction_read_only = on`,
        ]),
      ),
    ],
  },
];

/** Guard policies are optional, and the doctor warns without them. */
const ill = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  found.filter(({ outcome, code }) => outcome !== 'ok' && code !== 'azure/guard');

test('a bot that is installed as it should be is well in everything that can be looked at from here', async () => {
  world.set({ CMK_DATABASE_OWNER_URL: null });
  const found = await world.doctor();
  expect(ill(found)).toEqual([expect.objectContaining({ code: 'record/anchor', outcome: 'warn' })]);
  expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(['people/groups', 'db/tls', 'teams/secret']));
});

describe('each of what can be broken', () => {
  beforeEach(() => world.putBack());

  test.each(cases)('$what: the doctor says so, and its commands put it right', async ({ rows, start }) => {
    for (const { breaks } of rows) await breaks();
    const only = ['--only', rows.map(({ code }) => code).join()];
    const found = ill(await world.doctor(...only));
    const ofRows = rows.map((row) => found.filter((one) => one.code === row.code && row.found.test(one.found)));
    expect(ofRows.map(([one]) => one?.outcome ?? found)).toEqual(rows.map(({ outcome = 'fail' }) => outcome));
    expect(found.map(({ mend }) => mend)).not.toContain('');
    if (start !== undefined) {
      world.set({ PORT: String(await freePorts(1)) });
      const printed = await printedByStart(world);
      expect(printed).toMatch(start);
      expect(printed).not.toMatch(/^\s+at /m);
    }
    const carriedOut = new Set<string>();
    for (const [n, { value, runs = /./, byHand }] of rows.entries()) {
      if (byHand === true) continue;
      const commands = ofRows[n]?.flatMap((one) => one.commands).filter((command) => runs.test(command)) ?? [];
      expect(commands).not.toEqual([]);
      let printed = '';
      for (const command of commands.filter((one) => !carriedOut.has(one))) {
        carriedOut.add(command);
        printed = (await world.carryOut(command, value?.(command) ?? printed)) || printed;
      }
    }
    if (rows.some(({ byHand }) => byHand)) return;
    expect(ill(await world.doctor(...only))).toEqual([]);
  });

  test('without rights to look, the doctor says what is unknown, and the command that shows it', async () => {
    await azure(unassigned(/^Reader$/, '/'))();
    await azure((state) => {
      state.botServices = [];
    })();
    await without('Application.Read.All')();
    const found = ill(await world.doctor('--only', 'teams/endpoint,teams/channel,teams/secret'));
    expect(found.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual([
      ...['teams/endpoint unknown', 'teams/channel unknown', 'teams/secret unknown', 'teams/secret unknown'],
    ]);
    expect(found.flatMap(({ commands }) => commands)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^az ad app credential list --id 8f0c6a51/)]),
    );
  });

  test('a port that is in use keeps the bot from starting', async () => {
    expect(await printedByStart(world)).toMatch(
      /PORT: port \d+ of 127\.0\.0\.1 is in use\. End the program that uses it, or set PORT to another port/,
    );
  });

  test('Azure that cannot be reached is told from Azure that does not let it in', async () => {
    world.set({ AZURE_AUTHORITY_HOST: 'https://localhost:9' });
    const [found] = ill(await world.doctor('--only', 'azure/sign-in'));
    expect(found).toMatchObject({ outcome: 'fail', mend: expect.stringContaining('Check the network') });
  });

  test('a published log goes on with the record; more than the record has is a failure, and nothing that a command mends', async () => {
    const anchor = publishIn('anchor');
    const look = () => world.doctor('--only', 'record/anchor');
    expect(await look()).toMatchObject([{ outcome: 'ok', found: `0 of 0 events are published in ${anchor}` }]);
    mkdirSync(anchor);
    writeFileSync(path.join(anchor, 'checkpoint'), `cmk-bot/audit\n9\n${Buffer.alloc(32).toString('base64')}\n\n`);
    expect(await look()).toMatchObject([
      {
        outcome: 'fail',
        found: `9 events are published in ${anchor}, and the audit log has 0`,
        commands: [`cmk-bot audit verify --anchor ${anchor}`],
      },
    ]);
    writeFileSync(path.join(anchor, 'checkpoint'), 'garbage');
    const damaged = expect.stringContaining('It isn’t a signed checkpoint');
    expect(await look()).toMatchObject([{ outcome: 'fail', found: damaged }]);
  });

  test('exit codes: 0 for what is only warned of, 1 for it with --strict, 1 for a failure, 2 for a misunderstanding', async () => {
    const codeOf = async (...args: readonly string[]) =>
      (await world.cli(['doctor', '--env', world.envFile, '--only', 'teams/channels,people/roles', ...args])).code;
    world.set({ CMK_AUDIT_CHANNEL: 'none' });
    expect([await codeOf(), await codeOf('--strict')]).toEqual([0, 1]);
    world.set({ CMK_REQUESTERS: null });
    expect(await codeOf()).toBe(1);
    expect((await world.cli(['doctor', '--only', 'the weather'])).code).toBe(2);
  });
});
