import type { Outcome } from '../../src/domain/failure.ts';
import type { ArmId } from '../../src/domain/ids.ts';
import { type AzureState, agentIn, keyIn, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { tokenPolicy } from '../support/azure/token-policy.ts';
import {
  careId,
  connect,
  connectedAzure,
  connectUnfenced,
  enableIdentity,
  failureOf,
  got,
  key,
  markOf,
  noAnswer,
  outsideFailureOf,
  resourceId,
  resourceNow,
  resourceRef,
  type Sent,
  sentDuring,
  setKey,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

describe('agents', () => {
  const { running, azure } = connectedAzure();

  const oldestVersionOf = async (name: string, vault: ArmId) => {
    const found = got(await azure.keys.first(vault, key(name)));
    if (found === null) throw new Error(`no key ${name}`);
    return found.version;
  };

  describe('reading an agent', () => {
    test('tells what matters about it', async () => {
      expect(await resourceNow(azure, resourceRef('virtual-visit-agent'))).toEqual({
        kind: 'healthcare-agent',
        id: resourceId('virtual-visit-agent'),
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
          vaultUri: `https://localhost:${running.port + 2}/`,
          keyName: 'cmk-virtual-visit',
          keyVersion: await oldestVersionOf('cmk-virtual-visit', vaultId('kv-hospital-keys')),
        },
      });
    });

    test('an agent that does not exist is null', async () => {
      expect(got(await azure.resources.get(resourceRef('no-such-agent')))).toBeNull();
      expect(got(await azure.resources.tags(resourceRef('no-such-agent')))).toBeNull();
    });

    test('its tags can be read alone, in the time a click has', async () => {
      const ref = resourceRef('triage-agent-prod');
      const tags = { environment: 'production' };
      expect((await resourceNow(azure, ref)).tags).toEqual(tags);
      expect(
        await sentDuring(running, async () => expect(got(await azure.resources.tags(ref))).toEqual(tags)),
      ).toHaveLength(1);
      const impatient = connect(running, { limits: { clickMs: 300 } });
      const slow = { match: { url: 'healthBots' }, ...noAnswer };
      expect(failureOf(await under(running, slow, () => impatient.resources.tags(ref)))).toMatchObject({
        code: 'NoAnswerInTime',
        doing: 'reading the tags of agent triage-agent-prod',
      });
    });

    test('takes the creation date from the resource list where the agent does not tell it', async () => {
      const whole = await http(running, 'GET', '/simulator/state');
      const resource = whole.body.agents.find((one: { name: string }) => one.name === 'vaccination-agent');
      const id = resourceId('vaccination-agent');
      const body = { id, name: resource.name, type: 'microsoft.healthbot/healthbots', location: 'West Europe' };
      const fault = { match: { url: 'healthBots/vaccination-agent\\?' }, respond: { status: 200, body } };
      const seen = await under(running, fault, () => resourceNow(azure, resourceRef('vaccination-agent')));
      expect(seen).toMatchObject({ createdAt: '2021-06-03T07:45:00.000Z', location: 'westeurope' });
    });
  });

  describe('enabling the identity', () => {
    const identityResource = resourceRef('triage-agent-test', 'rg-care-test');

    test('sends the identity alone and waits until Azure has finished', async () => {
      const sent = await sentDuring(running, async () => {
        const receipt = got(await enableIdentity(azure, identityResource));
        expect(receipt.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
        expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
      });
      const patches = sent.filter(({ method }) => method === 'PATCH');
      expect(patches.map(({ body }) => body)).toEqual([{ identity: { type: 'SystemAssigned' } }]);
      expect(await resourceNow(azure, identityResource)).toMatchObject({
        systemAssigned: true,
        provisioningState: 'Succeeded',
        tenantId,
      });
    });

    test('all requests of one call carry the client request id of its receipt', async () => {
      const target = resourceRef('x-ray-agent', 'rg-research', '40000000-0000-4000-8000-000000000002');
      const judged = await resourceNow(azure, target);
      let id: string | null = null;
      const sent = await sentDuring(running, async () => {
        id = got(await azure.resources.enableSystemIdentity(target, judged)).clientRequestId;
      });
      expect(sent.length).toBeGreaterThan(2);
      expect(new Set(sent.map(({ clientRequestId }) => clientRequestId))).toEqual(new Set([id]));
    });

    test('a repeat changes nothing', async () => {
      const before = await resourceNow(azure, identityResource);
      const sent = await sentDuring(running, async () => got(await enableIdentity(azure, identityResource)));
      expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
      expect(await resourceNow(azure, identityResource)).toEqual(before);
    });

    test('keeps user-assigned identities by sending the same map', async () => {
      const visitor = resourceRef('visitor-agent');
      const before = await resourceNow(azure, visitor);
      expect(before.userAssignedIds).toHaveLength(1);
      const sent = await sentDuring(running, async () => got(await enableIdentity(azure, visitor)));
      expect(sent.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
        {
          identity: {
            type: 'SystemAssigned, UserAssigned',
            userAssignedIdentities: { [before.userAssignedIds[0] ?? '']: {} },
          },
        },
      ]);
      expect(await resourceNow(azure, visitor)).toMatchObject({
        systemAssigned: true,
        userAssignedIds: before.userAssignedIds,
      });
    });
  });

  describe("setting the customer's key", () => {
    const target = resourceRef('triage-agent-prod');
    const vault = vaultId('kv-care-prod');
    const keyName = 'cmk-triage-agent';
    const wished = async () => ({
      vaultUri: (await vaultNow(azure, vault)).uri,
      keyName,
      keyVersion: await oldestVersionOf(keyName, vault),
    });

    beforeAll(async () => {
      got(await enableIdentity(azure, target));
      got(await azure.vaults.protect(vault, { softDelete: false }));
    });

    test('sends exactly the three members of the key', async () => {
      const principalId = (await resourceNow(azure, target)).principalId ?? '';
      got(await azure.grants.grant(await vaultNow(azure, vault), key(keyName), principalId, tenantId));
      const spec = await wished();
      const sent = await sentDuring(running, async () => got(await setKey(azure, target, spec)));
      const patch = sent.find(({ method }) => method !== 'GET');
      expect(patch).toMatchObject({
        method: 'PATCH',
        body: {
          properties: { keyVaultProperties: { keyName, keyVaultUri: spec.vaultUri, keyVersion: spec.keyVersion } },
        },
      });
      expect(Object.keys(patch?.body ?? {})).toEqual(['properties']);
      expect((await resourceNow(azure, target)).customerKey).toEqual(spec);
    });

    test("a failed operation without an error keeps its status and the provider's body", async () => {
      const body = { status: 'Failed', resourceId: 'x' };
      const fault = { match: { url: 'operationStatuses' }, respond: { status: 200, body } };
      const failure = outsideFailureOf(await under(running, fault, async () => setKey(azure, target, await wished())));
      expect(failure).toMatchObject({ next: 'wait', code: 'Failed', message: JSON.stringify(body) });
    });

    test('an operation that does not end in time may be tried again', async () => {
      const impatient = connect(running, { limits: { operationMs: 700 } });
      const fault = { match: { url: 'operationStatuses' }, respond: { status: 200, body: { status: 'Working' } } };
      const spec = await wished();
      const failure = outsideFailureOf(await under(running, fault, () => setKey(impatient, target, spec)));
      expect(failure).toMatchObject({ next: 'wait', code: 'NoAnswerInTime' });
    });
  });
});

/** A write whose connection dies, that is made once more, and that Azure carries out all the same when all is done. */
describe('writes that come late', () => {
  const running = simulatedAzure();
  const azure = lazily(() => connect(running));
  let untouched: unknown;

  const state = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;

  beforeAll(async () => {
    untouched = await state();
  });
  beforeEach(async () => {
    await http(running, 'PUT', '/simulator/state', { body: untouched });
  });

  const ward = '90000000-0000-4000-8000-000000000002';
  const agent = resourceRef('triage-agent-prod');
  const care = vaultId('kv-care-prod');
  const hospital = vaultId('kv-hospital-keys');
  const policies = vaultId('kv-policy-keys');
  const plain = { type: 'RSA', size: 2048, expires: null } as const;
  const hospitalUri = () => `https://localhost:${running.port + 2}/`;

  interface Write {
    /** What it is that is there once or twice, in the state. */
    readonly match: { readonly method: string; readonly url: string };
    readonly make: (n: number) => Promise<Outcome<unknown>>;
  }

  const firstVersion = async (vault: typeof hospital, name: string) => {
    const first = got(await azure.keys.first(vault, key(name)));
    if (first === null) throw new Error(`there is no key ${name}`);
    return first.version;
  };

  const writes: Readonly<Record<string, Write>> = {
    identity: {
      match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
      make: () => enableIdentity(azure, agent),
    },
    'customer-managed key': {
      match: { method: 'PATCH', url: 'healthBots/virtual-visit-agent' },
      make: async () => {
        const versions = (await state()).vaults.find(({ name }) => name === 'kv-hospital-keys')?.keys[0]?.versions;
        const newest = got(await azure.keys.get(hospital, key('cmk-virtual-visit'), null));
        if (versions === undefined || newest === null) throw new Error('there is no key');
        const to = { vaultUri: hospitalUri(), keyName: key('cmk-virtual-visit'), keyVersion: newest.version };
        return setKey(azure, resourceRef('virtual-visit-agent'), to);
      },
    },
    'role assignment': {
      match: { method: 'PUT', url: 'roleAssignments' },
      make: async () => azure.grants.grant(await vaultNow(azure, care), key('cmk-triage-agent'), ward, tenantId),
    },
    'access policy': {
      match: { method: 'PUT', url: 'accessPolicies/add' },
      make: async () => azure.grants.grant(await vaultNow(azure, policies), key('cmk-policy'), ward, tenantId),
    },
    'purge protection': {
      match: { method: 'PATCH', url: 'vaults/kv-care-prod' },
      make: () => azure.vaults.protect(care, { softDelete: false }),
    },
    'new key': {
      match: { method: 'PUT', url: 'keys/cmk-late' },
      make: (n) => azure.keys.createIfMissing(care, key('cmk-late'), plain, markOf(n)),
    },
    'version of a key': {
      match: { method: 'POST', url: 'keys/cmk-virtual-visit/create' },
      make: async (n) =>
        azure.keys.createVersion(
          hospitalUri(),
          key('cmk-virtual-visit'),
          await firstVersion(hospital, 'cmk-virtual-visit'),
          plain,
          markOf(n),
        ),
    },
  };

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

  const sent = async (match: Write['match']): Promise<readonly Sent[]> =>
    ((await http(running, 'GET', '/simulator/requests')).body as Sent[]).filter(
      ({ method, url }) => method === match.method && new RegExp(match.url).test(url),
    );

  /** Makes the write, loses it, makes it again, and has Azure carry out the first one. Returns what Azure said to each. */
  async function late({ match, make }: Write): Promise<readonly number[]> {
    const before = (await sent(match)).length;
    await http(running, 'POST', '/simulator/faults', { body: { match, times: 1, delayMs: 600_000, late: true } });
    expect(failureOf(await make(1))).toMatchObject({ source: 'no-answer', next: 'wait', change: 'unknown' });
    expect(await sent(match)).toHaveLength(before);
    got(await make(2));
    const after = effects(await state());
    await http(running, 'DELETE', '/simulator/faults');
    const statuses = async () => (await sent(match)).slice(before).map(({ status }) => status);
    while ((await statuses()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    left = { after, now: effects(await state()) };
    return statuses();
  }
  let left: { readonly after: ReturnType<typeof effects>; readonly now: ReturnType<typeof effects> };

  test.each(['role assignment', 'access policy', 'purge protection', 'new key'])(
    '%s: Azure says yes to both, and there is one of it',
    async (name) => {
      const write = writes[name];
      if (write === undefined) throw new Error(`no write is named ${name}`);
      for (const status of await late(write)) expect(status).toBeLessThan(300);
      expect(left.now).toEqual(left.after);
    },
  );

  test.each(['identity', 'customer-managed key'])(
    '%s: what comes late rests on an agent that is no more, and is refused',
    async (name) => {
      const write = writes[name];
      if (write === undefined) throw new Error(`no write is named ${name}`);
      expect(await late(write)).toEqual([201, 412]);
      expect(left.now).toEqual(left.after);
    },
  );

  test.each(['identity', 'customer-managed key'])(
    '%s: of a provider that takes no notice of conditions it is carried out, and says the same',
    async (name) => {
      const write = writes[name];
      if (write === undefined) throw new Error(`no write is named ${name}`);
      await changeState(running, (now: AzureState) => {
        now.settings.agentsHeedConditions = false;
      });
      expect(await late(write)).toEqual([201, 201]);
      expect(left.now).toEqual(left.after);
    },
  );

  test('a version of a key: there are two, which nothing in the interface of a vault prevents; the one that was answered is known', async () => {
    const write = writes['version of a key'];
    if (write === undefined) throw new Error('no write makes a version');
    await late(write);
    const { versions } = keyIn(await state(), 'kv-hospital-keys', 'cmk-virtual-visit');
    expect(versions.map(({ tags }) => tags?.['cmk-bot-nonce'] ?? null)).toEqual([
      null,
      null,
      markOf(2).nonce,
      markOf(1).nonce,
    ]);
  });

  describe('an agent that was changed by somebody else between the look and the write', () => {
    const identity = () => enableIdentity(azure, agent);
    const match = { method: 'PATCH', url: 'healthBots/triage-agent-prod' };
    const giveOther = async (): Promise<void> => {
      const all = await state();
      const one = agentIn(all, 'triage-agent-prod');
      one.content.identity = { type: 'UserAssigned', principalId: null, userAssignedIds: [] };
      one.etag = '"somebody-else"';
      await http(running, 'PUT', '/simulator/state', { body: all });
    };

    test('is not written to, and it is worth trying again', async () => {
      await http(running, 'POST', '/simulator/faults', { body: { match, times: 1, delayMs: 600_000 } });
      const writing = identity();
      while ((await state()).faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await giveOther();
      await http(running, 'DELETE', '/simulator/faults');
      expect(failureOf(await writing)).toMatchObject({ code: 'PreconditionFailed', next: 'wait', change: 'refused' });
      got(await identity());
    });

    const setOther = () =>
      changeState(running, (all: AzureState) => {
        const one = agentIn(all, 'virtual-visit-agent');
        one.content.keyVaultProperties = other();
        one.etag = '"somebody-else"';
      });
    const other = () => ({
      keyVaultUri: hospitalUri(),
      keyName: 'hospital-data',
      keyVersion: '0'.repeat(32),
      userIdentity: null,
    });
    const visit = resourceRef('virtual-visit-agent');
    const shown = async () => agentIn(await state(), 'virtual-visit-agent').content.keyVaultProperties;
    const wanted = async () => {
      const keyVersion = await firstVersion(hospital, 'cmk-virtual-visit');
      return { vaultUri: hospitalUri(), keyName: 'cmk-virtual-visit', keyVersion };
    };

    test('keeps its key, although a form has read it since', async () => {
      const [judged, key] = [await resourceNow(azure, visit), await wanted()];
      await setOther();
      await resourceNow(azure, visit);
      const failure = failureOf(await azure.resources.setCustomerKey(visit, judged, key));
      expect(failure).toMatchObject({ code: 'PreconditionFailed', next: 'wait', change: 'refused' });
      expect(await shown()).toEqual(other());
    });

    /** The provider refuses its own mark, and its agent changes then without another one. */
    const changedUnmarked = async (to: (one: ReturnType<typeof agentIn>) => void) => {
      const [judged, key] = [await resourceNow(azure, visit), await wanted()];
      const refusal = { status: 412, body: { error: { code: 'PreconditionFailed', message: 'No.' } } };
      const patch = { method: 'PATCH', url: 'healthBots/virtual-visit-agent' };
      await http(running, 'POST', '/simulator/faults', { body: { match: patch, times: 1, respond: refusal } });
      failureOf(await azure.resources.setCustomerKey(visit, judged, key));
      await changeState(running, (all: AzureState) => to(agentIn(all, 'virtual-visit-agent')));
      return failureOf(await azure.resources.setCustomerKey(visit, judged, key));
    };

    test('keeps its key, although its provider can’t be asked with a condition', async () => {
      const failure = await changedUnmarked((one) => {
        one.content.keyVaultProperties = other();
      });
      expect(failure).toMatchObject({ source: 'bot', next: 'wait', found: { code: 'key-moved' } });
      expect(await shown()).toEqual(other());
    });

    test('is not written to, where another one of its name was created since', async () => {
      const before = await shown();
      const failure = await changedUnmarked((one) => {
        one.systemData.createdAt = '2026-01-01T00:00:00.000Z';
      });
      expect(failure).toMatchObject({ source: 'bot', next: 'wait', found: { code: 'replaced', what: 'resource' } });
      expect(await shown()).toEqual(before);
    });

    test('a provider that refuses the mark it gave itself is asked without one the next time', async () => {
      const refusal = { status: 412, body: { error: { code: 'PreconditionFailed', message: 'No.' } } };
      await http(running, 'POST', '/simulator/faults', { body: { match, times: 1, respond: refusal } });
      expect(failureOf(await identity())).toMatchObject({ code: 'PreconditionFailed', next: 'wait' });
      await http(running, 'POST', '/simulator/faults', { body: { match, times: 1, delayMs: 600_000 } });
      const writing = identity();
      while ((await state()).faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await giveOther();
      await http(running, 'DELETE', '/simulator/faults');
      got(await writing);
    });
  });

  test('a write that belongs to no run isn’t sent', async () => {
    const match = { method: 'PATCH', url: 'vaults/kv-care-prod' };
    const before = (await sent(match)).length;
    const unfenced = connectUnfenced(running);
    await expect(unfenced.vaults.protect(care, { softDelete: false })).rejects.toThrow('without a write fence');
    expect(await sent(match)).toHaveLength(before);
  });
});

/** Writes that an Azure policy wants a token for, by the bot's own clients over HTTPS. */
describe('policy tokens', () => {
  const { running, azure } = connectedAzure({ restores: true });

  const scope = `/subscriptions/${careId}`;
  const vault = vaultId('kv-care-prod');

  const requireTokens = (details: Parameters<typeof tokenPolicy>[2], resultLifespan = 'PT1M') =>
    changeState(running, tokenPolicy(scope, 'Microsoft.KeyVault/vaults', details, resultLifespan));

  const protect = () => azure.vaults.protect(vault, { softDelete: false });
  const isAcquire = ({ url }: { readonly url: string }) => url.includes('acquirePolicyToken');

  test('a token is acquired for the bytes of the write, which is sent once more', async () => {
    await requireTokens({ successProbability: 1 });
    const sent = await sentDuring(running, async () => got(await protect()));
    const change = sent.filter(({ url, method }) => method !== 'GET' && !isAcquire({ url }));
    expect(change.map(({ status }) => status)).toEqual([403, 200]);
    expect(change[1]?.body).toEqual(change[0]?.body);
    const asked = sent.find(isAcquire)?.body as { operation: { httpMethod: string; content: unknown } };
    expect(asked).toEqual({ operation: { httpMethod: 'PATCH', uri: change[0]?.url, content: change[0]?.body } });
    expect(new Set(sent.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
    expect(JSON.stringify(await http(running, 'GET', '/simulator/requests'))).not.toContain('PoP ');
  });

  test('where no policy asks, no token is acquired', async () => {
    const sent = await sentDuring(running, async () => got(await protect()));
    expect(sent.filter(isAcquire)).toEqual([]);
  });

  test('a refusal shows the policy’s words, and nothing was changed', async () => {
    await requireTokens({ successProbability: 0 });
    expect(outsideFailureOf(await protect())).toMatchObject({
      code: 'RequestDisallowedByPolicy',
      next: 'ask',
      change: 'refused',
      status: 403,
      message: expect.stringContaining("Policy 'Reviewed writes' denied the operation."),
      policies: [{ policy: 'Reviewed writes', assignment: 'Reviewed writes' }],
    });
  });

  test('the change reference of the request is given; without one the policy’s words say that it is missing', async () => {
    await requireTokens({ successProbability: 1, changeReferenceRequired: true });
    const missing = outsideFailureOf(await protect());
    expect(missing.message).toContain("Policy 'Reviewed writes' requires a change reference.");
    const attempt = { changeReference: 'CHG0031337', clientRequestId: '50000000-0000-4000-8000-0000000000c1' };
    const sent = await sentDuring(running, async () => got(await azure.within(attempt, protect)));
    expect(sent.find(isAcquire)?.body).toMatchObject({ changeReference: 'CHG0031337' });
  });

  test('a token that expired at once is not taken, and the write is not sent a third time', async () => {
    await requireTokens({ successProbability: 1 }, 'PT0S');
    let failure: unknown;
    const sent = await sentDuring(running, async () => {
      failure = failureOf(await protect());
    });
    expect(failure).toMatchObject({ code: 'RequestDisallowedByPolicy', change: 'refused' });
    expect(sent.filter(isAcquire)).toHaveLength(1);
    expect(sent.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
  });

  test('a bot that can’t acquire tokens says which permission is missing', async () => {
    await requireTokens({ successProbability: 1 });
    await changeState(running, withoutActions('Microsoft.Authorization/acquirePolicyToken/read'));
    expect(outsideFailureOf(await protect())).toMatchObject({
      code: 'AuthorizationFailed',
      change: 'refused',
      message: expect.stringContaining('Microsoft.Authorization/acquirePolicyToken/read'),
    });
  });
});
