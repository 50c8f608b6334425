/** Storage of a published log: files that readers with access can verify. A full file never changes. */

export interface AnchorFiles {
  /** Returns null if the file doesn't exist. Throws if the location can't be reached. */
  read(path: string): Promise<Buffer | null>;
  /** Replaces the file atomically. The data is durable when the promise resolves. Throws if the location can't be reached. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** A published log for reading. Throws if the location can't be reached. */
export interface AnchorSource {
  readonly read: AnchorFiles['read'];
  /** Returns the event counts that have a checkpoint, in any order. */
  readonly sizes: () => Promise<readonly number[]>;
}
