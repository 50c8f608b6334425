import { z } from 'zod';

/** Where something stands that its description does not allow. */
export const Problem = z.object({
  code: z.string(),
  /** A path in the body, without numbers of items: `$.error.details[].line`. */
  at: z.string(),
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

/**
 * What became of exchanges that are alike. `exact`: held against the description of the very api-version. `nearest`: against
 * the nearest version that there is a description of. `none`: no description covers it. `fault`: a tester's words were answered.
 * `absent`: the local Azure says that it does not serve this.
 */
export const Judgement = z.object({
  /** Whose: Azure Resource Manager, a vault's own address, Microsoft Graph, or what needs no token (signing in, addresses). */
  service: z.enum(['arm', 'vault', 'graph', 'open']),
  held: z.enum(['exact', 'nearest', 'none', 'fault', 'absent']),
  method: z.string(),
  /** The description's name of the operation; the shape of the path where there is none. */
  operation: z.string(),
  /** The version that was asked for. */
  version: z.string(),
  status: z.number(),
  request: z.array(Problem),
  response: z.array(Problem),
});
export type Judgement = z.infer<typeof Judgement>;

export const Counted = Judgement.extend({ count: z.number() });
export type Counted = z.infer<typeof Counted>;
