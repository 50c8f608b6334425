import { randomUUID } from 'node:crypto';
import { vaultLogQueryFor } from '../../src/azure/kql.ts';
import { scenarios } from '../../src/sandbox/azure/scenarios/scenarios.ts';
import { type AgentWrites, agentWrites, foreignKey, ownKey, visitAgent } from '../support/azure/agent-writes.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import {
  clientsOf,
  codeOf,
  grantOnKey,
  innerCodeOf,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Every scenario by name: that it does what its sentence says, over HTTPS, and that it can be turned off. */

const vault = vaultId('kv-hospital-keys');
const azure = simulatedAzure();
const clients = lazily(() => clientsOf(azure));
let writes: AgentWrites;
let beganAt: string;
let untouched: unknown;
let under: unknown;

beforeAll(async () => {
  writes = agentWrites(azure, { authorization: `Bearer ${await clients.token()}` });
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
  under = (await writes.properties()).keyVaultProperties;
});

beforeEach(async () => {
  beganAt = new Date().toISOString();
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});

const turnOn = (...names: string[]) => http(azure, 'POST', '/simulator/scenarios', { body: { names } });
const turnOff = (name = '') =>
  http(azure, 'DELETE', `/simulator/scenarios${name === '' ? '' : `?name=${encodeURIComponent(name)}`}`);
/** Without the records of changes, which keep that a scenario was on. */
const stateNow = async () => {
  const { changes: _, ...state } = (await http(azure, 'GET', '/simulator/state')).body;
  return state;
};

interface Shown {
  readonly name: string;
  readonly does: string;
  readonly on: boolean;
  readonly left: number | null;
}
const list = async (): Promise<readonly Shown[]> => {
  const groups: { scenarios: Shown[] }[] = (await http(azure, 'GET', '/simulator/scenarios')).body;
  return groups.flatMap((group) => group.scenarios);
};
const whichAreOn = async () => (await list()).filter(({ on }) => on).map(({ name }) => name);

const vaultAddress = () => `https://localhost:${azure.port + 2}/`;
const principalOf = async (agent: string) => String((await readAgent(clients, agent)).identity?.principalId);
const grantForeign = async () => grantOnKey(clients, randomUUID(), vault, foreignKey, await principalOf(visitAgent));
const changeVault = () => clients.vaults().vaults.update('rg-care-prod', 'kv-hospital-keys', { tags: { a: 'b' } });
const readKey = () => clientsOf(azure).keys(vaultAddress()).getKey(ownKey);

const ends = (status: string, more: object, shows: object) => async () => {
  expect((await writes.poll(await writes.setKey(ownKey))).body).toMatchObject({ status, ...more });
  expect(await writes.properties()).toMatchObject(shows);
};

const refusedTimes = (times: number, ask: () => Promise<unknown>, code: string) => async () => {
  for (let count = 0; count < times; count += 1) expect(await codeOf(ask())).toBe(code);
  expect(await codeOf(ask())).toBe('no refusal');
};

// biome-ignore lint/suspicious/noExplicitAny: tests change whatever they need in the document
const takeGrant = (state: any): void => {
  state.roleAssignments = state.roleAssignments.filter(({ scope }: { scope: string }) => !scope.endsWith(ownKey));
};

/** What is found now of the agent's use of its own key, by the query that the bot sends. */
const askLog = async () => {
  const state = await stateNow();
  const key = state.vaults.find(({ name }: { name: string }) => name === 'kv-hospital-keys').keys;
  const { versions } = key.find(({ name }: { name: string }) => name === ownKey);
  const query = vaultLogQueryFor({
    vault,
    since: beganAt,
    version: versions.at(-1).version,
    principal: await principalOf(visitAgent),
    resource: 'none',
  });
  const path = `/v1/workspaces/${state.workspaces[0].customerId}/query`;
  return http(azure, 'POST', path, {
    headers: { authorization: `Bearer ${await clients.token('https://api.loganalytics.io/.default')}` },
    body: { query },
  });
};
const usesFound = async () =>
  (await askLog()).body.tables[0].rows
    .filter((row: unknown[]) => row[2] === 'use')
    .map((row: unknown[]) => row[3])
    .sort();

