import { keyScope } from '../../domain/observed.ts';
import { waitForRole } from './recover-key.ts';

/** The disabled version is enabled by a role of the vault. */
export const enableKeyVersion = waitForRole('enable-key-version', ({ to, observed: { key } }) =>
  key === null || key.enabled
    ? []
    : [{ change: 'key-enablement', target: keyScope(to), keyVersion: key.version, before: 'disabled' }],
);
