import { afterAll, expect, test } from '@jest/globals';
import { actionsOn, dataActionsOnVault } from '../../src/operations/resources/rights.ts';
import { allow, type Change, hideCreationOnAgent, withoutActions } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { table } from '../support/docs/table.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { follow, linesOf, newKey, openReview, type Path, rotation } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { choices, people, type, writes } from '../support/world/story.ts';
import type { World } from '../support/world/world.ts';

/** Each right of the bot's roles taken away alone: what somebody who asks then reads, and that nothing was changed before. */

const world = scenario({ own: { env: { CMK_VAULTS: '*/*/*' } }, restoresAzure: true });
const seen: string[][] = [];
afterAll(() => console.log(table('Each right taken away', ['right', 'noticed', 'words'], seen)));

type Where =
  | 'agent page'
  | 'vault page'
  | 'key page'
  | 'command'
  | 'review: blocks'
  | 'review: warns'
  | 'end: not proved';

interface Row {
  readonly right: string;
  readonly where: Where;
  readonly look: (world: World) => Promise<SeenActivity>;
  readonly azure?: Change;
  /** What the card says, in one line with the permission unless `unnamed`. */
  readonly words: string;
  /** The text advises to ask an operator, and doesn't name the permission. */
  readonly unnamed?: true;
}

const typed = (text: string) => (one: World) => type(one, people.requester, `/enable-cmk${text}`);
const review = (path: Parameters<typeof openReview>[1]) => (one: World) => openReview(one, path);
const { first, policies } = choices;
const at = (where: Where, right: string, look: Row['look'], words: string, more: Partial<Row> = {}): Row => ({
  right,
  where,
  look,
  words,
  ...more,
});
const blocks = (action: string, path: Path = first): Row =>
  at(
    'review: blocks',
    action,
    review(path),
    `The bot doesn’t have permission to make this change. Its identity lacks ${action}.`,
  );
const warns = (right: string, words: string, path: Path = first): Row =>
  at('review: warns', right, review(path), words);
const otherSubscription = { agent: 'triage-agent-prod', vault: 'kv-legacy', key: 'cmk-legacy' };
const refused = 'does not have authorization to perform action';

const agents = 'Microsoft.HealthBot/healthBots/read';
const vaults = 'Microsoft.KeyVault/vaults/read';
const keys = 'Microsoft.KeyVault/vaults/keys/read';
const versions = 'Microsoft.KeyVault/vaults/keys/versions/read';
const assignments = 'Microsoft.Authorization/roleAssignments/read';
const ofAgent = ' resource=triage-agent-prod';
const ofVault = `${ofAgent} vault=kv-care-prod`;
const askOperator = { unnamed: true } as const;
const north = { agent: 'ward-agent', vault: 'kv-care-north', key: 'cmk-north' };

const rows: readonly Row[] = [
  at('agent page', agents, typed(''), 'The bot can read no healthcare agent service: that takes'),
  at('command', agents, typed(ofAgent), 'ask an operator to check the bot’s permissions.', askOperator),
  at('vault page', vaults, typed(ofAgent), 'The bot can read no key vault: that takes'),
  at('command', vaults, typed(ofVault), 'ask an operator to check the bot’s permissions.', askOperator),
  at('key page', keys, typed(ofVault), refused),
  at('command', keys, review(first), refused),
  at('command', versions, review(first), refused),
  at('command', versions, review(rotation), refused),
  blocks('Microsoft.HealthBot/healthBots/write'),
  blocks('Microsoft.ManagedIdentity/userAssignedIdentities/assign/action', policies),
  blocks('Microsoft.KeyVault/vaults/keys/write', { ...first, key: newKey }),
  blocks(assignments),
  at('command', assignments, review(north), refused, { azure: allow('ward-agent', 'kv-care-north', 'cmk-north') }),
  blocks('Microsoft.Authorization/roleAssignments/write'),
  blocks('Microsoft.KeyVault/vaults/accessPolicies/write', policies),
  blocks('Microsoft.KeyVault/vaults/write'),
  at('command', 'Microsoft.Resources/subscriptions/resources/read', review(first), refused, {
    azure: hideCreationOnAgent('triage-agent-prod'),
  }),
  warns('Microsoft.Authorization/locks/read', 'A read-only lock would stop the run.'),
  warns('Microsoft.Authorization/roleDefinitions/read', 'Other people and apps might back up or delete the key.'),
  {
    ...warns('Microsoft.Resources/subscriptions/read', 'The bot can’t read their names', otherSubscription),
    ...askOperator,
  },
  warns('Microsoft.Authorization/permissions/read', 'A missing permission would stop the run.'),
];

