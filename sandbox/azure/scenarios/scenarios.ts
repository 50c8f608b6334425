/** Named failures of Azure that a person or a test turns on: their texts, and turning them on and off. */

import { addFaults, removeFaults } from '../active-faults.ts';
import type { Fault } from '../fault.ts';
import type { SimulatorState } from '../state/schema.ts';
import { operations } from './key-writes.ts';
import { answers, signIn } from './network.ts';
import { rights } from './rights.ts';
import type { Scenario, ScenarioGroup } from './scenario.ts';
import { logs, vaults } from './vaults.ts';

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
