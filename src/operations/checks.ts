/**
 * Checks that operations share: resource, vault, key, locks and permissions.
 * Sources: Microsoft's how-to for customer-managed keys on a healthcare agent service (soft delete, purge protection) and its
 * list of key kinds (learn.microsoft.com: health-bot/cmk, key-vault/general).
 */
import { type Check, judge } from '../domain/check.ts';
import type { Effect } from '../domain/effect.ts';
import { armIdParts } from '../domain/ids.ts';
import { isAlreadySet, type KeyWork, type OwnKey, showsRequestedKey } from '../domain/key-change.ts';
import {
  hasFailed,
  isNamedAlike,
  type KeyKind,
  type Observation,
  type ObservedKey,
  type ObservedResource,
} from '../domain/observed.ts';
import type { Terms } from '../domain/policy/policy.ts';
import { inOneSubscription, permitsVault } from '../domain/policy/rules.ts';
import type { ResourceKind } from '../domain/ports/inventory.ts';
import { rightsForEffects } from './resources/rights.ts';

/** Checks that the resource supports a customer-managed key and that no other operation is in progress. */
export function judgeResource(
  resource: ObservedResource,
  { kind, own }: Pick<CheckContext, 'kind' | 'own'>,
): readonly Check[] {
  const { provisioningState } = resource;
  if (provisioningState === 'Succeeded') {
    return [...kind.checks(resource), judge('pass', 'provisioning-settled', { provisioningState })];
  }
  const outcome = hasFailed(provisioningState) ? recoveryOutcome(own) : 'block';
  return [...kind.checks(resource), judge(outcome, 'provisioning-unsettled', { provisioningState })];
}

/**
 * Returns `warn` before the first run, because a successful change also resets the `Failed` state. Returns `pass` in a run: the
 * failed operation might be the run's own, and approvers aren't asked again for it.
 */
const recoveryOutcome = (own: OwnKey | null): Check['outcome'] => (own === null ? 'warn' : 'pass');

/** Checks a resource that already shows the requested key. Returns null if it shows another key or none. */
export function judgeShown(work: KeyWork, { own }: Pick<CheckContext, 'own'>): Check | null {
  const { customerKey: key } = work.observed.resource;
  if (key === null || !showsRequestedKey(work)) return null;
  const nothingToDo = own === null ? 'block' : 'pass';
  return judge(isAlreadySet(work) ? nothingToDo : recoveryOutcome(own), 'already-under-this-key', { key });
}

/** Checks that the resource still has the key that the change starts from. */
export function judgeUnchangedKey({ from, observed }: KeyWork): Check {
  const { customerKey: key } = observed.resource;
  if (key === null) return judge('block', 'microsoft-managed', {});
  return from === null || isNamedAlike(key, from)
    ? judge('pass', 'customer-managed', { key })
    : judge('block', 'key-moved', { key, expected: from });
}

export function judgeVault({ observed: { resource, vault } }: KeyWork, context: CheckContext): readonly Check[] {
  const { tenantId, location: region } = vault;
  return [
    tenantId.toLowerCase() === context.tenantId.toLowerCase()
      ? judge('pass', 'same-tenant', {})
      : judge('block', 'other-tenant', { tenantId }),
    resource.location === region
      ? judge('pass', 'same-region', { region })
      : judge('warn', 'other-region', { resource: resource.location, vault: region }),
    context.kind.reaches(vault) ? judge('pass', 'vault-reachable', {}) : judge('block', 'vault-firewalled', {}),
    vault.softDelete ? judge('pass', 'soft-delete-on', {}) : judge('warn', 'soft-delete-will-be-on', {}),
    vault.purgeProtection ? judge('pass', 'purge-protection-on', {}) : judge('pass', 'purge-protection-will-be-on', {}),
  ];
}

const wrapOperations = ['wrapKey', 'unwrapKey'];

/** Checks an existing key on its own. The lists of keys to choose from use it too. */
export function judgeKey(key: ObservedKey, now: Date): readonly Check[] {
  const found: Check[] = [];
  const { type, size, notBefore } = key;
  const expiry = expiryOf(key, now);
  const isRsa = /^RSA(-HSM)?$/.test(type);
  if (!isRsa) found.push(judge('block', 'key-not-rsa', { type }));
  else if (![2048, 3072, 4096].includes(size ?? 0)) found.push(judge('block', 'key-size-unfit', { size }));
  if (!key.enabled) found.push(judge('block', 'key-disabled', {}));
  if (notBefore !== null && notBefore > now.toISOString())
    found.push(judge('block', 'key-not-yet-valid', { from: notBefore }));
  if (expiry?.outcome === 'block') found.push(expiry);
  const missing = wrapOperations.filter((operation) => !key.operations.includes(operation));
  // EC keys can't wrap at all, so a hint about key operations would point to a setting that doesn't exist.
  if (missing.length > 0 && isRsa) found.push(judge('block', 'key-cannot-wrap', { missing }));
  if (found.length > 0) return found;
  const fit = judge('pass', 'key-fit', { type, size });
  return expiry === null ? [fit] : [fit, expiry];
}

/** Also of a key to create: days can pass between form and run, and the date can pass with them. */
const expiryOf = ({ expires }: Pick<KeyKind, 'expires'>, now: Date): Check | null =>
  expires === null
    ? null
    : expires <= now.toISOString()
      ? judge('block', 'key-expired', { at: expires })
      : judge('warn', 'key-expires', { at: expires });

