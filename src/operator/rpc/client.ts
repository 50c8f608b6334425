/** Client of the control socket, for the command line. */
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { shortSocketPath } from '../../io/files.ts';
import { type CallName, type ControlCalls, calls } from './calls.ts';

export const socketName = 'control.sock';
export const temporaryPrefix = 'control-';
/** Length of `control-XXXXXX/s`, the longer of the two names. */
const nameLength = temporaryPrefix.length + 8;

export const socketFolder = (folder: string) => shortSocketPath(path.resolve(folder), nameLength);

const ErrorReply = z.object({ error: z.string() });

interface Reply {
  readonly status: number;
  readonly text: string;
}

function post(socketPath: string, name: string, input: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = httpRequest({ socketPath, method: 'POST', path: `/${name}`, headers, agent: false }, (response) => {
      text(response).then((read) => resolve({ status: response.statusCode ?? 0, text: read }), reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify(input));
  });
}

const otherVersion = 'the running bot has another version. Use the command line of its version';

async function call(socketPath: string, name: CallName, input: unknown): Promise<unknown> {
  const { status, text } = await post(socketPath, name, input);
  const value: unknown = JSON.parse(text);
  if (status === 404) throw new Error(`calling the running bot: ${otherVersion}`);
  if (status !== 200) throw new Error(`calling the running bot: ${ErrorReply.parse(value).error}`);
  const output = calls[name].output.safeParse(value);
  if (!output.success) throw new Error(`calling the running bot: ${otherVersion}`);
  return output.data;
}

/** No listener: the socket doesn't exist, or a dead bot left it behind. */
const NoListener = z.object({ code: z.enum(['ENOENT', 'ECONNREFUSED']) });

interface ControlClient {
  readonly control: ControlCalls;
  readonly pid: number;
  close(): Promise<void>;
}

/** Connects to the bot that runs on the folder; null: none. */
export async function reachControl(folder: string): Promise<ControlClient | null> {
  const way = await socketFolder(folder);
  const socketPath = path.join(way.path, socketName);
  const entries = Object.keys(calls).map((name) => [
    name,
    (input: unknown) => call(socketPath, name as CallName, input),
  ]);
  // Each answer was validated by its call's schema.
  const control = Object.fromEntries(entries) as ControlCalls;
  try {
    const { pid } = await control.hello({});
    return { control, pid, close: way.close };
  } catch (error) {
    await way.close();
    if (NoListener.safeParse(error).success) return null;
    throw error;
  }
}
