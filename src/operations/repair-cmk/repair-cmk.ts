/** Operation: brings a resource back to the state that was last approved and verified. */

import { z } from 'zod';
import {
  type Check,
  type CheckContext,
  disabledKey,
  judge,
  judgeControl,
  judgeKey,
  judgePermittedVault,
  judgeVault,
  roleNeeded,
} from '../../domain/check.ts';
import { isDoneByRole } from '../../domain/effect.ts';
import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { ArmId, armIdParts, KeyName, KeyVersion, RequestId } from '../../domain/ids.ts';
import { type KeyWork, showsRequestedKey } from '../../domain/key-change.ts';
import { CustomerKey, isUnchangedKey } from '../../domain/observed.ts';
import { isRefusal, refuse } from '../../domain/request/refusal.ts';
import { currentKey, judgeResource } from '../../domain/resource-checks.ts';
import { follows, followsIf } from '../choose.ts';
import { defineOperation, type OperationWords } from '../operation.ts';
import { judgeOthers } from '../other-resources.ts';
import { answerOn, neverShown, type Page } from '../pages/page.ts';
import { readResource, resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { Resource } from '../resources/registry.ts';
import { judgeWrites, type OperationContext } from '../resources/rights.ts';
import { isRecoverable, roleTaskOf } from '../steps/recover-key.ts';

const repairCmkWords: OperationWords = {
  title: 'Repair a customer-managed key',
  action: 'Repair customer-managed key',
  asksFor: 'repair customer-managed key',
  question: 'Repair the key of which resource?',
  verdicts: {
    fits: 'The review shows what differs from the approved state',
    unfit: 'The review shows what blocks this request',
  },
  verb: 'Repair',
  offer: 'Repair customer-managed key',
  keep: ({ short, keep }) => ({
    title: keep.title,
    text: `${keep.text} Keep a key that the ${short} used meanwhile, too: its data might need it.`,
    tick: `${keep.tick} Any key used meanwhile must stay, too.`,
  }),
  notes: () => ['The resource returns to the key and version that were last approved and verified here.'],
  undo: () => '',
  succeeded: 'Customer-managed key is repaired',
};

const ApprovedState = z.strictObject({
  /** The request that approved and verified it. */
  basis: RequestId,
  /** The resource's key when this was answered; null: a Microsoft-managed key. The approval covers only a change from that key. */
  from: CustomerKey.nullable(),
  vaultId: ArmId,
  keyName: KeyName,
  keyVersion: KeyVersion,
  follows,
  /** Object ID of the identity that it verified. Missing: not known. */
  approvedIdentity: z.string().optional(),
});

/** Page that is never shown: the approved state that the resource returns to, and its key now. */
const approvedPage: Page<z.infer<typeof ApprovedState>> = {
  name: 'version',
  label: 'Approved key',
  ...neverShown,
  dependsOn: ['resource'],
  answer: ApprovedState,
  typed: () => ({}),
  async take(form, _inputs, { azure, lastVerified }) {
    const ref = answerOn(form, resourcePage);
    if (ref === null) return refuse('choice-missing');
    const verified = await lastVerified(ref.id);
    if (verified === null) return refuse('no-approved-state', armIdParts(ref.id).name);
    const { request: basis, vault: approved, keyName, principalId } = verified;
    const [resource, vault, newest] = await allInOrder([
      readResource(form, azure),
      azure.vaults.get(approved.id).then(valueOrThrow),
      verified.follows ? azure.keys.get(approved.id, keyName, null).then(valueOrThrow) : null,
    ]);
    if (isRefusal(resource)) return resource;
    if (vault === null) return refuse('approved-vault-gone', approved.name);
    const keyVersion = newest?.version ?? verified.keyVersion;
    const key = { vaultId: approved.id, keyName, keyVersion, ...followsIf(verified.follows) };
    const answer = { basis, from: resource.customerKey, ...key };
    return principalId === null ? answer : { ...answer, approvedIdentity: principalId };
  },
};

const RepairCmkSpec = z.strictObject({
  operation: z.literal('repair-cmk'),
  resource: Resource,
  ...ApprovedState.shape,
});
type RepairCmkSpec = z.infer<typeof RepairCmkSpec>;

/** Checks that the resource still has the key that the approval moves it away from. In a run, the approved key is fine, too. */
function judgeCurrentKey(work: KeyWork, { own }: CheckContext): Check {
  const { customerKey: key } = work.observed.resource;
  const isDone = own !== null && showsRequestedKey(work);
  if (!isDone && !isUnchangedKey(key, work.from))
    return judge('block', 'repair-outdated', { key, expected: work.from });
  return currentKey(key);
}

/** Before a run only: what people read then. A permission that changes later doesn't void the approval. */
const judgeRole = (work: KeyWork, task: 'recover-key' | 'enable-key-version', own: CheckContext['own']) =>
  own === null ? [roleNeeded(roleTaskOf(work, task))] : [];

/** Checks the approved key. Deleted or disabled, it can be repaired; purged, it can't. */
function judgeApprovedKey(work: KeyWork, { now, own }: CheckContext): readonly Check[] {
  const { to, observed } = work;
  const { key, vault, resource } = observed;
  if (key !== null) {
    // A key that was deleted at the approval shows its expiry only now: in a run, that's no news.
    const isNews = ({ outcome }: Check): boolean => own === null || outcome !== 'warn';
    const found = judgeKey(key, now).filter((check) => check !== disabledKey && isNews(check));
    return key.enabled ? found : [...found, ...judgeRole(work, 'enable-key-version', own)];
  }
  if (isRecoverable(observed)) return judgeRole(work, 'recover-key', own);
  const inUse = resource.customerKey !== null && showsRequestedKey(work);
  const gone = { vault: vault.name, name: to.keyName, version: to.keyVersion ?? '', inUse };
  return [judge('block', 'approved-key-gone', gone)];
}

/**
 * Checks that the resource still has the identity that was approved: another one can have got access past the bot. Before a run
 * only, because the run itself can turn on a new one.
 */
function judgeIdentity({ approvedIdentity: approved, observed }: KeyWork, { own }: CheckContext): readonly Check[] {
  const { resource, grantHeld: hasAccess } = observed;
  const { principalId: now } = resource;
  if (own !== null || approved === undefined || now === null) return [];
  return approved.toLowerCase() === now.toLowerCase()
    ? []
    : [judge('warn', 'identity-replaced', { approved, now, hasAccess })];
}

function judgeNeed({ effects, own }: CheckContext, checks: readonly Check[]): readonly Check[] {
  const isFound = checks.some(({ outcome, code }) => outcome === 'block' || code === 'identity-replaced');
  const isNeeded = effects.length > 0 || own !== null || isFound;
  return isNeeded ? [] : [judge('block', 'nothing-to-repair', {})];
}

function judgeRepair(work: KeyWork, context: OperationContext): readonly Check[] {
  const effects = context.effects.filter((effect) => !isDoneByRole(effect));
  const checks = [
    ...judgeResource(work.observed.resource, context),
    judgeCurrentKey(work, context),
    ...judgeIdentity(work, context),
    ...judgeVault(work, context),
    // Not the policy's rule for new keys: this key was approved when it was set.
    ...judgePermittedVault(work, context),
    ...judgeOthers(work, context),
    ...judgeControl(work, context),
    ...judgeWrites(work, { ...context, effects }),
    ...judgeApprovedKey(work, context),
  ];
  return [...judgeNeed(context, checks), ...checks];
}

const review = reviewPage(() => repairCmk);

export const repairCmk = defineOperation<typeof RepairCmkSpec>({
  name: 'repair-cmk',
  typed: {
    name: '/repair-cmk',
    description: 'Bring a resource back to the key that was last approved',
    usage: '/repair-cmk <resource>',
    takes: ['resource'],
  },
  schema: RepairCmkSpec,
  words: repairCmkWords,
  pages: () => [resourcePage, approvedPage, review],
  specOf(form): RepairCmkSpec | null {
    const resource = answerOn(form, resourcePage);
    const approved = answerOn(form, approvedPage);
    return resource === null || approved === null
      ? null
      : { operation: 'repair-cmk', resource: Resource.parse(resource), ...approved };
  },
  answersOf: ({ operation: _, resource, ...approved }) => ({ resource, version: approved }),
  change: ({ from, vaultId, keyName, keyVersion, follows: following, approvedIdentity }) => ({
    from,
    to: { vaultId, keyName, keyVersion, ...followsIf(following) },
    make: null,
    ...(approvedIdentity === undefined ? {} : { approvedIdentity }),
  }),
  // What a role of the vault does comes first: without the key, nothing else helps.
  stages: [
    ['enable-identity', 'recover-key', 'enable-key-version'],
    ['grant-key-access'],
    ['protect-vault'],
    ['set-cmk'],
    ['verify'],
  ],
  checks: judgeRepair,
  startsFrom: 'either',
  instead: 'rotate-cmk',
});
