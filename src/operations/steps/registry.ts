/** All steps by name: a step without an entry doesn't compile. Operations choose steps and their order. */
import type { StepName } from '../../domain/plan.ts';
import { disableKeyVersion } from './disable-key-version.ts';
import { enableIdentity } from './enable-identity.ts';
import { enableKeyVersion } from './enable-key-version.ts';
import { grantKeyAccess } from './grant-key-access.ts';
import { makeKeyVersion } from './make-key-version.ts';
import { protectVault } from './protect-vault.ts';
import { recoverKey } from './recover-key.ts';
import { setCmk } from './set-cmk.ts';
import type { Step } from './step.ts';
import { verify } from './verify.ts';

export const steps: { readonly [N in StepName]: Step } = {
  'enable-identity': enableIdentity,
  'make-key-version': makeKeyVersion,
  'recover-key': recoverKey,
  'enable-key-version': enableKeyVersion,
  'disable-key-version': disableKeyVersion,
  'grant-key-access': grantKeyAccess,
  'protect-vault': protectVault,
  'set-cmk': setCmk,
  verify,
};
