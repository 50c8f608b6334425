import { randomBytes } from 'node:crypto';
import type { Row } from './query.ts';

interface Kept {
  /** Who asked, and what: a token is of no use for another question. */
  readonly of: string;
  readonly rows: readonly Row[];
}

const mostKept = 5;
const token = /^row:(\d+)(?::([0-9a-f]{12}))?$/;

/**
 * What a query found, for the pages after its first: found anew for each, reading all of it would cost the square of what there
 * is. Only in memory, and of the last queries; a token that is not known any more is answered from what there is then.
 */
export class GraphPages {
  private readonly kept = new Map<string, Kept>();

  /** Where a token points to; null for one that is none. */
  read(sent: string | undefined): { readonly start: number; readonly id: string | null } | null {
    if (sent === undefined) return { start: 0, id: null };
    const [, start, id = null] = token.exec(Buffer.from(sent, 'base64url').toString('utf8')) ?? [];
    return start === undefined ? null : { start: Number(start), id };
  }

  rows(id: string | null, of: string, find: () => readonly Row[]): readonly Row[] {
    const kept = id === null ? undefined : this.kept.get(id);
    return kept?.of === of ? kept.rows : find();
  }

  /** A token for what comes at and after `end`. */
  next(id: string | null, kept: Kept, end: number): string {
    const key = id ?? randomBytes(6).toString('hex');
    this.kept.set(key, kept);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= mostKept) break;
      this.kept.delete(oldest);
    }
    return Buffer.from(`row:${end}:${key}`).toString('base64url');
  }
}
