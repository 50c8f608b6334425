import { randomBytes } from 'node:crypto';
import type { Row } from './query.ts';

interface CachedQuery {
  /** Caller and query: a token is valid only for the same query. */
  readonly of: string;
  readonly rows: readonly Row[];
}

const maxCached = 5;
const token = /^row:(\d+)(?::([0-9a-f]{12}))?$/;

/**
 * Cache of the last query results, for their later pages.
 * Running the query again for each page would take quadratic time. In memory only: an unknown token is answered from
 * the current state.
 */
export class GraphPages {
  private readonly cached = new Map<string, CachedQuery>();

  /** Returns the position of a token; null if it isn't one. */
  read(sent: string | undefined): { readonly start: number; readonly id: string | null } | null {
    if (sent === undefined) return { start: 0, id: null };
    const [, start, id = null] = token.exec(Buffer.from(sent, 'base64url').toString('utf8')) ?? [];
    return start === undefined ? null : { start: Number(start), id };
  }

  rows(id: string | null, of: string, find: () => readonly Row[]): readonly Row[] {
    const cached = id === null ? undefined : this.cached.get(id);
    return cached?.of === of ? cached.rows : find();
  }

  /** Returns a token for the page that starts at `end`. */
  next(id: string | null, cached: CachedQuery, end: number): string {
    const key = id ?? randomBytes(6).toString('hex');
    this.cached.set(key, cached);
    for (const oldest of this.cached.keys()) {
      if (this.cached.size <= maxCached) break;
      this.cached.delete(oldest);
    }
    return Buffer.from(`row:${end}:${key}`).toString('base64url');
  }
}
