/** Page: the target version. The newest, a new one, or another key. */

import { z } from 'zod';
import { allInOrder, valueOrThrow } from '../../domain/failure.ts';
import { ArmId, KeyName, KeyVersion } from '../../domain/ids.ts';
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
import { follows, followsIf } from '../choose.ts';
import type { CommandPorts } from '../commands/command.ts';
import type { Form } from '../form.ts';
import { vaultAt } from '../observe.ts';
import { answerOn, type FormInputs, type Page } from '../pages/page.ts';
import { readResource } from '../pages/resource-page.ts';
import { kindNamed } from '../resources/registry.ts';

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
const doesFollow = ({ kind, customerKey }: ObservedResource): boolean =>
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

export const versionPage: Page<Answer> = {
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
