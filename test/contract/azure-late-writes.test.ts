import type { Outcome } from '../../src/domain/failure.ts';
import { type AzureState, agentIn, keyIn } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  connect,
  connectUnfenced,
  enableIdentity,
  failureOf,
  got,
  key,
  markOf,
  resourceNow,
  resourceRef,
  type Sent,
  setKey,
  tenantId,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

/** A write whose connection dies, that is made once more, and that Azure carries out all the same when all is done. */

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
