/** A process whose second part never stops, or fails to: `stop-process.ts hangs|fails WITHIN_MS`. Says which parts were stopped. */
import { stopInOrder } from '../../../src/bootstrap/shutdown.ts';

const [how = '', within = ''] = process.argv.slice(2);
const part = (name: string, stop: () => Promise<void>) => ({
  stop: () => {
    process.stdout.write(`${name}\n`);
    return stop();
  },
});
const second = { hangs: () => new Promise<void>(() => undefined), fails: () => Promise.reject(new Error('no answer')) };
stopInOrder(
  [
    part('first', async () => undefined),
    part('second', how === 'fails' ? second.fails : second.hangs),
    part('third', async () => undefined),
  ],
  { fatal: (_fields, message) => void process.stdout.write(`log: ${message}\n`) },
  Number(within),
);
setInterval(() => undefined, 1_000);
process.stdout.write('started\n');
