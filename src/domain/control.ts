/**
 * Controllers of a key and the location of its vault. An approval covers these as well as the change itself. A key's name
 * isn't enough to judge it: another vault can have a name that differs by one letter.
 */
import { z } from 'zod';
import { sha256 } from './canonical-json.ts';

/**
 * A power over a key other than using it. `copy`: back up or release it, with the private part. `change`: disable it, or
 * replace its key material. `give-access`: grant any of these powers to others.
 */
export const Power = z.enum(['copy', 'change', 'delete', 'purge', 'give-access']);
export type Power = z.infer<typeof Power>;
export const powers: readonly Power[] = Power.options;

export const Controller = z.strictObject({
  /** Entra object ID in lower case. */
  id: z.string(),
  /** `bot`: this bot's own identity. `unknown`: the type of the ID couldn't be read. */
  type: z.enum(['person', 'group', 'app', 'bot', 'unknown']),
  /** Unique, in the order of {@link Power}. */
  can: z.array(Power),
  /** Name from the directory; null if it returns none. */
  name: z.string().nullable(),
  /** Number of people in a group, nested groups included. Null if it isn't a group or couldn't be read. */
  members: z.number().nullable(),
  /**
   * A sorted list with one mark per member, to detect new members later. It contains no IDs, because it's stored for good.
   * Missing if the members couldn't be read, and in groups with more people than are read. Then only the sizes can be
   * compared.
   */
  people: z.array(z.string()).optional(),
  /** The same for apps in a group, nested groups included. Missing if not all were read. */
  apps: z.array(z.string()).optional(),
});
export type Controller = z.infer<typeof Controller>;

/** What the bot couldn't read about controllers. `names`: who the IDs belong to. */
const Unseen = z.enum(['role-assignments', 'roles', 'names']);
export type Unseen = z.infer<typeof Unseen>;

export const Subscription = z.strictObject({ id: z.string(), name: z.string().nullable() });
export type Subscription = z.infer<typeof Subscription>;

export const ObservedControl = z.strictObject({
  /** Sorted by ID, without duplicates. */
  controllers: z.array(Controller),
  unseen: z.array(Unseen),
  vaultSubscription: Subscription,
  resourceSubscription: Subscription,
});
export type ObservedControl = z.infer<typeof ObservedControl>;

/** Returns 64 bits of a hash of both object IDs. The directory assigns the IDs, so a collision can't be constructed. */
export const memberMark = (group: string, member: string): string => sha256(`${group} ${member}`).slice(0, 16);

export type OwnControl =
  /** `through`: the group's name or ID. Null: the person has a role or policy of their own. */
  | { readonly known: 'yes'; readonly through: string | null }
  | { readonly known: 'no' }
  /** Counts of groups whose people or apps weren't read, apps, also in groups (their owners aren't read), and unknown IDs. */
  | { readonly known: 'not'; readonly groups: number; readonly apps: number; readonly others: number };

/** Returns whether a person controls the key, directly or through nested groups. `person`: an object ID in lower case. */
export function ownControl({ controllers }: Pick<ObservedControl, 'controllers'>, person: string): OwnControl {
  if (controllers.some(({ id }) => id === person)) return { known: 'yes', through: null };
  const group = controllers.find(({ id, people }) => people?.includes(memberMark(id, person)) === true);
  if (group !== undefined) return { known: 'yes', through: group.name ?? group.id };
  const isRead = ({ type, people, apps }: Controller) => type === 'group' && people !== undefined && apps !== undefined;
  const count = (type: string) => controllers.filter((one) => one.type === type && !isRead(one)).length;
  const inGroups = controllers.reduce((sum, { apps }) => sum + (apps?.length ?? 0), 0);
  const groups = count('group');
  const apps = count('app') + inGroups;
  const others = count('unknown');
  return groups + apps + others === 0 ? { known: 'no' } : { known: 'not', groups, apps, others };
}
