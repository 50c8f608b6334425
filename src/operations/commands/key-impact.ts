import { done, type Outcome } from '../../domain/failure.ts';
import { armIdParts, KeyName } from '../../domain/ids.ts';
import { type KeyImpact, observedForMs } from '../../domain/key-impact.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { chooseVault } from '../choose.ts';
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
  { keyUsers }: Pick<Azure, 'keyUsers'>,
  vault: ObservedVault,
  keyName: KeyName | null,
  now: Date,
): Promise<Outcome<KeyImpact>> {
  const since = new Date(now.getTime() - observedForMs).toISOString();
  const [declared, holders, observed] = await Promise.all([
    keyUsers.declared(vault),
    keyUsers.holders(vault, keyName),
    keyUsers.observed(vault, since),
  ]);
  if (!declared.ok) return declared;
  if (!holders.ok) return holders;
  const { users, unread, hidden } = declared.value;
  const isMeant = (name: string): boolean => keyName === null || name.toLowerCase() === keyName.toLowerCase();
  return done({
    vault: { id: vault.id, name: armIdParts(vault.id).name },
    keyName,
    users: users.filter((one) => isMeant(one.keyName)),
    unread,
    hidden,
    holders: holders.value,
    observed:
      observed.outcome === 'read'
        ? { ...observed, users: observed.users.filter((one) => isMeant(one.keyName)) }
        : observed,
  });
}
