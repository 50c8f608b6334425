/** What happens to Azure between an approval and the run, and what must come of it. */
import type { Change } from '../azure/azure-state.ts';
import type { Path } from './path.ts';

export type Outcome =
  /** Covered: succeeds, with these writes and no others. */
  | { readonly outcome: 'goes on'; readonly writes: readonly string[]; readonly shows?: string }
  /** Not covered: nothing is written, the request asks for approval again and shows the difference, line by line. */
  | { readonly outcome: 'asks again'; readonly difference: readonly string[] }
  /** Nobody can approve a way around it: nothing is written, a person is asked. What the card says first. */
  | { readonly outcome: 'asks a person'; readonly says: readonly string[] };

export type MovedRow = Outcome & {
  readonly of: 'agent' | 'vault' | 'key' | 'grant' | 'lock' | 'right' | 'control';
  readonly what: string;
  /** The choice, where it is not the usual one. */
  readonly path?: Path;
  /** How Azure is while people ask and approve. */
  readonly before?: Change;
  readonly change: Change;
};

export const goesOn = (...writes: readonly string[]): Outcome => ({ outcome: 'goes on', writes });
/** The same, and the last card has these words. */
export const goesOnShowing = (shows: string, ...writes: readonly string[]): Outcome => ({
  outcome: 'goes on',
  writes,
  shows,
});
export const asksAgain = (...difference: readonly string[]): Outcome => ({ outcome: 'asks again', difference });
export const asksAPerson = (...says: readonly string[]): Outcome => ({ outcome: 'asks a person', says });