/** What each sentence comes to. */
const proofs: Readonly<Record<string, () => Promise<void>>> = {
  'grant-takes-10-minutes': async () => {
    const from = Date.now();
    await grantForeign();
    const failed = await writes.poll(await writes.setKey(foreignKey));
    expect(failed.body.error.message).toContain('ForbiddenByRbac');
    const late = Date.parse((await stateNow()).roleAssignments.at(-1).effectiveAt) - from;
    expect(Math.round(late / 60_000)).toBe(10);
    await changeState(azure, ({ roleAssignments }) => {
      roleAssignments.at(-1).effectiveAt = new Date(from).toISOString();
    });
    expect((await writes.poll(await writes.setKey(foreignKey))).body.status).toBe('Succeeded');
  },
  'operation-fails-agent-failed': () =>
    ends(
      'Failed',
      { error: { code: 'KeyVaultAccessForbidden' } },
      { provisioningState: 'Failed', keyVaultProperties: under ?? {} },
    )(),
  'operation-fails-key-kept': async () => {
    await writes.setKey(foreignKey);
    expect(await writes.properties()).toMatchObject({
      provisioningState: 'Failed',
      keyVaultProperties: { keyName: foreignKey },
    });
  },
  'operation-never-ends': async () => {
    const stuck = await writes.setKey(ownKey);
    expect((await writes.poll(stuck)).body.status).toBe('Working');
    await turnOff('operation-never-ends');
    expect((await writes.poll(stuck)).body.status).toBe('Succeeded');
  },
  'operation-canceled': () =>
    ends('Canceled', { error: {} }, { provisioningState: 'Canceled', keyVaultProperties: under ?? {} })(),
  'agent-stays-accepted': ends(
    'Succeeded',
    {},
    { provisioningState: 'Accepted', keyVaultProperties: { keyName: ownKey } },
  ),
  'accepted-then-lost': async () => {
    const lost = await writes.setKey(ownKey);
    expect([lost.status, (await writes.poll(lost)).status]).toEqual([201, 404]);
    expect(await writes.properties()).toMatchObject({ provisioningState: 'Succeeded', keyVaultProperties: under });
  },
  '200-without-the-property': async () => {
    const answer = await writes.setKey(foreignKey);
    expect([answer.status, answer.headers['azure-asyncoperation']]).toEqual([200, undefined]);
    expect(await writes.properties()).toMatchObject({ provisioningState: 'Succeeded', keyVaultProperties: under });
  },
  'another-change-under-way': async () => {
    for (const status of [409, 409, 409, 201]) expect((await writes.setKey(ownKey)).status).toBe(status);
  },
  'role-assignment-refused': async () => {
    expect(await messageOf(grantForeign())).toContain("'Microsoft.Authorization/roleAssignments/write' over scope");
  },
  'agent-write-refused': async () => {
    expect((await writes.setKey(ownKey)).body.error.message).toContain("'Microsoft.HealthBot/healthBots/write'");
  },
  'grant-condition': async () => {
    expect(await messageOf(grantForeign())).toContain('an ABAC condition not fulfilled to perform action');
  },
  'deny-assignment': async () => {
    expect((await writes.setKey(ownKey)).body.error).toMatchObject({
      code: 'DenyAssignmentAuthorizationFailed',
      message: expect.stringContaining('has permission to perform action'),
    });
  },
  'identity-not-known-yet': refusedTimes(3, grantForeign, 'PrincipalNotFound'),
  'role-assignment-limit': async () => {
    expect(await codeOf(grantForeign())).toBe('RoleAssignmentLimitExceeded');
  },
  'policy-denies': async () => {
    const { error } = (await writes.setKey(ownKey)).body;
    expect(error).toMatchObject({ code: 'RequestDisallowedByPolicy', target: 'virtual-visit-agent' });
    expect(error.message).toContain('Policy identifiers: \'[{"policyAssignment":{"name":"Hospital key rules"');
    expect(error.additionalInfo).toMatchObject([{ type: 'PolicyViolation' }]);
    await writeAgent(clients, agentId('triage-agent-prod'), { tags: {} });
  },
  'policy-denies-in-details': async () => {
    const { error } = (await writes.setKey(ownKey)).body;
    expect(error.code).toBe('RequestDisallowedByPolicy');
    expect(error.message).toContain('See error details for policy resource IDs');
    expect(error.message).not.toContain('Hospital key rules');
    const info = { policyAssignmentDisplayName: 'Hospital key rules' };
    expect(error.additionalInfo).toMatchObject([{ type: 'PolicyViolation', info }]);
  },
  'everything-locked': async () => {
    expect((await writes.setKey(ownKey)).body.error.code).toBe('ScopeLocked');
    expect(await codeOf(changeVault())).toBe('ScopeLocked');
    expect((await writes.read()).status).toBe(200);
  },
  'registration-missing': async () => {
    expect((await writes.setKey(ownKey)).body.error.code).toBe('MissingSubscriptionRegistration');
    const seen = await clientsOf(azure, owner).resources().providers.get('Microsoft.HealthBot');
    expect(seen.registrationState).toBe('NotRegistered');
  },
  'type-not-offered': async () => {
    expect((await writes.read()).body.error.code).toBe('InvalidResourceType');
    await changeVault();
  },
  'vault-firewalled': async () => {
    expect(await innerCodeOf(readKey())).toBe('ForbiddenByFirewall');
    const { properties } = await clients.vaults().vaults.get('rg-care-prod', 'kv-hospital-keys');
    expect(properties.networkAcls?.defaultAction).toBe('Deny');
    const { error } = (await writes.poll(await writes.setKey(ownKey))).body;
    expect(error.message).toContain('ForbiddenByFirewall');
  },
  'vault-private': async () => {
    expect(await innerCodeOf(readKey())).toBe('ForbiddenByConnection');
  },
  'vault-refuses-the-bot': async () => {
    expect(await innerCodeOf(readKey())).toBe('ForbiddenByRbac');
  },
  'vault-throttled': refusedTimes(3, () => readKey(), 'Throttled'),
  'agents-notice-lost-keys': async () => {
    const [state, saved] = [(await writes.properties()).provisioningState, await stateNow()];
    expect(state).toBe('Succeeded');
    await changeState(azure, takeGrant);
    const found = (await stateNow()).agents.find(({ name }: { name: string }) => name === 'virtual-visit-agent');
    expect(found.lostKey.code).toBe('KeyVaultAccessForbidden');
    await http(azure, 'PUT', '/simulator/state', { body: saved });
    expect((await writes.properties()).provisioningState).toBe('Succeeded');
  },
  'agents-use-no-key': async () => {
    await writes.poll(await writes.setKey(ownKey));
    expect(await usesFound()).toEqual([]);
    await turnOff();
    await writes.poll(await writes.setKey(ownKey));
    expect(await usesFound()).toEqual(['KeyUnwrap', 'KeyWrap']);
  },
  'agents-used-keys-a-day-ago': async () => {
    await writes.poll(await writes.setKey(ownKey));
    expect(await usesFound()).toEqual([]);
    await turnOff();
    expect(await usesFound()).toEqual(['KeyUnwrap', 'KeyWrap']);
  },
  'logs-take-10-minutes': async () => {
    await writes.poll(await writes.setKey(ownKey));
    expect(await usesFound()).toEqual([]);
    await turnOff();
    expect(await usesFound()).toEqual(['KeyUnwrap', 'KeyWrap']);
  },
  'logs-not-sent': async () => {
    expect((await askLog()).body.tables[0].rows[0].slice(0, 2)).toEqual([null, null]);
  },
  'logs-begin-now': async () => {
    await readKey();
    const [first] = (await askLog()).body.tables[0].rows[0];
    expect(Date.parse(first)).toBeGreaterThanOrEqual(turnedOnAt);
  },
  'logs-refused': async () => {
    const { status, body } = await askLog();
    expect([status, body.error.code]).toEqual([403, 'InsufficientAccessError']);
  },
  'logs-cut-short': async () => {
    const { status, body } = await askLog();
    expect([status, body.error.code]).toEqual([200, 'PartialError']);
  },
  'secret-expired': async () => {
    expect(await messageOf(clientsOf(azure).token())).toContain('AADSTS7000222');
    expect((await writes.read()).body.error.code).toBe('ExpiredAuthenticationToken');
    expect(await messageOf(readKey())).toContain('AADSTS7000222');
  },
  'token-expired-once': async () => {
    expect((await writes.read()).body.error.code).toBe('ExpiredAuthenticationToken');
    expect((await writes.read()).status).toBe(200);
  },
  'directory-is-down': async () => {
    expect((await http(azure, 'GET', '/v1.0/groups')).status).toBe(503);
    expect((await writes.read()).status).toBe(200);
  },
  throttled: async () => {
    for (const status of [429, 429, 429, 200]) {
      const answer = await writes.read();
      expect([answer.status, answer.headers['retry-after']]).toEqual([status, status === 429 ? '4' : undefined]);
    }
  },
  'reset-after-apply': async () => {
    expect(await messageOf(writeAgent(clients, visitAgent, { tags: { sent: 'once' } }))).toMatch(/hang up|ECONNRESET/);
    expect((await readAgent(clients, visitAgent)).tags).toEqual({ sent: 'once' });
  },
  'poll-404-once': async () => {
    const written = await writes.setKey(ownKey);
    expect([(await writes.poll(written)).status, (await writes.poll(written)).status]).toEqual([404, 200]);
  },
  'broken-json-once': async () => {
    expect(await messageOf(readAgent(clients, visitAgent))).toMatch(/JSON/);
    expect((await writes.read()).status).toBe(200);
  },
  'proxy-page-once': async () => {
    const page = await writes.read();
    expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html']);
    expect((await writes.read()).status).toBe(200);
  },
  'slow-answers': async () => {
    const from = Date.now();
    await writes.read();
    expect(Date.now() - from).toBeGreaterThanOrEqual(3_000);
  },
  'resource-graph-lags': async () => {
    await writeAgent(clients, visitAgent, { tags: { new: 'yes' } });
    const query = "resources | where name =~ 'virtual-visit-agent' | project tags";
    const { data } = await clients.graph().resources({ subscriptions: [careId], query });
    expect(data).toEqual([{ tags: null }]);
    expect((await readAgent(clients, visitAgent)).tags).toEqual({ new: 'yes' });
  },
  'reads-lag': async () => {
    const before = await writes.read();
    const from = Date.now();
    await writes.poll(await writes.setKey(ownKey));
    const after = await writes.read();
    // A machine that takes longer proves nothing.
    if (Date.now() - from < 10_000) expect(after.body).toEqual(before.body);
    await turnOff('reads-lag');
    expect((await writes.read()).body.systemData).not.toEqual(before.body.systemData);
  },
  'azure-is-down': async () => {
    expect((await writes.read()).body.error.code).toBe('ServiceUnavailable');
    expect(await codeOf(readKey())).toBe('ServiceUnavailable');
    await clientsOf(azure).token();
  },
};

