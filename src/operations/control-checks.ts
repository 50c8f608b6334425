/** Checks on vault ownership, control over the key, and the key's origin. */
import { type Check, judge } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import type { KeyWork } from '../domain/key-change.ts';
import { inOneSubscription, permitsVault } from '../domain/policy/rules.ts';
import type { CheckContext } from './checks.ts';

/** Checks whether the policy permits the vault. */
export function judgePermittedVault({ resource, to }: KeyWork, { terms }: CheckContext): readonly Check[] {
  const against = terms.vaults.find(({ permits }) => !permitsVault(permits, resource.id, to.vaultId));
  if (against === undefined) return [];
  const { name: vault } = armIdParts(to.vaultId);
  const sameSubscription = inOneSubscription(resource.id, to.vaultId);
  return [judge('block', 'vault-not-permitted', { rule: against.rule, vault, sameSubscription })];
}

/**
 * Checks the policy: whether the vault is permitted, and whether an existing key is allowed. A key or key version that the
 * request creates counts as new, because the vault generates its material then.
 */
export function judgePlace(work: KeyWork, context: CheckContext): readonly Check[] {
  const [wantsNew] = context.terms.newKeyWantedBy;
  return [
    ...judgePermittedVault(work, context),
    ...(wantsNew === undefined || work.make !== null ? [] : [judge('block', 'key-must-be-new', { rule: wantsNew })]),
  ];
}

/**
 * Checks who has control over the key. Returns nothing if that wasn't observed: only older plans lack it, and the comparison
 * before the run requests approval again.
 */
export function judgeControl({ make, observed: { control } }: KeyWork, { own, terms }: CheckContext): readonly Check[] {
  if (control === undefined) return [];
  const { controllers, vaultSubscription: vault, resourceSubscription: resource } = control;
  const unseen = control.unseen.filter((one) => one !== 'names');
  const found: Check[] = [
    vault.id.toLowerCase() === resource.id.toLowerCase()
      ? judge('pass', 'same-subscription', {})
      : judge('warn', 'other-subscription', { resource, vault }),
    unseen.length === 0
      ? judge('pass', 'controllers-known', { count: controllers.length })
      : judge('warn', 'controllers-not-checked', { unseen }),
  ];
  // Only on the form. Before a run, an unanswered directory query doesn't void the approval.
  if (own === null && control.unseen.includes('names')) found.push(judge('warn', 'controllers-not-named', {}));
  if (make === null && terms.newKeyWantedBy.length === 0) found.push(judge('warn', 'key-origin-unknown', {}));
  return found;
}
