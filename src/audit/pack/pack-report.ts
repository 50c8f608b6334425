/** What the verification of an evidence pack or a statement found. */
import type { Verdict } from '../../domain/evidence/verdict.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Statement } from '../../domain/statement/statement.ts';
import type { SignedCheckpoint } from '../anchor/read-anchor.ts';
import type { Tree } from '../tlog/merkle-tree.ts';
import type { Finding } from '../verify.ts';

export interface PackReport {
  /** Null: a given key signed another text. */
  readonly checkpoint: SignedCheckpoint | null;
  readonly events: readonly StoredEvent[];
  /** The request, folded from the events; null: unreadable. */
  readonly request: Request | null;
  readonly verdict: Verdict | null;
  /** Null: evidence of one request. */
  readonly statement: Statement | null;
  /** Event bodies as hashed, by number. */
  readonly bodies: ReadonlyMap<number, string>;
  /** An older tree that the pack proves to be the beginning of its log; null: none. */
  readonly older: Tree | null;
  /** Files that aren't proved, because the events only contain a short digest. */
  readonly weak: readonly string[];
  /** Number of texts in the pack. Each matches its commitment. */
  readonly texts: number;
  readonly findings: readonly Finding[];
}

export const nothingRead: Omit<PackReport, 'findings'> = {
  checkpoint: null,
  events: [],
  request: null,
  verdict: null,
  statement: null,
  bodies: new Map(),
  older: null,
  weak: [],
  texts: 0,
};

/** The pack can't be verified: a file is missing, or no given key signed it. */
export class PackUnusable extends Error {
  override readonly name = 'PackUnusable';
}
