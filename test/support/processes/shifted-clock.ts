/** A process whose clock somebody moves: all that Node knows of the time of day comes through `Date`. */
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type ShiftedClock = ReturnType<typeof shiftedClock>;

export function shiftedClock() {
  const file = path.join(os.tmpdir(), `cmk-clock-${randomUUID()}`);
  /** Moves the clock by so much from the true time; a process that runs notices within moments. */
  const shift = (ms: number): void => writeFileSync(file, String(ms));
  shift(0);
  const program = `import { readFileSync } from 'node:fs';
    const True = Date;
    const trueNow = Date.now;
    let shift = 0;
    const look = () => { shift = Number(readFileSync(${JSON.stringify(file)}, 'utf8') || 0); };
    look();
    setInterval(look, 20).unref();
    const now = () => trueNow() + shift;
    globalThis.Date = new Proxy(True, {
      construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as),
      apply: () => new True(now()).toString(),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });`;
  return {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` },
    shift,
    remove: () => rmSync(file, { force: true }),
  };
}
