/** Everything that the verifier can find. */
import type { RowFault } from '../domain/record/faults.ts';

export type Break =
  | RowFault
  /** Something in an export that is neither an event nor a text, or stands where it should not. */
  | 'line-unreadable';
