/** What the checks say about locks and the bot's own rights. */
import { all, lock, scopes, withoutActions } from '../azure/azure-state.ts';
import { agent, block, type CheckRow, pass, vault, warn } from './check-row.ts';

const locked = (where: string, on: string, scope: Parameters<typeof lock>[0]): CheckRow => ({
  ...block('locked'),
  when: `read-only lock on the ${where}`,
  azure: lock(scope),
  words: [
    `A lock stops the changes. Read-only: change-freeze on ${on}.`,
    'Ask its owner to remove it during the change.',
  ],
});
const subscription = '40000000-0000-4000-8000-000000000001';

export const guardRows: readonly CheckRow[] = [
  { ...pass('no-lock'), when: 'no lock', words: ['No lock stops the changes'] },
  {
    ...pass('no-lock'),
    when: 'a lock against deleting only',
    azure: lock((state) => scopes.vault(state, vault), 'CanNotDelete'),
    words: ['No lock stops the changes'],
  },
  locked('agent', 'agent triage-agent-prod', (state) => scopes.agent(state, agent)),
  locked('vault', 'vault kv-care-prod', (state) => scopes.vault(state, vault)),
  locked('group', 'group rg-care-prod', (state) => scopes.groupOf(state, vault)),
  locked('subscription', `subscription ${subscription}`, (state) => scopes.subscriptionOf(state, vault)),
  {
    ...block('locked'),
    when: 'two read-only locks',
    azure: all(
      lock((state) => scopes.agent(state, agent)),
      lock((state) => scopes.vault(state, vault), 'ReadOnly', 'keep-vault'),
    ),
    words: [
      'A lock stops the changes. Read-only: change-freeze on agent triage-agent-prod, keep-vault on vault kv-care-prod.',
      'Ask its owner to remove it during the change.',
    ],
  },
  {
    ...warn('locks-not-checked'),
    when: 'the bot may not read locks',
    azure: withoutActions('Microsoft.Authorization/locks/read'),
    words: [
      'The bot couldn’t check locks',
      'It lacks Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    ],
  },
  { ...pass('bot-allowed'), when: 'the bot’s whole role', words: ['The bot has all permissions it needs'] },
  {
    ...block('bot-not-allowed'),
    when: 'without the right to grant',
    azure: withoutActions('Microsoft.Authorization/roleAssignments/write'),
    words: [
      'The bot doesn’t have permission to make this change. Its identity lacks Microsoft.Authorization/roleAssignments/write.',
      'Ask an Owner or User Access Administrator to assign the role “CMK bot grants” (condition: infra/grant-condition.txt in the bot’s source code) to the bot’s identity.',
    ],
  },
  {
    ...warn('rights-not-checked'),
    when: 'the bot may not read its rights',
    azure: withoutActions('Microsoft.Authorization/permissions/read'),
    words: [
      'The bot couldn’t check its own permissions',
      'It lacks Microsoft.Authorization/permissions/read. A missing permission would stop the run.',
    ],
  },
];
