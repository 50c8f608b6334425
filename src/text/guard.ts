/** Whether Azure Policy refuses changes around the bot, in words. */
import type { GuardState } from '../domain/observed.ts';

const states: Readonly<Record<GuardState, string>> = {
  all: 'blocks changes outside the bot',
  some: 'blocks only some changes outside the bot',
  none: 'doesn’t block changes outside the bot',
};

/** For one resource. Null: it couldn't be read. */
export const guardLine = (found: GuardState | null): string => (found === null ? 'couldn’t be read' : states[found]);
