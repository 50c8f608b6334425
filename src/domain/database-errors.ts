/** Classifies errors of the database and its driver. */
import { z } from 'zod';
import type { WriteRejection } from './write-health.ts';

interface DatabaseFault {
  readonly code: string | null;
  readonly message: string;
}

/**
 * Returns code and message. The driver reports failed connection attempts to several addresses as one error without a
 * message, so the first attempt is used.
 */
export function faultOf(error: unknown): DatabaseFault {
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  return { code: codeOf(error) ?? null, message };
}

const Coded = z.object({ code: z.string() });
const codeOf = (error: unknown): string | undefined => Coded.safeParse(error).data?.code;

/** SQLSTATE classes: connection exceptions, and operator intervention. */
const unavailableStates = /^(08|57P)/;
const networkCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
/**
 * What errors of the driver start with, if no connection was free, one ended, or a statement wasn't answered in time, as while a lock
 * lasts. The engine repeats them within an error of its own, which is a step's stored outcome: waiting doesn't change that.
 */
const driverMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Client .* is not queryable|Query read timeout|querying the database: no answer within)/;

const refusing: readonly (readonly [RegExp, WriteRejection])[] = [
  [/^(25006|EROFS)$/, 'read-only'],
  [/^(53100|ENOSPC|EDQUOT)$/, 'disk-full'],
  // A missing permission or sign-in. The server also says so if its own disk has become read-only.
  [/^(42501|28...)$/, 'not-allowed'],
  // Insufficient resources, system errors.
  [/^(53...|58...|EIO)$/, 'server-trouble'],
];

/** Returns why a reachable database can't store anything. Null: the error means something else. */
export function writeRejectionIn(error: unknown): WriteRejection | null {
  const code = codeOf(error);
  return refusing.find(([codes]) => code !== undefined && codes.test(code))?.[1] ?? null;
}

/** Returns whether only the database's driver throws this error: it can't come from another service. */
export const isDriverError = (error: unknown): boolean => error instanceof Error && driverMessages.test(error.message);

/**
 * Returns whether the database can't be reached or can't store anything right now, so that retrying later helps. Use it only
 * for errors thrown by the store, because another server can refuse connections, too.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (isDriverError(error)) return true;
  const code = codeOf(error);
  if (code === undefined) return false;
  return unavailableStates.test(code) || networkCodes.includes(code) || writeRejectionIn(error) !== null;
}
