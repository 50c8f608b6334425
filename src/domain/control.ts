/**
 * Who controls a key beside those who use it, and where its vault lies: what an approval covers besides the change itself.
 * An approver cannot judge a key by its name alone: somebody else's vault may carry a name that differs by one letter.
 */
import { z } from 'zod';

/**
 * What somebody can do to a key beside using it. `copy`: take it out of the vault, private part and all (backup, release);
 * `change`: disable it, or put other key material under its name; `give-access`: give any of these to anybody.
 */
export const Power = z.enum(['copy', 'change', 'delete', 'purge', 'give-access']);
export type Power = z.infer<typeof Power>;
export const powers: readonly Power[] = Power.options;

export const Controller = z.strictObject({
  /** Object id in the directory, lower case. */
  id: z.string(),
  /** `bot`: this bot's own identity. `unknown`: nobody told what the id stands for. */
  type: z.enum(['person', 'group', 'app', 'bot', 'unknown']),
  /** Each once, in the order of {@link Power}. */
  can: z.array(Power),
  /** As the directory tells it; null where it does not. */
  name: z.string().nullable(),
  /** People in a group, also through other groups; null where nobody told, or it is none. */
  members: z.number().nullable(),
  /**
   * A mark of each of the members, sorted, by which one who is in the group is told from one who was not: no id of anybody, for
   * it is kept for ever. Missing: in plans from before there was such a thing, where nobody told, and in groups of more people
   * than are read. Then sizes are all that can be compared.
   */
  people: z.array(z.string()).optional(),
});
export type Controller = z.infer<typeof Controller>;

/** What of the controllers could not be looked at. `names`: who stands behind the ids. */
const Unseen = z.enum(['role-assignments', 'roles', 'names']);
export type Unseen = z.infer<typeof Unseen>;

export const Subscription = z.strictObject({ id: z.string(), name: z.string().nullable() });
export type Subscription = z.infer<typeof Subscription>;

export const ObservedControl = z.strictObject({
  /** By id, each once. */
  controllers: z.array(Controller),
  unseen: z.array(Unseen),
  vaultSubscription: Subscription,
  resourceSubscription: Subscription,
});
export type ObservedControl = z.infer<typeof ObservedControl>;