const [readKey, wrap, unwrap, create] = dataActionsOnVault;

const expectSaid = (lines: readonly string[], right: string, words: string): string => {
  const line = lines.find((one) => one.includes(right) && one.includes(words)) ?? '';
  expect([right, words, line === '' ? lines : 'said']).toEqual([right, words, 'said']);
  return line;
};

test.each(rows)('$right: $where', async ({ right, where, look, azure, words, unnamed = false }) => {
  if (azure !== undefined) await changeState(world.azure, azure);
  await changeState(world.azure, withoutActions(right));
  const from = (await world.azureRequests()).length;
  const card = await look(world);
  const lines = linesOf(card);
  const line = expectSaid(lines, unnamed ? '' : right, words);
  const stops = where !== 'review: warns';
  expect(JSON.stringify(card).includes('"form.submit"')).toBe(!stops);
  expect(await writes(world, from)).toEqual([]);
  seen.push([right, where, line.replace(/The client .*? does not/, '… does not').replace(/ over scope .*/, ' …')]);
});

/** As data actions only: the action of the same name stays. */
const withoutDataAction =
  (name: string): Change =>
  (state) => {
    for (const permission of state.roleDefinitions.find((role) => role.roleName === 'CMK bot')?.permissions ?? []) {
      permission.dataActions = permission.dataActions.filter((one) => one !== name);
    }
  };

test('the data action to read keys: whether a deleted key holds the name is not checked, and the review says so', async () => {
  await changeState(world.azure, withoutDataAction(readKey));
  const card = await openReview(world, { agent: 'triage-agent-test', vault: 'kv-hospital-keys', key: newKey });
  const line = expectSaid(linesOf(card), readKey, 'The check needs');
  seen.push([`data: ${readKey}`, 'review: warns', line]);
});

test.each([create, readKey])(
  'the data action %s: a new version is blocked, and a version that is there is not',
  async (name) => {
    await changeState(world.azure, withoutDataAction(name));
    const from = (await world.azureRequests()).length;
    const card = await openReview(world, rotation);
    const line = expectSaid(
      linesOf(card),
      name,
      `The bot doesn’t have permission to make this change. Its identity lacks ${name} (a data action).`,
    );
    expect(JSON.stringify(card)).not.toContain('"form.submit"');
    expect(await writes(world, from)).toEqual([]);
    const newest = await openReview(world, { ...rotation, version: 'newest' });
    expect(JSON.stringify(newest)).toContain('"form.submit"');
    seen.push([`data: ${name}`, 'review: blocks', line]);
  },
);

test.each([wrap, unwrap])(
  'the data action %s: all is done, and the card says that the key was not tried',
  async (name) => {
    await changeState(world.azure, withoutDataAction(name));
    const { end } = await follow(world, first);
    expect(end.join('\n')).toContain('Verification level: permitted');
    const at = end.indexOf('Key tested: not verified');
    expect(end[at + 1]).toBe('The bot doesn’t have permission to use this key, so it wasn’t tested.');
    seen.push([`data: ${name}`, 'end: not proved', `${end[at]}. ${end[at + 1]}`]);
  },
);

test.each([...new Set(Object.values(actionsOn).flat())])('the doctor names %s where it is missing', async (name) => {
  await changeState(world.azure, withoutActions(name));
  const { out, code } = await cmkBot(['doctor'], world.settings);
  const lines = out.split('\n').filter((line) => /permissions in |subscription /.test(line));
  expect(lines.filter((line) => line.includes(name))).not.toEqual([]);
  // Without the right to read rights nothing can be said of the others, and that is a failure.
  expect(code).toBe(name.endsWith('permissions/read') ? 1 : 0);
});

test.each(dataActionsOnVault)('the doctor names the data action %s where it is missing', async (name) => {
  await changeState(world.azure, withoutDataAction(name));
  const { out } = await cmkBot(['doctor'], world.settings);
  expect(out.split('\n').filter((line) => /^warn +key use in /.test(line) && line.includes(name))).toHaveLength(2);
});

test('no right of the roles is left out', () => {
  // No request needs these: azure-control, guard-pack and azure-policy-token show what happens without them.
  const elsewhere = actionsOn.subscription.filter((right) =>
    /\/(acquirePolicyToken|policy\w+|eventtypes\/values)\/read$/.test(right),
  );
  const covered = new Set<string>([...elsewhere, ...rows.map(({ right }) => right)]);
  expect(
    Object.values(actionsOn)
      .flat()
      .filter((right) => !covered.has(right)),
  ).toEqual([]);
});
