import type { KeyVersion } from '../state/schema-vaults.ts';

export interface KeyUseProblem {
  readonly innerCode: string;
  readonly message: string;
}

export type KeyOperation = 'wrapKey' | 'unwrapKey' | 'sign';

/**
 * Whether a key may be used for an operation now. Microsoft's key attributes page: a disabled key does nothing; outside its
 * dates a key wraps and signs nothing but still unwraps. Texts after public reports of the same refusals for secrets and keys.
 */
export const keyUseProblem = (key: KeyVersion, operation: KeyOperation, now: Date): KeyUseProblem | null => {
  const seconds = now.getTime() / 1000;
  if (!key.enabled) {
    return { innerCode: 'KeyDisabled', message: `Operation ${operation} is not allowed on a disabled key.` };
  }
  if (!key.keyOps.includes(operation)) {
    return { innerCode: 'KeyOperationForbidden', message: `Operation ${operation} is not permitted on this key.` };
  }
  if (operation === 'unwrapKey') return null;
  if (key.nbf !== null && key.nbf > seconds) {
    return {
      innerCode: 'KeyNotYetValid',
      message: `Operation ${operation} is not allowed on a key that is not yet valid.`,
    };
  }
  if (key.exp !== null && key.exp <= seconds) {
    return { innerCode: 'KeyExpired', message: `Operation ${operation} is not allowed on an expired key.` };
  }
  return null;
};
