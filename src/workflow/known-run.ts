/** What the engine knows of a run. */
export interface KnownRun {
  readonly state: 'going' | 'ended';
  /** The engine's own word, for the log and for people. */
  readonly status: string;
  /** The replica that has it; null while none does. */
  readonly replica: string | null;
  readonly workflowVersion: string;
  /** This very process is in the middle of it. */
  readonly here: boolean;
}
