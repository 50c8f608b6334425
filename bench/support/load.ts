/** People who type and click: activities to a bot, several at once, and how long each took. */
import { Agent, request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

export interface Load {
  send(url: string, activity: object): Promise<Answered>;
  close(): void;
}

export function openLoad(sockets: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  return {
    send: (url, activity) =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        const body = JSON.stringify(activity);
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
        const sent = request(`${url}/api/messages`, { method: 'POST', agent, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: text, ms: performance.now() - began }),
          );
        });
        sent.on('error', reject).end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Throws where it is not answered well, or not in these words: what was refused quickly is no turn. */
export async function wellSent(load: Load, url: string, activity: object, words = ''): Promise<void> {
  const { status, body } = await load.send(url, activity);
  if (status !== 200 || !body.includes(words)) throw new Error(`${status} ${body.slice(0, 300)}`);
}

export interface Driven {
  readonly perSecond: number;
  /** Of each turn. */
  readonly ms: readonly number[];
}

/**
 * Sends so many, at most `atOnce` of them at once. Throws at the first that is not answered well, or not in these words: a quick
 * refusal is no turn.
 */
export async function drive(
  load: Load,
  url: string,
  activityOf: (index: number) => object,
  { count, atOnce, words }: { readonly count: number; readonly atOnce: number; readonly words?: RegExp },
): Promise<Driven> {
  const ms: number[] = [];
  let next = 0;
  const began = performance.now();
  const person = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const answer = await load.send(url, activityOf(index));
      if (answer.status !== 200 || words?.test(answer.body) === false)
        throw new Error(`turn ${index}: ${answer.status} ${answer.body.slice(0, 300)}`);
      ms.push(answer.ms);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, person));
  return { perSecond: count / ((performance.now() - began) / 1_000), ms };
}
