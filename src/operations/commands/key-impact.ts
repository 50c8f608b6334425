import { done, type Outcome } from '../../domain/failure.ts';
import { armIdParts, KeyName } from '../../domain/ids.ts';
import type { KeyImpact } from '../../domain/key-impact.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { chooseVault } from '../choose.ts';
import { readKeyUse } from '../read-key-use.ts';
import type { TypedCommand } from './command.ts';

/** Shows which resources use a vault, or a key in it. */
export const keyImpact: TypedCommand = {
  name: '/key-impact',
  description: 'Which resources use a key vault or a key',
  usage: '/key-impact <vault> <key>',
  weight: 'vault',
  async handle({ args, words }, { azure, now }) {
    const typed = words
      .join('/')
      .split('/')
      .filter((word) => word !== '');
    const [vaultName = '', key = '', ...more] = [...(args.vault === undefined ? [] : [args.vault]), ...typed];
    const keyTyped = args.key ?? key;
    if (vaultName === '' || more.length > 0)
      return {
        ...refuse('not-understood', `“${words.join(' ') || '/key-impact'}”`.slice(0, 80)),
        near: 'vault=, key=',
      };
    const vault = await chooseVault(azure, vaultName);
    if (vault.kind === 'refused') return vault;
    const keyName = keyTyped === '' ? null : KeyName.safeParse(keyTyped).data;
    if (keyName === undefined) return refuse('unknown-key', keyTyped.slice(0, 80));
    const impact = await readKeyImpact(azure, vault.value, keyName, now());
    return impact.ok ? { kind: 'show-impact', impact: impact.value } : refuseFailure(impact.failure);
  },
};

export async function readKeyImpact(
  azure: Pick<Azure, 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<Outcome<KeyImpact>> {
  const [use, holders] = await Promise.all([
    readKeyUse(azure, vault, keyName, now),
    azure.keyUsers.holders(vault, keyName),
  ]);
  if (!use.ok) return use;
  if (!holders.ok) return holders;
  return done({
    ...use.value,
    vault: { id: vault.id, name: armIdParts(vault.id).name },
    keyName,
    holders: holders.value,
  });
}
