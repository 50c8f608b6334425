import { roleAssignmentName, scopeCovers } from '../../src/azure/grants.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  careId,
  connect,
  encryptionUser,
  failureOf,
  financeId,
  got,
  key,
  resourceId,
  sentDuring,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

/** Identities that exist from the start. */
const ward = '90000000-0000-4000-8000-000000000002';
const wellness = '90000000-0000-4000-8000-000000000003';
const shared = '90000000-0000-4000-8000-000000000004';
const cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424';
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

const care = vaultId('kv-care-prod');
const policies = vaultId('kv-policy-keys');
const keyName = key('cmk-triage-agent');

const assignments = async (principalId: string) =>
  (await http(running, 'GET', '/simulator/state')).body.roleAssignments.filter(
    (one: { principalId: string }) => one.principalId === principalId,
  );

const assign = (scope: string, roleDefinitionId: string, principalId: string) =>
  changeState(running, (state) => {
    state.roleAssignments.push({
      ...state.roleAssignments[0],
      name: crypto.randomUUID(),
      scope,
      roleDefinitionId,
      principalId,
    });
  });

describe('by role assignment', () => {
  test('is not held before it was granted', async () => {
    expect(got(await azure.grants.held(await vaultNow(azure, care), keyName, ward))).toBe(false);
  });

  test('is given at the key, to a service principal, under a name derived from its parts', async () => {
    const vault = await vaultNow(azure, care);
    const scope = `${care}/keys/${keyName}`;
    const sent = await sentDuring(running, async () => {
      const receipt = got(await azure.grants.grant(vault, keyName, ward, tenantId));
      expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: 'PUT',
      status: 201,
      body: {
        properties: {
          roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`,
          principalId: ward,
          principalType: 'ServicePrincipal',
        },
      },
    });
    expect(sent[0]?.url).toContain(`${scope}/providers/Microsoft.Authorization/roleAssignments/`);
    expect(sent[0]?.url).toContain(roleAssignmentName(scope, ward, encryptionUser));
    expect(got(await azure.grants.held(vault, keyName, ward))).toBe(true);
  });

  test('a repeat is the same assignment', async () => {
    const vault = await vaultNow(azure, care);
    got(await azure.grants.grant(vault, keyName, ward, tenantId));
    expect(await assignments(ward)).toHaveLength(1);
  });

  test('the same assignment under another name is as good', async () => {
    const vault = await vaultNow(azure, care);
    await assign(`${care}/keys/${keyName}`, encryptionUser, wellness);
    const receipt = got(await azure.grants.grant(vault, keyName, wellness, tenantId));
    expect(receipt.correlationId).not.toBeNull();
    expect(await assignments(wellness)).toHaveLength(1);
  });

  test('a key is not covered by a grant on another one', async () => {
    const vault = await vaultNow(azure, care);
    expect(got(await azure.grants.held(vault, key('signing-only'), ward))).toBe(false);
  });

  test.each([
    ['the vault', care as string],
    ['the resource group', `/subscriptions/${careId}/resourceGroups/rg-care-prod`],
    ['the subscription', `/subscriptions/${careId}`],
    ['everything', '/'],
  ])('a wider role at %s is enough', async (_, scope) => {
    const vault = await vaultNow(azure, care);
    await changeState(running, (state) => {
      state.roleAssignments = state.roleAssignments.filter(
        (one: { principalId: string }) => one.principalId !== shared,
      );
    });
    expect(got(await azure.grants.held(vault, keyName, shared))).toBe(false);
    await assign(scope, cryptoUser, shared);
    expect(got(await azure.grants.held(vault, keyName, shared))).toBe(true);
  });

  test('a role that only reads is not', async () => {
    await changeState(running, (state) => {
      state.roleAssignments = state.roleAssignments.filter(
        (one: { principalId: string }) => one.principalId !== shared,
      );
    });
    await assign(`/subscriptions/${careId}`, reader, shared);
    expect(got(await azure.grants.held(await vaultNow(azure, care), keyName, shared))).toBe(false);
  });

  test('a name taken by another assignment asks a person', async () => {
    const body = { error: { code: 'RoleAssignmentUpdateNotPermitted', message: 'not allowed to be updated' } };
    const fault = { match: { method: 'PUT', url: 'roleAssignments' }, respond: { status: 409, body } };
    const vault = await vaultNow(azure, care);
    const failure = failureOf(await under(running, fault, () => azure.grants.grant(vault, keyName, ward, tenantId)));
    const doing = 'assigning access to key cmk-triage-agent in kv-care-prod';
    expect(failure).toMatchObject({ next: 'ask', ...body.error, doing });
  });
});

describe('by access policy', () => {
  test('adds the three rights and keeps all other policies', async () => {
    const vault = await vaultNow(azure, policies);
    expect(got(await azure.grants.held(vault, key('cmk-policy'), ward))).toBe(false);
    const sent = await sentDuring(running, async () =>
      got(await azure.grants.grant(vault, key('cmk-policy'), ward, tenantId)),
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toContain('/vaults/kv-policy-keys/accessPolicies/add?');
    expect(sent[0]?.body).toEqual({
      properties: {
        accessPolicies: [{ tenantId, objectId: ward, permissions: { keys: ['get', 'wrapKey', 'unwrapKey'] } }],
      },
    });
    expect(got(await azure.grants.held(vault, key('cmk-policy'), ward))).toBe(true);
    const { body } = await http(running, 'GET', '/simulator/state');
    const held = body.vaults.find((one: { name: string }) => one.name === 'kv-policy-keys');
    expect(held.accessPolicies).toHaveLength(2);
  });

  test('a repeat is safe', async () => {
    const vault = await vaultNow(azure, policies);
    got(await azure.grants.grant(vault, key('cmk-policy'), ward, tenantId));
    expect(got(await azure.grants.held(vault, key('cmk-policy'), ward))).toBe(true);
  });

  test.each([
    ['rights in other spelling are enough', ['Get', 'WRAPKEY', 'unwrapkey'], null, true],
    ['all rights are enough', ['all'], null, true],
    ['rights without unwrapping are not', ['get', 'wrapKey'], null, false],
    ['rights through an application only are not', ['all'], ward, false],
  ])('%s', async (_, rights, applicationId, expected) => {
    await changeState(running, (state) => {
      const vault = state.vaults.find((one: { name: string }) => one.name === 'kv-policy-keys');
      const [first] = vault.accessPolicies;
      const others = vault.accessPolicies.filter((one: { objectId: string }) => one.objectId !== wellness);
      const permissions = { ...first.permissions, keys: rights };
      vault.accessPolicies = [...others, { ...first, objectId: wellness, applicationId, permissions }];
    });
    const vault = await vaultNow(azure, policies);
    expect(got(await azure.grants.held(vault, key('cmk-policy'), wellness.toUpperCase()))).toBe(expected);
  });
});

test('a vault outside the configured subscriptions is refused before anything is sent', async () => {
  const vault = { ...(await vaultNow(azure, care)), id: vaultId('kv-care-prod', 'rg-finance', financeId) };
  const sent = await sentDuring(running, async () => {
    for (const outcome of [
      await azure.grants.held(vault, keyName, ward),
      await azure.grants.grant(vault, keyName, ward, tenantId),
    ]) {
      expect(failureOf(outcome)).toMatchObject({
        source: 'bot',
        found: { code: 'outside-subscriptions', subscriptionId: financeId },
      });
    }
  });
  expect(sent).toEqual([]);
});

test('names an assignment as the template function guid() does', () => {
  // ARM's documented namespace over the arguments joined by hyphens, worked out with another program.
  expect(roleAssignmentName('scope', 'principal', 'role')).toBe('0f761181-d230-57d6-9a09-8d94e57723e2');
  expect(roleAssignmentName('scope', 'principal', 'role2')).not.toBe(roleAssignmentName('scope', 'principal', 'role'));
});

test.each([
  ['/', true],
  [`/subscriptions/${careId}`, true],
  [`/subscriptions/${careId.slice(0, -1)}`, false],
  ['/providers/Microsoft.Management/managementGroups/hospital', true],
  [`${care.toUpperCase()}/KEYS/k`, true],
  [`${care}/keys/k2`, false],
  [`${care}/keys`, true],
  [resourceId('triage-agent-prod') as string, false],
])('%s covers the key: %s', (scope, expected) => expect(scopeCovers(scope, `${care}/keys/k`)).toBe(expected));
