import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localBotPrincipal } from '../../sandbox/bot-environment.ts';
import { requestersGroup } from '../../sandbox/people.ts';
import type { Diagnosis, DiagnosisCode } from '../../src/operator/doctor/diagnosis.ts';
import { type AzureState, all, type Change, withoutActions } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { careId, researchId } from '../support/azure/local-azure-names.ts';
import { runAs } from '../support/store/postgres.ts';
import { type ProductionWorld, startProductionWorld, teamsApp } from '../support/world/production-world.ts';

/**
 * Every broken setting is named, and the very commands that the doctor prints mend it: settings through `cmk-bot setup`, Azure
 * through what stands in for its command line, the database and files through a shell.
 */

const world = await startProductionWorld();
const where = world === null ? describe.skip : describe;
afterAll(() => world?.end());

/** One thing that is broken, what the doctor must say of it, and what a person knows who mends it. */
interface Broken {
  readonly code: DiagnosisCode;
  /** A failure, if it says nothing else. */
  readonly outcome?: 'warn';
  readonly found: RegExp;
  readonly breaks: (world: ProductionWorld) => void | Promise<void>;
  /** What is answered where a command asks for a setting, if it isn't what the command before printed. */
  readonly value?: (world: ProductionWorld, command: string) => string;
  /** Of the commands, where the others are another way or only look. */
  readonly runs?: RegExp;
  /** No command: a person chooses which role to remove. */
  readonly byHand?: true;
}

const setting =
  (name: string, value: string | null) =>
  (world: ProductionWorld): void =>
    world.set({ [name]: value });
const own =
  (name: string) =>
  (world: ProductionWorld): string =>
    world.settings[name] ?? '';
/** Put right by `cmk-bot setup`, with the value that it had. */
const mistyped = (name: string, value: string | null) => ({
  breaks: setting(name, value),
  value: own(name),
  runs: /cmk-bot/,
});
const azure =
  (change: (state: AzureState) => void) =>
  (world: ProductionWorld): Promise<void> =>
    changeState(world.azure, change);
const without = (permission: string) =>
  azure((state) => {
    const bot = state.principals.find(({ id }) => id === localBotPrincipal.id);
    if (bot !== undefined) bot.graphPermissions = bot.graphPermissions.filter((one) => one !== permission);
  });
const secretEnds = (inDays: number) =>
  azure((state) => {
    const app = state.principals.find(({ appId }) => appId === teamsApp.id);
    if (app !== undefined) app.secretEndsAt = new Date(Date.now() + inDays * 86_400_000).toISOString();
  });
/** Of whom assigned which of the bot's roles: none in the subscription for research. */
const unassigned = (roleName: RegExp) =>
  azure((state) => {
    const roles = state.roleDefinitions.filter((one) => roleName.test(one.roleName)).map(({ id }) => id);
    state.roleAssignments = state.roleAssignments.filter(
      ({ scope, roleDefinitionId, principalId }) =>
        principalId !== localBotPrincipal.id ||
        scope !== `/subscriptions/${researchId}` ||
        !roles.includes(roleDefinitionId),
    );
  });
/** Reading more than its roles let it, which an administrator gave it beside them. */
const withoutReader: Change = (state) => {
  state.roleAssignments = state.roleAssignments.filter(
    ({ principalId, roleDefinitionId }) =>
      principalId !== localBotPrincipal.id || roleDefinitionId !== 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  );
};
const withAction =
  (action: string): Change =>
  (state) => {
    for (const role of state.roleDefinitions)
      if (role.roleName === 'CMK bot') role.permissions[0]?.actions.push(action);
  };

/** As the server's own administrator. */
const asServer = ({ ownerUrl }: ProductionWorld): string =>
  Object.assign(new URL(ownerUrl), { username: 'postgres' }).href;

