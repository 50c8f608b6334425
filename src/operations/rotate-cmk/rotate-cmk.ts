/** Operation: moves a resource with a customer-managed key to another version of it, or to another key. */

import { z } from 'zod';
import { type Check, judge, judgeResource, judgeShown, judgeUnchangedKey } from '../../domain/check.ts';
import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
import type { KeyChange, KeyWork } from '../../domain/key-change.ts';
import {
  CustomerKey,
  hasFailed,
  KeyKind,
  type ObservedKey,
  type ObservedResource,
  type ObservedVault,
} from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import { chosenKeyOf, follows, followsIf, followsWords } from '../choose.ts';
import type { CommandPorts } from '../commands/command.ts';
import type { Form } from '../form.ts';
import { vaultAt } from '../observe.ts';
import { defineOperation, type OperationWords } from '../operation.ts';
import { judgeChoice } from '../other-resources.ts';
import { keyPage } from '../pages/key-page.ts';
import { answerOn, type FormInputs, type Page } from '../pages/page.ts';
import { readResource, resourcePage } from '../pages/resource-page.ts';
import { reviewPage } from '../pages/review-page.ts';
import { vaultPage } from '../pages/vault-page.ts';
import { kindNamed, Resource } from '../resources/registry.ts';

// Page: the target version. The newest, a new one, or another key.

/** `from` is the resource's key when this was answered. The approval covers only a change from that key. */
const Answer = z.discriminatedUnion('way', [
  z.strictObject({
    way: z.literal('version'),
    from: CustomerKey,
    vaultId: ArmId,
    keyName: KeyName,
    keyVersion: KeyVersion,
    newest: z.boolean(),
  }),
  z.strictObject({
    way: z.literal('new-version'),
    from: CustomerKey,
    vaultId: ArmId,
    keyName: KeyName,
    after: KeyVersion,
    make: KeyKind,
    follows,
  }),
  z.strictObject({ way: z.literal('other-key'), from: CustomerKey }),
]);
type Answer = z.infer<typeof Answer>;

interface VersionState {
  readonly resource: ObservedResource;
  readonly follows: boolean;
  readonly current: CustomerKey | null;
  readonly vault: ObservedVault | null;
  readonly inUse: ObservedKey | null;
  readonly newest: ObservedKey | null;
}

/** Returns whether it names no version, and follows new ones by Microsoft's documentation. */
export const doesFollow = ({ kind, customerKey }: ObservedResource): boolean =>
  customerKey?.keyVersion === null && kindNamed(kind).follows === true;

/** Reads the versions of the key in use, as far as the bot can see the vault. */
async function readVersions(azure: Azure, current: CustomerKey | null, isFollowing: boolean) {
  const vault = current && (await vaultAt(azure, current.vaultUri));
  const name = KeyName.safeParse(current?.keyName).data;
  if (vault === null || name === undefined) return { vault, inUse: null, newest: null };
  const version = KeyVersion.safeParse(current?.keyVersion).data;
  const [inUse, newest] = await allInOrder([
    version === undefined ? null : azure.keys.get(vault.id, name, version).then(valueOrThrow),
    azure.keys.get(vault.id, name, null).then(valueOrThrow),
  ]);
  return { vault, inUse: isFollowing ? newest : inUse, newest };
}

async function readState(azure: Azure, form: Form): Promise<VersionState | Refusal> {
  const resource = await readResource(form, azure);
  if (isRefusal(resource)) return resource;
  const current = resource.customerKey;
  const isFollowing = doesFollow(resource);
  return { resource, current, follows: isFollowing, ...(await readVersions(azure, current, isFollowing)) };
}

/** Returns the settings of the next version: same type, size and lifetime. Null: Azure can't use such a key. */
export function kindAfter({ type, size, expires, created }: ObservedKey, now: Date): KeyKind | null {
  const lasts = expires === null || created === null ? null : Date.parse(expires) - Date.parse(created);
  const until = lasts === null ? expires : new Date(now.getTime() + lasts).toISOString();
  const day = until === null ? null : `${until.slice(0, 10)}T00:00:00.000Z`;
  return KeyKind.safeParse({ type, size, expires: day }).data ?? null;
}

/** A new version copies its settings. */
const modelOf = ({ inUse, newest }: VersionState): ObservedKey | null => inUse ?? newest;

function kindOfNew(state: VersionState, now: Date): KeyKind | null {
  const model = modelOf(state);
  return state.vault === null || model === null ? null : kindAfter(model, now);
}

function newVersion(state: VersionState, from: CustomerKey, now: Date): Answer | Refusal {
  const { vault } = state;
  const model = modelOf(state);
  if (vault === null || model === null) return refuse('key-not-visible', from.keyName);
  const make = kindAfter(model, now);
  if (make === null) return refuse('version-unfit', model.type);
  const place = { vaultId: vault.id, keyName: model.name };
  return { way: 'new-version', from, ...place, after: model.version, make, ...followsIf(state.follows) };
}

async function existingVersion(
  azure: Azure,
  state: VersionState,
  from: CustomerKey,
  wanted: string,
): Promise<Answer | Refusal> {
  const { vault, newest } = state;
  if (vault === null || newest === null) return refuse('key-not-visible', from.keyName);
  const { name: keyName } = newest;
  const version = wanted === 'newest' ? newest.version : KeyVersion.safeParse(wanted.toLowerCase()).data;
  if (version === undefined) return refuse('unknown-version', wanted.slice(0, 40));
  // If the last operation failed, the shown version might not be in use: it's set again.
  const failed = hasFailed(state.resource.provisioningState);
  const inUse = state.follows && wanted === 'newest' ? version : from.keyVersion;
  if (version === inUse && !failed) return refuse('version-in-use', version);
  const found = valueOrThrow(await azure.keys.get(vault.id, keyName, version));
  if (found === null) return refuse('unknown-version', version);
  const answer = { way: 'version', from, vaultId: vault.id, keyName, keyVersion: version } as const;
  return { ...answer, newest: version === newest.version };
}

async function take(form: Form, inputs: FormInputs, { azure, now }: CommandPorts): Promise<Answer | Refusal> {
  const wanted = inputs.version.trim();
  if (wanted === '') return refuse('choice-missing');
  const state = await readState(azure, form);
  if (isRefusal(state)) return state;
  const { current } = state;
  if (current === null) return refuse('not-under-own-key', state.resource.name);
  if (wanted === 'other') return { way: 'other-key', from: current };
  return wanted === 'new' ? newVersion(state, current, now()) : existingVersion(azure, state, current, wanted);
}

function chosenOn(form: Form, newest: ObservedKey | null) {
  const answer = answerOn(form, versionPage);
  if (answer === null) return null;
  if (answer.way === 'new-version') return 'new';
  if (answer.way === 'other-key') return 'other';
  // A form for an earlier request names the version instead of `newest`.
  return answer.newest || answer.keyVersion === newest?.version ? 'newest' : null;
}

const versionPage: Page<Answer> = {
  name: 'version',
  label: 'Version',
  dependsOn: ['resource'],
  answer: Answer,
  // A typed vault or key means another key.
  typed: ({ version, vault, key }) =>
    vault !== undefined || key !== undefined ? { version: 'other' } : version === undefined ? null : { version },
  take,
  async facts(form, { azure, now }) {
    const state = await readState(azure, form);
    if (isRefusal(state)) return state;
    const makes = kindOfNew(state, now());
    return { page: 'version', ...state, makes, chosen: chosenOn(form, state.newest), now: now() };
  },
};

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
