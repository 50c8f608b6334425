/** Operation: moves a resource with a customer-managed key to another version of it, or to another key. */
import { z } from 'zod';
import { judgeOldVersion, judgeResource, judgeShown, judgeUnchangedKey } from '../../domain/check.ts';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import type { KeyChange } from '../../domain/key-change.ts';
import { CustomerKey, KeyKind } from '../../domain/observed.ts';
import { chosenKeyOf } from '../choose.ts';
import type { Form } from '../form.ts';
import { defineOperation } from '../operation.ts';
import { judgeChoice } from '../other-agents.ts';
import { keyPage } from '../pages/key-page.ts';
import { answerOn } from '../pages/page.ts';
import { resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { vaultPage } from '../pages/vault-page.ts';
import { Resource } from '../resources/registry.ts';
import { versionPage } from './version-page.ts';
import { rotateCmkWords } from './words.ts';

const place = { vaultId: ArmId, keyName: KeyName };

const To = z.discriminatedUnion('way', [
  z.strictObject({ way: z.literal('version'), ...place, keyVersion: KeyVersion }),
  z.strictObject({ way: z.literal('new-version'), ...place, after: KeyVersion, make: KeyKind }),
  z.strictObject({
    way: z.literal('other-key'),
    ...place,
    keyVersion: KeyVersion.nullable(),
    make: KeyKind.nullable(),
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

/** Returns source and target of the change; null: something isn't chosen yet. */
function targetOf(form: Form): Pick<RotateCmkSpec, 'from' | 'to'> | null {
  const answer = answerOn(form, versionPage);
  if (answer === null) return null;
  const { from } = answer;
  if (answer.way === 'version') {
    const { way, vaultId, keyName, keyVersion } = answer;
    return { from, to: { way, vaultId, keyName, keyVersion } };
  }
  if (answer.way === 'new-version') {
    const { way, vaultId, keyName, after, make } = answer;
    return { from, to: { way, vaultId, keyName, after, make } };
  }
  const [vaultId, key] = [answerOn(form, vaultPage), answerOn(form, keyPage)];
  if (vaultId === null || key === null) return null;
  const made = key.kind === 'existing' ? { keyVersion: key.version, make: null } : { keyVersion: null, make: key.key };
  return { from, to: { way: 'other-key', vaultId, keyName: key.name, ...made } };
}

function makingOf(to: To): KeyChange['make'] {
  if (to.way === 'version') return null;
  if (to.way === 'new-version') return { kind: to.make, after: to.after };
  return to.make === null ? null : { kind: to.make, after: null };
}

const review = reviewPage(() => rotateCmk);

export const rotateCmk = defineOperation<typeof RotateCmkSpec>({
  name: 'rotate-cmk',
  typed: {
    name: '/rotate-cmk',
    description: 'Move an agent to another version of its key, or to another key',
    usage: '/rotate-cmk <agent> version=newest',
    takes: ['resource', 'version', 'vault', 'key'],
  },
  schema: RotateCmkSpec,
  words: rotateCmkWords,
  pages: (form) =>
    answerOn(form, versionPage)?.way === 'other-key'
      ? [resourcePage, versionPage, vaultPage, keyPage, review]
      : [resourcePage, versionPage, review],
  specOf(form): RotateCmkSpec | null {
    const [resource, target] = [answerOn(form, resourcePage), targetOf(form)];
    return resource === null || target === null
      ? null
      : { operation: 'rotate-cmk', resource: Resource.parse(resource), ...target };
  },
  answersOf({ resource, from, to }) {
    // The newest version might have changed since, so the answer names the version.
    if (to.way === 'version') return { resource, version: { ...to, from, newest: false } };
    if (to.way === 'new-version') return { resource, version: { ...to, from } };
    const key = chosenKeyOf(to.keyName, to.keyVersion, to.make);
    return { resource, version: { way: to.way, from }, vault: to.vaultId, key };
  },
  change: ({ from, to }) => ({
    from,
    to: { vaultId: to.vaultId, keyName: to.keyName, keyVersion: to.way === 'new-version' ? null : to.keyVersion },
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
