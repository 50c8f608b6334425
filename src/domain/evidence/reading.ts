/** Azure's state when evidence was made. It's stored in the `evidence-made` event. */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { ObservedKey, ObservedResource, ObservedVault } from '../observed.ts';

/** `absent`: Azure says that it doesn't exist. `not`: the bot couldn't read it; `failure` says why. */
const seenOf = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('seen', [
    z.strictObject({ seen: z.literal('yes'), value }),
    z.strictObject({ seen: z.literal('absent') }),
    z.strictObject({ seen: z.literal('not'), failure: Failure }),
  ]);

export const Reading = z.strictObject({
  resource: seenOf(ObservedResource),
  /** The request's vault. */
  vault: seenOf(ObservedVault),
  /** The request's key in that vault, at the request's version. */
  key: seenOf(ObservedKey),
  /** Whether the resource's identity has the get, wrap and unwrap permissions for it. */
  grantHeld: seenOf(z.boolean()),
});
export type Reading = z.infer<typeof Reading>;

export type Seen<T> =
  | { readonly seen: 'yes'; readonly value: T }
  | { readonly seen: 'absent' }
  | { readonly seen: 'not'; readonly failure: Failure };
