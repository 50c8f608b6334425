/**
 * Checks the token of an incoming call, before the SDK does.
 * The SDK (tried) also accepts:
 * - the bot's own token for Bot Framework, as if it were the Emulator's, with any service URL. A server that gets this
 * token could impersonate anyone. The SDK also trusts an issuer because an unchecked token names it.
 * - a token that never expires, and one whose key isn't endorsed for any channel.
 * It also checks only after the body was read and parsed.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { InvalidToken } from '../../domain/ports/telemetry.ts';
import { isPrivate } from '../../domain/strings.ts';
import { callServer } from '../../io/call-server.ts';
import type { BotFramework } from '../bot-framework.ts';

export type TokenCheck =
  | { readonly kind: 'valid'; readonly serviceUrl: string }
  | { readonly kind: 'invalid'; readonly reason: InvalidToken }
  | { readonly kind: 'unreadable-keys' };

export type CallerTokens = ReturnType<typeof openCallerTokens>;

const hour = 3_600_000;
const timeoutMs = 5_000;
const limits = { bytes: 1_000_000, ms: timeoutMs };
/** Microsoft's documentation requires at most a day. An unknown key ID is looked up at once, at most twice a minute. */
const keysLastMs = 24 * hour;
const clockToleranceSeconds = 300;
const algorithms = ['RS256', 'RS384', 'RS512'];

const Metadata = z.object({ jwks_uri: z.string().refine(isPrivate, 'must be https, or http on this machine') });

class UnreadableKeys extends Error {
  override readonly name = 'UnreadableKeys';
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

function openKeys(metadataUrl: string): () => Promise<Keys> {
  let cached: { readonly keys: Promise<Keys>; readonly until: number } | null = null;
  const discover = async (): Promise<Keys> => {
    const answer = await callServer(metadataUrl, { limits });
    if (!answer.ok) throw new Error(`${metadataUrl} answers ${answer.status}`);
    const { jwks_uri } = Metadata.parse(await answer.json());
    return createRemoteJWKSet(new URL(jwks_uri), {
      cacheMaxAge: keysLastMs,
      timeoutDuration: timeoutMs,
      [customFetch]: (url, { headers, signal }) =>
        callServer(url, { headers: Object.fromEntries(headers), signal, limits }),
    });
  };
  return () => {
    if (cached === null || cached.until < performance.now()) {
      const keys = discover();
      cached = { keys, until: performance.now() + keysLastMs };
      // Failures aren't cached.
      keys.catch(() => {
        cached = null;
      });
    }
    return cached.keys;
  };
}

const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

const claimReasons: Readonly<Record<string, InvalidToken>> = {
  iss: 'wrong-issuer',
  aud: 'wrong-audience',
  nbf: 'token-not-yet-valid',
};

function reasonOf(error: unknown): InvalidToken | null {
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === 'missing' ? 'missing-claim' : (claimReasons[error.claim] ?? 'malformed-token');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong-signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong-algorithm';
  if (isAboutToken(error)) return 'unknown-key';
  return error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid ? 'malformed-token' : null;
}

const Endorsements = z.object({ kid: z.string(), endorsements: z.array(z.string()).optional() });

/** A key that lists channels is valid only for those. A key without a list isn't restricted, as in the SDK. */
function isEndorsed(keys: Keys, kid: string | undefined): boolean {
  const key = (keys.jwks()?.keys ?? [])
    .map((one) => Endorsements.safeParse(one).data)
    .find((one) => one !== undefined && one.kid === kid);
  return key !== undefined && (key.endorsements === undefined || key.endorsements.includes('msteams'));
}

export function openCallerTokens(
  { metadataUrl, issuer, appId }: BotFramework,
  log: { warn(fields: object, message: string): void },
) {
  const readKeys = openKeys(metadataUrl);
  const Claims = z.object({ aud: z.literal(appId), serviceurl: z.string().min(1) });
  const requiredClaims = ['exp', 'aud', 'iss', 'serviceurl'];
  const rules = { issuer, audience: appId, algorithms, clockTolerance: clockToleranceSeconds, requiredClaims };

  async function verify(token: string): Promise<TokenCheck> {
    let keys: Keys | null = null;
    const getKey: JWTVerifyGetKey = async (header, input) => {
      try {
        keys = await readKeys();
        return await keys(header, input);
      } catch (error) {
        throw isAboutToken(error) ? error : new UnreadableKeys('reading the keys of Bot Framework', { cause: error });
      }
    };
    const { payload, protectedHeader } = await jwtVerify(token, getKey, rules);
    if (keys === null || !isEndorsed(keys, protectedHeader.kid)) return { kind: 'invalid', reason: 'not-endorsed' };
    const claims = Claims.safeParse(payload);
    if (!claims.success) return { kind: 'invalid', reason: 'malformed-token' };
    return { kind: 'valid', serviceUrl: claims.data.serviceurl };
  }

  return {
    /** Takes the `Authorization` header. */
    async check(authorization: string | undefined): Promise<TokenCheck> {
      const [scheme, token, ...rest] = (authorization ?? '').split(' ');
      if (scheme !== 'Bearer' || !token || rest.length > 0) return { kind: 'invalid', reason: 'no-token' };
      try {
        return await verify(token);
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== null) return { kind: 'invalid', reason };
        log.warn({ err: error }, 'the signing keys of Bot Framework could not be read');
        return { kind: 'unreadable-keys' };
      }
    },
  };
}
