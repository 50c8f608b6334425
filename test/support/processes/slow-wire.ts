/** Stands before a database: what each connection answers takes a while of its own, so that answers overtake each other. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowWire {
  /** The address that leads through it. */
  readonly url: string;
  stop(): void;
}

/** Hands each piece on in its order, after a while that is drawn for it. */
function handOn(from: Socket, to: Socket, drawMs: () => number): void {
  let queue = Promise.resolve();
  from.on('data', (bytes) => {
    const due = new Promise((resolve) => setTimeout(resolve, drawMs()));
    queue = queue.then(async () => {
      await due;
      to.write(bytes);
    });
  });
  from.on('close', () => void queue.then(() => to.destroy()));
  from.on('error', () => undefined);
}

/** `drawMs`: how long the next answer takes. Questions take no time. */
export async function startSlowWire(behind: string, drawMs: () => number): Promise<SlowWire> {
  const { hostname, port } = new URL(behind);
  const server = createServer((socket) => {
    const database = connect(Number(port), hostname);
    socket.setNoDelay(true);
    database.setNoDelay(true);
    handOn(socket, database, () => 0);
    handOn(database, socket, drawMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(behind);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : '');
  return { url: url.href, stop: () => void server.close() };
}
