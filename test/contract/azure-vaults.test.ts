import { roleAssignmentName, scopeCovers } from '../../src/azure/grants.ts';
import { all, givePolicy, giveRole, onVault, takeRoles } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import {
  careId,
  connectedAzure,
  encryptionUser,
  failureOf,
  got,
  key,
  researchId,
  resourceId,
  sentDuring,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

/** Vaults, and who may use their keys. */

const { running, azure } = connectedAzure();

/** Identities that exist from the start. */
const ward = '90000000-0000-4000-8000-000000000002';
const wellness = '90000000-0000-4000-8000-000000000003';
const shared = '90000000-0000-4000-8000-000000000004';
const cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424';
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

const care = vaultId('kv-care-prod');
const policies = vaultId('kv-policy-keys');
const legacy = vaultId('kv-legacy', 'rg-research', researchId);
const keyName = key('cmk-triage-agent');

const assignments = async (principalId: string) =>
  (await http(running, 'GET', '/simulator/state')).body.roleAssignments.filter(
    (one: { principalId: string }) => one.principalId === principalId,
  );

describe('access to a key by role assignment', () => {
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
    const scope = `${care}/keys/${keyName}`;
    await changeState(
      running,
      giveRole(wellness, encryptionUser, () => scope, 'ServicePrincipal'),
    );
    const receipt = got(await azure.grants.grant(vault, keyName, wellness, tenantId));
    expect(receipt.correlationId).not.toBeNull();
    expect(await assignments(wellness)).toHaveLength(1);
  });

  test('a key is not covered by a grant on another one', async () => {
    const vault = await vaultNow(azure, care);
    expect(got(await azure.grants.held(vault, key('signing-only'), ward))).toBe(false);
  });

  test('a wider role on a wider scope is enough, and one that only reads is not', async () => {
    const vault = await vaultNow(azure, care);
    const heldWith = async (role: string): Promise<boolean> => {
      const give = giveRole(shared, role, () => `/subscriptions/${careId}`, 'ServicePrincipal');
      await changeState(running, all(takeRoles(shared), give));
      return got(await azure.grants.held(vault, keyName, shared));
    };
    expect(await heldWith(reader)).toBe(false);
    expect(await heldWith(cryptoUser)).toBe(true);
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

describe('access to keys by access policy', () => {
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

  test.each([
    ['rights in other spelling are enough', ['Get', 'WRAPKEY', 'unwrapkey'], null, true],
    ['all rights are enough', ['all'], null, true],
    ['rights without unwrapping are not', ['get', 'wrapKey'], null, false],
    ['rights through an application only are not', ['all'], ward, false],
  ])('%s', async (_, rights, applicationId, expected) => {
    const holder = crypto.randomUUID();
    const forApp = onVault('kv-policy-keys', ({ accessPolicies }) => {
      for (const one of accessPolicies) if (one.objectId === holder) one.applicationId = applicationId;
    });
    await changeState(running, all(givePolicy('kv-policy-keys', holder, ...rights), forApp));
    const vault = await vaultNow(azure, policies);
    expect(got(await azure.grants.held(vault, key('cmk-policy'), holder.toUpperCase()))).toBe(expected);
  });
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

describe('reading a vault', () => {
  test('tells what matters about it', async () => {
    expect(await vaultNow(azure, care)).toEqual({
      id: care,
      name: 'kv-care-prod',
      uri: `https://localhost:${running.port + 1}/`,
      location: 'westeurope',
      tenantId,
      softDelete: true,
      retentionDays: 90,
      purgeProtection: false,
      access: 'role-assignments',
      firewall: 'open',
      sku: 'standard',
      createdAt: '2024-03-04T08:00:00.000Z',
    });
  });

  test('a denied default closes the firewall whatever bypass there is', async () => {
    expect(await vaultNow(azure, vaultId('kv-lab', 'rg-research', researchId))).toMatchObject({ firewall: 'closed' });
  });

  test('sees access policies, premium hardware and missing soft delete', async () => {
    expect(await vaultNow(azure, policies)).toMatchObject({ access: 'access-policies' });
    expect(await vaultNow(azure, vaultId('kv-hospital-keys'))).toMatchObject({ sku: 'premium', purgeProtection: true });
    expect(await vaultNow(azure, legacy)).toMatchObject({ softDelete: false, purgeProtection: false });
  });

  test.each(['Disabled', 'SecuredByPerimeter'])('public access %s closes the firewall', async (publicNetworkAccess) => {
    const close = onVault('kv-policy-keys', (one) => Object.assign(one, { publicNetworkAccess }));
    await changeState(running, close);
    expect(await vaultNow(azure, policies)).toMatchObject({ firewall: 'closed' });
  });

  test('a vault that does not exist is null', async () => {
    expect(got(await azure.vaults.get(vaultId('kv-no-such')))).toBeNull();
  });
});

describe('protecting a vault', () => {
  test('sends only what is missing', async () => {
    const sent = await sentDuring(running, async () => got(await azure.vaults.protect(care, { softDelete: false })));
    expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: 'PATCH', body: { properties: { enablePurgeProtection: true } } },
    ]);
    expect(await vaultNow(azure, care)).toMatchObject({ purgeProtection: true, softDelete: true });
  });

  test('turns on soft delete with it where asked', async () => {
    const sent = await sentDuring(running, async () => got(await azure.vaults.protect(legacy, { softDelete: true })));
    expect(sent[0]?.body).toEqual({ properties: { enablePurgeProtection: true, enableSoftDelete: true } });
    expect(await vaultNow(azure, legacy)).toMatchObject({ purgeProtection: true, softDelete: true });
  });
});
