/** Lets a few in at a time, and those of one person after one of everybody else's. */

/** To be called once, on leaving. */
export type Leave = () => void;

export interface Turnstile {
  /** Waits for the turn; null: too many wait already. */
  enter(person: string): Promise<Leave | null>;
}

export interface TurnstileOptions {
  readonly atOnce: number;
  readonly mostWaiting: number;
}

export function openTurnstile({ atOnce, mostWaiting }: TurnstileOptions): Turnstile {
  /** Who is next stands first, and goes to the end when one of theirs was let in. */
  const waiting = new Map<string, (() => void)[]>();
  let inside = 0;
  let count = 0;

  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      inside -= 1;
      return;
    }
    const [person, [first, ...rest]] = next;
    waiting.delete(person);
    if (rest.length > 0) waiting.set(person, rest);
    count -= 1;
    first?.();
  };
  const once = (): Leave => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
  return {
    async enter(person) {
      if (inside < atOnce) {
        inside += 1;
        return once();
      }
      if (count >= mostWaiting) return null;
      count += 1;
      const queue = waiting.get(person);
      await new Promise<void>((resolve) => {
        if (queue === undefined) waiting.set(person, [resolve]);
        else queue.push(resolve);
      });
      return once();
    },
  };
}
