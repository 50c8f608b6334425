/** What Azure Policy refuses for an agent, in words. */
import {
  type AgentGuard,
  type GuardAim,
  type GuardState,
  type GuardStates,
  guardAims,
  type VaultDifference,
} from '../domain/guard.ts';
import { joinList } from '../domain/strings.ts';
import { countOf } from './words.ts';

const aims: Readonly<Record<GuardAim, string>> = {
  stripping: 'removing the key',
  anotherKey: 'a key in another vault',
  deletion: 'deleting the agent',
  vaultDeletion: 'deleting the vault of its key',
};

const states: Readonly<Record<Exclude<GuardState, 'refused'>, string>> = {
  'audit-only': 'audit only',
  exempt: 'exempt',
  off: 'turned off',
  'not-listed': 'assigned, but not for it',
  unclear: 'can’t be checked',
  'not-assigned': 'not assigned',
};

/** `Azure refuses: removing the key. Not refused: deleting the agent (not assigned)` */
export function guardWords(found: GuardStates): string {
  const refused = guardAims.filter((aim) => found[aim] === 'refused').map((aim) => aims[aim]);
  const others = guardAims.flatMap((aim) => {
    const state = found[aim];
    return state === undefined || state === 'refused' ? [] : [`${aims[aim]} (${states[state]})`];
  });
  return [
    ...(refused.length === 0 ? [] : [`Azure refuses: ${joinList(refused)}`]),
    ...(others.length === 0 ? [] : [`Not refused: ${joinList(others)}`]),
  ].join('. ');
}

/** In one line, for one request. Null: it couldn't be read. */
export function guardLine(found: GuardStates | null): string {
  if (found === null) return 'couldn’t be read';
  return Object.values(found).every((state) => state === 'not-assigned')
    ? 'doesn’t block changes outside the bot'
    : guardWords(found);
}

const unguarded = 'Guard policies aren’t assigned: anyone who can write an agent can change its key in Azure.';

/** `removing the key (3 of 5 agents)`; null: refused for none. */
function refusedFor(aim: GuardAim, guards: readonly AgentGuard[]): string | null {
  const concerned = guards.filter(({ states: found }) => found[aim] !== undefined);
  const refused = concerned.filter(({ states: found }) => found[aim] === 'refused').length;
  if (refused === 0) return null;
  const all = countOf(concerned.length, 'agent', 'agents');
  return refused === concerned.length ? aims[aim] : `${aims[aim]} (${refused} of ${all})`;
}

/** What Azure refuses for so many agents. `guards`: of those whose policies could be read; null: not read yet. */
export function fleetGuardWords(guards: readonly AgentGuard[] | null, agents: number): string {
  if (guards === null) return 'Guard policies haven’t been read yet.';
  const [first] = guards;
  if (first === undefined) return 'The bot can’t read guard policies.';
  const unread = agents - guards.length;
  const without = unread > 0 ? ` The bot can’t read the policies of ${countOf(unread, 'agent', 'agents')}.` : '';
  const found = guards.flatMap(({ states: one }) => Object.values(one));
  if (found.every((state) => state === 'not-assigned')) return `${unguarded}${without}`;
  if (guards.length === 1) return `${guardWords(first.states)}.${without}`;
  const refused = guardAims.map((aim) => refusedFor(aim, guards)).filter((one) => one !== null);
  if (refused.length === 0) return `Guard policies are assigned, but refuse nothing.${without}`;
  const open = guardAims.filter(
    (aim) => refusedFor(aim, guards) === null && guards.some(({ states: one }) => one[aim] !== undefined),
  );
  const rest = open.length === 0 ? '' : ` Not refused: ${joinList(open.map((aim) => aims[aim]))}.`;
  return `Azure refuses: ${joinList(refused)}.${rest}${without}`;
}

/** One sentence for each way in which the two lists of vaults differ. */
export const vaultDifferenceWords = ({ subscriptionId, refused, permitted }: VaultDifference): string =>
  [
    ...(refused.length === 0
      ? []
      : [
          `Azure refuses keys in ${joinList(refused)}, which the approval policy permits in subscription ${subscriptionId}.`,
        ]),
    ...(permitted.length === 0
      ? []
      : [
          `Azure permits keys in ${joinList(permitted)}, which the approval policy doesn’t permit in subscription ${subscriptionId}.`,
        ]),
  ].join(' ');
