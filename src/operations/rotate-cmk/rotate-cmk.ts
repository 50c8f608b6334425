/** Operation: moves a resource with a customer-managed key to another version of it, or to another key. */

import { z } from 'zod';
import { type Check, judge } from '../../domain/check.ts';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import type { KeyChange, KeyWork } from '../../domain/key-change.ts';
import { CustomerKey, KeyKind } from '../../domain/observed.ts';
import { judgeResource, judgeShown, judgeUnchangedKey } from '../../domain/resource-checks.ts';
import { chosenKeyOf, follows, followsIf, followsWords } from '../choose.ts';
import type { Form } from '../form.ts';
import { defineOperation, type OperationWords } from '../operation.ts';
import { judgeChoice } from '../other-resources.ts';
import { keyPage } from '../pages/key-page.ts';
import { answerOn } from '../pages/page.ts';
import { resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { vaultPage } from '../pages/vault-page.ts';
import { Resource } from '../resources/registry.ts';
import { versionPage } from './version-page.ts';

/** Services use the earlier version for up to a day after a rotation (learn.microsoft.com, key rotation). */
const oldStays =
  'This request doesn’t disable the old version. The resource might use it for up to a day, and you can move back while it is enabled.';
const pinned = 'The resource uses exactly this version. It doesn’t follow later versions automatically.';

const rotateCmkWords: OperationWords = {
  title: 'Rotate a customer-managed key',
  action: 'Rotate customer-managed key',
  asksFor: 'rotate customer-managed key',
  question: 'Rotate the key of which resource?',
  verdicts: {
    fits: 'Can move to another version or key',
    unfit: 'The next page shows what blocks this request',
  },
  verb: 'Rotate',
  offer: 'Rotate to another version or key',
  keep: () => ({
    title: 'Keep the old key version enabled',
    text: 'Disabling a key version that’s in use can make the resource’s data unreadable. Wait until the Key Vault log shows no more use of it. If the resource or its key is permanently deleted, the data can’t be recovered.',
    tick: 'I understand that the old version must stay enabled.',
  }),
  notes: ({ to }) => [oldStays, to.follows ? followsWords : pinned],
  undo: ({ observed }) => (observed.from?.enabled === true ? 'The old version stays enabled.' : ''),
  inUse: {
    untilSeen: 'Don’t disable the old version before the log shows that this version is used.',
    onceSeen:
      'The old version might still be in use for up to a day. Leave it enabled. After that, disable it with /retire-version.',
  },
  succeeded: 'Customer-managed key is rotated',
};

const place = { vaultId: ArmId, keyName: KeyName };

const To = z.discriminatedUnion('way', [
  z.strictObject({ way: z.literal('version'), ...place, keyVersion: KeyVersion }),
  z.strictObject({ way: z.literal('new-version'), ...place, after: KeyVersion, make: KeyKind, follows }),
  z.strictObject({
    way: z.literal('other-key'),
    ...place,
    keyVersion: KeyVersion.nullable(),
    make: KeyKind.nullable(),
    follows,
  }),
]);
type To = z.infer<typeof To>;

const RotateCmkSpec = z.strictObject({
  operation: z.literal('rotate-cmk'),
  resource: Resource,
  /** The key that the resource moves away from. Part of the plan digest: another current version needs another approval. */
  from: CustomerKey,
  to: To,
});
type RotateCmkSpec = z.infer<typeof RotateCmkSpec>;

/** Null: something isn't chosen yet. */
function targetOf(form: Form): Pick<RotateCmkSpec, 'from' | 'to'> | null {
  const answer = answerOn(form, versionPage);
  if (answer === null) return null;
  const { from } = answer;
  if (answer.way === 'version') {
    const { way, vaultId, keyName, keyVersion } = answer;
    return { from, to: { way, vaultId, keyName, keyVersion } };
  }
  if (answer.way === 'new-version') {
    const { from: _, ...to } = answer;
    return { from, to };
  }
  const vaultId = answerOn(form, vaultPage);
  const key = answerOn(form, keyPage);
  if (vaultId === null || key === null) return null;
  const made = key.kind === 'existing' ? { keyVersion: key.version, make: null } : { keyVersion: null, make: key.key };
  return { from, to: { way: 'other-key', vaultId, keyName: key.name, ...made, ...followsIf(key.follows) } };
}

function makingOf(to: To): KeyChange['make'] {
  if (to.way === 'version') return null;
  if (to.way === 'new-version') return { kind: to.make, after: to.after };
  return to.make === null ? null : { kind: to.make, after: null };
}

/** Checks the old version: moving back, and use of it for a while after the change, depend on it. */
function judgeOldVersion({ from: key, observed }: KeyWork): readonly Check[] {
  if (key === null) return [];
  if (observed.from === null) return [judge('warn', 'old-version-unknown', { key })];
  return observed.from.enabled ? [] : [judge('warn', 'old-version-disabled', { key })];
}

const review = reviewPage(() => rotateCmk);

export const rotateCmk = defineOperation<typeof RotateCmkSpec>({
  name: 'rotate-cmk',
  typed: {
    name: '/rotate-cmk',
    description: 'Move a resource to another version of its key, or to another key',
    usage: '/rotate-cmk <resource> version=newest',
    takes: ['resource', 'version', 'vault', 'key'],
  },
  schema: RotateCmkSpec,
  words: rotateCmkWords,
  pages: (form) =>
    answerOn(form, versionPage)?.way === 'other-key'
      ? [resourcePage, versionPage, vaultPage, keyPage, review]
      : [resourcePage, versionPage, review],
  specOf(form): RotateCmkSpec | null {
    const resource = answerOn(form, resourcePage);
    const target = targetOf(form);
    return resource === null || target === null
      ? null
      : { operation: 'rotate-cmk', resource: Resource.parse(resource), ...target };
  },
  answersOf({ resource, from, to }) {
    // The newest version might have changed since, so the answer names the version.
    if (to.way === 'version') return { resource, version: { ...to, from, newest: false } };
    if (to.way === 'new-version') return { resource, version: { ...to, from } };
    const key = chosenKeyOf(to.keyName, to.keyVersion, to.make, to.follows);
    return { resource, version: { way: to.way, from }, vault: to.vaultId, key };
  },
  change: ({ from, to }) => ({
    from,
    to: {
      vaultId: to.vaultId,
      keyName: to.keyName,
      keyVersion: to.way === 'new-version' ? null : to.keyVersion,
      ...followsIf(to.way !== 'version' && to.follows),
    },
    make: makingOf(to),
  }),
  stages: [['enable-identity', 'make-key-version'], ['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']],
  checks: (work, context) => [
    ...judgeResource(work.observed.resource, context),
    judgeShown(work, context) ?? judgeUnchangedKey(work),
    ...judgeOldVersion(work),
    ...judgeChoice(work, context),
  ],
  startsFrom: 'own-key',
  instead: 'enable-cmk',
});
