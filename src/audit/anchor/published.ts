/** A checkpoint as it was published. */
import type { Checkpoint } from '../tlog/checkpoint.ts';

export interface Published extends Checkpoint {
  /** Signed by the log alone. */
  readonly signedNote: string;
}
