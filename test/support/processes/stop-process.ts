/** A process whose second part never stops: `stop-process.ts WITHIN_MS`. Says which parts were stopped. */
import { stopInOrder } from '../../../src/bootstrap/shutdown.ts';

const [within = ''] = process.argv.slice(2);
const part = (name: string, stop: () => Promise<void>) => ({
  stop: () => {
    process.stdout.write(`${name}\n`);
    return stop();
  },
});
stopInOrder(
  [
    part('first', async () => undefined),
    part('second', () => new Promise<void>(() => undefined)),
    part('third', async () => undefined),
  ],
  { fatal: (_fields, message) => void process.stdout.write(`log: ${message}\n`) },
  Number(within),
);
setInterval(() => undefined, 1_000);
process.stdout.write('started\n');
