/** A permission that the bot's roles lack: the review says which, before anything is changed. */
import { blocksOf, warningsOf } from '../../../src/domain/plan.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { actionsOn, assignIdentity, dataActionsOnVault } from '../../../src/operations/resources/rights.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import {
  key,
  planFor,
  principal,
  resource,
  spec,
  toNewVersion,
  under,
  vault,
  version,
  wishForNewKey,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { scriptedAzure, type World } from '../../support/builders/scripted-azure.ts';

const userIdentity = resourceId().replace(/Microsoft.*/, 'Microsoft.ManagedIdentity/userAssignedIdentities/id-care');
const rotated: Partial<World> = {
  resource: resource({
    ...{ systemAssigned: true, principalId: principal, tenantId: vault().tenantId },
    customerKey: under(version('a')),
  }),
  keys: [key(), key({ version: version('b') })],
  granted: true,
};

async function checksWithout(right: string, wished: StoredChangeSpec, world: Partial<World>) {
  const azure = scriptedAzure({ ...world, forbidden: [right] });
  const seen = await operationOf(wished).observe(azure, wished, null);
  return planFor({ seen, wished });
}

const rows: [right: string, wished: StoredChangeSpec, world: Partial<World>][] = [
  ['Microsoft.HealthBot/healthBots/write', spec(), {}],
  [assignIdentity, spec(), { resource: resource({ userAssignedIds: [userIdentity] }) }],
  ['Microsoft.KeyVault/vaults/keys/write', wishForNewKey(), { keys: [] }],
  ['Microsoft.Authorization/roleAssignments/read', spec(), {}],
  ['Microsoft.Authorization/roleAssignments/write', spec(), {}],
  ['Microsoft.KeyVault/vaults/accessPolicies/write', spec(), { vault: vault({ access: 'access-policies' }) }],
  ['Microsoft.KeyVault/vaults/write', spec(), {}],
  ['Microsoft.KeyVault/vaults/keys/create/action', wishToRotate(toNewVersion), rotated],
  ['Microsoft.KeyVault/vaults/keys/read', wishToRotate(toNewVersion), rotated],
];

test.each(rows)('without %s the request is blocked', async (right, wished, world) => {
  const [block, ...more] = blocksOf(await checksWithout(right, wished, world));
  expect(more).toEqual([]);
  expect(block && Object.values(checkWords(block)).join(' ')).toContain(`Its identity lacks ${right}`);
});

test.each(dataActionsOnVault)('without the data action %s a rotation to an existing version is not', async (right) => {
  expect(blocksOf(await checksWithout(right, wishToRotate(), rotated))).toEqual([]);
});

test('every permission to write is one of them', () => {
  const writes = Object.values(actionsOn)
    .flat()
    .filter((one) => !one.endsWith('/read'));
  expect(rows.map(([right]) => right)).toEqual(expect.arrayContaining(writes));
});

test('where permissions can’t be read, a note says what could stop the run', async () => {
  const azure = scriptedAzure();
  azure.refuse('guards.allowed', failure({ status: 403, code: 'AuthorizationFailed' }), 9);
  const seen = await operationOf(spec()).observe(azure, spec(), null);
  const said = warningsOf(planFor({ seen })).map((one) => Object.values(checkWords(one)).join(' '));
  expect(said.join('\n')).toContain('A missing permission would stop the run.');
});
