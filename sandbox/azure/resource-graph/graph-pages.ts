/** The last results of Resource Graph, and the tokens of their later pages. */

import { randomBytes } from 'node:crypto';
import type { Row } from '../resources.ts';

interface CachedQuery {
  /** Caller and query: a token is valid only for the same query. */
  readonly of: string;
  readonly rows: readonly Row[];
}

const maxCached = 5;
const token = /^row:(\d+):(\d+):([0-9a-f]{12})$/;

/** The last query results, for their later pages, in memory. For an unknown token, the current state answers. */
export class GraphPages {
  private readonly cached = new Map<string, CachedQuery>();

  /** Returns the position of a token; null if it isn't one. */
  read(sent: string) {
    const [, start, size, id] = token.exec(Buffer.from(sent, 'base64url').toString('utf8')) ?? [];
    return id === undefined ? null : { start: Number(start), size: Number(size), id };
  }

  rows(id: string | null, of: string, find: () => readonly Row[]): readonly Row[] {
    const cached = id === null ? undefined : this.cached.get(id);
    return cached?.of === of ? cached.rows : find();
  }

  /** Returns a token for the page of this size that starts at `start`. */
  next(id: string | null, cached: CachedQuery, start: number, size: number): string {
    const key = id ?? randomBytes(6).toString('hex');
    this.cached.set(key, cached);
    for (const oldest of this.cached.keys()) {
      if (this.cached.size <= maxCached) break;
      this.cached.delete(oldest);
    }
    return Buffer.from(`row:${start}:${size}:${key}`).toString('base64url');
  }
}
