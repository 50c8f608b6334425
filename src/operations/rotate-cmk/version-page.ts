/** Page: the target version. The newest, a new one, or another key. */
import { z } from 'zod';
import { done, type Outcome } from '../../domain/failure.ts';
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
import { isRefusal, type Refusal, refuse, refuseFailure } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../commands/command.ts';
import type { Form } from '../form.ts';
import { vaultAt } from '../observe.ts';
import { answerOn, type FormInputs, type Page } from '../pages/page.ts';
import { readResource } from '../pages/resource-page.ts';

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
  }),
  z.strictObject({ way: z.literal('other-key'), from: CustomerKey }),
]);
type Answer = z.infer<typeof Answer>;

interface VersionState {
  readonly resource: ObservedResource;
  readonly current: CustomerKey | null;
  readonly vault: ObservedVault | null;
  readonly inUse: ObservedKey | null;
  readonly newest: ObservedKey | null;
}

/** Reads the versions of the key in use, as far as the bot can see the vault. */
async function readVersions(
  azure: Azure,
  current: CustomerKey,
): Promise<Outcome<Omit<VersionState, 'resource' | 'current'>>> {
  const vault = await vaultAt(azure, current.vaultUri);
  if (!vault.ok) return vault;
  const name = KeyName.safeParse(current.keyName).data;
  if (vault.value === null || name === undefined) return done({ vault: vault.value, inUse: null, newest: null });
  const { id } = vault.value;
  const version = KeyVersion.safeParse(current.keyVersion).data;
  const [inUse, newest] = await Promise.all([
    version === undefined ? done(null) : azure.keys.get(id, name, version),
    azure.keys.get(id, name, null),
  ]);
  if (!inUse.ok) return inUse;
  return newest.ok ? done({ vault: vault.value, inUse: inUse.value, newest: newest.value }) : newest;
}

async function readState(azure: Azure, form: Form): Promise<Outcome<VersionState> | Refusal> {
  const resource = await readResource(form, azure);
  if (isRefusal(resource) || !resource.ok) return resource;
  const current = resource.value.customerKey;
  const none = { vault: null, inUse: null, newest: null };
  const versions = current === null ? done(none) : await readVersions(azure, current);
  return versions.ok ? done({ resource: resource.value, current, ...versions.value }) : versions;
}

/** Returns the settings of the next version: same type, size and lifetime. Null: Azure can't use such a key. */
export function kindAfter({ type, size, expires, created }: ObservedKey, now: Date): KeyKind | null {
  const lasts = expires === null || created === null ? null : Date.parse(expires) - Date.parse(created);
  const until = lasts === null ? expires : new Date(now.getTime() + lasts).toISOString();
  const day = until === null ? null : `${until.slice(0, 10)}T00:00:00.000Z`;
  return KeyKind.safeParse({ type, size, expires: day }).data ?? null;
}

/** Returns the version whose settings a new version copies. */
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
  return { way: 'new-version', from, vaultId: vault.id, keyName: model.name, after: model.version, make };
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
  if (version === from.keyVersion && !failed) return refuse('version-in-use', version);
  const found = await azure.keys.get(vault.id, keyName, version);
  if (!found.ok) return refuseFailure(found.failure);
  if (found.value === null) return refuse('unknown-version', version);
  const answer = { way: 'version', from, vaultId: vault.id, keyName, keyVersion: version } as const;
  return { ...answer, newest: version === newest.version };
}

async function take(form: Form, inputs: FormInputs, { azure, now }: CommandPorts): Promise<Answer | Refusal> {
  const wanted = inputs.version.trim();
  if (wanted === '') return refuse('choice-missing');
  const state = await readState(azure, form);
  if (isRefusal(state)) return state;
  if (!state.ok) return refuseFailure(state.failure);
  const { current } = state.value;
  if (current === null) return refuse('not-under-own-key', state.value.resource.name);
  if (wanted === 'other') return { way: 'other-key', from: current };
  return wanted === 'new'
    ? newVersion(state.value, current, now())
    : existingVersion(azure, state.value, current, wanted);
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
    if (isRefusal(state) || !state.ok) return state;
    const makes = kindOfNew(state.value, now());
    return done({ page: 'version', ...state.value, makes, chosen: chosenOn(form, state.value.newest), now: now() });
  },
};
