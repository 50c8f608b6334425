/** A server whose answers are made to harm whoever calls it. It counts what it could send. */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { listen } from '../processes/test-server.ts';

const block = Buffer.alloc(65_536, 'x');
/** 65 kB that unpack to 64 MiB, sent again and again. */
const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));

/** Sends as fast as it's taken, for ever, or until the caller leaves. */
function pour(response: ServerResponse, bytes: Buffer, count: (length: number) => void): void {
  const more = (): void => {
    if (response.destroyed) return;
    count(bytes.length);
    if (response.write(bytes)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

const hostileAnswers = {
  'a body without end': (response, count) => pour(response.writeHead(200), block, count),
  'a body without end of a refusal': (response, count) => pour(response.writeHead(409), block, count),
  'a packed body without end': (response, count) =>
    pour(response.writeHead(200, { 'content-encoding': 'gzip' }), bomb, count),
  'a length of 4 GiB': (response, count) => pour(response.writeHead(200, { 'content-length': 2 ** 32 }), block, count),
  'a body that drips': (response, count) => {
    response.writeHead(200);
    const timer = setInterval(() => {
      count(1);
      response.write('x');
    }, 20);
    response.once('close', () => clearInterval(timer));
  },
  'a head that drips': (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => response.socket?.write('x-more: x\r\n'), 20);
    response.once('close', () => clearInterval(timer));
  },
  'no answer': () => undefined,
  'a redirect to itself': (response) => response.writeHead(307, { location: '/' }).end(),
  'a cut answer': (response) => {
    response.writeHead(200, { 'content-length': 100 }).write('x');
    setTimeout(() => response.destroy(), 20);
  },
} as const satisfies Record<string, (response: ServerResponse, count: (length: number) => void) => unknown>;

export type HostileAnswer = keyof typeof hostileAnswers;

export async function startHostileServer(answer: HostileAnswer) {
  /** `sent`: bytes of bodies that callers took, as far as their sockets did. */
  let sent = 0;
  let calls = 0;
  const listener: RequestListener = (request, response) => {
    calls += 1;
    request.resume();
    response.on('error', () => undefined);
    hostileAnswers[answer](response, (length) => {
      sent += length;
    });
  };
  const { port, close } = await listen(createServer(listener));
  return { url: `http://127.0.0.1:${port}`, sent: () => sent, calls: () => calls, stop: close };
}
