/**
 * Stands before a database: what each connection answers takes a while of its own, so that answers overtake each other. It can also
 * lose connections as a failed network does: nothing arrives, and neither end is told.
 */
import { connect, createServer, type Socket } from 'node:net';
import { listen, throughPort } from './test-server.ts';

export type SlowWire = Awaited<ReturnType<typeof startSlowWire>>;

interface Line {
  isLost: boolean;
}

/** Hands each piece on in its order, after a while that is drawn for it. */
function handOn(from: Socket, to: Socket, line: Line, drawMs: () => number): void {
  let queue = Promise.resolve();
  from.on('data', (bytes) => {
    const due = new Promise((resolve) => setTimeout(resolve, drawMs()));
    queue = queue.then(async () => {
      await due;
      if (!line.isLost) to.write(bytes);
    });
  });
  from.on('close', () => void queue.then(() => to.destroy()));
  from.on('error', () => undefined);
}

/** `drawMs`: how long the next answer takes. Questions take no time. */
export async function startSlowWire(behind: string, drawMs: () => number = () => 0) {
  const { hostname, port } = new URL(behind);
  const lines = new Set<Line>();
  const server = createServer((socket) => {
    const line = { isLost: false };
    lines.add(line);
    socket.on('close', () => lines.delete(line));
    const database = connect(Number(port), hostname);
    socket.setNoDelay(true);
    database.setNoDelay(true);
    handOn(socket, database, line, () => 0);
    handOn(database, socket, line, drawMs);
  });
  const { port: own } = await listen(server);
  return {
    /** The address that leads through it. */
    url: throughPort(behind, own).href,
    /** From now on, nothing passes on the connections that are open. New ones work. */
    loseConnections: (): void => {
      for (const line of lines) line.isLost = true;
    },
    stop: () => void server.close(),
  };
}