let turnedOnAt: number;
test.each(scenarios.map(({ name, does }) => [name, does]))('%s: %s', async (name) => {
  turnedOnAt = Date.now();
  expect((await turnOn(name)).status).toBe(200);
  expect(await whichAreOn()).toEqual([name]);
  const proof = proofs[name];
  if (proof === undefined) throw new Error(`nothing shows what ${name} does`);
  await proof();
});

test('all can be on at once; turned off one by one, or all with the faults of tests, they leave nothing behind', async () => {
  const before = await stateNow();
  const names = scenarios.map(({ name }) => name);
  for (const off of [
    async () => {
      for (const name of names) await turnOff(name);
    },
    async () => {
      await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '/nowhere' } } });
      await turnOff();
    },
  ]) {
    expect((await turnOn(...names, ...names)).status).toBe(200);
    expect(await whichAreOn()).toHaveLength(names.length);
    await off();
    expect(await stateNow()).toEqual(before);
  }
});

test('one that is counted goes off by itself', async () => {
  await turnOn('throttled');
  expect((await list()).find(({ name }) => name === 'throttled')).toMatchObject({ on: true, left: 3 });
  for (let count = 0; count < 3; count += 1) await writes.read();
  expect(await whichAreOn()).toEqual([]);
});

test('an unknown name is refused with the names that there are, and turns nothing on', async () => {
  for (const answer of [await turnOn('throttled', 'no-such-thing'), await turnOff('no-such-thing')]) {
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain('There is no scenario no-such-thing. There are: ');
    for (const { name } of scenarios) expect(answer.body.error.message).toContain(name);
  }
  expect(await whichAreOn()).toEqual([]);
});

