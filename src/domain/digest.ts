/** The plan digest: the one value an approval is bound to. */
import { canonicalJson } from './canonical-json.ts';
import { controlSubject } from './control-change.ts';
import { approvedPart, lowerIds } from './effect.ts';
import { effectsOf, type Plan, stepsOf, warningsOf } from './plan.ts';

/** SHA-256 of UTF-8 text, as 64 lower-case hexadecimal digits; comes in as an argument to keep the domain pure. */
export type Sha256 = (text: string) => string;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * What is digested: no times, etags or observations, so that the same change always has the same digest. Operation and
 * resource stand on top besides being in the wish: no later shape of a wish can lose them.
 */
export const digestSubject = (plan: Plan): unknown => ({
  schema: plan.schema,
  tenant: plan.tenantId,
  operation: plan.wish.operation,
  resource: lowerIds(plan.wish.resource),
  wish: lowerIds(plan.wish),
  effects: effectsOf(plan)
    .map(approvedPart)
    .sort((a, b) => byText(canonicalJson(a), canonicalJson(b))),
  irreversible: stepsOf(plan, 'irreversible').map((step) => step.name),
  warnings: [...new Set(warningsOf(plan).map((check) => check.code))].sort(byText),
  policy: plan.policyVersion,
  // Left out where nobody looked: the digest of an older plan stays what it was.
  ...(plan.observation.control === undefined ? {} : { control: controlSubject(plan.observation) }),
});

/** SHA-256 over RFC 8785 canonical JSON of the {@link digestSubject}. */
export const planDigest = (plan: Plan, sha256: Sha256): string => sha256(canonicalJson(digestSubject(plan)));

/** The digest as people read it out to each other: `4f9a 2c71`. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 4)} ${digest.slice(4, 8)}`;

/** All of it, in groups that can be compared by eye: `4f9a2c71 …`, eight times. */
export const wholeDigest = (digest: string): string => digest.match(/.{8}/g)?.join(' ') ?? digest;
