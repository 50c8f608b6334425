/** Failures: what the outside world answered when it did not do as asked. */
import { z } from 'zod';

/**
 * What must be done next, which is all a caller may decide on:
 * `wait`: busy or throttled, the same call will do; `retry-until`: an earlier change has not spread yet, bounded;
 * `ask`: only a person can mend it.
 */
export const Failure = z.object({
  next: z.enum(['wait', 'retry-until', 'ask']),
  /** What was being done, in our words: `reading key signing in kv-care-prod`. */
  doing: z.string(),
  /** The provider's own code, word for word. */
  code: z.string(),
  /** The provider's own message, word for word. Of a failure that the bot found itself: what it found. */
  message: z.string(),
  /** What would have been right, where the bot looked and found something else. */
  expected: z.string().optional(),
  /** HTTP status, null when no answer came. */
  status: z.number().nullable(),
  /** Milliseconds the provider asked to wait, null when it did not say. */
  retryAfterMs: z.number().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type Failure = z.infer<typeof Failure>;

/** The ids under which Azure keeps a call in its own logs. */
export const Receipt = z.object({
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type Receipt = z.infer<typeof Receipt>;

/** A value, or the failure that stood in its way. Never thrown: a caller that forgets it does not compile. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (failure: Failure): { readonly ok: false; readonly failure: Failure } => ({ ok: false, failure });