describe('an agent that lost its key', () => {
  const lose = {
    'a grant that was taken away': takeGrant,
    'a key that was disabled': ({ vaults }) => {
      for (const version of vaults[1].keys.flatMap((key: { versions: object[] }) => key.versions))
        version.enabled = false;
    },
    'a key that was deleted': ({ vaults }) => {
      for (const key of vaults[1].keys) key.deletedAt = 1;
    },
    'a vault that was closed': ({ vaults }) => {
      vaults[1].publicNetworkAccess = 'Disabled';
    },
    'a vault that is gone': (state) => {
      state.vaults.splice(1, 1);
    },
    // biome-ignore lint/suspicious/noExplicitAny: tests change whatever they need in the document
  } satisfies Record<string, (state: any) => void>;

  test.each(Object.entries(lose))('notices nothing of %s, or is Failed, as it was chosen', async (_what, change) => {
    await changeState(azure, change);
    const states: string[] = [];
    const look = async () => states.push((await writes.properties()).provisioningState);
    await look();
    await turnOn('agents-notice-lost-keys');
    await look();
    await turnOff('agents-notice-lost-keys');
    await look();
    expect(states).toEqual(['Succeeded', 'Failed', 'Succeeded']);
  });

  test('does not lose one that is only past its date: that one still unwraps', async () => {
    await turnOn('agents-notice-lost-keys');
    await changeState(azure, ({ vaults }) => {
      for (const version of vaults[1].keys.flatMap((key: { versions: object[] }) => key.versions)) version.exp = 1;
    });
    expect((await writes.properties()).provisioningState).toBe('Succeeded');
  });
});
