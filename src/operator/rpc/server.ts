/** Server of the control socket in the bot: HTTP, one POST per call, JSON in and out. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import { bytesUpTo } from '../../io/call-server.ts';
import { type CallName, type ControlCalls, calls } from './calls.ts';
import { socketFolder, socketName, temporaryPrefix } from './client.ts';

const maxBody = 65_536;

class BadCall extends Error {
  override readonly name = 'BadCall';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const bytes = await bytesUpTo(request, maxBody);
  if (bytes === null) throw new BadCall(413, 'the call is too long');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new BadCall(400, 'the call is not JSON');
  }
}

const isCall = (name: string): name is CallName => Object.hasOwn(calls, name);

async function answer(request: IncomingMessage, control: ControlCalls): Promise<unknown> {
  const name = (request.url ?? '').slice(1);
  if (!isCall(name)) throw new BadCall(404, `there is no call ${name}`);
  if (request.method !== 'POST') throw new BadCall(405, 'calls are posted');
  const input = calls[name].input.safeParse(await bodyOf(request));
  if (!input.success) throw new BadCall(400, z.prettifyError(input.error));
  // The call's own schema validated the input; TypeScript can't follow the union of calls by name.
  const call = control[name] as (input: unknown) => Promise<unknown>;
  return call(input.data);
}

/** Answers every call and never throws: an error of the command line must not stop the bot. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { control, log }: { readonly control: ControlCalls; readonly log: ControlOptions['log'] },
): Promise<void> {
  const { status, value } = await answer(request, control).then(
    (value) => ({ status: 200, value }),
    (error: unknown) => {
      if (error instanceof BadCall) return { status: error.status, value: { error: error.message } };
      log.error({ err: error }, 'a call from the command line failed: unexpected error');
      return { status: 500, value: { error: error instanceof Error ? error.message : String(error) } };
    },
  );
  // Separate calls: restify replaces `writeHead` of all servers in the process with one that returns nothing.
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

interface ControlOptions {
  /** The data folder, locked by this process. */
  readonly folder: string;
  readonly control: Omit<ControlCalls, 'hello'>;
  readonly log: { error(fields: object, message: string): void };
}

const close = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
};

/**
 * Listens on the folder's control socket, for this user only. The socket is created in a private folder and renamed after its
 * mode is set, so that no other user can ever connect. Replaces the socket of a dead bot.
 */
async function listenOn(folder: string, server: Server): Promise<void> {
  const privateFolder = await mkdtemp(path.join(folder, temporaryPrefix));
  const temporarySocket = path.join(privateFolder, 's');
  try {
    await once(server.listen(temporarySocket), 'listening');
    await chmod(temporarySocket, 0o600);
    await rename(temporarySocket, path.join(folder, socketName));
  } finally {
    await rm(privateFolder, { recursive: true, force: true });
  }
}

/** Interval of checks for a removed socket. Cleanup jobs delete sockets, because they look unused. */
const checkEveryMs = 5_000;

/**
 * Starts the server, and replaces the socket if its file is removed: a socket can't get its name back. `everyMs`: interval of
 * the check.
 */
export async function startControl(
  options: ControlOptions,
  everyMs = checkEveryMs,
): Promise<{ stop(): Promise<void> }> {
  const { log } = options;
  const control: ControlCalls = { ...options.control, hello: async () => ({ pid: process.pid }) };
  const open = () =>
    createServer((request, response) => {
      serve(request, response, { control, log }).catch(() => request.destroy());
    });
  const way = await socketFolder(options.folder);
  const name = path.join(way.path, socketName);
  let server = open();
  await listenOn(way.path, server);

  async function putBack(): Promise<void> {
    if (existsSync(name)) return;
    const [before, next] = [server, open()];
    await listenOn(way.path, next);
    server = next;
    // Answers pending calls on the old socket before it closes.
    before.close();
    log.error({ file: socketName }, 'the socket for the command line was removed, and was created again');
  }

  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(putBack).catch((error: unknown) => {
      log.error(
        { err: error, file: socketName },
        'the socket for the command line was removed, and could not be created again',
      );
    });
  }, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      await rm(name, { force: true });
      await way.close();
      await close(server);
    },
  };
}
