/** What can be done to Azure, by name: a step without its entry does not compile. Which of them, and when, an operation says. */
import type { StepName } from '../../domain/plan.ts';
import { enableIdentity } from './enable-identity.ts';
import { grantKeyAccess } from './grant-key-access.ts';
import { makeKeyVersion } from './make-key-version.ts';
import { protectVault } from './protect-vault.ts';
import { setCmk } from './set-cmk.ts';
import type { Step } from './step.ts';
import { verify } from './verify.ts';

export const steps: { readonly [N in StepName]: Step } = {
  'enable-identity': enableIdentity,
  'make-key-version': makeKeyVersion,
  'grant-key-access': grantKeyAccess,
  'protect-vault': protectVault,
  'set-cmk': setCmk,
  verify,
};
