/** Step-up authentication: the sign-in for an approval, and whether it's sufficient. */
import { z } from 'zod';
import { PersonId, TenantId } from '../ids.ts';
import { type Refusal, refuse } from '../request/refusal.ts';

/** Claims of a verified Entra token. The token itself isn't stored. */
export const SignIn = z.strictObject({
  /** `oid`. */
  person: PersonId,
  /** `tid`. */
  tenantId: TenantId,
  /** `auth_time`, as ISO 8601: when the person signed in, not when the token was issued. */
  signedInAt: z.string(),
  /** `acrs`: the authentication contexts the sign-in meets. */
  contexts: z.array(z.string()),
  /** `amr`; empty if the token has none. */
  methods: z.array(z.string()),
  /** `teams`: the Teams client got the token without asking the person. `browser`: the person signed in on Entra's page. */
  how: z.enum(['teams', 'browser']),
});
export type SignIn = z.infer<typeof SignIn>;

export interface StepUp {
  /** A Conditional Access authentication context, such as `c1`. */
  readonly context: string;
  readonly maxAgeMs: number;
}

export const meetsStepUp = (stepUp: StepUp | null, by: string, signIn: SignIn | null, at: Date): boolean =>
  stepUp === null || signInRefusal(stepUp, { person: by, tenantId: signIn?.tenantId ?? null }, signIn, at) === null;

const clockDifferenceMs = 60_000;

export function signInRefusal(
  { context, maxAgeMs }: StepUp,
  who: { readonly person: string; readonly tenantId: string | null },
  signIn: SignIn | null,
  now: Date,
): Refusal | null {
  if (signIn === null) return refuse('sign-in-needed');
  if (signIn.person !== who.person || signIn.tenantId !== who.tenantId) return refuse('sign-in-other-person');
  const ageMs = now.getTime() - Date.parse(signIn.signedInAt);
  // Also rejects invalid dates.
  if (!(ageMs >= -clockDifferenceMs)) return refuse('sign-in-unverifiable');
  if (!signIn.contexts.includes(context)) return refuse('sign-in-too-weak', context);
  return ageMs > maxAgeMs ? refuse('sign-in-too-old', `${Math.ceil(maxAgeMs / 60_000)}`) : null;
}
