/** Whether an error says that the database is away, or that it takes nothing: nothing of ours is wrong, and it passes. */
import { z } from 'zod';
import type { WhyRefused } from '../domain/storing.ts';

const Coded = z.object({ code: z.string() });

/** Of PostgreSQL: connections, and ended by an operator. */
const awayStates = /^(08|57P)/;
const ofTheWay = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
/** Where the driver gives no code. */
const words = /Connection terminated|is not queryable|timeout exceeded when trying to connect|Query read timeout/;

/** The first that fits, by PostgreSQL's code or the system's. */
const refusing: readonly (readonly [RegExp, WhyRefused])[] = [
  [/^(25006|EROFS)$/, 'read-only'],
  [/^(53100|ENOSPC|EDQUOT)$/, 'disk-full'],
  // A right, or the sign-in. The server says so, too, where its own disk has become one that may only be read.
  [/^(42501|28...)$/, 'not-allowed'],
  // No memory or connections left; input and output.
  [/^(53...|58...|EIO)$/, 'server-trouble'],
];

const codeOf = (error: unknown): string | undefined => Coded.safeParse(error).data?.code;

/** Why a database that answers takes nothing; null: the error says something else. */
export function whyRefusedIn(error: unknown): WhyRefused | null {
  const code = codeOf(error);
  return refusing.find(([codes]) => code !== undefined && codes.test(code))?.[1] ?? null;
}

/** Only for what the store threw: a connection to somewhere else may be refused too. */
export function isNotStoring(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && words.test(error.message);
  return awayStates.test(code) || ofTheWay.includes(code) || whyRefusedIn(error) !== null;
}
