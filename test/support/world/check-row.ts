/** What a row about a check says, and short ways to write one. */
import type { Check } from '../../../src/domain/check.ts';
import type { Change } from '../azure/azure-state.ts';
import { choices } from './story.ts';

export interface NewKeyInputs {
  readonly newKeyName: string;
  readonly keyType: string;
  readonly keySize: string;
  readonly keyExpiry: string;
}

/** One judgement of a check, how Azure comes to it, and the words that a requester then reads on the review page. */
export interface CheckRow extends Pick<Check, 'code' | 'outcome'> {
  /** What is so in Azure. */
  readonly when: string;
  readonly azure?: Change;
  /** Comes about while the review is being read. */
  readonly late?: Change;
  /** What mends it where it is not put back to what it was. */
  readonly mend?: Change;
  readonly choice?: { readonly agent?: string; readonly vault?: string; readonly key?: string };
  readonly newKey?: NewKeyInputs;
  /** As they stand on the card, a line each. */
  readonly words: readonly (string | RegExp)[];
}

export const { agent, vault, key } = choices.first;
export const newKey: NewKeyInputs = { newKeyName: 'cmk-new', keyType: 'RSA', keySize: '3072', keyExpiry: '' };

export type Judged = Pick<CheckRow, 'code' | 'outcome'>;
export const pass = (code: Check['code']): Judged => ({ code, outcome: 'pass' });
export const warn = (code: Check['code']): Judged => ({ code, outcome: 'warn' });
export const block = (code: Check['code']): Judged => ({ code, outcome: 'block' });
