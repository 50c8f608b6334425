/** What Azure Policy refuses for an agent, in words. */
import { type GuardAim, type GuardState, type GuardStates, guardAims, type VaultDifference } from '../domain/guard.ts';
import { joinList } from '../domain/strings.ts';

const aims: Readonly<Record<GuardAim, string>> = {
  stripping: 'removing the key',
  anotherKey: 'a key in another vault',
  deletion: 'deleting the agent',
  vaultDeletion: 'deleting the vault of its key',
};

const states: Readonly<Record<Exclude<GuardState, 'refused'>, string>> = {
  'audit-only': 'audit only',
  exempt: 'exempt',
  off: 'turned off',
  'not-listed': 'assigned, but not for it',
  unclear: 'can’t be checked',
  'not-assigned': 'not assigned',
};

/** `Azure refuses: removing the key. Not refused: deleting the agent (not assigned)` */
export function guardWords(found: GuardStates): string {
  const refused = guardAims.filter((aim) => found[aim] === 'refused').map((aim) => aims[aim]);
  const others = guardAims.flatMap((aim) => {
    const state = found[aim];
    return state === undefined || state === 'refused' ? [] : [`${aims[aim]} (${states[state]})`];
  });
  return [
    ...(refused.length === 0 ? [] : [`Azure refuses: ${joinList(refused)}`]),
    ...(others.length === 0 ? [] : [`Not refused: ${joinList(others)}`]),
  ].join('. ');
}

/** One sentence for each way in which the two lists of vaults differ. */
export const vaultDifferenceWords = ({ subscriptionId, refused, permitted }: VaultDifference): string =>
  [
    ...(refused.length === 0
      ? []
      : [
          `Azure refuses keys in ${joinList(refused)}, which the approval policy permits in subscription ${subscriptionId}.`,
        ]),
    ...(permitted.length === 0
      ? []
      : [
          `Azure permits keys in ${joinList(permitted)}, which the approval policy doesn’t permit in subscription ${subscriptionId}.`,
        ]),
  ].join(' ');