const rows: readonly Broken[] = [
  {
    code: 'people/roles',
    found: /no one can request/,
    breaks: setting('CMK_REQUESTERS', null),
    value: () => requestersGroup.id,
  },
  {
    code: 'config/settings',
    found: /CMK_APPROVALS_CHANNEL: is missing/,
    breaks: setting('CMK_APPROVALS_CHANNEL', null),
    value: () =>
      'https://teams.microsoft.com/l/channel/19%3Aapprovals%40thread.tacv2/Approvals?groupId=7&tenantId=10000000-0000-4000-8000-000000000000',
  },
  {
    code: 'teams/channels',
    outcome: 'warn',
    found: /the audit log has no copy in Teams/,
    ...mistyped('CMK_AUDIT_CHANNEL', 'none'),
  },
  {
    code: 'people/sign-in',
    outcome: 'warn',
    found: /a click in Teams is enough/,
    ...mistyped('CMK_STEP_UP', null),
  },
  {
    code: 'teams/bot',
    found: /AADSTS7000215/,
    breaks: setting('MicrosoftAppPassword', 'mistyped'),
  },
  {
    code: 'teams/endpoint',
    found: /the registration says https:\/\/old-host/,
    breaks: azure((state) => {
      for (const bot of state.botServices) bot.endpoint = 'https://old-host.example/api/messages';
    }),
  },
  {
    code: 'teams/channel',
    found: /off: Teams can’t reach the bot/,
    breaks: azure((state) => {
      for (const bot of state.botServices) bot.channels = ['WebChatChannel'];
    }),
  },
  {
    code: 'teams/secret',
    found: /expired on .* UTC: the bot can’t sign in/,
    breaks: secretEnds(-1),
  },
  ...(['GroupMember.Read.All', 'User.Read.All'] as const).map(
    (permission): Broken => ({
      code: 'graph/rights',
      found: /not granted: .*no one has a role/,
      breaks: without(permission),
    }),
  ),
  {
    code: 'azure/sign-in',
    found: /AADSTS7000215/,
    breaks: setting('AZURE_CLIENT_SECRET', 'mistyped'),
  },
  {
    code: 'azure/subscription',
    found: /SubscriptionNotFound/,
    ...mistyped('CMK_SUBSCRIPTIONS', `${careId},40000000-0000-4000-8000-00000000dead`),
  },
  {
    code: 'azure/subscription',
    found: /403 AuthorizationFailed/,
    breaks: unassigned(/^(CMK bot.*|Reader)$/),
    runs: /az role/,
  },
  {
    code: 'azure/rights',
    outcome: 'warn',
    found: /lacks Microsoft\.KeyVault\/vaults\/keys\/versions\/read on vaults in rg-/,
    breaks: azure(all(withoutActions('Microsoft.KeyVault/vaults/keys/versions/read'), withoutReader)),
  },
  {
    code: 'azure/rights',
    outcome: 'warn',
    found: /^Microsoft\.KeyVault\/vaults\/delete$/,
    breaks: azure(all(withAction('Microsoft.KeyVault/vaults/delete'))),
    byHand: true,
  },
  {
    code: 'graph/rights',
    outcome: 'warn',
    found: /^granted$/,
    breaks: azure((state) => {
      const bot = state.principals.find(({ id }) => id === localBotPrincipal.id);
      bot?.graphPermissions.push('Directory.Read.All');
    }),
    byHand: true,
  },
  {
    code: 'azure/logs',
    found: /403 InsufficientAccessError/,
    breaks: azure((state) => {
      // Reader may query whatever it may read.
      const roles = state.roleDefinitions.filter(({ roleName }) => /^(Reader|CMK bot logs)$/.test(roleName));
      state.roleAssignments = state.roleAssignments.filter(
        ({ principalId, roleDefinitionId }) =>
          principalId !== localBotPrincipal.id || roles.every(({ id }) => id !== roleDefinitionId),
      );
    }),
    runs: /grant-azure/,
  },
  {
    code: 'db/answers',
    found: /ECONNREFUSED/,
    ...mistyped('DATABASE_URL', 'postgres://bot@localhost:9/cmk'),
  },
  {
    code: 'db/tls',
    found: /none, to 0\.0\.0\.0/,
    // For this machine, and not known as such.
    breaks: (world) =>
      world.set({
        DATABASE_URL: (world.settings.DATABASE_URL ?? '').replace('localhost', '0.0.0.0').replace(/\?.*/, ''),
      }),
    value: own('DATABASE_URL'),
  },
  {
    code: 'db/tables',
    found: /has no audit log that this version can read yet/,
    breaks: async (world) => {
      const name = `fresh_${randomUUID().slice(0, 8)}`;
      await runAs(asServer(world), [`create database ${name} owner ${new URL(world.ownerUrl).username}`]);
      const inFresh = (url = ''): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
      const { DATABASE_URL, CMK_DATABASE_OWNER_URL } = world.settings;
      world.set({ DATABASE_URL: inFresh(DATABASE_URL), CMK_DATABASE_OWNER_URL: inFresh(CMK_DATABASE_OWNER_URL) });
    },
  },
  {
    code: 'db/role',
    found: /postgres is a superuser, so it could change the audit log/,
    breaks: (world) => world.set({ DATABASE_URL: asServer(world) }),
    value: (world, command) => world.settings[command.split(' ').at(-1) ?? ''] ?? '',
  },
  {
    code: 'db/owner',
    outcome: 'warn',
    found: /^the bot can sign in as the owner and change the audit log/,
    breaks: (world) => world.set({ CMK_DATABASE_OWNER_URL: world.ownerUrl }),
  },
  {
    code: 'db/role',
    found: /can update, delete events/,
    breaks: (world) => runAs(world.ownerUrl, [`grant update, delete on cmk.event to ${world.role}`]),
  },
  {
    code: 'db/writes',
    found: /^refuses writes: it is read-only$/,
    breaks: (world) =>
      runAs(world.ownerUrl, [
        `alter database ${new URL(world.ownerUrl).pathname.slice(1)} set default_transaction_read_only = on`,
      ]),
  },
  {
    code: 'record/seals',
    found: /the key cannot be used/,
    breaks: (world) => chmodSync(world.settings.CMK_SEAL_KEY_FILE ?? '', 0o644),
  },
];

