/**
 * Verifies tokens of people.
 * Claims as Microsoft documents them: "Access token claims reference", "ID token claims reference", "Optional claims
 * reference". `auth_time` and `acrs` are optional claims that the app registration must request.
 */
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { PersonId, TenantId } from '../../domain/ids.ts';
import type { SignIn } from '../../domain/policy/sign-in.ts';
import { type Authority, AuthorityUnreachable, algorithm, clockDifferenceS } from './authority.ts';

/**
 * `invalid`: not a token of this tenant for this app, or claims are missing. `unreachable`: it can't be verified now.
 * `why` is for the log and contains nothing of the token.
 */
export type VerifiedToken =
  | { readonly kind: 'verified'; readonly signIn: SignIn }
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string };

/**
 * `teams`: an access token for the app, which the Teams client gets silently. `browser`: the ID token of a sign-in that
 * was started with this nonce. Neither is accepted as the other.
 */
export type TokenRequirements = { readonly how: 'teams' } | { readonly how: 'browser'; readonly nonce: string };

const Claims = z.object({
  oid: PersonId,
  tid: TenantId,
  // Not `iat`: a token renewed every hour doesn't tell when the person signed in.
  auth_time: z.number().int().min(0).max(100_000_000_000),
  acrs: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string())).default([]),
  amr: z.array(z.string()).default([]),
  scp: z.string().optional(),
  nonce: z.string().optional(),
});
type Claims = z.infer<typeof Claims>;

/**
 * The only permission that Teams' single sign-on requests (Microsoft, "Register your bot app with Microsoft Entra ID").
 */
const teamsScope = 'access_as_user';

function otherThanWanted(claims: Claims, tenantId: string, wanted: TokenRequirements): string | null {
  if (claims.tid !== tenantId) return 'another tenant';
  if (wanted.how === 'browser') return claims.nonce === wanted.nonce ? null : 'another nonce';
  return claims.scp?.split(' ').includes(teamsScope) ? null : 'no token of the Teams client';
}

function toSignIn({ oid, tid, auth_time, acrs, amr }: Claims, { how }: TokenRequirements): SignIn {
  const signedInAt = new Date(auth_time * 1_000).toISOString();
  return { person: oid, tenantId: tid, signedInAt, contexts: acrs, methods: amr, how };
}

/** Verifies signature, issuer, audience, times and kind. The domain decides if the sign-in is sufficient. */
export async function verifyToken(
  authority: Authority,
  appId: string,
  token: string,
  wanted: TokenRequirements,
  now: Date,
): Promise<VerifiedToken> {
  try {
    const { issuer, keys } = await authority.metadata();
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [algorithm],
      issuer,
      audience: wanted.how === 'browser' ? appId : [appId, `api://botid-${appId}`],
      clockTolerance: clockDifferenceS,
      currentDate: now,
      requiredClaims: ['exp', 'nbf', 'iat'],
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) return { kind: 'invalid', why: `claim ${claims.error.issues[0]?.path.join('.')}` };
    const other = otherThanWanted(claims.data, authority.tenantId, wanted);
    if (other !== null) return { kind: 'invalid', why: other };
    return { kind: 'verified', signIn: toSignIn(claims.data, wanted) };
  } catch (error) {
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): VerifiedToken {
  if (error instanceof AuthorityUnreachable) return { kind: 'unreachable', why: error.message };
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid)
    return { kind: 'unreachable', why: error.code };
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    return { kind: 'invalid', why: `${error.code} ${error.claim}` };
  if (error instanceof errors.JOSEError) return { kind: 'invalid', why: error.code };
  throw error;
}
