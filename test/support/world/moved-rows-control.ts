/** Who comes to control the key, or ceases to, after the approval. */
import {
  type AzureState,
  all,
  type Change,
  givePolicy,
  giveRole,
  keyRoles,
  onVault,
  scopes,
  takeRoles,
  withoutActions,
} from '../azure/azure-state.ts';
import { asksAgain, asksAPerson, goesOn, type MovedRow } from './moved-row.ts';
import { everything } from './moved-rows-agent-vault.ts';
import { people } from './story.ts';

const vault = 'kv-care-prod';
const policies = { agent: 'visitor-agent', vault: 'kv-policy-keys', key: 'cmk-policy' };
const custodians = '60000000-0000-4000-8000-0000000000c1';
const notThen = 'Could not when it was approved';
const onSubscription = (state: AzureState): string => scopes.subscriptionOf(state, vault);
const atVault = (state: AzureState): string => scopes.vault(state, vault);

/** Adds rights to a role that somebody holds already. */
const widen =
  (roleName: string, ...dataActions: readonly string[]): Change =>
  (state) => {
    for (const role of state.roleDefinitions.filter((one) => one.roleName === roleName)) {
      role.permissions.push({ actions: [], notActions: [], dataActions: [...dataActions], notDataActions: [] });
    }
  };

const onGroup =
  (id: string, change: (group: AzureState['groups'][number]) => unknown): Change =>
  (state) => {
    for (const group of state.groups.filter((one) => one.id === id)) change(group);
  };

const graphIsSilent: Change = (state) => {
  const body = { error: { code: 'Authorization_RequestDenied', message: 'No.' } };
  state.faults.push({ match: { method: 'GET', url: '/v1\\.0/groups/' }, respond: { status: 403, body } });
};

export const controlRows: readonly MovedRow[] = [
  {
    of: 'control',
    what: 'somebody became Key Vault Administrator of the subscription',
    change: giveRole(people.teamMember, keyRoles.administrator, onSubscription),
    ...asksAgain('△', 'Team member: can back up or release, change, delete and purge the key now', notThen),
  },
  {
    of: 'control',
    what: 'an app became Contributor of the vault',
    change: giveRole('90000000-0000-4000-8000-000000000003', keyRoles.contributor, atVault, 'ServicePrincipal'),
    ...asksAgain(
      '△',
      'App 90000000-0000-4000-8000-000000000003: can delete, purge and grant access to the key now',
      notThen,
    ),
  },
  {
    of: 'control',
    what: 'a role that somebody holds gives more',
    change: widen('CMK bot', 'Microsoft.KeyVault/vaults/keys/backup/action'),
    ...asksAgain('△', 'This bot: can back up or release the key now', 'Could do less when it was approved'),
  },
  {
    of: 'control',
    what: 'a group that controls it got another member',
    change: onGroup(custodians, (group) => group.memberIds.push(people.requester)),
    ...asksAgain(
      '△',
      'Key custodians: the group has 3 people now, 1 of them not in it when it was approved',
      '2 when it was approved. All of them control the key',
    ),
  },
  {
    of: 'control',
    what: 'in a group that controls it one member took another’s place',
    change: onGroup(custodians, (group) => group.memberIds.splice(0, 1, people.requester)),
    ...asksAgain(
      '△',
      'Key custodians: the group has 2 people now, 1 of them not in it when it was approved',
      '2 when it was approved. All of them control the key',
    ),
  },
  {
    of: 'control',
    what: 'somebody left a group that controls it',
    change: onGroup(custodians, (group) => group.memberIds.splice(0, 1)),
    ...goesOn(...everything),
  },
  {
    of: 'control',
    what: 'a group that controlled it does no more',
    change: takeRoles(custodians),
    ...goesOn(...everything),
  },
  {
    of: 'control',
    what: 'somebody got a role that controls nothing',
    change: giveRole(people.teamMember, 'acdd72a7-3385-48ef-bd42-f606fba81ae7', onSubscription),
    ...goesOn(...everything),
  },
  {
    of: 'control',
    what: 'Microsoft Graph tells no names any more',
    change: graphIsSilent,
    ...goesOn(...everything),
  },
  {
    of: 'control',
    what: 'not readable any more',
    change: withoutActions('Microsoft.Authorization/roleDefinitions/read'),
    ...asksAgain('△', 'The bot couldn’t check who has control over the key'),
  },
  {
    of: 'control',
    what: 'readable, which it was not before',
    before: withoutActions('Microsoft.Authorization/roleDefinitions/read'),
    change: (state) => {
      const bot = state.roleDefinitions.find(({ roleName }) => roleName === 'CMK bot');
      bot?.permissions[0]?.actions.push('Microsoft.Authorization/roleDefinitions/read');
    },
    ...asksAgain('△', 'This bot: can change and grant access to the key now', notThen),
  },
  {
    of: 'control',
    what: 'somebody got an access policy that deletes',
    path: policies,
    change: givePolicy('kv-policy-keys', people.teamMember, 'get', 'delete', 'purge'),
    ...asksAgain('△', 'Team member: can delete and purge the key now', notThen),
  },
  {
    of: 'control',
    what: 'an access policy was taken away',
    path: policies,
    before: givePolicy('kv-policy-keys', people.teamMember, 'all'),
    change: onVault('kv-policy-keys', (one) => {
      one.accessPolicies = one.accessPolicies.filter(({ objectId }) => objectId !== people.teamMember);
    }),
    ...goesOn('agent', 'policy', 'agent'),
  },
  {
    of: 'control',
    what: 'the vault was moved to another group',
    change: all(onVault(vault, (one) => Object.assign(one, { resourceGroup: 'rg-care-test' }))),
    ...asksAPerson(
      'The run ended before its first step',
      'This request didn’t change the agent’s key.',
      'The vault was moved: it is in group rg-care-test of subscription 40000000-0000-4000-8000-000000000001 now.',
      'Move it back, and then select Retry',
    ),
  },
];
