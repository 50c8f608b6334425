/** A queue in front of something only one may use at a time. */

/** Gives the turn back; more than once does no harm. */
export type EndTurn = () => void;

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** How many are waiting. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for the turn, first come, first served. Throws after `timeoutMs`: somebody then waits for a turn while holding
   * it, or forgot to end theirs, and an error says so where a hang would say nothing.
   */
  async take(timeoutMs: number): Promise<EndTurn> {
    if (this.#taken) await this.#wait(timeoutMs);
    this.#taken = true;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#passOn();
    };
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const mine = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(mine), 1);
        reject(new Error(`waiting for the embedded database: its one connection was not free for ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push(mine);
    });
  }

  /** The turn goes straight to the next in line, so that nobody who comes later can slip in between. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}
