/** The engine's status of a run. */
export interface KnownRun {
  readonly state: 'going' | 'ended';
  /** The engine's own status, for logs and people. */
  readonly status: string;
  /** The replica that runs it; null: none. */
  readonly replica: string | null;
  readonly workflowVersion: string;
  /** True: it's running in this process. */
  readonly here: boolean;
}