function judgeNewKey(
  { to, observed: { vault, guards } }: KeyWork,
  kind: KeyKind,
  { now, own }: CheckContext,
): readonly Check[] {
  if (kind.type === 'RSA-HSM' && vault.sku !== 'premium') return [judge('block', 'key-hsm-needs-premium', {})];
  const expiry = expiryOf(kind, now);
  if (expiry?.outcome === 'block') return [expiry];
  const { keyName: name } = to;
  if (guards.deletedKey === 'deleted') return [judge('block', 'key-name-deleted', { name })];
  const made = judge('pass', 'key-new', { type: kind.type, size: kind.size });
  // Only a hint on the form. Before a run, an unanswered check doesn't void the approval: creating the key reports the
  // conflict.
  const isFree = guards.deletedKey === 'none' || own !== null;
  const free = isFree ? [] : [judge('warn', 'key-name-not-checked', { name })];
  return [made, ...free, ...(expiry === null ? [] : [expiry])];
}

function judgeNewVersion(kind: KeyKind, now: Date): readonly Check[] {
  const expiry = expiryOf(kind, now);
  if (expiry?.outcome === 'block') return [expiry];
  const made = judge('pass', 'key-version-new', { type: kind.type, size: kind.size });
  return [made, ...(expiry === null ? [] : [expiry])];
}

/** Checks a key that has the name of the one to create. Only a key that this request created isn't a block. */
function judgeMadeKey({ name }: ObservedKey, keyIs: Observation['keyIs']): Check {
  switch (keyIs) {
    case 'own':
      return judge('pass', 'key-made', { name });
    case 'others':
      return judge('block', 'key-of-others', { name });
    case undefined:
      return judge('block', 'key-name-taken', { name });
    case 'copied':
    case 'not-the-first':
    case 'made-at-another-time':
    case 'too-many-versions':
      return judge('block', 'key-doubtful', { name, doubt: keyIs });
  }
}

const judgeMissingKey = ({ guards, keyNow }: Observation): Check =>
  judge('block', 'key-missing', { deleted: guards.deletedKey, ...(keyNow === undefined ? {} : { now: keyNow }) });

/** Checks the requested key, whether it exists or is to be created. */
export function judgeWantedKey(work: KeyWork, context: CheckContext): readonly Check[] {
  const { make, observed } = work;
  const { now } = context;
  if (make === null) return observed.key === null ? [judgeMissingKey(observed)] : judgeKey(observed.key, now);
  if (observed.key !== null) return [judgeMadeKey(observed.key, observed.keyIs)];
  return make.after === null ? judgeNewKey(work, make.kind, context) : judgeNewVersion(make.kind, now);
}

function judgeLocks({ guards }: Observation): Check {
  if (guards.readOnlyLocks === null) return judge('warn', 'locks-not-checked', {});
  // A lock on a common parent scope is found for both the resource and the vault.
  const locks = guards.readOnlyLocks.filter(
    ({ name, scope }, at, all) => all.findIndex((one) => one.name === name && one.scope === scope) === at,
  );
  return locks.length === 0 ? judge('pass', 'no-lock', {}) : judge('block', 'locked', { locks });
}

const missingFrom = (wanted: readonly string[], allowed: Readonly<Record<string, boolean>>): string[] =>
  wanted.filter((action) => allowed[action] !== true);

/** Checks locks and permissions for the plan's writes. A plan without writes needs neither. */
export function judgeWrites({ observed }: KeyWork, { effects, kind }: CheckContext): readonly Check[] {
  if (effects.length === 0) return [];
  const { allowed, allowedData } = observed.guards;
  const locks = judgeLocks(observed);
  const needed = rightsForEffects(effects, kind, observed.resource.userAssignedIds.length > 0);
  if (allowed === null) return [locks, judge('warn', 'rights-not-checked', {})];
  const data = needed.dataActions;
  const missing = {
    actions: missingFrom(needed.actions, allowed),
    dataActions: allowedData === null ? [] : missingFrom(data, allowedData),
  };
  const isAllowed = missing.actions.length + missing.dataActions.length === 0;
  return [
    locks,
    isAllowed ? judge('pass', 'bot-allowed', {}) : judge('block', 'bot-not-allowed', missing),
    // A vault with access policies doesn't report the bot's data permissions.
    ...(data.length > 0 && allowedData === null
      ? [judge('warn', 'vault-rights-not-checked', { actions: [...data] })]
      : []),
  ];
}

export type KeyTerms = Pick<Terms, 'vaults' | 'newKeyWantedBy'>;

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  readonly terms: KeyTerms;
  readonly now: Date;
  /** Keys that the request might have created. Null: no run yet, the plan is a preview. */
  readonly own: OwnKey | null;
}

/** Input of checks in addition to the key work. */
export interface CheckContext extends PlanContext {
  readonly effects: readonly Effect[];
  readonly kind: ResourceKind;
}

export function judgePermittedVault({ resource, to }: KeyWork, { terms }: CheckContext): readonly Check[] {
  const against = terms.vaults.find(({ permits }) => !permitsVault(permits, resource.id, to.vaultId));
  if (against === undefined) return [];
  const { name: vault } = armIdParts(to.vaultId);
  const sameSubscription = inOneSubscription(resource.id, to.vaultId);
  return [judge('block', 'vault-not-permitted', { rule: against.rule, vault, sameSubscription })];
}

/** A key or key version that the request creates counts as new, because the vault generates its material then. */
export function judgePlace(work: KeyWork, context: CheckContext): readonly Check[] {
  const [wantsNew] = context.terms.newKeyWantedBy;
  return [
    ...judgePermittedVault(work, context),
    ...(wantsNew === undefined || work.make !== null ? [] : [judge('block', 'key-must-be-new', { rule: wantsNew })]),
  ];
}

/** Checks who has control over the key. */
export function judgeControl({ make, observed: { control } }: KeyWork, { own, terms }: CheckContext): readonly Check[] {
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
