/**
 * Ports for programs that have to be told theirs before they start. Whoever wants some takes a whole block by listening on its
 * first port, and keeps it: no other test, worker or run can come to the same ones between finding and using them.
 */
import { createServer, type Server } from 'node:net';

/** Below what systems give to outgoing connections. */
const from = 20_000;
const to = 31_984;
const blockSize = 16;
const blocks = (to - from) / blockSize;
/** Kept as long as the process lives: tests end what they start, but when is theirs. */
const held: Server[] = [];

const hold = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });

/** A port of this test's own, with `count` more above it. */
export async function freePorts(count: number): Promise<number> {
  if (count > blockSize - 2) throw new Error(`a block of ports has ${blockSize - 1}, not ${count + 1}`);
  const start = Math.floor(Math.random() * blocks);
  for (let n = 0; n < blocks; n += 1) {
    const first = from + ((start + n) % blocks) * blockSize;
    const server = await hold(first);
    if (server === null) continue;
    held.push(server);
    return first + 1;
  }
  throw new Error('no free ports found');
}
