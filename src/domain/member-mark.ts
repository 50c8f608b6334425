/** Membership marks: they identify a group member without storing an ID. */
import { createHash } from 'node:crypto';
import type { ObservedControl } from './control.ts';

/** Returns 64 bits of a hash of both object IDs. The directory assigns the IDs, so a collision can't be constructed. */
export const memberMark = (group: string, member: string): string =>
  createHash('sha256').update(`${group} ${member}`).digest('hex').slice(0, 16);

/** Whether a person is one of the key's controllers. */
export type OwnControl =
  /** `through`: the group's name or ID. Null: the person has a role or policy of their own. */
  | { readonly known: 'yes'; readonly through: string | null }
  | { readonly known: 'no' }
  /** Counts of groups whose members weren't read, apps (their owners aren't read) and unknown IDs. */
  | { readonly known: 'not'; readonly groups: number; readonly apps: number; readonly others: number };

/** Returns whether a person controls the key, directly or through nested groups. `person`: an object ID in lower case. */
export function ownControl({ controllers }: Pick<ObservedControl, 'controllers'>, person: string): OwnControl {
  if (controllers.some(({ id }) => id === person)) return { known: 'yes', through: null };
  const group = controllers.find(({ id, people }) => people?.includes(memberMark(id, person)) === true);
  if (group !== undefined) return { known: 'yes', through: group.name ?? group.id };
  const count = (type: string) =>
    controllers.filter((one) => one.type === type && (type !== 'group' || one.people === undefined)).length;
  const [groups, apps, others] = [count('group'), count('app'), count('unknown')];
  return groups + apps + others === 0 ? { known: 'no' } : { known: 'not', groups, apps, others };
}
