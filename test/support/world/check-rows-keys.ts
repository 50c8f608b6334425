/** What the checks say about existing keys and new ones. */
import { type Change, deleteKey, onKey, onVault } from '../azure/azure-state.ts';
import { block, type CheckRow, type Judged, key, newKey, pass, vault, warn } from './check-row.ts';

const seconds = (day: string): number => Date.parse(day) / 1000;
const ofKey = (change: object): Change => onKey(vault, key, (one) => Object.assign(one, change));

const keyRow = (judged: Judged, when: string, change: object, words: readonly string[]): CheckRow => ({
  ...judged,
  when,
  azure: ofKey(change),
  words,
});
const operations = 'Add it to the key’s permitted operations in the vault, or choose another key.';

export const keyRows: readonly CheckRow[] = [
  { ...pass('key-fit'), when: 'RSA 3072', words: ['The key fits: RSA 3072, enabled, allows wrap and unwrap'] },
  {
    ...warn('key-expires'),
    when: 'it has an end',
    azure: ofKey({ exp: seconds('2099-01-12') }),
    words: ['The key expires', 'Rotate it before 2099-01-12.'],
  },
  {
    ...block('key-missing'),
    when: 'deleted while the review is read',
    late: deleteKey(vault, key),
    words: [
      'The key is deleted. It can be recovered.',
      'Ask a Key Vault Crypto Officer or Key Vault Administrator (with access policies: someone with the Recover permission) to recover the deleted key. Or choose another key.',
    ],
  },
  {
    ...block('key-not-rsa'),
    when: 'a curve',
    choice: { key: 'curve-signing' },
    words: ['A key of type EC can’t wrap.', 'Choose an RSA key.'],
  },
  keyRow(block('key-size-unfit'), 'RSA 1024', { keySize: 1024 }, [
    'Azure doesn’t accept a key of 1024 bits.',
    'Choose a key with 2048, 3072 or 4096 bits.',
  ]),
  {
    ...block('key-disabled'),
    when: 'disabled',
    choice: { key: 'disabled-wrapping' },
    words: ['The key is disabled.', 'Enable it in the vault, or choose another.'],
  },
  keyRow(block('key-not-yet-valid'), 'valid from 2099', { nbf: seconds('2099-05-01'), exp: null }, [
    'The key is not valid yet. It is valid from 2099-05-01.',
    'Set an earlier activation date in the vault, or choose another key.',
  ]),
  {
    ...block('key-expired'),
    when: 'expired in 2023',
    choice: { key: 'expired-wrapping' },
    words: [
      'The key has expired. It expired on 2023-12-31.',
      'Set a later expiration date in the vault, or choose another key.',
    ],
  },
  {
    ...block('key-cannot-wrap'),
    when: 'signing only',
    choice: { key: 'signing-only' },
    words: ['The key doesn’t allow wrapKey and unwrapKey.', operations],
  },
];

export const newKeyRows: readonly CheckRow[] = [
  { ...pass('key-new'), when: 'RSA 3072', newKey, words: ['A new key will be created: RSA 3072'] },
  {
    ...warn('key-expires'),
    when: 'the new key gets an end',
    newKey: { ...newKey, keyExpiry: '2099-02-28' },
    words: ['The key expires', 'Rotate it before 2099-02-28.'],
  },
  {
    ...block('key-name-taken'),
    when: 'the name of a key that is there',
    newKey: { ...newKey, newKeyName: key },
    words: ['The vault already has a key named cmk-triage-agent.', 'Choose that key, or another name.'],
  },
  {
    ...block('key-hsm-needs-premium'),
    when: 'RSA-HSM on a standard vault',
    newKey: { ...newKey, keyType: 'RSA-HSM' },
    words: ['This vault can’t hold RSA-HSM keys. Its tier is standard.', 'Choose RSA, or a premium vault.'],
  },
  {
    ...block('key-name-deleted'),
    when: 'the name of a deleted key',
    azure: deleteKey(vault, 'signing-only'),
    mend: onVault(vault, (one) => Object.assign(one, { keys: one.keys.filter(({ name }) => name !== 'signing-only') })),
    newKey: { ...newKey, newKeyName: 'signing-only' },
    words: [
      'A deleted key still has the name signing-only. The vault keeps deleted keys for a while, and their names with them.',
      'Choose another name, or recover that key.',
    ],
  },
  {
    ...warn('key-name-not-checked'),
    when: 'the bot may not look',
    choice: { vault: 'kv-policy-keys' },
    newKey,
    words: [
      'The bot couldn’t check whether a deleted key has the name cmk-new',
      'The check needs network access and the data action Microsoft.KeyVault/vaults/keys/read (access policy: get).',
    ],
  },
];
