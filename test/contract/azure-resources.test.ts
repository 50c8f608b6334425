import type { Outcome } from '../../src/domain/failure.ts';
import { ArmId } from '../../src/domain/ids.ts';
import { type AzureState, agentIn, giveRole, keyIn } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { tokenPolicy } from '../support/azure/token-policy.ts';
import * as setup from './azure-setup.ts';

const { bot, careId, connectedAzure, connectUnfenced, enableIdentity, encryptionUser, failureOf, got, key, markOf } =
  setup;
const { outsideFailureOf, resourceNow, resourceRef, says, sentDuring, setKey, tenantId, vaultId, vaultNow } = setup;
const { running, azure } = connectedAzure({ restores: true });
const care = vaultId('kv-care-prod');
const hospital = vaultId('kv-hospital-keys');
const triage = resourceRef('triage-agent-prod');
const visit = resourceRef('virtual-visit-agent');
const hospitalUri = () => `https://localhost:${running.port + 2}/`;

const stateNow = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;
async function firstVersion(name: string, vault = hospital) {
  const found = got(await azure.keys.first(vault, key(name)));
  if (found === null) throw new Error(`no key ${name}`);
  return found.version;
}
const patchesIn = (sent: readonly setup.Sent[]) =>
  sent.filter(({ method }) => method !== 'GET').map(({ body }) => body);

describe('agents', () => {
  test('an agent is read with what matters about it', async () => {
    expect(await resourceNow(azure, visit)).toEqual({
      kind: 'healthcare-agent',
      id: visit.id,
      name: 'virtual-visit-agent',
      location: 'westeurope',
      createdAt: '2023-09-11T10:00:00.000Z',
      provisioningState: 'Succeeded',
      systemAssigned: true,
      principalId: '90000000-0000-4000-8000-000000000001',
      tenantId,
      userAssignedIds: [],
      tags: {},
      customerKey: {
        vaultUri: hospitalUri(),
        keyName: 'cmk-virtual-visit',
        keyVersion: await firstVersion('cmk-virtual-visit'),
      },
    });
    const nowhere = resourceRef('no-such-agent');
    expect([got(await azure.resources.get(nowhere)), got(await azure.resources.tags(nowhere))]).toEqual([null, null]);
  });

  test.each([
    ['triage-agent-test', 'rg-care-test', { type: 'SystemAssigned' }],
    [
      'visitor-agent',
      'rg-care-prod',
      { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: expect.anything() },
    ],
  ])(
    'the identity of %s is enabled by sending it alone, with the map of those it has, and once',
    async (name, group, identity) => {
      const ref = resourceRef(name, group);
      const { userAssignedIds } = await resourceNow(azure, ref);
      const sent = await sentDuring(running, async () => {
        const receipt = got(await enableIdentity(azure, ref));
        for (const id of [receipt.clientRequestId, receipt.correlationId]) expect(id).toMatch(/^[0-9a-f-]{36}$/);
      });
      const map = Object.fromEntries(userAssignedIds.map((id) => [id, {}]));
      const whole = 'userAssignedIdentities' in identity ? { ...identity, userAssignedIdentities: map } : identity;
      expect(patchesIn(sent)).toEqual([{ identity: whole }]);
      const after = await resourceNow(azure, ref);
      expect(after).toMatchObject({ systemAssigned: true, provisioningState: 'Succeeded', tenantId, userAssignedIds });
      expect(patchesIn(await sentDuring(running, async () => got(await enableIdentity(azure, ref))))).toEqual([]);
      expect(await resourceNow(azure, ref)).toEqual(after);
    },
  );

  describe("setting the customer's key", () => {
    const keyName = 'cmk-triage-agent';
    const wished = async () => {
      const { uri: vaultUri } = await vaultNow(azure, care);
      return { vaultUri, keyName, keyVersion: await firstVersion(keyName, care) };
    };
    beforeEach(async () => {
      got(await enableIdentity(azure, triage));
      got(await azure.vaults.protect(care, { softDelete: false }));
      const principalId = (await resourceNow(azure, triage)).principalId ?? '';
      got(await azure.grants.grant(await vaultNow(azure, care), key(keyName), principalId, tenantId));
    });

    test('sends exactly the three members of the key', async () => {
      const spec = await wished();
      const sent = await sentDuring(running, async () => got(await setKey(azure, triage, spec)));
      const keyVaultProperties = { keyName, keyVaultUri: spec.vaultUri, keyVersion: spec.keyVersion };
      expect(patchesIn(sent)).toEqual([{ properties: { keyVaultProperties } }]);
      expect((await resourceNow(azure, triage)).customerKey).toEqual(spec);
    });

    // Azure accepts members that it doesn't know, and drops them.
    test('of an account is read back where Azure keeps it', async () => {
      const id = ArmId.parse(`${care.split('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/stcarelogs`);
      const ref = { kind: 'storage-account', id };
      const give = (who: string, role: string) =>
        giveRole(who, role, () => `/subscriptions/${careId}`, 'ServicePrincipal');
      await changeState(running, give(bot.id, '70000000-0000-4000-8000-000000000004'));
      await changeState(running, give((await resourceNow(azure, ref)).principalId ?? '', encryptionUser));
      const spec = await wished();
      got(await setKey(azure, ref, spec));
      expect((await resourceNow(azure, ref)).customerKey).toEqual(spec);
    });
  });
});

