/** Which program decided and wrote: in the events that begin a request, let it run, and take evidence of it. */
import { z } from 'zod';

export const Software = z.strictObject({
  /** Such as `0.1.0`. */
  version: z.string(),
  /** Full hash, with `+` behind it if files differed from it. Missing: run from the sources, or built without git. */
  commit: z.string().optional(),
  /** The container image, such as `REGISTRY/cmk-bot@sha256:DIGEST`. Missing: it isn't known. */
  image: z.string().optional(),
});
export type Software = z.infer<typeof Software>;
