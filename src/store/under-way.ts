/**
 * What is held for statements under way. What this process learns before it has a statement's answer, from the answers of other
 * connections, that statement need not have seen.
 */

/** For each statement under way, what was known as it was sent of what has gone on since; by the request. */
export class UnderWay<Known> {
  readonly #statements = new Set<Map<string, Known | undefined>>();

  /** Called with what was known until now, each time that this is about to change. */
  changes(request: string, known: Known | undefined): void {
    for (const before of this.#statements) if (!before.has(request)) before.set(request, known);
  }

  /** Sends what `read` sends; what it is given tells what was known at this moment. `now` tells what is known. */
  async while<T>(
    now: (request: string) => Known | undefined,
    read: (asSent: (request: string) => Known | undefined) => Promise<T>,
  ): Promise<T> {
    const before = new Map<string, Known | undefined>();
    this.#statements.add(before);
    try {
      return await read((request) => (before.has(request) ? before.get(request) : now(request)));
    } finally {
      this.#statements.delete(before);
    }
  }
}
