/** The program version that wrote an event: in events that start a request, check a run and make evidence. */
import { z } from 'zod';

export const Software = z.strictObject({
  /** For example `0.1.0`. */
  version: z.string(),
  /** Full commit hash, followed by `+` if files differed from it. Missing: run from source, or built without git. */
  commit: z.string().optional(),
  /** The container image, for example `REGISTRY/cmk-bot@sha256:DIGEST`. Missing: unknown. */
  image: z.string().optional(),
});
export type Software = z.infer<typeof Software>;
