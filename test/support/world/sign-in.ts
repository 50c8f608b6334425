import { z } from 'zod';
import type { BotAnswer } from '../teams/local-teams.ts';

/** A person in a browser of their own, signing in at the local Entra; by plain requests, with the cookies a browser keeps. */

const Login = z.object({
  statusCode: z.literal(401),
  type: z.literal('application/vnd.microsoft.activity.loginRequest'),
  value: z.object({ buttons: z.tuple([z.object({ value: z.string() })]) }),
});

/** The page a click was answered with, or null when it was not asked to sign in. */
export const signInLink = (answer: BotAnswer): string | null =>
  Login.safeParse(answer.body).data?.value.buttons[0].value ?? null;

export interface SignedIn {
  readonly status: number;
  readonly words: string;
}

const words = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Follows the link to Entra, signs in there, and comes back. */
export async function signIn(link: string, personId: string, how: 'key' | 'password' = 'key'): Promise<SignedIn> {
  const first = await fetch(link);
  const body = await first.text();
  const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const entra = /class="button" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
  if (entra === undefined) return { status: first.status, words: words(body) };
  const form = new URLSearchParams({ user: personId, with: how });
  const chosen = await fetch(entra, { method: 'POST', body: form, redirect: 'manual' });
  const back = chosen.headers.get('location');
  if (back === null) throw new Error(`the local Entra answered with ${chosen.status}: ${await chosen.text()}`);
  const last = await fetch(back, { headers: { cookie } });
  return { status: last.status, words: words(await last.text()) };
}
