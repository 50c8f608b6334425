import { createServer, type Server } from 'node:http';
import type { Request as BotRequest, Response as BotResponse, CloudAdapter } from 'botbuilder';
import restify from 'restify';
import { InboundActivity } from './activity.ts';
import type { CmkBot } from './bot.ts';
import type { BrowserPage } from './sign-in/pages.ts';

export interface ServerOptions {
  readonly adapter: CloudAdapter;
  readonly bot: CmkBot;
  readonly port: number;
  /** Without tokens: listens on loopback only, and takes nothing that a foreign page could have sent. */
  readonly local: boolean;
  readonly ready: () => Promise<boolean>;
  /** What browsers may look at. */
  readonly pages: readonly BrowserPage[];
  readonly log: { error(fields: object, message: string): void; info(fields: object, message: string): void };
}

export interface BotServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Teams keeps messages under 100 KB; card clicks with inputs stay far below. */
const longestBody = 256 * 1024;
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

const hostOf = (header: string | undefined): string => (header ?? '').replace(/:\d+$/, '');

/** Why a local request is not taken; null when it is. */
function localRefusal(request: restify.Request): string | null {
  if (!loopback.test(hostOf(request.headers.host))) return 'In local mode the Host must be a loopback address.';
  const { origin } = request.headers;
  if (origin !== undefined && !(URL.canParse(origin) && loopback.test(new URL(origin).hostname))) {
    return 'In local mode a foreign Origin is not taken.';
  }
  return null;
}

/** What is wrong with a body that is no activity; null when it is one. */
function malformed(body: unknown, local: boolean): string | null {
  const read = InboundActivity.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    return `The activity is malformed: ${issue?.path.join('.') || 'body'}: ${issue?.message}.`;
  }
  if (local && !loopback.test(new URL(read.data.serviceUrl).hostname))
    return 'In local mode the serviceUrl must be on this machine.';
  return null;
}

/**
 * Before a byte of the body is read: the parser would write uploads into files and unpack what is packed without a limit, for
 * anybody, since tokens are looked at later.
 */
function onlyPlainJson(request: restify.Request, response: restify.Response, next: restify.Next): void {
  const { 'content-type': type = '', 'content-encoding': packed } = request.headers;
  const isRead = request.method !== 'GET';
  if (isRead && !(/^application\/json *(;|$)/i.test(type) && packed === undefined)) {
    const message = 'Send application/json that is not packed.';
    response.send(415, { error: { code: 'UnsupportedMediaType', message } });
    next(false);
    return;
  }
  next();
}

async function messages(options: ServerOptions, request: restify.Request, response: restify.Response): Promise<void> {
  const refuse = (status: number, message: string) => response.send(status, { error: { code: 'BadRequest', message } });
  if (options.local) {
    const refusal = localRefusal(request);
    if (refusal !== null) return refuse(403, refusal);
  }
  const wrong = malformed(request.body, options.local);
  if (wrong !== null) return refuse(400, wrong);
  request.body = InboundActivity.parse(request.body);
  // The SDK's own request and response types are narrower than restify's and the same at run time.
  await options.adapter.process(request as unknown as BotRequest, response as unknown as BotResponse, (context) =>
    options.bot.run(context),
  );
}

/** What was asked for stands in the address: it is never logged, and a bug shows nothing of it. */
async function showPage(
  options: ServerOptions,
  page: BrowserPage,
  request: restify.Request,
  response: restify.Response,
): Promise<void> {
  if (options.local && !loopback.test(hostOf(request.headers.host))) {
    response.send(403, {
      error: { code: 'BadRequest', message: 'In local mode the Host must be a loopback address.' },
    });
    return;
  }
  const { searchParams } = new URL(request.url ?? '', 'http://localhost');
  try {
    const { status, headers, body } = await page.show(searchParams, request.headers.cookie);
    response.sendRaw(status, body, headers);
  } catch (error) {
    options.log.error({ err: error, path: page.path }, 'a page ended by an unexpected error');
    response.send(500, { error: { code: 'InternalError', message: 'Something unexpected happened.' } });
  }
}

export async function startServer(options: ServerOptions): Promise<BotServer> {
  const server = restify.createServer({ name: 'cmk-bot', handleUncaughtExceptions: false });
  server.use(onlyPlainJson);
  server.use(restify.plugins.bodyParser({ maxBodySize: longestBody, mapParams: false }));
  server.get('/healthz', async (_request: restify.Request, response: restify.Response) => {
    response.send(200, { status: 'alive' });
  });
  server.get('/readyz', async (_request: restify.Request, response: restify.Response) => {
    const ready = await options.ready().catch(() => false);
    response.send(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' });
  });
  server.post('/api/messages', async (request: restify.Request, response: restify.Response) =>
    messages(options, request, response),
  );
  for (const page of options.pages) {
    server.get(page.path, async (request: restify.Request, response: restify.Response) =>
      showPage(options, page, request, response),
    );
  }
  await listen(server.server, options.port, options.local ? '127.0.0.1' : undefined);
  const second = options.local ? await alsoOnIpv6(server.server, options.port) : null;
  return {
    url: `http://127.0.0.1:${options.port}`,
    async stop() {
      second?.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const listen = (server: Server, port: number, host: string | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });

/** `localhost` is ::1 to some clients. A machine without IPv6 goes without. */
async function alsoOnIpv6(first: Server, port: number): Promise<Server | null> {
  const second = createServer((request, response) => first.emit('request', request, response));
  try {
    await listen(second, port, '::1');
    return second;
  } catch {
    return null;
  }
}
