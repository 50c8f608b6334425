/** The plan digest: the value that an approval is bound to. */

import { canonicalJson, sha256 } from './canonical-json.ts';
import { controlSubject } from './control-change.ts';
import { approvedPart, lowerIds } from './effect.ts';
import { effectsOf, type Plan, stepsOf, warningsOf } from './plan.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Returns what is hashed: the change, its effects without their state before, irreversible steps, warning codes, the policy
 * version, and who controls the key. Without ETags, names and times of reading, the same change always has the same digest.
 * Operation and resource are repeated at the top level, so that no later change of the `spec` schema can leave them out.
 */
export const digestSubject = (plan: Plan): unknown => ({
  schema: plan.schema,
  tenant: plan.tenantId,
  operation: plan.spec.operation,
  resource: lowerIds(plan.spec.resource),
  spec: lowerIds(plan.spec),
  effects: effectsOf(plan)
    .map(approvedPart)
    .sort((a, b) => byText(canonicalJson(a), canonicalJson(b))),
  irreversible: stepsOf(plan, 'irreversible').map((step) => step.name),
  warnings: [...new Set(warningsOf(plan).map((check) => check.code))].sort(byText),
  policy: plan.policyVersion,
  control: controlSubject(plan.observation),
});

export const planDigest = (plan: Plan): string => sha256(canonicalJson(digestSubject(plan)));

/** `4f9a 2c71` */
export const shortDigest = (digest: string): string => `${digest.slice(0, 4)} ${digest.slice(4, 8)}`;

/** In groups of eight digits. */
export const wholeDigest = (digest: string): string => digest.match(/.{8}/g)?.join(' ') ?? digest;
