/**
 * Every check of a resource, a vault, a key and the bot's permissions: code, facts, and what depends on them; and the judging of
 * a vault and a key. Each has the outcome pass, warn or block. A plan with a block can't be submitted. `src/text` has the words.
 * Sources: Microsoft's how-to for customer-managed keys on a healthcare agent service (soft delete, purge protection) and its
 * list of key kinds (learn.microsoft.com: health-bot/cmk, key-vault/general).
 */
import { z } from 'zod';
import { Subscription } from './control.ts';
import type { Effect } from './effect.ts';
import { ArmId, armIdParts } from './ids.ts';
import type { KeyWork } from './key-change.ts';
import type { OwnKey } from './key-ownership.ts';
import {
  CustomerKey,
  Doubt,
  Firewall,
  isBusy,
  type KeyKind,
  type Observation,
  type ObservedKey,
  type ObservedResource,
  type ObservedVault,
  Retirement,
  UndeclaredUser,
} from './observed.ts';
import { inOneSubscription, type KeyTerms, permitsVault } from './policy/rules.ts';

const outcome = z.enum(['pass', 'warn', 'block']);

interface CheckTraits {
  /**
   * How people clear the block: they `choose` another agent, vault or key, because checking again doesn't help; or `either` that
   * or fix what was found. Missing: they fix it.
   */
  readonly wayOut?: 'choose' | 'either';
  readonly startsFrom?: 'microsofts-key' | 'own-key';
  /** Place among the risks of this request, the most dangerous first. Missing: the warning is a note. */
  readonly risk?: number;
  /**
   * A warning about other resources and users. It's shown, but doesn't void an approval: with one key for several resources, each run
   * would void the next request's approvals.
   */
  readonly aboutOthers?: true;
}
const traits = z.registry<CheckTraits>();

/** Defines a check: its code, the schema of the facts behind it, as Azure returned them, and what depends on it. */
const judged = <C extends string, F extends z.ZodRawShape>(code: C, fact: F, more: CheckTraits = {}) =>
  z.strictObject({ outcome, code: z.literal(code), fact: z.strictObject(fact) }).register(traits, more);

const day = { day: z.string(), cutoff: z.string() };
const state = { provisioningState: z.string() };
const OpenTo = Firewall.exclude(['closed']);
const name = { name: z.string() };
const key = { key: CustomerKey };
/** Name of the policy rule that requires it. */
const rule = { rule: z.string() };
const kindOfKey = { type: z.string(), size: z.number().nullable() };

/** What a role of the vault must do, because the bot has no permission for it. */
export const RoleTask = z.strictObject({
  task: z.enum(['recover-key', 'enable-key-version', 'disable-key-version']),
  by: z.enum(['role-assignments', 'access-policies']),
  vault: z.string(),
  keyName: z.string(),
  keyVersion: z.string(),
});
export type RoleTask = z.infer<typeof RoleTask>;

