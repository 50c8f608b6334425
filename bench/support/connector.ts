/** What stands for Teams here: takes what a bot posts and answers with an id, as quickly as Node can. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Connector {
  readonly url: string;
  readonly port: number;
  /** How many messages were posted or edited so far. */
  posted(): number;
  /** What was posted or edited last, as it came. */
  last(): string;
  close(): Promise<void>;
}

export async function startConnector(port = 0): Promise<Connector> {
  let count = 0;
  let last: readonly Buffer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method !== 'GET') {
        count += 1;
        last = parts;
      }
      const body = request.url?.includes('/pagedmembers')
        ? '{"members":[]}'
        : `{"id":"${count}","activityId":"${count}"}`;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    posted: () => count,
    last: () => Buffer.concat(last).toString('utf8'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
