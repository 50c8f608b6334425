/** What stands before several replicas: each call goes to the next one that lives, as behind a container host's own. */
import { createServer } from 'node:http';
import { listen, passOn } from './test-server.ts';

export type Balancer = Awaited<ReturnType<typeof startBalancer>>;

export async function startBalancer(port: number) {
  /** Addresses of those that calls go to, `http://127.0.0.1:PORT`. */
  const to = new Set<string>();
  let turn = 0;
  const server = createServer((incoming, answer) => {
    turn += 1;
    const chosen = [...to][turn % Math.max(1, to.size)];
    if (chosen === undefined) answer.writeHead(502).end();
    else passOn(incoming, answer, chosen);
  });
  const { close } = await listen(server, port);
  return { to, close };
}
