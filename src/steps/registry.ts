/** What can be done to Azure, in the order people read it; which steps must come before which, plan.ts says. */
import type { StepName } from '../domain/plan.ts';
import { createKey } from './create-key.ts';
import { enableIdentity } from './enable-identity.ts';
import { grantKeyAccess } from './grant-key-access.ts';
import { protectVault } from './protect-vault.ts';
import { setCmk } from './set-cmk.ts';
import type { Step } from './step.ts';
import { verify } from './verify.ts';

export const steps: readonly Step[] = [enableIdentity, createKey, grantKeyAccess, protectVault, setCmk, verify];

export function stepNamed(name: StepName): Step {
  const step = steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`step ${name} is not registered`);
  return step;
}
