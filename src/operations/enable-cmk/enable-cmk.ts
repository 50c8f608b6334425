/** Operation: sets a customer-managed key on a resource that has a Microsoft-managed key. */

import { z } from 'zod';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import { KeyKind } from '../../domain/observed.ts';
import { judgeFirstKey, judgeResource, judgeShown } from '../../domain/resource-checks.ts';
import { chosenKeyOf, follows, followsIf, followsWords } from '../choose.ts';
import { defineOperation, type OperationWords } from '../operation.ts';
import { judgeChoice } from '../other-resources.ts';
import { keyPage } from '../pages/key-page.ts';
import { answerOn } from '../pages/page.ts';
import { resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { vaultPage } from '../pages/vault-page.ts';
import { kindNamed, Resource } from '../resources/registry.ts';

const enableCmkWords: OperationWords = {
  title: 'Enable a customer-managed key',
  action: 'Enable customer-managed key',
  asksFor: 'enable customer-managed key',
  question: 'Which resource gets a customer-managed key?',
  verdicts: { fits: 'Can use a customer-managed key', unfit: 'The review shows what blocks this request' },
  verb: 'Enable',
  offer: 'Enable customer-managed key',
  keep: ({ keep }) => keep,
  notes: ({ to }) => (to.follows ? [followsWords] : []),
  undo: ({ resource }) => kindNamed(resource.kind).goesBack ?? '',
  succeeded: 'Customer-managed key is set',
};

const EnableCmkSpec = z.strictObject({
  operation: z.literal('enable-cmk'),
  resource: Resource,
  vaultId: ArmId,
  keyName: KeyName,
  /** The pinned version of an existing key; null: a new key is created. */
  keyVersion: KeyVersion.nullable(),
  newKey: KeyKind.nullable(),
  follows,
});
type EnableCmkSpec = z.infer<typeof EnableCmkSpec>;

const review = reviewPage(() => enableCmk);

export const enableCmk = defineOperation<typeof EnableCmkSpec>({
  name: 'enable-cmk',
  typed: {
    name: '/enable-cmk',
    description: 'Set a customer-managed key for a resource',
    usage: '/enable-cmk <resource> vault=<vault> key=<key>',
    takes: ['resource', 'vault', 'key'],
  },
  schema: EnableCmkSpec,
  words: enableCmkWords,
  pages: () => [resourcePage, vaultPage, keyPage, review],
  specOf(form): EnableCmkSpec | null {
    const resource = answerOn(form, resourcePage);
    const vaultId = answerOn(form, vaultPage);
    const key = answerOn(form, keyPage);
    if (resource === null || vaultId === null || key === null) return null;
    const made =
      key.kind === 'existing' ? { keyVersion: key.version, newKey: null } : { keyVersion: null, newKey: key.key };
    const { name: keyName, follows: following } = key;
    return {
      operation: 'enable-cmk',
      resource: Resource.parse(resource),
      vaultId,
      keyName,
      ...made,
      ...followsIf(following),
    };
  },
  answersOf: ({ resource, vaultId, keyName, keyVersion, newKey, follows: following }) => ({
    resource,
    vault: vaultId,
    key: chosenKeyOf(keyName, keyVersion, newKey, following),
  }),
  change: ({ vaultId, keyName, keyVersion, newKey, follows: following }) => ({
    from: null,
    to: { vaultId, keyName, keyVersion, ...followsIf(following) },
    make: newKey === null ? null : { kind: newKey, after: null },
  }),
  // Key access comes before purge protection: if Azure refuses the access, nothing irreversible has happened.
  stages: [['enable-identity', 'make-key-version'], ['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']],
  checks: (work, context) => [
    ...judgeResource(work.observed.resource, context),
    judgeShown(work, context) ?? judgeFirstKey(work.observed.resource.customerKey),
    ...judgeChoice(work, context),
  ],
  startsFrom: 'microsofts-key',
  instead: 'rotate-cmk',
});
