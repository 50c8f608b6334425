/** Operation: disables a key version that a resource used before, once nothing uses it any more. */

import { z } from 'zod';
import {
  type Check,
  type CheckContext,
  judge,
  judgeControl,
  judgePermittedVault,
  judgeVault,
  judgeWantedKey,
  roleNeeded,
} from '../../domain/check.ts';
import { isDoneByRole } from '../../domain/effect.ts';
import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import type { KeyChange, KeyWork } from '../../domain/key-change.ts';
import { retirementOf } from '../../domain/key-impact.ts';
import { CustomerKey, dayOfOldUseMs, isNamedAlike, type Observation, type Retirement } from '../../domain/observed.ts';
import type { Azure, ListedKeyVersion } from '../../domain/ports/azure.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import { judgeResource, judgeUnchangedKey } from '../../domain/resource-checks.ts';
import { approvedKey } from '../../domain/watch/drift.ts';
import { follows, followsIf } from '../choose.ts';
import { vaultAt } from '../observe.ts';
import { defineOperation, type OperationWords } from '../operation.ts';
import { answerOn, neverShown, type Page } from '../pages/page.ts';
import { readResource, resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { readKeyUse } from '../read-key-use.ts';
import { Resource } from '../resources/registry.ts';
import { judgeWrites, type OperationContext } from '../resources/rights.ts';
import { retireTaskOf } from '../steps/disable-key-version.ts';

/** Digits of a version that cards show. */
const shownDigits = 8;
const shortOf = (version: string | null = ''): string => `version ${version?.slice(0, shownDigits)}`;

const retireVersionWords: OperationWords = {
  title: 'Retire a key version',
  action: 'Retire old key version',
  asksFor: 'retire old key version',
  question: 'Retire an old key version of which resource?',
  verdicts: {
    fits: 'The review shows whether the old version is still used',
    unfit: 'The review shows what blocks this request',
  },
  verb: 'Retire',
  offer: 'Retire an old key version',
  keep: (_kind, { retire, to }) => ({
    title: 'Don’t delete the old version',
    text: 'A disabled version can be enabled again; a deleted one can’t be used. Backups and copies that need it can’t be read while it’s disabled.',
    tick: `I understand that what still needs ${shortOf(retire)} can’t be read while it’s disabled. The resource stays on ${shortOf(to.keyVersion)}.`,
  }),
  notes: () => [
    'After the success, the key watch looks for refused calls with the old version. If it finds one, it alerts operators with the command that enables the version again.',
  ],
  undo: () => 'The old version can be enabled again.',
  succeeded: 'Old key version is disabled',
};

const OldVersion = z.strictObject({
  /** The resource's key when this was requested. It stays. */
  from: CustomerKey,
  vaultId: ArmId,
  keyName: KeyName,
  keyVersion: KeyVersion,
  follows,
  old: KeyVersion,
});

/** Returns the version that was named, or the only one that can be meant. */
function oldVersion(keyName: string, older: readonly ListedKeyVersion[], typed: string): KeyVersion | Refusal {
  const wanted = typed.trim().toLowerCase();
  const isMeant = ({ version, enabled }: ListedKeyVersion): boolean =>
    wanted === '' ? enabled : wanted.length >= shownDigits && version.startsWith(wanted);
  const [found, another] = older.filter(isMeant);
  if (found === undefined) return refuse('no-old-version', wanted === '' ? keyName : wanted.slice(0, 40));
  if (another === undefined) return found.version;
  const named = older.filter(({ enabled }) => enabled).map(({ version }) => version.slice(0, shownDigits));
  return refuse('old-version-not-named', named.slice(-5).join(', '));
}

/** Page that is never shown: the old version to disable, and the resource's key now. */
const oldVersionPage: Page<z.infer<typeof OldVersion>> = {
  name: 'version',
  label: 'Old version',
  ...neverShown,
  dependsOn: ['resource'],
  answer: OldVersion,
  typed: ({ version }) => (version === undefined ? {} : { version }),
  again: (form) => ({ version: answerOn(form, oldVersionPage)?.old ?? '' }),
  async take(form, inputs, { azure, lastVerified }) {
    const resource = await readResource(form, azure);
    if (isRefusal(resource)) return resource;
    const { id, customerKey: from, name } = resource;
    if (from === null) return refuse('not-under-own-key', name);
    const approved = await lastVerified(id);
    if (approved === null) return refuse('no-approved-state', name);
    if (!isNamedAlike(from, approvedKey(approved))) return refuse('key-not-approved', name);
    const vault = await vaultAt(azure, from.vaultUri);
    const { keyName } = approved;
    const current = vault && approved.follows ? valueOrThrow(await azure.keys.get(vault.id, keyName, null)) : null;
    const keyVersion = KeyVersion.safeParse(current?.version ?? from.keyVersion).data;
    if (vault === null || keyVersion === undefined) return refuse('key-not-visible', from.keyName);
    const older = valueOrThrow(await azure.keys.older(vault.id, keyName, keyVersion));
    const old = oldVersion(keyName, older, inputs.version);
    const stays = { vaultId: vault.id, keyName, keyVersion, ...followsIf(approved.follows) };
    return typeof old === 'string' ? { from, ...stays, old } : old;
  },
};

const RetireVersionSpec = z.strictObject({
  operation: z.literal('retire-version'),
  resource: Resource,
  ...OldVersion.shape,
});
type RetireVersionSpec = z.infer<typeof RetireVersionSpec>;

const ageOf = (time: string, now: Date): number => now.getTime() - Date.parse(time);

/** What the log can't tell blocks: "not seen" must not be taken for "not used". */
function judgeLog({ log }: Retirement, now: Date): Check | null {
  if (log.outcome === 'not-readable') return judge('block', 'vault-log-needed', { why: log.outcome, told: log.code });
  if (log.outcome !== 'read') return judge('block', 'vault-log-needed', { why: log.outcome, told: null });
  if (ageOf(log.first, now) < dayOfOldUseMs)
    return judge('block', 'vault-log-needed', { why: 'too-short', told: log.first });
  return ageOf(log.last, now) < dayOfOldUseMs
    ? null
    : judge('block', 'vault-log-needed', { why: 'too-old', told: log.last });
}

function judgeNewVersion({ usedSince: since }: Retirement, now: Date): Check {
  if (since === null) return judge('block', 'new-version-used', { since, until: null });
  const until = new Date(Date.parse(since) + dayOfOldUseMs).toISOString();
  return judge(until <= now.toISOString() ? 'pass' : 'block', 'new-version-used', { since, until });
}

function judgeUse(retirement: Retirement, now: Date): readonly Check[] {
  const unreadable = judgeLog(retirement, now);
  if (unreadable !== null) return [unreadable];
  const { users, version, log } = retirement;
  const since = log.outcome === 'read' ? { since: log.first } : {};
  return [
    judgeNewVersion(retirement, now),
    judge(users.length === 0 ? 'pass' : 'block', 'old-version-used', { version, users, ...since }),
  ];
}

/** Checks whether the old version can be disabled. In a run, a version that is disabled already is what was asked for. */
function judgeRetirement(retirement: Retirement | undefined, { now, own }: CheckContext): readonly Check[] {
  if (retirement === undefined) return [];
  const { version, enabled, unread } = retirement;
  if (enabled === null) return [judge('block', 'old-version-unfit', { version, why: 'missing' })];
  if (!enabled && own === null) return [judge('block', 'old-version-unfit', { version, why: 'disabled' })];
  const isRead = unread.subscriptions + unread.types === 0;
  return [...judgeUse(retirement, now), ...(isRead ? [] : [judge('warn', 'declared-not-read', unread)])];
}

function judgeRetire(work: KeyWork, context: OperationContext): readonly Check[] {
  const effects = context.effects.filter((effect) => !isDoneByRole(effect));
  const isRoleNeeded = context.own === null && work.observed.retirement?.enabled === true;
  return [
    ...judgeResource(work.observed.resource, context),
    judgeUnchangedKey(work),
    ...judgeVault(work, context),
    // Steps can give access to the key, and protect its vault for good.
    ...judgePermittedVault(work, context),
    ...judgeControl(work, context),
    ...judgeWantedKey(work, context),
    ...judgeRetirement(work.observed.retirement, context),
    ...judgeWrites(work, { ...context, effects }),
    ...(isRoleNeeded ? [roleNeeded(retireTaskOf(work))] : []),
  ];
}

/** Reads who uses the old version, and since when the resource has used the current one. */
export async function observeRetirement(
  azure: Azure,
  seen: Observation,
  { to, retire: old }: KeyChange,
  now: Date,
): Promise<Observation> {
  const { keyVersion: current } = to;
  if (old === undefined || current === null) return seen;
  const [found, use] = await allInOrder([
    azure.keys.get(to.vaultId, to.keyName, old).then(valueOrThrow),
    readKeyUse(azure, seen.vault, to.keyName, now),
  ]);
  const change = { resource: seen.resource, current, old };
  return { ...seen, retirement: retirementOf(use, change, found?.enabled ?? null, now) };
}

const review = reviewPage(() => retireVersion);

export const retireVersion = defineOperation<typeof RetireVersionSpec>({
  name: 'retire-version',
  typed: {
    name: '/retire-version',
    description: 'Disable a key version that a resource used before',
    usage: '/retire-version <resource> version=<old version>',
    takes: ['resource', 'version'],
  },
  schema: RetireVersionSpec,
  words: retireVersionWords,
  pages: () => [resourcePage, oldVersionPage, review],
  specOf(form): RetireVersionSpec | null {
    const resource = answerOn(form, resourcePage);
    const version = answerOn(form, oldVersionPage);
    return resource === null || version === null
      ? null
      : { operation: 'retire-version', resource: Resource.parse(resource), ...version };
  },
  answersOf: ({ operation: _, resource, ...version }) => ({ resource, version }),
  change: ({ from, vaultId, keyName, keyVersion, follows: following, old }) => ({
    from,
    to: { vaultId, keyName, keyVersion, ...followsIf(following) },
    make: null,
    retire: old,
  }),
  observes: observeRetirement,
  // The resource's own key is made sure of first.
  stages: [['grant-key-access'], ['protect-vault'], ['disable-key-version'], ['verify']],
  checks: judgeRetire,
  startsFrom: 'own-key',
  instead: 'enable-cmk',
});
