/** Compares a resource as Azure has it with the state that the bot last approved and verified. Pure. */
import type { Outcome } from '../failure.ts';
import type { ArmId, KeyName, KeyVersion, RequestId } from '../ids.ts';
import { isCallOf, isIdentified, type LoggedUser, type VaultUsers } from '../key-impact.ts';
import {
  type CustomerKey,
  hasFailed,
  isBusy,
  isNamedAlike,
  type ObservedKey,
  type ObservedResource,
  type ObservedVault,
  sameVaultUri,
} from '../observed.ts';
import type { ResourceRef } from '../plan.ts';
import type { Deleted } from '../ports/azure.ts';
import { byUrgency, type DriftState, partOf, type WatchedPart } from './state.ts';

/** What the last succeeded request of a resource approved and verified. */
export interface LastVerified {
  readonly request: RequestId;
  readonly planDigest: string;
  /** ISO 8601. */
  readonly at: string;
  readonly resource: ResourceRef;
  readonly resourceName: string;
  readonly vault: Pick<ObservedVault, 'id' | 'name' | 'uri' | 'purgeProtection' | 'firewall' | 'access'>;
  readonly keyName: KeyName;
  readonly keyVersion: KeyVersion;
  /** The resource names no version and follows new ones; that version was the newest then. */
  readonly follows?: true;
  /** The object id that got access to the key. Null: not known. */
  readonly principalId: string | null;
  /** The version of the same key that the resource was under before. Null: none. */
  readonly before: KeyVersion | null;
  /** The version that the request disabled. Null: none. */
  readonly retired: KeyVersion | null;
}

/** What one cycle read of one resource. A null part wasn't asked for, because another part says that it can't be there. */
export interface WatchReading {
  readonly resource: Outcome<ObservedResource | null>;
  readonly vault: Outcome<ObservedVault | null>;
  /** Where the vault is now, if it's no longer where it was. */
  readonly movedTo: ArmId | null;
  readonly key: Outcome<ObservedKey | null> | null;
  /** Whether the key can be recovered, asked if the approved version is gone. */
  readonly deleted: Deleted | null;
  readonly newest: Outcome<ObservedKey | null> | null;
  readonly before: Outcome<ObservedKey | null> | null;
  readonly retired: Outcome<ObservedKey | null> | null;
  readonly access: Outcome<boolean> | null;
  readonly use: Outcome<VaultUsers> | null;
}

/** `states` without `unread`: everything was read. No states and nothing unread: as approved. */
export interface DriftVerdict {
  readonly states: readonly DriftState[];
  readonly unread: readonly WatchedPart[];
}

const dayMs = 24 * 3_600_000;
/** Key Vault's own notice, `KeyNearExpiry`, comes as early. */
const expiresSoonMs = 30 * dayMs;

export const approvedKey = ({ vault, keyName, keyVersion, follows }: LastVerified): CustomerKey => ({
  vaultUri: vault.uri,
  keyName,
  keyVersion: follows ? null : keyVersion,
});

function resourceStates(verified: LastVerified, resource: ObservedResource | null): readonly DriftState[] {
  if (resource === null) return [{ code: 'resource-deleted' }];
  const { customerKey, principalId, provisioningState } = resource;
  const states: DriftState[] = [];
  if (customerKey === null) states.push({ code: 'key-stripped' });
  else if (!isNamedAlike(customerKey, approvedKey(verified))) states.push({ code: 'key-replaced', now: customerKey });
  if (hasFailed(provisioningState)) states.push({ code: 'resource-failed', provisioningState });
  if (verified.principalId !== null && principalId?.toLowerCase() !== verified.principalId.toLowerCase())
    states.push({ code: 'identity-changed', now: principalId });
  return states;
}

function vaultStates({ vault: was }: LastVerified, now: ObservedVault | null, to: ArmId | null): readonly DriftState[] {
  if (now === null && to !== null) return [{ code: 'vault-moved', to }];
  if (now === null || !sameVaultUri(was.uri, now.uri)) return [{ code: 'vault-gone' }];
  const states: DriftState[] = [];
  if (was.purgeProtection && !now.purgeProtection) states.push({ code: 'purge-protection-off' });
  if (was.firewall !== now.firewall) states.push({ code: 'firewall-changed', now: now.firewall });
  return states;
}

const gone: Readonly<Record<Deleted, DriftState>> = {
  deleted: { code: 'key-deleted' },
  none: { code: 'key-purged' },
  'not-checked': { code: 'key-missing' },
};

function keyStates(
  { follows }: LastVerified,
  key: ObservedKey | null,
  deleted: Deleted | null,
  now: Date,
): readonly DriftState[] {
  if (key === null) return [gone[deleted ?? 'not-checked']];
  const states: DriftState[] = key.enabled
    ? []
    : [{ code: 'key-disabled', ...(follows && { keyVersion: key.version }) }];
  if (key.expires === null) return states;
  const left = Date.parse(key.expires) - now.getTime();
  if (left <= 0) return [...states, { code: 'key-expired', at: key.expires }];
  return left <= expiresSoonMs ? [...states, { code: 'key-expires', at: key.expires }] : states;
}

