import { KeyName } from '../../domain/ids.ts';
import { refuse, refuseFailure } from '../../domain/request/refusal.ts';
import { chooseVault } from '../choose.ts';
import { readKeyImpact } from '../key-impact.ts';
import type { TypedCommand } from './command.ts';

/** Shows which resources use a vault, or a key in it. */
export const keyImpact: TypedCommand = {
  name: '/key-impact',
  description: 'Which resources use a key vault or a key',
  usage: '/key-impact <vault> <key>',
  weight: 'vault',
  async handle({ args, words }, { azure }) {
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
    const impact = await readKeyImpact(azure, vault.value, keyName);
    return impact.ok ? { kind: 'show-impact', impact: impact.value } : refuseFailure(impact.failure);
  },
};
