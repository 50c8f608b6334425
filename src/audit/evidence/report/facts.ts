/** What the report tells of: what is in the pack, and nothing else. */
import type { Replacement } from '../../../domain/evidence/replacement.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';

export interface ReportFacts {
  readonly request: Request;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** A person's name as it was looked up; null: it was not, or is left out. */
  readonly names: (id: string) => string | null;
  /** The checkpoint as it was signed. */
  readonly note: string;
  /** Who signed it beside the log, by the keys in the pack, and when (ISO 8601). */
  readonly witness: { readonly name: string; readonly at: string } | null;
  /** The request that replaced the key since, by its events in the pack; null: there are none. */
  readonly later: Replacement | null;
  /** A key in a vault signed it as well, by the keys in the pack. */
  readonly vault: boolean;
  /** What people wrote is in the pack. */
  readonly texts: boolean;
  /** Files that it is made of and their SHA-256: where they changed, it is not the report that did. */
  readonly madeOf: string;
  /** The whole policy is in the pack. */
  readonly rules: boolean;
}