/** Every possible check. Days and times are ISO 8601. */
export const Check = z.discriminatedUnion('code', [
  judged('created-after-cutoff', day),
  judged('created-before-cutoff', day, { wayOut: 'choose' }),
  judged('created-unknown', { cutoff: z.string() }, { wayOut: 'choose' }),
  judged('provisioning-settled', state),
  judged('provisioning-unsettled', state),
  judged('microsoft-managed', {}, { wayOut: 'choose', startsFrom: 'microsofts-key' }),
  judged('customer-managed', key),
  judged('already-under-this-key', key, { wayOut: 'choose', startsFrom: 'own-key' }),
  judged('already-under-another-key', key, { wayOut: 'choose', startsFrom: 'own-key' }),
  judged('key-user-identity', { identity: z.string() }),
  judged('key-moved', { key: CustomerKey, expected: CustomerKey }, { wayOut: 'choose' }),
  judged('old-version-disabled', key, { risk: 4 }),
  judged('old-version-unknown', key),
  judged('same-tenant', {}),
  judged('other-tenant', { tenantId: z.string() }, { wayOut: 'choose' }),
  judged('same-region', { region: z.string() }),
  judged('other-region', { resource: z.string(), vault: z.string() }),
  judged('same-subscription', {}),
  judged('other-subscription', { resource: Subscription, vault: Subscription }, { risk: 3 }),
  judged('vault-not-permitted', { ...rule, vault: z.string(), sameSubscription: z.boolean() }, { wayOut: 'choose' }),
  judged('controllers-known', { count: z.number() }),
  judged('controllers-not-checked', { unseen: z.array(z.enum(['role-assignments', 'roles'])) }),
  judged('controllers-not-named', {}),
  judged('key-not-shared', {}),
  judged(
    'key-shared',
    { key: z.string(), resource: z.string(), id: ArmId, subscription: Subscription },
    { risk: 2, aboutOthers: true },
  ),
  /** The requested vault or key has a name similar to one that other resources use. */
  judged(
    'name-alike',
    { of: z.enum(['vault', 'key']), name: z.string(), other: z.string() },
    { risk: 1, aboutOthers: true },
  ),
  judged('other-resources-not-checked', {}),
  /** Observed using the requested key, and declared by no listed resource. */
  judged('key-used-undeclared', { users: z.array(UndeclaredUser) }, { aboutOthers: true }),
  judged('key-origin-unknown', {}),
  judged('key-must-be-new', rule, { wayOut: 'choose' }),
  judged('vault-reachable', {}),
  /** `needs`: as in the kind's declaration. Missing in early records: `open`. */
  judged('vault-firewalled', { needs: OpenTo.optional() }, { wayOut: 'either' }),
  judged('soft-delete-on', {}),
  judged('soft-delete-will-be-on', {}),
  judged('purge-protection-on', {}),
  judged('purge-protection-will-be-on', {}),
  judged('key-fit', kindOfKey),
  judged('key-new', kindOfKey),
  judged('key-made', name),
  judged('key-version-new', kindOfKey),
  /** `now`: the newest version of the key that has this name now. Missing: it wasn't read. */
  judged(
    'key-missing',
    { deleted: z.enum(['none', 'deleted', 'not-checked']), now: z.string().nullable().optional() },
    { wayOut: 'either' },
  ),
  judged('key-name-taken', name, { wayOut: 'either' }),
  judged('key-of-others', name, { wayOut: 'choose' }),
  judged('key-doubtful', { name: z.string(), doubt: Doubt }, { wayOut: 'choose' }),
  judged('key-not-rsa', { type: z.string() }, { wayOut: 'choose' }),
  judged('key-size-unfit', { size: z.number().nullable() }, { wayOut: 'choose' }),
  judged('key-disabled', {}, { wayOut: 'either' }),
  judged('key-not-yet-valid', { from: z.string() }, { wayOut: 'either' }),
  judged('key-expired', { at: z.string() }, { wayOut: 'either', startsFrom: 'own-key' }),
  judged('key-expires', { at: z.string() }),
  judged('key-cannot-wrap', { missing: z.array(z.string()) }, { wayOut: 'either' }),
  judged('key-hsm-needs-premium', {}, { wayOut: 'choose' }),
  judged('key-name-deleted', name, { wayOut: 'either' }),
  judged('key-name-not-checked', name),
  judged('nothing-to-repair', {}),
  /** The resource has another system-assigned identity than the one that was approved. Object IDs. */
  judged('identity-replaced', { approved: z.string(), now: z.string(), hasAccess: z.boolean() }),
  /** The resource's key changed after the repair was requested. */
  judged('repair-outdated', { key: CustomerKey.nullable(), expected: CustomerKey.nullable() }, { wayOut: 'choose' }),
  /** `inUse`: the resource is under it, so its data depends on it. */
  judged('approved-key-gone', { vault: z.string(), ...name, version: z.string(), inUse: z.boolean() }),
  judged('role-needed', RoleTask.shape),
  judged('old-version-unfit', { version: z.string(), why: z.enum(['missing', 'disabled']) }),
  /** `told`: Azure's code, or the time of the log's first or last row. */
  judged('vault-log-needed', {
    why: z.enum(['not-configured', 'no-rows', 'not-readable', 'too-short', 'too-old']),
    told: z.string().nullable(),
  }),
  /** `since`: the log's first use by the agent; `until`: a day later. Null: it shows none. */
  judged('new-version-used', { since: z.string().nullable(), until: z.string().nullable() }),
  /** `since`: where the log begins. Missing: the log wasn't read. */
  judged('old-version-used', {
    version: z.string(),
    users: Retirement.shape.users,
    since: z.string().optional(),
  }),
  judged('declared-not-read', Retirement.shape.unread.shape, { risk: 5 }),
  judged('no-lock', {}),
  judged('locked', { locks: z.array(z.strictObject({ name: z.string(), scope: z.string() })) }),
  judged('locks-not-checked', {}),
  judged('bot-allowed', {}),
  judged('bot-not-allowed', { actions: z.array(z.string()), dataActions: z.array(z.string()) }),
  judged('rights-not-checked', {}),
  judged('vault-rights-not-checked', { actions: z.array(z.string()) }),
]);
export type Check = z.infer<typeof Check>;
export type CheckCode = Check['code'];
/** Every check code, for tables and tests that must be complete. */
export const checkCodes: readonly CheckCode[] = Check.options.map(({ shape }) => shape.code.value);
export type FactOf<C extends CheckCode> = Extract<Check, { readonly code: C }>['fact'];
/** The same union as a mapped type. It lets a table by code be called with a check of any code. */
export type CheckOf<C extends CheckCode = CheckCode> = {
  [P in C]: { readonly outcome: Check['outcome']; readonly code: P; readonly fact: FactOf<P> };
}[C];

/** Builds a check. The cast is needed because the compiler can't relate a code to its fact through the union. */
export const judge = <C extends CheckCode>(outcome: Check['outcome'], code: C, fact: FactOf<C>): Check =>
  ({ outcome, code, fact }) as unknown as Check;