/** A write whose connection dies, that is made once more, and that Azure carries out all the same when all is done. */
describe('writes that come late', () => {
  const ward = '90000000-0000-4000-8000-000000000002';
  const plain = { type: 'RSA', size: 2048, expires: null } as const;
  const visitKey = key('cmk-virtual-visit');
  const add = (fault: setup.Fault) => http(running, 'POST', '/simulator/faults', { body: fault });
  const mend = () => http(running, 'DELETE', '/simulator/faults');

  interface Write {
    /** What it is that is there once or twice, in the state. */
    readonly match: { readonly method: string; readonly url: string };
    readonly make: (n: number) => Promise<Outcome<unknown>>;
    /** What Azure says to both, if not yes; where conditions aren't heeded, too. */
    readonly statuses?: readonly number[];
    readonly ignoresConditions?: true;
  }

  const setNewest = async () => {
    const newest = got(await azure.keys.get(hospital, visitKey, null));
    if (newest === null) throw new Error('there is no key');
    return setKey(azure, visit, { vaultUri: hospitalUri(), keyName: visitKey, keyVersion: newest.version });
  };
  const identity = {
    match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
    make: () => enableIdentity(azure, triage),
  };
  const customerKey = { match: { method: 'PATCH', url: 'healthBots/virtual-visit-agent' }, make: setNewest };

  const writes: readonly (readonly [what: string, write: Write])[] = [
    [
      'a role assignment',
      {
        match: { method: 'PUT', url: 'roleAssignments' },
        make: async () => azure.grants.grant(await vaultNow(azure, care), key('cmk-triage-agent'), ward, tenantId),
      },
    ],
    [
      'purge protection',
      {
        match: { method: 'PATCH', url: 'vaults/kv-care-prod' },
        make: () => azure.vaults.protect(care, { softDelete: false }),
      },
    ],
    [
      'a new key',
      {
        match: { method: 'PUT', url: 'keys/cmk-late' },
        make: (n) => azure.keys.createIfMissing(care, key('cmk-late'), plain, markOf(n)),
      },
    ],
    ['a customer-managed key, refused the second time', { ...customerKey, statuses: [201, 412] }],
    ['a customer-managed key without conditions', { ...customerKey, statuses: [201, 201], ignoresConditions: true }],
  ];

  /** What the write says of itself is the same; times and marks of one state are not what is looked at. */
  const effects = ({ agents, vaults, roleAssignments }: AzureState) => ({
    agents: agents.map(({ name, content }) => ({ name, content })),
    grants: roleAssignments.map(({ name }) => name),
    vaults: vaults.map(({ name, enablePurgeProtection, accessPolicies, keys }) => ({
      name,
      enablePurgeProtection,
      policies: accessPolicies.map(({ objectId, permissions }) => ({ objectId, permissions })),
      keys: keys.map((one) => [one.name, one.versions.map(({ version, tags }) => ({ version, tags }))]),
    })),
  });

  const sentTo = async (match: Write['match']): Promise<readonly setup.Sent[]> =>
    ((await http(running, 'GET', '/simulator/requests')).body as setup.Sent[]).filter(
      ({ method, url }) => method === match.method && new RegExp(match.url).test(url),
    );

  /** Makes the write, loses it, makes it again, and has Azure carry out the first one. Returns what Azure said to each. */
  async function late({ match, make }: Write) {
    const before = (await sentTo(match)).length;
    await add({ match, times: 1, delayMs: 600_000, late: true });
    expect(failureOf(await make(1))).toMatchObject({ source: 'no-answer', next: 'wait', change: 'unknown' });
    expect(await sentTo(match)).toHaveLength(before);
    got(await make(2));
    const after = effects(await stateNow());
    await mend();
    const statuses = async () => (await sentTo(match)).slice(before).map(({ status }) => status);
    while ((await statuses()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    return { statuses: await statuses(), after, now: effects(await stateNow()) };
  }

  test.each(writes)('there is one of it: %s', async (_what, write) => {
    if (write.ignoresConditions)
      await changeState(
        running,
        ({ settings }: AzureState) => void Object.assign(settings, { agentsHeedConditions: false }),
      );
    const { statuses, after, now } = await late(write);
    if (write.statuses === undefined) for (const status of statuses) expect(status).toBeLessThan(300);
    else expect(statuses).toEqual(write.statuses);
    expect(now).toEqual(after);
  });

  test('a version of a key: there are two, which nothing in the interface of a vault prevents; the one that was answered is known', async () => {
    const make = async (n: number) =>
      azure.keys.createVersion(hospitalUri(), visitKey, await firstVersion(visitKey), plain, markOf(n));
    await late({ match: { method: 'POST', url: 'keys/cmk-virtual-visit/create' }, make });
    const { versions } = keyIn(await stateNow(), 'kv-hospital-keys', visitKey);
    const marks = versions.map(({ tags }) => tags?.['cmk-bot-nonce'] ?? null);
    expect(marks).toEqual([null, null, markOf(2).nonce, markOf(1).nonce]);
  });

  describe('an agent that was changed by somebody else between the look and the write', () => {
    const { match } = identity;
    const refused = { code: 'PreconditionFailed', next: 'wait', change: 'refused' };
    const refusesMark = (of: Write['match']) =>
      add({ match: of, times: 1, respond: { status: 412, body: says('PreconditionFailed', 'No.') } });
    /** Enables the identity, and changes the agent as the write is under way. */
    const overtaken = async () => {
      await add({ match, times: 1, delayMs: 600_000 });
      const writing = identity.make();
      while ((await stateNow()).faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await changeState(running, (all: AzureState) => {
        const one = agentIn(all, 'triage-agent-prod');
        one.content.identity = { type: 'UserAssigned', principalId: null, userAssignedIds: [] };
        one.etag = '"somebody-else"';
      });
      await mend();
      return writing;
    };

    const other = () => ({
      keyVaultUri: hospitalUri(),
      keyName: 'hospital-data',
      keyVersion: '0'.repeat(32),
      userIdentity: null,
    });
    const shown = async () => agentIn(await stateNow(), 'virtual-visit-agent').content.keyVaultProperties;
    const change = (to: (one: ReturnType<typeof agentIn>) => void) =>
      changeState(running, (all: AzureState) => to(agentIn(all, 'virtual-visit-agent')));
    const looked = async () => {
      const keyVersion = await firstVersion(visitKey);
      const judged = await resourceNow(azure, visit);
      return () =>
        azure.resources.setCustomerKey(visit, judged, { vaultUri: hospitalUri(), keyName: visitKey, keyVersion });
    };

    test('keeps its key, although a form has read it since', async () => {
      const write = await looked();
      await change((one) => {
        one.content.keyVaultProperties = other();
        one.etag = '"somebody-else"';
      });
      await resourceNow(azure, visit);
      expect(failureOf(await write())).toMatchObject(refused);
      expect(await shown()).toEqual(other());
    });

    test.each<[string, (one: ReturnType<typeof agentIn>) => void, object]>([
      [
        'is under another key',
        (one) => {
          one.content.keyVaultProperties = other();
        },
        { code: 'key-moved' },
      ],
      [
        'is another one of its name',
        (one) => {
          one.systemData.createdAt = '2026-01-01T00:00:00.000Z';
        },
        { code: 'replaced', what: 'resource' },
      ],
    ])('keeps its key, although its provider can’t be asked with a condition, if it %s', async (_what, to, found) => {
      const write = await looked();
      await refusesMark(customerKey.match);
      failureOf(await write());
      await change(to);
      const before = await shown();
      expect(failureOf(await write())).toMatchObject({ source: 'bot', next: 'wait', found });
      expect(await shown()).toEqual(before);
    });

    test('a provider that refuses the mark it gave itself is asked without one the next time', async () => {
      await refusesMark(match);
      expect(failureOf(await identity.make())).toMatchObject({ code: 'PreconditionFailed', next: 'wait' });
      got(await overtaken());
    });
  });

  test('a write that belongs to no run isn’t sent', async () => {
    const match = { method: 'PATCH', url: 'vaults/kv-care-prod' };
    const before = (await sentTo(match)).length;
    const unfenced = connectUnfenced(running);
    await expect(unfenced.vaults.protect(care, { softDelete: false })).rejects.toThrow('without a write fence');
    expect(await sentTo(match)).toHaveLength(before);
  });
});

/** Writes that an Azure policy wants a token for, by the bot's own clients over HTTPS. */
describe('policy tokens', () => {
  const requireTokens = (details: Parameters<typeof tokenPolicy>[2], resultLifespan = 'PT1M') =>
    changeState(running, tokenPolicy(`/subscriptions/${careId}`, 'Microsoft.KeyVault/vaults', details, resultLifespan));
  const protect = () => azure.vaults.protect(care, { softDelete: false });
  const isAcquire = ({ url }: { readonly url: string }) => url.includes('acquirePolicyToken');

  test('where no policy asks, no token is acquired; else one for the bytes of the write, which is sent once more', async () => {
    const without = await sentDuring(running, async () => got(await protect()));
    expect(without.filter(isAcquire)).toEqual([]);
    await requireTokens({ successProbability: 1 });
    const sent = await sentDuring(running, async () => got(await protect()));
    const change = sent.filter(({ url, method }) => method !== 'GET' && !isAcquire({ url }));
    expect(change.map(({ status }) => status)).toEqual([403, 200]);
    expect(change[1]?.body).toEqual(change[0]?.body);
    const asked = { operation: { httpMethod: 'PATCH', uri: change[0]?.url, content: change[0]?.body } };
    expect(sent.find(isAcquire)?.body).toEqual(asked);
    expect(new Set(sent.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
    expect(JSON.stringify(await http(running, 'GET', '/simulator/requests'))).not.toContain('PoP ');
  });

  test('the change reference of the request is given; without one the policy’s words say that it is missing', async () => {
    await requireTokens({ successProbability: 1, changeReferenceRequired: true });
    const missing = outsideFailureOf(await protect());
    expect(missing.message).toContain("Policy 'Reviewed writes' requires a change reference.");
    const attempt = { changeReference: 'CHG0031337', clientRequestId: '50000000-0000-4000-8000-0000000000c1' };
    const sent = await sentDuring(running, async () => got(await azure.within(attempt, protect)));
    expect(sent.find(isAcquire)?.body).toMatchObject({ changeReference: 'CHG0031337' });
  });
});
