/** FIFO mutex with a timeout, for the one connection of the embedded database. */

/** Releases the mutex. Calling it again has no effect. */
export type Release = () => void;

export class Mutex {
  readonly #waiting: (() => void)[] = [];
  #locked = false;

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Throws after `timeoutMs`: then a holder waits for itself or never released, and an error is better than a hang. */
  async acquire(timeoutMs: number): Promise<Release> {
    if (this.#locked) await this.#wait(timeoutMs);
    this.#locked = true;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#release();
    };
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(new Error(`waiting for the embedded database: its one connection was not free for ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push(proceed);
    });
  }

  /** Stays locked if someone waits, so that no later caller gets in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#locked = false;
    else next();
  }
}
