import type { Azure } from '../domain/ports/azure.ts';

/** Room for so many at once; whoever comes later waits for a place, first come, first served. */
export class Room {
  readonly #waiting: (() => void)[] = [];
  #left: number;

  constructor(places: number) {
    this.#left = places;
  }

  /** Waits for a place. */
  async enter(): Promise<void> {
    if (this.#left === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#left -= 1;
  }

  /** The place goes straight to the next in line. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#left += 1;
    else next();
  }

  /** Lets others have the place for as long as the work takes. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.leave();
    try {
      return await work();
    } finally {
      await this.enter();
    }
  }
}

/** Ports whose long operations are waited for outside: while Azure works on one, this process has nothing to do for it. */
export function waitingOutside(room: Room, azure: Azure): Azure {
  const { resources } = azure;
  return {
    ...azure,
    resources: {
      ...resources,
      enableSystemIdentity: (ref) => room.outside(() => resources.enableSystemIdentity(ref)),
      setCustomerKey: (ref, key) => room.outside(() => resources.setCustomerKey(ref, key)),
    },
  };
}
