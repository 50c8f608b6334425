import type { Azure } from '../domain/ports/azure.ts';

/** FIFO counting semaphore. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Waits for a slot. */
  async enter(): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
  }

  /** Releases the slot. The next waiter gets it directly. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Releases the slot while the work runs, then takes one again. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.leave();
    try {
      return await work();
    } finally {
      await this.enter();
    }
  }
}

/** Wraps the Azure port so that long operations release the slot, because the process only waits for Azure. */
export function withReleasedSlot(room: Semaphore, azure: Azure): Azure {
  const { resources } = azure;
  return {
    ...azure,
    resources: {
      ...resources,
      enableSystemIdentity: (...given) => room.outside(() => resources.enableSystemIdentity(...given)),
      setCustomerKey: (...given) => room.outside(() => resources.setCustomerKey(...given)),
    },
  };
}
