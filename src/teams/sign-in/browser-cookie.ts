/**
 * Binds a sign-in to the browser that showed its purpose. An attacker's link to Entra ID can't be completed in another
 * browser, which never showed that page.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { isSecretName } from './secret-documents.ts';

export type BrowserCookie = ReturnType<typeof browserCookie>;

const lifeS = 3_600;

const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** With https, only this host can set or read the cookie, over https. Plain http is for the sandbox. */
export function browserCookie(publicUrl: string, random: (size: number) => Uint8Array) {
  const secure = publicUrl.startsWith('https:');
  const name = secure ? '__Host-cmk-sign-in' : 'cmk-sign-in';
  const read = (cookies: string | undefined): string | null => {
    const pairs = (cookies ?? '').split(';').map((pair) => pair.trim().split('='));
    const found = pairs.find(([key]) => key === name)?.[1];
    return found !== undefined && isSecretName(found) ? found : null;
  };
  return {
    /** Returns the browser's value, or a new one, and the header that sets it. */
    keep(cookies: string | undefined): { readonly browser: string; readonly header: string } {
      const own = read(cookies) ?? Buffer.from(random(32)).toString('base64url');
      const flags = `Path=/; Max-Age=${lifeS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
      return { browser: hashed(own), header: `${name}=${own}; ${flags}` };
    },
    isSame(cookies: string | undefined, browser: string): boolean {
      const own = read(cookies);
      const a = Buffer.from(hashed(own ?? ''));
      const b = Buffer.from(browser);
      return own !== null && a.length === b.length && timingSafeEqual(a, b);
    },
  };
}
