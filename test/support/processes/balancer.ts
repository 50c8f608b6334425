/** What stands before several replicas: each call goes to the next one that lives, as behind a container host's own. */
import { createServer, request } from 'node:http';

export interface Balancer {
  /** Addresses of those that calls go to, `http://127.0.0.1:PORT`. */
  readonly to: Set<string>;
  close(): Promise<void>;
}

export async function startBalancer(port: number): Promise<Balancer> {
  const to = new Set<string>();
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const all = [...to];
    turn += 1;
    const chosen = all[turn % Math.max(1, all.length)];
    const fail = (): void => void (answer.headersSent ? answer.destroy() : answer.writeHead(502).end());
    if (chosen === undefined) return fail();
    const { method, url = '/', headers } = incoming;
    const sent = request(new URL(url, chosen), { method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer).on('error', fail);
      response.on('error', fail);
    });
    sent.on('error', fail);
    incoming.pipe(sent);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    to,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
