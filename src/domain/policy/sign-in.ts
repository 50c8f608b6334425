/** Signing in anew for an approval: what was proved of whom, and whether it is enough. */
import { z } from 'zod';
import { PersonId, TenantId } from '../ids.ts';
import { type Refusal, refuse } from '../request/refusal.ts';

/** What a verified token said, in Entra's claims. The token itself is kept nowhere. */
export const SignIn = z.strictObject({
  /** `oid`. */
  person: PersonId,
  /** `tid`. */
  tenantId: TenantId,
  /** `auth_time`, as ISO 8601: when the person signed in, not when the token was issued. */
  signedInAt: z.string(),
  /** `acrs`: the authentication contexts the sign-in meets. */
  contexts: z.array(z.string()),
  /** `amr`; empty where the token does not tell. */
  methods: z.array(z.string()),
  /** `teams`: handed over by the Teams client without asking the person. `browser`: on Entra's own page. */
  how: z.enum(['teams', 'browser']),
});
export type SignIn = z.infer<typeof SignIn>;

/** What an approval needs where signing in anew is asked for. */
export interface StepUp {
  /** A Conditional Access authentication context, such as `c1`. */
  readonly context: string;
  readonly maxAgeMs: number;
}

/** Whether the sign-in an approval was given with is what an approval needs today. */
export const meetsStepUp = (stepUp: StepUp | null, by: string, signIn: SignIn | null, at: Date): boolean =>
  stepUp === null || signInRefusal(stepUp, { person: by, tenantId: signIn?.tenantId ?? null }, signIn, at) === null;

/** How far the clocks of Entra and of this process may differ. */
const clockDifferenceMs = 60_000;

/** Why a sign-in is not enough for what a person of a tenant is about to do; null when it is. */
export function signInRefusal(
  { context, maxAgeMs }: StepUp,
  who: { readonly person: string; readonly tenantId: string | null },
  signIn: SignIn | null,
  now: Date,
): Refusal | null {
  if (signIn === null) return refuse('sign-in-needed');
  if (signIn.person !== who.person || signIn.tenantId !== who.tenantId) return refuse('sign-in-other-person');
  const ageMs = now.getTime() - Date.parse(signIn.signedInAt);
  // Also what is no time at all.
  if (!(ageMs >= -clockDifferenceMs)) return refuse('sign-in-unverifiable');
  if (!signIn.contexts.includes(context)) return refuse('sign-in-too-weak', context);
  return ageMs > maxAgeMs ? refuse('sign-in-too-old', `${Math.ceil(maxAgeMs / 60_000)}`) : null;
}
