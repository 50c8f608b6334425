import { changeState, type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What administrators put in the way of changes: locks and policies, as they set them and as writers meet them. */

const azure = simulatedAzure({ restores: true });

const arm = async (method: string, path: string, body?: unknown, who = clientsOf(azure, owner)) =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await who.token()}` }, body });
const group = `/subscriptions/${careId}/resourceGroups/rg-care-prod`;
const agent = agentId('vaccination-agent');
const patch = (body: object) => arm('PATCH', `${agent}?api-version=2025-11-01`, body);
const codeAt = async (work: Promise<HttpAnswer>) => {
  const { status, body } = await work;
  return [status, body.error?.code];
};

describe('a lock', () => {
  const lock = (scope: string, name = 'freeze') =>
    `${scope}/providers/Microsoft.Authorization/locks/${name}?api-version=2020-05-01`;
  const put = (scope: string, level: string, notes?: string) =>
    arm('PUT', lock(scope), { properties: { level, notes } });

  test('is set, listed with those above and below, changed and taken away', async () => {
    const { status, body } = await put(group, 'CanNotDelete', 'Keys in use');
    expect([status, body]).toEqual([
      201,
      {
        id: `${group}/providers/Microsoft.Authorization/locks/freeze`,
        name: 'freeze',
        type: 'Microsoft.Authorization/locks',
        properties: { level: 'CanNotDelete', notes: 'Keys in use' },
      },
    ]);
    expect((await put(group, 'ReadOnly')).status).toBe(200);
    const names = async (scope: string, filter = '') => {
      const path = `${scope}/providers/Microsoft.Authorization/locks?api-version=2020-05-01${filter}`;
      return (await arm('GET', path)).body.value.map((one: { name: string }) => one.name);
    };
    expect(await names(agent)).toEqual(['freeze']);
    expect(await names(group)).toEqual(['keep-keys', 'freeze']);
    expect(await names(group, '&$filter=atScope()')).toEqual(['freeze']);
    expect((await arm('DELETE', lock(group))).status).toBe(200);
    expect((await arm('DELETE', lock(group))).status).toBe(204);
    expect(await codeAt(put(group, 'Sometimes'))).toEqual([400, 'InvalidRequestContent']);
  });

  test('stops writers until it is taken away, and does not stop that', async () => {
    await put(group, 'ReadOnly');
    expect(await codeAt(patch({ tags: {} }))).toEqual([409, 'ScopeLocked']);
    expect((await arm('GET', `${agent}?api-version=2025-11-01`)).status).toBe(200);
    await arm('DELETE', lock(group));
    expect((await patch({ tags: {} })).status).toBe(201);
  });

  test('is nothing that the bot may set or take away', async () => {
    const bot = clientsOf(azure);
    const body = { properties: { level: 'ReadOnly' } };
    expect(await codeAt(arm('PUT', lock(group), body, bot))).toEqual([403, 'AuthorizationFailed']);
    expect(await codeAt(arm('DELETE', lock(vaultId('kv-hospital-keys'), 'keep-keys'), undefined, bot))).toEqual([
      403,
      'AuthorizationFailed',
    ]);
  });
});

describe('a policy', () => {
  const version = 'api-version=2023-04-01';
  const definitions = '/providers/Microsoft.Authorization/policyDefinitions';
  const needsKey = `${definitions}/4d080fa5-a6d2-4f98-ba9c-f482d0d335c0`;
  const allowedLocations = `${definitions}/e56962a6-4747-49cd-b67b-bf8b01975c4c`;
  const at = (scope: string, name = 'hospital-rule') =>
    `${scope}/providers/Microsoft.Authorization/policyAssignments/${name}?${version}`;
  const assign = (policyDefinitionId: string, more: object = {}, scope = group) =>
    arm('PUT', at(scope), { properties: { displayName: 'Hospital rule', policyDefinitionId, ...more } });
  const deny = { parameters: { effect: { value: 'Deny' } } };
  const assignmentId = `${group}/providers/Microsoft.Authorization/policyAssignments/hospital-rule`;

  test('denies in its older words, which name assignment and definition, with what was compared', async () => {
    expect((await assign(needsKey, deny)).status).toBe(201);
    const { status, body } = await patch({ tags: { ward: '7' } });
    expect([status, body.error.code, body.error.target]).toEqual([
      403,
      'RequestDisallowedByPolicy',
      'vaccination-agent',
    ]);
    const definition = 'Azure Health Bots should use customer-managed keys to encrypt data at rest';
    expect(body.error.message).toBe(
      `Resource 'vaccination-agent' was disallowed by policy. Policy identifiers: '${JSON.stringify([
        {
          policyAssignment: { name: 'Hospital rule', id: assignmentId },
          policyDefinition: { name: definition, id: needsKey },
        },
      ])}'.`,
    );
    expect(body.error.additionalInfo).toEqual([
      {
        type: 'PolicyViolation',
        info: expect.objectContaining({
          policyDefinitionDisplayName: definition,
          policyDefinitionId: needsKey,
          policyAssignmentId: assignmentId,
          policyAssignmentScope: group,
          policyDefinitionEffect: 'deny',
          evaluationDetails: {
            evaluatedExpressions: [
              expect.objectContaining({ expression: 'type', operator: 'Equals', result: 'True' }),
              expect.objectContaining({ path: 'properties.keyVaultProperties.keyVaultUri', operator: 'Exists' }),
            ],
          },
        }),
      },
    ]);
    expect((await arm('GET', `${agent}?api-version=2025-11-01`)).body).not.toHaveProperty('tags');
  });

  test('denies in its newer words, which leave the names to the details, where there is a reason', async () => {
    await assign(needsKey, { ...deny, nonComplianceMessages: [{ message: 'Keys come from the hospital.' }] });
    const { body } = await patch({ tags: { ward: '7' } });
    expect(body.error.message).toBe(
      "Resource 'vaccination-agent' was disallowed by policy. Reasons: 'Keys come from the hospital.'. See error details for policy resource IDs.",
    );
    expect(body.error.additionalInfo[0].info.policyAssignmentId).toBe(assignmentId);
  });

  test('lets through what it does not forbid: as it looks after the write, elsewhere, or only told about', async () => {
    await assign(needsKey, deny);
    const key = { keyName: 'hospital-data', keyVaultUri: `https://localhost:${azure.port + 2}/` };
    expect((await patch({ properties: { keyVaultProperties: key } })).status).toBe(201);
    const under = `${agentId('virtual-visit-agent')}?api-version=2025-11-01`;
    expect((await arm('PATCH', under, { tags: {} })).status).toBe(201);
    expect(await codeAt(arm('PATCH', under, { properties: { keyVaultProperties: null } }))).toEqual([
      403,
      'RequestDisallowedByPolicy',
    ]);
    const elsewhere = `${agentId('ward-agent', 'rg-care-north')}?api-version=2025-11-01`;
    expect((await arm('PATCH', elsewhere, { tags: {} })).status).toBe(201);
    const other = () => arm('PATCH', `${agentId('triage-agent-prod')}?api-version=2025-11-01`, { tags: {} });
    for (const more of [
      {},
      { ...deny, enforcementMode: 'DoNotEnforce' },
      { ...deny, notScopes: [agentId('triage-agent-prod')] },
    ]) {
      await assign(needsKey, more);
      expect((await other()).status).toBe(201);
    }
    await assign(needsKey, deny);
    expect((await other()).status).toBe(403);
  });

  test('with parameters denies vaults too', async () => {
    const properties = { tenantId: '10000000-0000-4000-8000-000000000000', sku: { family: 'A', name: 'standard' } };
    const make = (location: string) =>
      arm('PUT', `${vaultId('kv-elsewhere')}?api-version=2023-07-01`, { location, properties });
    await assign(allowedLocations, { parameters: { listOfAllowedLocations: { value: ['westeurope'] } } });
    expect(await codeAt(make('North Europe'))).toEqual([403, 'RequestDisallowedByPolicy']);
    expect((await make('West Europe')).status).toBe(201);
  });

  test('of one’s own denies by its rule, and no policy is assigned that does not fit', async () => {
    const tagged = {
      anyOf: [
        { field: "tags['environment']", notIn: ['production', 'test'] },
        { not: { field: 'Microsoft.HealthBot/healthBots/sku.name', like: 'C*' } },
      ],
    };
    const id = `/subscriptions/${careId}${definitions}/tagged`;
    await changeState(azure, ({ policyDefinitions }) => {
      // biome-ignore lint/suspicious/noThenProperty: the language's own word
      const policyRule = { if: tagged, then: { effect: 'deny' } };
      policyDefinitions.push({ id, displayName: 'Tagged', mode: 'All', policyRule });
    });
    await assign(id);
    expect(await codeAt(patch({ tags: { environment: 'play' } }))).toEqual([403, 'RequestDisallowedByPolicy']);
    expect((await patch({ tags: { environment: 'test' } })).status).toBe(201);
    expect(await codeAt(assign(`${definitions}/no-such`))).toEqual([404, 'PolicyDefinitionNotFound']);
    expect(await codeAt(assign(allowedLocations))).toEqual([400, 'MissingPolicyParameter']);
    expect(await codeAt(assign(needsKey, { parameters: { colour: { value: 'red' } } }))).toEqual([
      400,
      'UndefinedPolicyParameter',
    ]);
  });

  test('that was assigned in the state denies as well, also what the bot writes', async () => {
    await changeState(azure, ({ policyAssignments }) => {
      policyAssignments.push({
        name: 'rule',
        scope: group,
        displayName: 'Rule',
        policyDefinitionId: needsKey,
        ...deny,
      });
    });
    const byBot = arm('PATCH', `${agent}?api-version=2025-11-01`, { tags: {} }, clientsOf(azure));
    expect(await codeAt(byBot)).toEqual([403, 'RequestDisallowedByPolicy']);
  });
});
