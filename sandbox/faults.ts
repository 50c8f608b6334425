/** What the faults of both simulators have in common. */
import { z } from 'zod';

const isExpression = (source: string): boolean => {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
};

export const matchFields = {
  method: z.string().optional(),
  /** A regular expression for the whole URL or its path. */
  url: z.string().refine(isExpression, 'not a regular expression').optional(),
};

export const faultFields = {
  /** For removal. Another fault with the same ID replaces it. A fault without ID gets one. */
  id: z.string().min(1).max(100).optional(),
  /** The number of requests that it affects. Without it: all, until it is removed. */
  times: z.number().int().positive().optional(),
  respond: z
    .strictObject({
      status: z.number().int().min(100).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
  delayMs: z.number().int().nonnegative().optional(),
};

const Match = z.object(matchFields);

/** Returns true if method and URL match. */
export function matchesCall({ method, url }: z.infer<typeof Match>, call: { method: string; url: string }): boolean {
  if (method !== undefined && method.toUpperCase() !== call.method) return false;
  const shape = new RegExp(url ?? '', 'i');
  return [call.url, call.url.replace(/^https?:\/\/[^/]+/, '')].some((text) => shape.test(text));
}

/** Requests delayed by faults. Each continues after its delay, or when all faults are removed. */
export class Delays {
  private readonly waiting = new Set<() => void>();

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.waiting.delete(release);
        resolve();
      };
      const timer = setTimeout(release, ms);
      this.waiting.add(release);
    });
  }

  end(): void {
    for (const release of [...this.waiting]) release();
  }
}