/** Guard policies are optional, and the doctor warns without them. */
const ill = (found: readonly Diagnosis[]): readonly Diagnosis[] =>
  found.filter(({ outcome, code }) => outcome !== 'ok' && code !== 'azure/guard');

where('a bot that is installed as it should be', () => {
  test('is well in everything that can be looked at from here', async () => {
    world?.set({ CMK_DATABASE_OWNER_URL: null });
    const found = await world?.doctor();
    expect(ill(found ?? [])).toEqual([]);
    expect(found?.map(({ code }) => code)).toEqual(expect.arrayContaining(['people/groups', 'db/tls', 'teams/secret']));
  });

  test('without rights to look, doctor says what is unknown, and the command that shows it', async () => {
    if (world === null) return;
    await unassigned(/^Reader$/)(world);
    await azure((state) => {
      state.botServices = [];
    })(world);
    await without('Application.Read.All')(world);
    const found = ill(await world.doctor('--only', 'teams/endpoint,teams/channel,teams/secret'));
    expect(found.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual([
      'teams/endpoint unknown',
      'teams/channel unknown',
      ...Array(2).fill('teams/secret unknown'),
    ]);
    expect(found.flatMap(({ commands }) => commands)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^az ad app credential list --id 8f0c6a51/)]),
    );
    const { code, out } = await world.cli(['doctor', '--env', world.envFile, '--only', 'teams/endpoint']);
    expect(code).toBe(0);
    expect(out).toContain('No problems in what was checked, 1 not checked.');
  });
});

where('each of what can be broken', () => {
  beforeAll(() => world?.putBack());
  afterEach(() => world?.putBack());

  test.each(rows)('$#: $code, $found: the doctor says so, and its commands put it right', async (row) => {
    if (world === null) return;
    const { code, outcome = 'fail' } = row;
    await row.breaks(world);
    const more = ['--only', code];
    const all = ill(await world.doctor(...more));
    // One code can have several findings.
    const found = all.find((one) => row.found.test(one.found)) ?? all[0];
    expect(found).toMatchObject({ code, outcome, found: expect.stringMatching(row.found) });
    expect(found?.mend).not.toBe('');
    if (row.byHand === true) return;
    const commands = (found?.commands ?? []).filter((command) => (row.runs ?? /./).test(command));
    expect(commands).not.toEqual([]);
    let printed = '';
    for (const command of commands) {
      const value = row.value?.(world, command);
      printed = (await world.carryOut(command, value ?? printed)) || printed;
    }
    expect(ill(await world.doctor(...more))).toEqual([]);
  });

  test('tells Azure that cannot be reached from Azure that does not let it in', async () => {
    world?.set({ AZURE_AUTHORITY_HOST: 'https://localhost:9' });
    const [found] = ill((await world?.doctor('--only', 'azure/sign-in')) ?? []);
    expect(found).toMatchObject({ outcome: 'fail', mend: expect.stringContaining('Check the network') });
  });

  test('a published log goes on with the record; more than the record has is a failure, and nothing that a command mends', async () => {
    if (world === null) return;
    const anchor = path.join(world.folder, 'anchor');
    const key = path.join(world.folder, 'log.key');
    writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    world.set({ CMK_ANCHOR: anchor, CMK_LOG_KEY_FILE: key });
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

  test('is told with exit codes: 0 for what is only warned of, 1 for it with --strict, 1 for a failure, 2 for a misunderstanding', async () => {
    if (world === null) return;
    const codeOf = async (...args: readonly string[]) =>
      (await world.cli(['doctor', '--env', world.envFile, '--only', 'teams/channels,people/roles', ...args])).code;
    world.set({ CMK_AUDIT_CHANNEL: 'none' });
    expect(await codeOf()).toBe(0);
    expect(await codeOf('--strict')).toBe(1);
    world.set({ CMK_REQUESTERS: null });
    expect(await codeOf()).toBe(1);
    expect((await world.cli(['doctor', '--only', 'the weather'])).code).toBe(2);
  });
});
