import type { RoleTask } from '../../domain/check.ts';
import { valueOrThrow } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import { keyScope } from '../../domain/observed.ts';
import { roleTaskOf, waitForRole } from './recover-key.ts';

/** Throws if the work retires no version. */
export const retireTaskOf = (work: KeyWork): RoleTask => ({
  ...roleTaskOf(work, 'disable-key-version'),
  keyVersion: KeyVersion.parse(work.retire),
});

/** The old version is disabled by a role of the vault. */
export const disableKeyVersion = waitForRole(
  'disable-key-version',
  ({ to, retire, observed: { retirement } }) =>
    retire === undefined || retirement?.enabled !== true
      ? []
      : [{ change: 'key-disablement', target: keyScope(to), keyVersion: retire, before: 'enabled' }],
  async ({ azure, work }) => {
    const { keyVersion, ...task } = retireTaskOf(work);
    const key = valueOrThrow(await azure.keys.get(work.to.vaultId, work.to.keyName, KeyVersion.parse(keyVersion)));
    // A version that is gone can't be used either.
    return key?.enabled === true ? { code: 'role-needed', ...task, keyVersion } : null;
  },
);
