/** Named failures of Azure that a person or a test turns on: texts, effects on the state, and faults. */
import { errorBody } from '../http.ts';
import { subscriptionScope } from './arm/ids.ts';
import type { Fault } from './fault.ts';
import { addFaults, removeFaults } from './incoming.ts';
import type { PolicyAssignment, PolicyDefinition } from './state/policies.ts';
import type { DenyAssignment } from './state/principals.ts';
import { hostPrincipalId, type ManagementLock, type SimulatorState } from './state/schema.ts';
import { roles } from './state/seed-roles.ts';
import type { Vault } from './state/vaults.ts';

/** Changes the state while a scenario is on, and reverts that. */
interface Circumstances {
  readonly on: (state: SimulatorState) => void;
  readonly off: (state: SimulatorState) => void;
}

type Settings = SimulatorState['settings'];

/** Changes one setting and restores only that one, because several scenarios can be on. */
const changing = <T, K extends keyof T>(
  settingsIn: (state: SimulatorState) => T,
  name: K,
  value: () => T[K],
  usual: T[K],
): Circumstances => ({
  on: (state) => {
    settingsIn(state)[name] = value();
  },
  off: (state) => {
    settingsIn(state)[name] = usual;
  },
});

const setting = <K extends keyof Settings>(name: K, value: Settings[K], usual: Settings[K]): Circumstances =>
  changing(
    ({ settings }) => settings,
    name,
    () => value,
    usual,
  );

/** A failure or situation in Azure that tests, the command line and the page can turn on by name. */
export interface Scenario {
  /** Lower case, with hyphens. */
  readonly name: string;
  readonly title: string;
  readonly does: string;
  readonly faults?: readonly Fault[];
  readonly circumstances?: Circumstances;
}

interface ScenarioGroup {
  readonly title: string;
  readonly scenarios: Readonly<Record<string, Omit<Scenario, 'name' | 'title' | 'does'>>>;
}

