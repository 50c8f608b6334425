/** Who the bot itself is, as its own token tells: nothing is decided by it, it serves words. */
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';

const Claims = z.object({ oid: z.string() });

/** The object id in a token's claims. */
function oidIn(token: string): string | null {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return Claims.parse(JSON.parse(claims)).oid.toLowerCase();
  } catch {
    return null;
  }
}

/** Null: it cannot sign in, or the token says nothing. */
export async function ownIdOf(credential: TokenCredential, scope: string): Promise<string | null> {
  const token = await credential.getToken(scope).catch(() => null);
  return token === null ? null : oidIn(token.token);
}
