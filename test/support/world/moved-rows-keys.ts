/** What somebody does to the key, the grant, locks or the bot's rights after the approval. */
import {
  all,
  allow,
  type Change,
  deleteKey,
  keyIn,
  lock,
  onKey,
  onVault,
  rotate,
  scopes,
  vaultIn,
  withoutActions,
} from '../azure/azure-state.ts';
import { newKey } from './check-row.ts';
import { asksAgain, asksAPerson, goesOn, goesOnShowing, type MovedRow } from './moved-row.ts';
import { everything, north, premium, stopped } from './moved-rows-agent-vault.ts';

const [agent, vault, key] = ['triage-agent-prod', 'kv-care-prod', 'cmk-triage-agent'];
const made = { agent, vault, key: { ...newKey, newKeyName: 'cmk-made' } };
const seconds = (day: string): number => Date.parse(day) / 1000;
const ofKey = (change: object): Change => onKey(vault, key, (one) => Object.assign(one, change));

/** Somebody makes the key that the request would have made. */
const makeKey: Change = (state) => {
  const like = structuredClone(keyIn(state, vault, key));
  vaultIn(state, vault).keys.push({ ...like, name: 'cmk-made' });
};

export const keyRows: readonly MovedRow[] = [
  {
    of: 'key',
    what: 'disabled',
    change: ofKey({ enabled: false }),
    ...asksAPerson(stopped, 'The key is disabled.', 'Enable it in the vault'),
  },
  {
    of: 'key',
    what: 'expired',
    change: ofKey({ exp: seconds('2024-01-01') }),
    ...asksAPerson(
      stopped,
      'The key has expired. It expired on 2024-01-01.',
      'Set a later expiration date in the vault',
    ),
  },
  {
    of: 'key',
    what: 'not valid yet',
    change: ofKey({ nbf: seconds('2099-12-01') }),
    ...asksAPerson(stopped, 'The key is not valid yet.', 'Set an earlier activation date in the vault'),
  },
  {
    of: 'key',
    what: 'may not unwrap any more',
    change: ofKey({ keyOps: ['wrapKey'] }),
    ...asksAPerson(stopped, 'The key doesn’t allow unwrapKey.', 'Add it to'),
  },
  {
    of: 'key',
    what: 'deleted',
    change: deleteKey(vault, key),
    ...asksAPerson(stopped, 'The key is deleted. It can be recovered.', 'Or choose another key.'),
  },
  {
    of: 'key',
    what: 'got an end that it did not have',
    path: premium,
    change: onKey(premium.vault, 'cmk-virtual-visit', (one) => Object.assign(one, { exp: seconds('2099-06-30') })),
    ...asksAgain('△', 'The key expires', 'Rotate it before 2099-06-30.'),
  },
  { of: 'key', what: 'its end was taken away', change: ofKey({ exp: null }), ...goesOn(...everything) },
  {
    of: 'key',
    what: 'a newer version was made',
    change: rotate(vault, key),
    ...goesOnShowing('A newer version exists (5e5e5e5e). It wasn’t part of the approval.', ...everything),
  },
  {
    of: 'key',
    what: 'somebody made the one that was to be made',
    path: made,
    change: makeKey,
    ...asksAPerson(stopped, 'Nothing shows that this request created key cmk-made.'),
  },
  {
    of: 'key',
    what: 'a deleted key holds the new one’s name',
    path: made,
    change: all(makeKey, deleteKey(vault, 'cmk-made')),
    ...asksAPerson(stopped, 'A deleted key still has the name cmk-made.', 'Choose another name'),
  },
];

export const grantRows: readonly MovedRow[] = [
  {
    of: 'grant',
    what: 'somebody made it',
    path: north,
    change: allow(north.agent, north.vault, 'cmk-north'),
    ...goesOn('agent'),
  },
  {
    of: 'grant',
    what: 'somebody took it away',
    path: north,
    before: allow(north.agent, north.vault, 'cmk-north'),
    change: (state) => {
      state.roleAssignments.pop();
    },
    ...asksAgain(
      '△',
      'Agent’s role on the key: none → Key Vault Crypto Service Encryption User',
      'Not part of what was approved',
    ),
  },
];

const lacks = (action: string): readonly string[] => [
  stopped,
  `The bot doesn’t have permission to make this change. Its identity lacks ${action}.`,
  'Ask an Owner or User Access Administrator',
];
const [vaultWrite, grantWrite] = ['Microsoft.KeyVault/vaults/write', 'Microsoft.Authorization/roleAssignments/write'];

export const guardRows: readonly MovedRow[] = [
  {
    of: 'lock',
    what: 'read-only on the group',
    change: lock((state) => scopes.groupOf(state, vault)),
    ...asksAPerson(
      stopped,
      'A lock stops the changes. Read-only: change-freeze on group rg-care-prod.',
      'Ask its owner',
    ),
  },
  {
    of: 'lock',
    what: 'against deleting only',
    change: lock((state) => scopes.vault(state, vault), 'CanNotDelete'),
    ...goesOn(...everything),
  },
  {
    of: 'lock',
    what: 'not readable any more',
    change: withoutActions('Microsoft.Authorization/locks/read'),
    ...asksAgain(
      '△',
      'The bot couldn’t check locks',
      'It lacks Microsoft.Authorization/locks/read. A read-only lock would stop the run.',
    ),
  },
  {
    of: 'right',
    what: 'the bot may not grant any more',
    change: withoutActions(grantWrite),
    ...asksAPerson(...lacks(grantWrite)),
  },
  {
    of: 'right',
    what: 'the bot may not protect vaults any more',
    change: withoutActions(vaultWrite),
    ...asksAPerson(...lacks(vaultWrite)),
  },
  {
    of: 'right',
    what: 'the same, where nothing is to protect any more',
    change: all(
      withoutActions(vaultWrite),
      onVault(vault, (one) => Object.assign(one, { enablePurgeProtection: true })),
    ),
    ...goesOn('agent', 'role', 'agent'),
  },
  {
    of: 'right',
    what: 'not readable any more',
    change: withoutActions('Microsoft.Authorization/permissions/read'),
    ...asksAgain(
      '△',
      'The bot couldn’t check its own permissions',
      'It lacks Microsoft.Authorization/permissions/read. A missing permission would stop the run.',
    ),
  },
  {
    of: 'right',
    what: 'the bot may not read agents any more',
    change: withoutActions('Microsoft.HealthBot/healthBots/read'),
    ...asksAPerson(
      'The run ended before its first step',
      'This request didn’t change the agent’s key.',
      'The bot can’t read agent triage-agent-prod.',
      'does not have authorization to perform action',
    ),
  },
];