/** A scenario in which the simulator answers instead of Azure Resource Manager, which does nothing. */
const refuses = (
  fault: Pick<Fault, 'match' | 'times'>,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Pick<Scenario, 'faults'> => ({
  faults: [{ ...fault, respond: { status, headers, body: errorBody(code, message) } }],
});

/** Matches a write that sets or removes a customer-managed key. */
const keyWrite = { method: 'PATCH', url: '/healthBots/', carries: 'properties.keyVaultProperties' } as const;

/** Matches Azure Resource Manager and Key Vault, but not sign-in, directory and cloud metadata. */
const armAndVaults = String.raw`^/(subscriptions|providers|keys|deletedkeys|certificates|secrets)\b`;

const answers: ScenarioGroup = {
  title: 'Network and answers',
  scenarios: {
    // Code and text from public reports, without the subscription's ID.
    throttled: refuses(
      { match: { url: '^/subscriptions/' }, times: 3 },
      429,
      'SubscriptionRequestsThrottled',
      "Number of requests for subscription exceeded the limit for time interval '00:05:00'. Please try again after '4' seconds.",
      { 'retry-after': '4' },
    ),
    'reset-after-apply': { faults: [{ match: { method: 'PATCH' }, times: 1, drop: true }] },
    'poll-404-once': refuses(
      { match: { method: 'GET', url: '/operationStatuses/' }, times: 1 },
      404,
      'OperationNotFound',
      'The operation could not be found.',
    ),
    'broken-json-once': {
      faults: [
        {
          match: { method: 'GET', url: '/healthBots/' },
          times: 1,
          respond: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"/subscriptions/4000' },
        },
      ],
    },
    'proxy-page-once': {
      faults: [
        {
          match: { url: armAndVaults },
          times: 1,
          respond: {
            status: 502,
            headers: { 'content-type': 'text/html' },
            body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
          },
        },
      ],
    },
    'slow-answers': { faults: [{ match: { url: armAndVaults }, delayMs: 3_000 }] },
    'resource-graph-lags': { circumstances: setting('graphLagMs', 300_000, 0) },
    'reads-lag': { circumstances: setting('readLagMs', 10_000, 0) },
    // The usual code and text (from memory).
    'azure-is-down': refuses(
      { match: { url: armAndVaults } },
      503,
      'ServiceUnavailable',
      'The service is currently unavailable. Please try again later.',
    ),
  },
};

const signIn: ScenarioGroup = {
  title: 'Sign-in and Entra ID',
  scenarios: {
    'secret-expired': {
      faults: [{ match: {}, expireToken: true }],
      circumstances: setting('secretsExpired', true, false),
    },
    'token-expired-once': { faults: [{ match: { url: armAndVaults }, times: 1, expireToken: true }] },
    'directory-is-down': refuses(
      { match: { url: '^/(v1\\.0|beta)/' } },
      503,
      'serviceNotAvailable',
      'The service is unavailable.',
    ),
  },
};

type Logs = SimulatorState['settings']['logs'];
const usual: Logs = { takesMs: null, agentsUseKeys: true, agentsAgoMs: 0 };

const set = <K extends keyof Logs>(name: K, value: () => Logs[K]): Circumstances =>
  changing(({ settings }) => settings.logs, name, value, usual[name]);

/** Scenarios for the vaults' logs. No run waits for logs. */
export const logs: ScenarioGroup = {
  title: 'Vault logs',
  scenarios: {
    'agents-use-no-key': { circumstances: set('agentsUseKeys', () => false) },
    'agents-used-keys-a-day-ago': { circumstances: set('agentsAgoMs', () => 25 * 3_600_000) },
    'logs-take-10-minutes': { circumstances: set('takesMs', () => 600_000) },
    'logs-cut-short': {
      faults: [
        {
          match: { method: 'POST', url: '^/v1/workspaces/' },
          respond: {
            status: 200,
            // Shape from Microsoft's page on the API's errors; text from memory.
            body: {
              tables: [{ name: 'PrimaryResult', columns: [{ name: 'Part', type: 'string' }], rows: [] }],
              error: { code: 'PartialError', message: 'There were some errors when processing your query.' },
            },
          },
        },
      ],
    },
  },
};

const accessRefused = {
  // Invented, because the service's own error isn't public; the inner text is Key Vault's.
  code: 'KeyVaultError',
  message:
    'The identity of the resource may not use the key. Key Vault answered: ForbiddenByRbac, Caller is not authorized to perform action on resource.',
};

const tenMinutes = 600_000;

/** Scenarios for how a write of a key ends. */
const operations: ScenarioGroup = {
  title: 'Setting the key',
  scenarios: {
    'grant-takes-10-minutes': { circumstances: setting('grantTakesMs', tenMinutes, null) },
    'operation-fails-agent-failed': {
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', error: accessRefused } }],
    },
    'operation-fails-key-kept': {
      faults: [{ match: keyWrite, times: 1, operation: { status: 'Failed', change: 'kept', error: accessRefused } }],
    },
    'operation-never-ends': { faults: [{ match: keyWrite, operation: { takesMs: 'for-ever' } }] },
    'operation-canceled': { faults: [{ match: keyWrite, times: 1, operation: { status: 'Canceled' } }] },
    'agent-stays-accepted': { faults: [{ match: keyWrite, times: 1, operation: { provisioningState: 'Accepted' } }] },
    'accepted-then-lost': { faults: [{ match: keyWrite, times: 1, operation: { status: 'Lost' } }] },
    '200-without-the-property': {
      faults: [
        { match: { url: '/healthBots/' }, lose: ['properties.keyVaultProperties'] },
        { match: keyWrite, operation: { answersAtOnce: true } },
      ],
    },
    // Code and text from memory.
    'another-change-under-way': refuses(
      { match: keyWrite, times: 3 },
      409,
      'ConflictingConcurrentWriteNotAllowed',
      'The request could not be completed because another write operation is in progress on this resource. Please retry later.',
    ),
  },
};

/** Adds an entry for each subscription, and removes these entries. */
const adding = <T>(
  listIn: (state: SimulatorState) => T[],
  entryFor: (subscriptionId: string) => T,
  isAdded: (entry: T) => boolean,
): Circumstances => ({
  on: (state) => {
    listIn(state).push(...state.subscriptions.map(({ id }) => entryFor(id)));
  },
  off: (state) => {
    const list = listIn(state);
    list.splice(0, list.length, ...list.filter((entry) => !isAdded(entry)));
  },
});

const both = (one: Circumstances, other: Circumstances): Circumstances => ({
  on: (state) => [one, other].forEach(({ on }) => void on(state)),
  off: (state) => [one, other].forEach(({ off }) => void off(state)),
});

const policyId = (subscriptionId: string, name: string): string =>
  `${subscriptionScope(subscriptionId)}/providers/Microsoft.Authorization/policyDefinitions/${name}`;

const keyPolicy = (name: string): Circumstances =>
  adding<PolicyDefinition>(
    (state) => state.policyDefinitions,
    (id) => ({
      id: policyId(id, name),
      displayName: 'Keys of healthcare agents come from approved vaults',
      description: '',
      mode: 'Indexed',
      parameters: {},
      policyRule: {
        if: { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: true },
        // biome-ignore lint/suspicious/noThenProperty: the language's own word
        then: { effect: 'deny' },
      },
    }),
    ({ id }) => id.endsWith(`/${name}`),
  );

/** Denies every key in every subscription, with or without the administrators' own reason. */
const denied = (name: string, reasons: readonly string[]): Circumstances =>
  both(
    keyPolicy(name),
    adding<PolicyAssignment>(
      (state) => state.policyAssignments,
      (id) => ({
        name,
        scope: subscriptionScope(id),
        displayName: 'Hospital key rules',
        description: '',
        policyDefinitionId: policyId(id, name),
        parameters: {},
        notScopes: [],
        enforcementMode: 'Default',
        nonComplianceMessages: reasons.map((message) => ({ message })),
      }),
      (one) => one.name === name,
    ),
  );

const healthBot = 'Microsoft.HealthBot';
const notRegistered = adding(
  (state) => state.unregistered,
  (subscriptionId) => ({ subscriptionId, namespace: healthBot }),
  ({ namespace }) => namespace === healthBot,
);

const lockName = 'scenario-everything-locked';
const locked = adding<ManagementLock>(
  (state) => state.locks,
  (id) => ({ name: lockName, scope: subscriptionScope(id), level: 'ReadOnly', notes: '' }),
  ({ name }) => name === lockName,
);

const denial = '5ce0a000-0000-4000-8000-0000000000d1';

/** Deny assignments as Azure creates them for a deployment stack that protects its resources. */
const agentsDenied = adding<DenyAssignment>(
  (state) => state.denyAssignments,
  (id) => ({
    name: denial,
    displayName: `Deny assignment '${denial}' created by Deployment Stack '${subscriptionScope(id)}/providers/Microsoft.Resources/deploymentStacks/agents'.`,
    description: '',
    scope: subscriptionScope(id),
    doNotApplyToChildScopes: false,
    permissions: [
      { actions: ['Microsoft.HealthBot/healthBots/write'], notActions: [], dataActions: [], notDataActions: [] },
    ],
    principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' }],
    excludePrincipals: [],
  }),
  ({ name }) => name === denial,
);

const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

/** Replaces the role in the condition under which the bot assigns roles. */
const inConditions = (state: SimulatorState, from: string, to: string): void => {
  for (const one of state.roleAssignments.filter(({ principalId }) => principalId === hostPrincipalId)) {
    one.condition = one.condition?.replaceAll(from, to) ?? null;
  }
};

const otherCondition: Circumstances = {
  on: (state) => inConditions(state, roles.cryptoServiceEncryptionUser, reader),
  off: (state) => inConditions(state, reader, roles.cryptoServiceEncryptionUser),
};

/** Scenarios for permissions, policies, locks and registration. */
const rights: ScenarioGroup = {
  title: 'Permissions, policies, locks and registration',
  scenarios: {
    'role-assignment-refused': { faults: [{ match: { method: 'PUT', url: '/roleAssignments/' }, deny: true }] },
    'agent-write-refused': { faults: [{ match: { method: 'PATCH', url: '/healthBots/' }, deny: true }] },
    'grant-condition': { circumstances: otherCondition },
    'deny-assignment': { circumstances: agentsDenied },
    // From public reports, without IDs.
    'identity-not-known-yet': refuses(
      { match: { method: 'PUT', url: '/roleAssignments/' }, times: 3 },
      400,
      'PrincipalNotFound',
      'Principal does not exist in the directory. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype',
    ),
    // Code from Microsoft's troubleshooting page; text from memory.
    'role-assignment-limit': refuses(
      { match: { method: 'PUT', url: '/roleAssignments/' } },
      400,
      'RoleAssignmentLimitExceeded',
      'The number of role assignments for this subscription exceeded the limit of 4000.',
    ),
    'policy-denies': { circumstances: denied('scenario-approved-keys', []) },
    'policy-denies-in-details': {
      circumstances: denied('scenario-approved-keys-with-reason', ['Ask the key office for an approved vault first.']),
    },
    'everything-locked': { circumstances: locked },
    'registration-missing': { circumstances: notRegistered },
    // As reported publicly for 2021-06-10, without the requested version.
    'type-not-offered': refuses(
      { match: { url: String.raw`/providers/Microsoft\.HealthBot/healthBots\b` } },
      404,
      'InvalidResourceType',
      "The resource type 'healthBots' could not be found in the namespace 'Microsoft.HealthBot' for the api version. The supported api-versions are '2020-12-08,2021-08-24,2022-08-08'.",
    ),
  },
};

const closed = (change: (vault: Vault) => void): Circumstances => ({
  on: ({ vaults }: SimulatorState) => {
    for (const vault of vaults) {
      const { publicNetworkAccess, networkAcls } = vault;
      vault.openedAgain ??= { publicNetworkAccess, networkAcls };
      change(vault);
    }
  },
  off: ({ vaults }: SimulatorState) => {
    for (const vault of vaults) {
      Object.assign(vault, vault.openedAgain);
      delete vault.openedAgain;
    }
  },
});

const vaults: ScenarioGroup = {
  title: 'Vaults and keys',
  scenarios: {
    'vault-firewalled': {
      circumstances: closed((vault) => {
        vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
      }),
    },
    'vault-private': {
      circumstances: closed((vault) => {
        vault.publicNetworkAccess = 'Disabled';
      }),
    },
    'vault-refuses-the-bot': { faults: [{ match: { url: '^/(keys|deletedkeys)\\b' }, deny: true }] },
    // From memory; Microsoft's throttling guide gives only the status.
    'vault-throttled': refuses(
      { match: { url: '^/(keys|deletedkeys)\\b' }, times: 3 },
      429,
      'Throttled',
      'Too many requests were received. Try again later.',
    ),
    'agents-notice-lost-keys': { circumstances: setting('agentsNoticeLostKeys', true, false) },
  },
};

/** One line for each scenario: name, list entry for people, and what it does in one sentence. */
const lines = `
grant-takes-10-minutes | A role assignment takes ten minutes | A new role assignment or access policy works only after 10 minutes.
operation-fails-agent-failed | Setting the key fails, old key stays | The next change of a key fails: the agent is Failed, with its old key.
operation-fails-key-kept | Setting the key fails, new key stays | The next change of a key fails: the agent is Failed, with the new key.
operation-never-ends | Setting the key never ends | A change of a key stays in progress until you turn this off.
operation-canceled | Setting the key is canceled | The next change of a key is canceled, and the agent shows Canceled.
agent-stays-accepted | The agent stays in the state Accepted | The next change of a key succeeds, but the agent stays Accepted.
accepted-then-lost | Azure accepts a change and loses it | Azure accepts the next change of a key, and then loses it.
200-without-the-property | Azure reports success, key unchanged | Azure answers changes of a key with 200, but the agent keeps its old key.
another-change-under-way | Another change is in progress | The next 3 changes of a key get 409: another change is in progress.
role-assignment-refused | Role assignment refused | Azure refuses role assignments by the bot: AuthorizationFailed.
agent-write-refused | Change of an agent refused | Azure refuses changes of agents by the bot: AuthorizationFailed.
grant-condition | The bot can assign only another role | The condition on the bot’s role permits it to assign only the role Reader.
deny-assignment | A deny assignment blocks changes | A deployment stack’s deny assignment blocks all changes of agents.
identity-not-known-yet | The new identity isn’t available yet | The next 3 role assignments fail: Entra ID doesn’t find the new identity yet.
role-assignment-limit | Limit of role assignments reached | The subscription has as many role assignments as Azure allows.
policy-denies | Azure Policy denies the key | A policy denies agents a key, and the error message names it.
policy-denies-in-details | Azure Policy denies, named in details | A policy denies agents a key, and only the error’s details name it.
everything-locked | Everything is locked | Read-only locks on all subscriptions block every change.
registration-missing | Resource provider not registered | Microsoft.HealthBot isn’t registered in any subscription.
type-not-offered | Azure doesn’t offer healthcare agents | Azure doesn’t offer agents in the API version that the bot uses.
vault-firewalled | Vaults are behind a firewall | The firewall of every vault blocks all callers: ForbiddenByFirewall.
vault-private | Vaults have no public access | No vault allows access from public networks: ForbiddenByConnection.
vault-refuses-the-bot | Vaults refuse the bot | Vaults refuse every call of the bot to their keys: ForbiddenByRbac.
vault-throttled | Vaults throttle the bot | The next 3 requests to vaults get 429 (too many requests).
agents-notice-lost-keys | Agents react to a lost key | An agent that can’t use its key becomes Failed. If off, it doesn’t.
agents-use-no-key | Agents don’t use their key | Agents don’t use the key that is set on them.
agents-used-keys-a-day-ago | Agents last used keys a day ago | The vault logs date every call of an agent 25 hours too early.
logs-take-10-minutes | Logs are ten minutes late | Entries of the vault logs and the Activity Log appear after 10 minutes.
logs-cut-short | The logs’ answer is incomplete | The workspace returns only a part of the answer: PartialError.
throttled | Azure throttles the bot | The next 3 requests get 429 (too many requests), with a wait of 4 seconds.
reset-after-apply | A change is made, its answer is lost | Azure makes the next change (PATCH), but its answer is lost.
poll-404-once | An operation isn’t found, once | The next check of an operation gets 404 (not found).
broken-json-once | An answer is cut off, once | The next answer about an agent is cut off in the middle.
proxy-page-once | A proxy answers, once | The next answer is an error page of a proxy (502).
slow-answers | Answers are slow | Every answer takes 3 seconds longer.
resource-graph-lags | Resource Graph is 5 minutes behind | Resource Graph, which provides the lists, is 5 minutes behind.
reads-lag | Reads are 10 seconds behind | Azure shows agents, vaults and role assignments as they were 10 seconds ago.
azure-is-down | Azure is down | Azure answers everything but sign-in with 503.
secret-expired | The bot’s secret has expired | The bot’s secret has expired (AADSTS7000222), and so have its tokens.
token-expired-once | A token has expired, once | The next request gets 401, because its token has expired.
directory-is-down | Microsoft Graph is down | Microsoft Graph, which provides people and groups, answers 503.
`;

function wordsOf(wanted: string): { title: string; does: string } {
  const line = lines.split('\n').find((one) => one.startsWith(`${wanted} | `));
  const [, title = '', does = ''] = line?.split(' | ') ?? [];
  return { title, does };
}

/** All scenarios, in display order. */
const groups: readonly ScenarioGroup[] = [operations, rights, vaults, logs, signIn, answers];
export const scenarioGroups = groups.map(({ title, scenarios: effects }) => ({
  title,
  scenarios: Object.entries(effects).map(([name, effect]): Scenario => ({ name, ...wordsOf(name), ...effect })),
}));

export const scenarios: readonly Scenario[] = scenarioGroups.flatMap((group) => group.scenarios);

/** Returns the scenarios with these names; `none` means no scenario. Throws for an unknown name. */
export const scenariosNamed = (
  names: readonly string[],
  error = (text: string) => new Error(text),
): readonly Scenario[] => {
  const unknown = names.filter((name) => name !== 'none' && scenarios.every((one) => one.name !== name));
  if (unknown.length === 0) return scenarios.filter(({ name }) => names.includes(name));
  const known = scenarios.map(({ name }) => name).join(', ');
  throw error(`There is no scenario ${unknown.join(', ')}. There are: ${known}.`);
};

const widest = Math.max(...scenarios.map(({ name }) => name.length));

/** One line for each scenario. */
export const scenarioHelp = scenarios.map(({ name, does }) => `  ${name.padEnd(widest)}  ${does}`).join('\n');

const idOf = ({ name }: Scenario, index: number): string => (index === 0 ? name : `${name} ${index + 1}`);

const faultsOf = (scenario: Scenario): readonly Fault[] =>
  (scenario.faults ?? []).map((fault, index) => ({ ...fault, id: idOf(scenario, index) }));

/** Returns the scenario's remaining faults; used-up ones are removed. */
const left = (state: SimulatorState, scenario: Scenario): readonly Fault[] => {
  const ids = faultsOf(scenario).map(({ id }) => id);
  return state.faults.filter(({ id }) => ids.includes(id));
};

const isOn = (state: SimulatorState, scenario: Scenario): boolean =>
  scenario.circumstances === undefined ? left(state, scenario).length > 0 : state.circumstances.includes(scenario.name);

export const turnOn = (state: SimulatorState, scenario: Scenario): void => {
  addFaults(state, faultsOf(scenario));
  if (scenario.circumstances === undefined || isOn(state, scenario)) return;
  scenario.circumstances.on(state);
  state.circumstances.push(scenario.name);
};

export const turnOff = (state: SimulatorState, scenario: Scenario, now: Date): void => {
  for (const { id } of faultsOf(scenario)) removeFaults(state, id ?? null, now);
  if (scenario.circumstances === undefined || !isOn(state, scenario)) return;
  scenario.circumstances.off(state);
  state.circumstances = state.circumstances.filter((name) => name !== scenario.name);
};

export const turnAllOff = (state: SimulatorState, now: Date): void => {
  for (const scenario of scenarios) turnOff(state, scenario, now);
};

/** For the page: name, effect and state of each scenario. `left` counts down the remaining uses. */
export const scenarioList = (state: SimulatorState) =>
  scenarioGroups.map(({ title, scenarios: inGroup }) => ({
    title,
    scenarios: inGroup.map((scenario) => ({
      name: scenario.name,
      title: scenario.title,
      does: scenario.does,
      on: isOn(state, scenario),
      left: left(state, scenario).find(({ times }) => times !== undefined)?.times ?? null,
    })),
  }));
