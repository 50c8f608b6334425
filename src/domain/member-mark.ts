/** Marks by which a member of a group is recognized without naming anybody. */
import { createHash } from 'node:crypto';
import type { ObservedControl } from './control.ts';

/** 64 bits of a hash of both object ids. Ids are given by the directory, so nobody can look for one that has another's mark. */
export const memberMark = (group: string, member: string): string =>
  createHash('sha256').update(`${group} ${member}`).digest('hex').slice(0, 16);

/** What is known of whether a person is among those who have control over a key. */
export type OwnControl =
  /** `through`: the group's name or id; null: by a role or policy of their own. */
  | { readonly known: 'yes'; readonly through: string | null }
  | { readonly known: 'no' }
  /** Numbers of groups whose members weren't read, of apps (who owns them isn't read), and of ids that nothing is known of. */
  | { readonly known: 'not'; readonly groups: number; readonly apps: number; readonly others: number };

/** Whether a person has control over the key, also through groups, nested ones included. `person`: an object id, lower case. */
export function ownControl({ controllers }: Pick<ObservedControl, 'controllers'>, person: string): OwnControl {
  if (controllers.some(({ id }) => id === person)) return { known: 'yes', through: null };
  const group = controllers.find(({ id, people }) => people?.includes(memberMark(id, person)) === true);
  if (group !== undefined) return { known: 'yes', through: group.name ?? group.id };
  const count = (type: string) =>
    controllers.filter((one) => one.type === type && (type !== 'group' || one.people === undefined)).length;
  const [groups, apps, others] = [count('group'), count('app'), count('unknown')];
  return groups + apps + others === 0 ? { known: 'no' } : { known: 'not', groups, apps, others };
}
