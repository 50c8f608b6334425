/** Where a log is published: files that anybody may read whom their keeper lets, and that are never changed once they are full. */

export interface AnchorFiles {
  /** Null where there is no such file. Throws where the place cannot be reached. */
  read(path: string): Promise<Buffer | null>;
  /** In place of what was there, whole or not at all. Lies safely when it answers. Throws where the place cannot be reached. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** A published log, to be read. Throws where the place cannot be reached. */
export interface AnchorSource {
  readonly read: AnchorFiles['read'];
  /** The numbers of events that checkpoints are kept for, in no order. */
  readonly sizes: () => Promise<readonly number[]>;
}
