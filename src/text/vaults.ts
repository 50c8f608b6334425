/** Texts for the vaults that a rule permits. */
import type { VaultMatch } from '../domain/policy/rules.ts';

const oneOf = (patterns: readonly string[] | undefined, noun: string): string =>
  patterns === undefined || patterns.includes('*') ? '' : ` ${noun} ${patterns.join(' or ')}`;

function matchWords({ subscriptions, resourceGroups, names }: VaultMatch): string {
  const place =
    subscriptions === undefined
      ? ' in the agent’s own subscription'
      : subscriptions.includes('*')
        ? ' in every subscription'
        : ` in subscription ${subscriptions.join(' or ')}`;
  return `those${oneOf(names, 'named')}${oneOf(resourceGroups, 'of group')}${place}`;
}

/** `those named kv-hospital-* in the agent’s own subscription; those of group rg-keys in subscription 4000…` */
export const permittedWords = (permits: readonly VaultMatch[]): string => permits.map(matchWords).join('; ');
