import type { KeyVersion, Vault, VaultKey } from '../state/schema-vaults.ts';
import { isCurve } from './key-material.ts';

/** The version that an address without one means. The schema lets no key be without versions. */
export const newestVersion = (key: VaultKey): KeyVersion => {
  const newest = key.versions.at(-1);
  if (newest === undefined) throw new Error(`key ${key.name} has no version`);
  return newest;
};

/** Real text (public reports). */
export const keyDeletedText = (name: string): string =>
  `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`;

/** Why the vault cannot make such a key, or null. The rules are Microsoft's page about keys; the words are ours. */
export const sizeProblem = (
  vault: Vault,
  name: string,
  wanted: { readonly kty: KeyVersion['kty']; readonly keySize: number; readonly curve: string },
): string | null => {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) return `The key name '${name}' is not valid.`;
  if (wanted.kty.endsWith('-HSM') && vault.sku !== 'premium') {
    return 'The key type is not supported for the vault: keys in hardware need the premium tier.';
  }
  if (wanted.kty.startsWith('EC'))
    return isCurve(wanted.curve) ? null : `The curve '${wanted.curve}' is not supported.`;
  return [2048, 3072, 4096].includes(wanted.keySize) ? null : `The key size ${wanted.keySize} is not supported.`;
};