function versionStates(key: ObservedKey, { newest, before }: WatchReading): readonly DriftState[] {
  const states: DriftState[] = [];
  const old = before?.ok ? before.value : null;
  if (old !== null && !old.enabled) states.push({ code: 'old-version-disabled', keyVersion: old.version });
  const last = newest?.ok ? newest.value : null;
  if (last !== null && last.version !== key.version && (last.created ?? '') >= (key.created ?? ''))
    states.push({ code: 'newer-version', keyVersion: last.version, created: last.created });
  return states;
}

/** So far back the log is read. A refusal counts for so long, because who was refused might call once a day. */
export const watchedUseMs = 24 * 3_600_000;

/** Whether the vault refused one of these calls after this time and within a day, and let none in since. */
function isRefused(calls: readonly LoggedUser[], after: string, now: Date): boolean {
  const lastOf = (refused: boolean): string =>
    [after, ...calls.filter((call) => call.refused === refused).map(({ last }) => last)].sort().at(-1) ?? after;
  const refusedAt = lastOf(true);
  return refusedAt > lastOf(false) && now.getTime() - Date.parse(refusedAt) <= watchedUseMs;
}

function useStates(
  verified: LastVerified,
  { users }: VaultUsers,
  { retired: found }: WatchReading,
  now: Date,
): readonly DriftState[] {
  const { resource, principalId, keyName, keyVersion, follows, retired, at } = verified;
  const own = { id: resource.id, identities: principalId === null ? [] : [principalId.toLowerCase()] };
  const calls = users.filter((call) => isIdentified(call) && call.keyName === keyName.toLowerCase());
  const callsWith = (version: string): readonly LoggedUser[] => calls.filter((call) => call.keyVersion === version);
  const states: DriftState[] = [];
  const ofResource = (follows ? calls : callsWith(keyVersion)).filter((call) => isCallOf(own, call));
  if (isRefused(ofResource, at, now)) states.push({ code: 'use-refused', keyVersion });
  const isBack = found?.ok === true && found.value?.enabled === true;
  // A role disables the version before the request is done: calls count that were refused in between.
  if (retired !== null && !isBack && isRefused(callsWith(retired), '', now))
    states.push({ code: 'retired-version-needed', keyVersion: retired });
  return states;
}

/** A resource that Azure is working on isn't judged: what it shows then doesn't hold yet. */
const isSettled = (resource: ObservedResource | null): boolean =>
  resource === null || !isBusy(resource.provisioningState);

/** Whether the resource uses the approved key, as far as is known: else that key says nothing about the resource's data. */
const isUnderApproved = (states: readonly DriftState[]): boolean =>
  states.every(({ code }) => !['resource-deleted', 'key-stripped', 'key-replaced'].includes(code));

export function judgeDrift(verified: LastVerified, reading: WatchReading, now: Date): DriftVerdict {
  const states: DriftState[] = [];
  const unread = new Set<WatchedPart>();
  const { resource, vault, key, access } = reading;
  if (resource.ok && isSettled(resource.value)) states.push(...resourceStates(verified, resource.value));
  else unread.add('resource');
  if (isUnderApproved(states)) {
    if (vault.ok) states.push(...vaultStates(verified, vault.value, reading.movedTo));
    else unread.add('vault');
    if (key?.ok) {
      states.push(...keyStates(verified, key.value, reading.deleted, now));
      if (key.value !== null) states.push(...versionStates(key.value, reading));
    }
    if (key?.ok === false || reading.newest?.ok === false || reading.before?.ok === false) unread.add('key');
    if (reading.use?.ok) states.push(...useStates(verified, reading.use.value, reading, now));
    if (reading.use?.ok === false) unread.add('use');
    if (access?.ok === false) unread.add('access');
    if (access?.ok && !access.value) states.push({ code: 'access-lost', by: verified.vault.access });
  }
  return { states: states.sort(byUrgency), unread: [...unread] };
}

/** The verdict after what was found before: a state whose part can't be read now still holds. */
export function carriedOver(open: readonly DriftState[], { states, unread }: DriftVerdict): readonly DriftState[] {
  const blind = new Set(unread);
  // A vault that can't be read hides its keys, and access isn't read without the resource's identity and the key.
  const isHidden = (part: WatchedPart): boolean =>
    blind.has(part) ||
    (blind.has('vault') && part !== 'resource') ||
    (part === 'access' && (blind.has('key') || blind.has('resource')));
  const kept = open.filter(({ code }) => isHidden(partOf(code)) && states.every((state) => state.code !== code));
  return [...states, ...kept].sort(byUrgency);
}

/** A fleet's resources by ARM id in lower case. */
export type VerifiedResources = ReadonlyMap<string, LastVerified>;
