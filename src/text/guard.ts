/** Whether Azure Policy refuses changes around the bot, in words. */
import type { GuardState } from '../domain/observed.ts';

const states: Readonly<Record<GuardState, string>> = {
  all: 'blocks changes outside the bot',
  some: 'blocks only some changes outside the bot',
  none: 'doesn’t block changes outside the bot',
};

/** For one resource. Null: it couldn't be read. */
export const guardLine = (found: GuardState | null): string =>
  found === null
    ? 'couldn’t be read'
    : `${states[found]}${found === 'none' ? ': anyone with Contributor can change the key' : ''}`;

/** `guards`: of the resources whose policies could be read; null: not read yet. */
export function fleetGuardWords(guards: readonly { readonly state: GuardState }[] | null, all: number): string {
  if (guards === null) return 'Azure Policy hasn’t been read yet.';
  if (guards.length === 0) return 'The bot can’t read Azure Policy.';
  const count = guards.filter(({ state }) => state === 'all').length;
  if (count === all) return `Azure Policy ${states.all}.`;
  if (guards.every(({ state }) => state === 'none')) return `Azure Policy ${states.none}.`;
  return `Azure Policy ${states.all} for ${count} of ${all} resources.`;
}
