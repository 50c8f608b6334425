/** What Azure held when evidence was made, as the bot read it at that moment. It stands in the event that says so. */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { ObservedKey, ObservedResource, ObservedVault } from '../observed.ts';

/** `absent`: Azure says that there is none. `not`: it could not be read, for the reason given. */
const seenOf = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('seen', [
    z.strictObject({ seen: z.literal('yes'), value }),
    z.strictObject({ seen: z.literal('absent') }),
    z.strictObject({ seen: z.literal('not'), failure: Failure }),
  ]);

export const Reading = z.strictObject({
  resource: seenOf(ObservedResource),
  /** The vault that the request is about. */
  vault: seenOf(ObservedVault),
  /** The key of the request in that vault, at the version that it is about. */
  key: seenOf(ObservedKey),
  /** Whether the resource's identity may get, wrap and unwrap with it. */
  grantHeld: seenOf(z.boolean()),
});
export type Reading = z.infer<typeof Reading>;

export type Seen<T> =
  | { readonly seen: 'yes'; readonly value: T }
  | { readonly seen: 'absent' }
  | { readonly seen: 'not'; readonly failure: Failure };
