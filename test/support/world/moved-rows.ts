/** What happens to Azure between an approval and the run, and what must come of it: one row for each way to be covered, or not. */
import {
  agentIn,
  all,
  allow,
  type Change,
  giveRole,
  keyRoles,
  onAgent,
  onVault,
  putUnder,
  rotate,
  scopes,
  withoutActions,
} from '../azure/azure-state.ts';
import { type Choices, choices, people } from './story.ts';

type Outcome =
  /** Covered: succeeds, with these writes and no others, and the last card has these words. */
  | { readonly outcome: 'goes on'; readonly writes: readonly string[]; readonly shows?: string }
  /** Not covered: nothing is written, the request asks for approval again and shows the difference, line by line. */
  | { readonly outcome: 'asks again'; readonly difference: readonly string[] }
  /** Nobody can approve a way around it: nothing is written, a person is asked. What the card says first. */
  | { readonly outcome: 'asks a person'; readonly says: readonly string[] };

export type MovedRow = Outcome & {
  readonly what: string;
  /** The choice, where it is not the usual one. */
  readonly path?: Choices;
  /** How Azure is while people ask and approve. */
  readonly before?: Change;
  readonly change: Change;
};

const goesOn = (...writes: readonly string[]): Outcome => ({ outcome: 'goes on', writes });
const asksAgain = (...difference: readonly string[]): Outcome => ({ outcome: 'asks again', difference });
const asksAPerson = (...says: readonly string[]): Outcome => ({ outcome: 'asks a person', says });

const { agent, vault, key } = choices.first;
export const north = { agent: 'ward-agent', vault: 'kv-care-north', key: 'cmk-north' };
const premium = { agent, vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };
const everything = ['agent', 'role', 'vault', 'agent'];

/** Somebody gives the agent an identity of its own. */
const giveIdentity: Change = (state) => {
  const principalId = '90000000-0000-4000-8000-0000000000ab';
  const known = state.principals.find(({ id }) => id === '90000000-0000-4000-8000-000000000001');
  if (known !== undefined) state.principals.push({ ...known, id: principalId, appId: principalId, displayName: agent });
  agentIn(state, agent).content.identity = { type: 'SystemAssigned', principalId, userAssignedIds: [] };
};
const takeIdentity = onAgent(north.agent, ({ content }) => {
  content.identity = null;
});
const protect = onVault(vault, (one) => Object.assign(one, { enablePurgeProtection: true }));
const unprotect = onVault(premium.vault, (one) => Object.assign(one, { enablePurgeProtection: false }));
const closeFirewall = onVault(vault, (one) => Object.assign(one, { publicNetworkAccess: 'Disabled' }));
const createdAgain = (thing: { systemData: { createdAt: string } }): void => {
  thing.systemData.createdAt = '2026-02-03T04:05:06.000Z';
};
const graphIsSilent: Change = (state) => {
  const body = { error: { code: 'Authorization_RequestDenied', message: 'No.' } };
  state.faults.push({ match: { method: 'GET', url: '/v1\\.0/groups/' }, respond: { status: 403, body } });
};
/** In the group that controls the key. */
const swapMember: Change = (state) => {
  for (const group of state.groups)
    if (group.id === '60000000-0000-4000-8000-0000000000c1') group.memberIds.splice(0, 1, people.requester);
};

const notApproved = 'Not part of what was approved';
const stopped = 'The run ended before its first step';

export const movedRows: readonly MovedRow[] = [
  {
    what: 'the agent was deleted and created again under the same name',
    change: onAgent(agent, createdAgain),
    ...asksAgain(
      '✕',
      'It is another agent',
      'The agent was deleted and created again on 2026-02-03 04:05 UTC. The approval is for the one of 2024-05-14 09:30 UTC.',
    ),
  },
  { what: 'somebody gave the agent an identity', change: giveIdentity, ...goesOn('role', 'vault', 'agent') },
  {
    what: 'the agent’s identity was taken away',
    path: north,
    change: takeIdentity,
    ...asksAgain('△', 'Agent identity: none → system-assigned', notApproved),
  },
  {
    what: 'somebody did all that was approved',
    change: all(giveIdentity, allow(agent, vault, key), protect, putUnder(agent, vault, key)),
    ...goesOn(),
  },
  {
    what: 'the agent was deleted',
    change: (state) => {
      state.agents = state.agents.filter(({ name }) => name !== agent);
    },
    ...asksAPerson(
      stopped,
      'This request didn’t change the agent’s key.',
      'The agent no longer exists.',
      'A resource in this plan no longer exists.',
    ),
  },
  {
    what: 'the vault was purged and created again, with the key from a backup',
    change: onVault(vault, createdAgain),
    ...asksAgain(
      '✕',
      'It is another vault',
      'The vault was deleted and created again on 2026-02-03 04:05 UTC. The approval is for the one of 2024-03-04 08:00 UTC.',
    ),
  },
  { what: 'purge protection was turned on', change: protect, ...goesOn('agent', 'role', 'agent') },
  {
    what: 'a vault without purge protection took its place',
    path: premium,
    change: unprotect,
    ...asksAgain('△', 'Purge protection: off → on (for all keys, secrets, and certificates in the vault)', notApproved),
  },
  {
    what: 'the vault’s firewall was closed',
    change: closeFirewall,
    ...asksAPerson(stopped, 'The vault’s firewall blocks the agent.', 'Choose a vault that allows access'),
  },
  {
    what: 'a newer version of the key was made',
    change: rotate(vault, key),
    outcome: 'goes on',
    writes: everything,
    shows: 'A newer version exists (5e5e5e5e). It wasn’t part of the approval.',
  },
  {
    what: 'the role assignment was taken away',
    path: north,
    before: allow(north.agent, north.vault, north.key),
    change: (state) => {
      state.roleAssignments.pop();
    },
    ...asksAgain('△', 'Agent’s role on the key: none → Key Vault Crypto Service Encryption User', notApproved),
  },
  {
    what: 'locks are not readable any more',
    change: withoutActions('Microsoft.Authorization/locks/read'),
    ...asksAgain(
      '△',
      'The bot couldn’t check locks',
      'It lacks Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    ),
  },
  {
    what: 'somebody became Key Vault Administrator of the subscription',
    change: giveRole(people.teamMember, keyRoles.administrator, (state) => scopes.subscriptionOf(state, vault)),
    ...asksAgain(
      '△',
      'Team member: can back up or release, change, delete and purge the key now',
      'Could not when it was approved',
    ),
  },
  {
    what: 'in a group that controls the key one member took another’s place',
    change: swapMember,
    ...asksAgain(
      '△',
      'Key custodians: the group has 2 people now, 1 of them not in it when it was approved',
      '2 when it was approved. All of them control the key',
    ),
  },
  { what: 'Microsoft Graph tells no names any more', change: graphIsSilent, ...goesOn(...everything) },
];
