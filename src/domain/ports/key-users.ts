/** Who uses keys, as Azure lists it. Read-only. */
import type { Outcome } from '../failure.ts';
import type { KeyName } from '../ids.ts';
import type { DeclaredUse, KeyHolder } from '../key-impact.ts';
import type { ObservedVault } from '../observed.ts';

export interface KeyUsers {
  /** Resources in the configured subscriptions that name a key of the vault. The list might be some minutes old. */
  declared(vault: Pick<ObservedVault, 'name' | 'uri'>): Promise<Outcome<DeclaredUse>>;
  /** Who has permission to unwrap with the key, or with any key of the vault; null: the bot can't read that. */
  holders(vault: ObservedVault, keyName: KeyName | null): Promise<Outcome<readonly KeyHolder[] | null>>;
}
