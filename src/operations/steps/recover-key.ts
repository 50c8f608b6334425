import { judge, type RoleTask } from '../../domain/check.ts';
import { botFailure, done, type Found, failed, type Outcome } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import { keyScope, type ObservedKey } from '../../domain/observed.ts';
import { noOutputs, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `reading key ${work.to.keyName} in ${work.observed.vault.name}`;

/** Returns what a role of the vault must do. Throws if the work names no version. */
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

/** Returns what is still wrong with the key. Null: it exists and is enabled. */
async function wrongWith(context: StepContext, task: RoleTask['task']): Promise<Outcome<Found | null>> {
  const { azure, work } = context;
  const { to, observed } = work;
  const key: Outcome<ObservedKey | null> = await azure.keys.get(to.vaultId, to.keyName, to.keyVersion);
  if (!key.ok) return key;
  if (key.value?.enabled === true) return done(null);
  if (key.value !== null) {
    // A version that is disabled after its recovery needs another approval.
    const disabled: Found = { code: 'blocked', check: judge('block', 'key-disabled', {}) };
    return done(task === 'enable-key-version' ? { code: 'role-needed', ...roleTaskOf(work, task) } : disabled);
  }
  const found = await azure.keys.deleted(observed.vault.uri, to.keyName);
  const deleted = found.ok ? found.value : 'not-checked';
  return done(
    task === 'recover-key' && deleted !== 'none'
      ? { code: 'role-needed', ...roleTaskOf(work, task) }
      : { code: 'blocked', check: judge('block', 'key-missing', { deleted }) },
  );
}

const isDisabled = (found: Found): boolean => found.code === 'blocked' && found.check.code === 'key-disabled';

/**
 * Waits until a role of the vault has done its task, and reads the key back. The bot changes nothing, because it has no
 * permission for it: docs/decisions/0020.
 */
export const waitForRole = (
  task: RoleTask['task'],
  effects: Step['effects'],
  wrong: (context: StepContext, task: RoleTask['task']) => Promise<Outcome<Found | null>> = wrongWith,
): Step => ({
  name: task,
  reversibility: reversible,
  effects,
  async observe(context) {
    if (context.attempt > 1) return done('to-do');
    const found = await wrong(context, task);
    return found.ok ? done(found.value === null ? 'already' : 'to-do') : found;
  },
  apply: async () => done({ clientRequestId: null, correlationId: null }),
  async verify(context) {
    const found = await wrong(context, task);
    if (!found.ok) return found;
    if (found.value === null) return done(noOutputs);
    return failed(botFailure(doing(context), found.value, isDisabled(found.value) ? 'ask' : 'retry-until'));
  },
});

/** The deleted key is recovered by a role of the vault. */
export const recoverKey = waitForRole('recover-key', ({ to, observed }) => {
  if (to.keyVersion === null || !isRecoverable(observed)) return [];
  const before = observed.guards.deletedKey === 'deleted' ? 'deleted' : 'missing';
  return [{ change: 'key-recovery', target: keyScope(to), keyVersion: to.keyVersion, before }];
});