export const isTemporaryBlock = (check: Check): boolean =>
  check.code === 'provisioning-unsettled' && isBusy(check.fact.provisioningState);

const traitsByCode = new Map(Check.options.map((option) => [option.shape.code.value, traits.get(option)]));
export const traitsOf = ({ code }: Check): CheckTraits => traitsByCode.get(code) ?? {};

export const isRemovableBlock = (check: Check): boolean => traitsOf(check).wayOut !== 'choose';

export const isAvoidableBlock = (check: Check): boolean => traitsOf(check).wayOut === 'either';

export const isKeyMissing = (check: Check): check is CheckOf<'key-missing'> => check.code === 'key-missing';

export const roleNeeded = (task: RoleTask): Check => judge('warn', 'role-needed', task);

/** Returns what a role of the vault must do, if the check says so; otherwise null. */
export const roleTaskIn = (check: Check): RoleTask | null => (check.code === 'role-needed' ? check.fact : null);

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  readonly terms: KeyTerms;
  readonly now: Date;
  /** Keys that the request might have created. Null: no run yet, the plan is a preview. */
  readonly own: OwnKey | null;
}

export interface KindRules {
  readonly checks?: (resource: ObservedResource) => readonly Check[];
  /** Firewalls of a vault that let it in: open ones, or also those that admit trusted services. */
  readonly network: z.infer<typeof OpenTo>;
  /** Microsoft documents that a resource can go back to a Microsoft-managed key: the sentence that says so. */
  readonly goesBack?: string;
}

export interface CheckContext extends PlanContext {
  readonly effects: readonly Effect[];
  readonly kind: KindRules;
}

/** A firewall lets a kind in. */
export const isLetIn = ({ firewall }: Pick<ObservedVault, 'firewall'>, { network }: Pick<KindRules, 'network'>) =>
  firewall === 'open' || firewall === network;

export const judgeFirewall = (vault: Pick<ObservedVault, 'firewall'>, kind: Pick<KindRules, 'network'>): Check =>
  isLetIn(vault, kind)
    ? judge('pass', 'vault-reachable', {})
    : judge('block', 'vault-firewalled', { needs: kind.network });

export function judgeVault({ observed: { resource, vault } }: KeyWork, context: CheckContext): readonly Check[] {
  const { tenantId, location: region } = vault;
  return [
    tenantId.toLowerCase() === context.tenantId.toLowerCase()
      ? judge('pass', 'same-tenant', {})
      : judge('block', 'other-tenant', { tenantId }),
    resource.location === region
      ? judge('pass', 'same-region', { region })
      : judge('warn', 'other-region', { resource: resource.location, vault: region }),
    judgeFirewall(vault, context.kind),
    vault.softDelete ? judge('pass', 'soft-delete-on', {}) : judge('warn', 'soft-delete-will-be-on', {}),
    vault.purgeProtection ? judge('pass', 'purge-protection-on', {}) : judge('pass', 'purge-protection-will-be-on', {}),
  ];
}

export const disabledKey: Check = judge('block', 'key-disabled', {});

const wrapOperations = ['wrapKey', 'unwrapKey'];

/** Checks an existing key on its own. The lists of keys to choose from use it too. */
export function judgeKey(key: ObservedKey, now: Date): readonly Check[] {
  const found: Check[] = [];
  const { type, size, notBefore } = key;
  const expiry = expiryOf(key, now);
  const isRsa = /^RSA(-HSM)?$/.test(type);
  if (!isRsa) found.push(judge('block', 'key-not-rsa', { type }));
  else if (![2048, 3072, 4096].includes(size ?? 0)) found.push(judge('block', 'key-size-unfit', { size }));
  if (!key.enabled) found.push(disabledKey);
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

/** Of a key that has the name of the one to create. */
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

/** A version that isn't there. `now`: the newest version of the key of that name; undefined: it wasn't read. */
export const missingKey = (deleted: FactOf<'key-missing'>['deleted'], now?: string | null): Check =>
  judge('block', 'key-missing', { deleted, ...(now === undefined ? {} : { now }) });

export function judgeWantedKey(work: KeyWork, context: CheckContext): readonly Check[] {
  const { make, observed } = work;
  const { now } = context;
  if (make === null)
    return observed.key === null
      ? [missingKey(observed.guards.deletedKey, observed.keyNow)]
      : judgeKey(observed.key, now);
  if (observed.key !== null) return [judgeMadeKey(observed.key, observed.keyIs)];
  return make.after === null ? judgeNewKey(work, make.kind, context) : judgeNewVersion(make.kind, now);
}

export function judgePermittedVault({ resource, to }: KeyWork, { terms }: CheckContext): readonly Check[] {
  const against = terms.vaults.find(({ permits }) => !permitsVault(permits, resource.id, to.vaultId));
  if (against === undefined) return [];
  const { name: vault } = armIdParts(to.vaultId);
  const sameSubscription = inOneSubscription(resource.id, to.vaultId);
  return [judge('block', 'vault-not-permitted', { rule: against.rule, vault, sameSubscription })];
}

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
