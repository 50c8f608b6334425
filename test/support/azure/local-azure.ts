import { readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text as read } from 'node:stream/consumers';
import { type ListeningProgram, startListening } from '../processes/child-program.ts';
import { freePorts } from '../processes/free-ports.ts';
import { newDataDir } from '../store/data-folder.ts';

export interface RunningAzure extends ListeningProgram {
  readonly port: number;
  readonly dataDir: string;
  /** The CA certificate's text, for `tlsOptions.ca`. */
  readonly ca: string;
}

export type Latency = 'instant' | 'realistic';

/**
 * Starts a local Azure on a data folder, a new temporary one as seeded and free ports unless they are given. It keeps what it
 * was asked and what it answered in the folder that `CMK_TEST_EXCHANGES` names, if any.
 */
export const startAzure = async (
  options: {
    readonly latency?: Latency | 'as it was';
    readonly dataDir?: string;
    readonly port?: number;
    readonly signInPort?: number;
    readonly recordDir?: string;
    readonly start?: typeof startListening;
  } = {},
): Promise<RunningAzure> => {
  const { latency = 'instant', start = startListening } = options;
  const dataDir = options.dataDir ?? (await newDataDir());
  const port = options.port ?? (await freePorts(10));
  const args = ['--data', dataDir, '--port', String(port)];
  if (latency !== 'as it was') args.push('--latency', latency);
  const recordDir = options.recordDir ?? process.env.CMK_TEST_EXCHANGES;
  if (recordDir) args.push('--record', recordDir);
  if (options.signInPort !== undefined) args.push('--sign-in-port', String(options.signInPort));
  const program = await start('local-azure', args, 'Azure simulator');
  return { ...program, port, dataDir, ca: readFileSync(join(dataDir, 'ca.pem'), 'utf8') };
};

/** Ends it for good and removes its folder. */
export const discard = async (azure: RunningAzure): Promise<void> => {
  await azure.kill();
  rmSync(azure.dataDir, { recursive: true, force: true });
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
  readonly body: any;
}

export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly port?: number;
}

/** Shaking hands anew for every request takes both sides longer than the request. */
const agents = new WeakMap<RunningAzure, Agent>();
function agentFor(azure: RunningAzure): Agent {
  const agent = agents.get(azure) ?? new Agent({ ca: azure.ca, keepAlive: true });
  agents.set(azure, agent);
  return agent;
}

/** When a connection last ended an exchange. */
const lastUsed = new WeakMap<Socket, number>();

/** A plain HTTPS request that trusts the local CA; an object body goes as JSON, a string as a form. */
export const http = (
  azure: RunningAzure,
  method: string,
  path: string,
  options: HttpOptions = {},
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const isForm = typeof options.body === 'string';
    const text = options.body === undefined ? null : isForm ? String(options.body) : JSON.stringify(options.body);
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const headers = { ...(text === null ? {} : { 'content-type': type }), ...options.headers };
    const agent = agentFor(azure);
    const port = options.port ?? azure.port;
    const begun = Date.now();
    let idleSince = begun;
    const sent = request(
      { host: 'localhost', port, path, method, headers, agent, servername: 'localhost' },
      (answer) => {
        const { socket, headers: answered, statusCode: status = 0 } = answer;
        read(answer).then((body) => {
          lastUsed.set(socket, Date.now());
          const isJson = body !== '' && (answered['content-type'] ?? '').startsWith('application/json');
          resolve({ status, headers: answered, body: isJson ? JSON.parse(body) : body });
        }, reject);
      },
    );
    sent.on('socket', (socket) => {
      idleSince = lastUsed.get(socket) ?? begun;
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed the connection, which nothing had used for a while, as the request went out: it never saw it.
      // One that was in use just now was cut by a fault, and the request may have been carried out.
      if (sent.reusedSocket && begun - idleSince > 1_000 && error.code === 'ECONNRESET')
        resolve(http(azure, method, path, options));
      else reject(error);
    });
    sent.end(text ?? undefined);
  });

/** Changes the state through `/simulator/state`, as anybody outside could. */
// biome-ignore lint/suspicious/noExplicitAny: tests change whatever they need in the document
export const changeState = async (azure: RunningAzure, change: (state: any) => void): Promise<void> => {
  const { body } = await http(azure, 'GET', '/simulator/state');
  change(body);
  const put = await http(azure, 'PUT', '/simulator/state', { body });
  if (put.status !== 200) throw new Error(JSON.stringify(put.body));
};
