/** Refusals of operators' commands, in the command line's terms. */
import type { Refusal, RefusalCode } from '../domain/request/refusal.ts';
import { refusalWords } from './refusals.ts';

const own: Partial<Record<RefusalCode, (fact: string) => string>> = {
  'unknown-request': (id) => `There is no request ${id}.`,
  'request-ended': (id) => `Request ${id} has ended: nothing more can happen to it.`,
  'run-started': (id) => `Request ${id} has begun to change Azure: it is too late to cancel it.`,
  'not-needing-attention': (id) => `Request ${id} doesn’t need attention: it continues automatically.`,
  'run-not-begun': (id) => `Request ${id} has not begun to change Azure: cancel it instead.`,
  'run-ending': (id) => `Request ${id} is in its last step and can’t be stopped.`,
  'run-stopped': (id) => `Request ${id} has already stopped: requests show says why.`,
  'stale-card': (id) => `Request ${id} has just changed. Check it again first.`,
  'justification-missing': () => 'The reason is missing.',
  'justification-too-long': (most) => `The reason is longer than ${most} characters.`,
};

/** Returns the refusal in one sentence. */
export const refusalLine = (refusal: Refusal): string =>
  own[refusal.code]?.(refusal.fact) ?? refusalWords(refusal).title;
