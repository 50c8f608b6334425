import { type Check, disabledKey, isKeyMissing, missingKey, type RoleTask } from '../../domain/check.ts';
import { type Found, valueOrThrow } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import { keyScope } from '../../domain/observed.ts';
import { failStep, noOutputs, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `reading key ${work.to.keyName} in ${work.observed.vault.name}`;

/** Throws if the work names no version. */
export const roleTaskOf = ({ to, observed: { vault } }: KeyWork, task: RoleTask['task']): RoleTask => ({
  task,
  by: vault.access,
  vault: vault.name,
  keyName: to.keyName,
  keyVersion: KeyVersion.parse(to.keyVersion),
});

/** Returns whether the approved key is gone and might be recovered. */
export const isRecoverable = ({ key, keyNow, guards }: KeyWork['observed']): boolean =>
  key === null && guards.deletedKey !== 'none' && (keyNow ?? null) === null;

/** Reads a version of the key. Null: it exists and is enabled. */
export async function checkVersion({ azure, work }: StepContext, version: KeyVersion | null): Promise<Check | null> {
  const { to, observed } = work;
  const key = valueOrThrow(await azure.keys.get(to.vaultId, to.keyName, version));
  if (key !== null) return key.enabled ? null : disabledKey;
  const deleted = await azure.keys.deleted(observed.vault.uri, to.keyName);
  return missingKey(deleted.ok ? deleted.value : 'not-checked');
}

/** Returns what is still wrong with the key. Null: it exists and is enabled. */
async function wrongWith(context: StepContext, task: RoleTask['task']): Promise<Found | null> {
  const check = await checkVersion(context, context.work.to.keyVersion);
  if (check === null) return null;
  // A version that is disabled after its recovery needs another approval.
  const isTask = isKeyMissing(check)
    ? task === 'recover-key' && check.fact.deleted !== 'none'
    : task === 'enable-key-version';
  return isTask ? { code: 'role-needed', ...roleTaskOf(context.work, task) } : { code: 'blocked', check };
}

const isDisabled = (found: Found): boolean => found.code === 'blocked' && found.check === disabledKey;

/**
 * Waits until a role of the vault has done its task, and reads the key back. The bot changes nothing, because it has no
 * permission for it: docs/decisions/0020.
 */
export const waitForRole = (
  task: RoleTask['task'],
  effects: Step['effects'],
  wrong: (context: StepContext, task: RoleTask['task']) => Promise<Found | null> = wrongWith,
): Step => ({
  name: task,
  reversibility: reversible,
  effects,
  async observe(context) {
    return context.attempt > 1 || (await wrong(context, task)) !== null ? 'to-do' : 'already';
  },
  async verify(context) {
    const found = await wrong(context, task);
    return found === null ? noOutputs : failStep(doing(context), found, isDisabled(found) ? 'ask' : 'retry-until');
  },
});

/** The deleted key is recovered by a role of the vault. */
export const recoverKey = waitForRole('recover-key', ({ to, observed }) => {
  if (to.keyVersion === null || !isRecoverable(observed)) return [];
  const before = observed.guards.deletedKey === 'deleted' ? 'deleted' : 'missing';
  return [{ change: 'key-recovery', target: keyScope(to), keyVersion: to.keyVersion, before }];
});
