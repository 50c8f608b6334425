import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Request as BotRequest, Response as BotResponse, CloudAdapter } from 'botbuilder';
import restify from 'restify';
import { z } from 'zod';
import { isDatabaseUnavailable } from '../../domain/database-errors.ts';
import { RequestId } from '../../domain/ids.ts';
import { type CallMetrics, callType, type SpanOf, type Tracing } from '../../domain/ports/telemetry.ts';
import type { WriteRejection } from '../../domain/write-health.ts';
import { pageErrorWords } from '../../text/pages.ts';
import type { InboundActivity } from '../bot/activity.ts';
import type { CmkBot } from '../bot/bot.ts';
import { type PageAnswer, page } from '../sign-in/html.ts';
import { isSecretName } from '../sign-in/secret-documents.ts';
import type { BrowserPage } from '../sign-in/sign-in-pages.ts';
import {
  type CallRefusal,
  type GateOptions,
  isForwarded,
  localCallers,
  openGate,
  openPageLimit,
  type PageLimit,
  shareAnswers,
} from './gate.ts';

/** Error pages for browsers never show the address, because it contains secrets. */
const notStoringPage = (id: string): PageAnswer => page({ status: 503, tone: 'bad', ...pageErrorWords.cannotSave(id) });

const tooManyPage: PageAnswer = page({ status: 429, tone: 'bad', ...pageErrorWords.tooMany });

const bugPage = (id: string): PageAnswer => page({ status: 500, tone: 'bad', ...pageErrorWords.unexpected(id) });

interface ServerOptions extends GateOptions {
  readonly adapter: CloudAdapter;
  readonly bot: CmkBot;
  readonly port: number;
  /** Null: loopback only, IPv4 and IPv6. */
  readonly listen: string | null;
  /** True: only browsers on this machine get pages. */
  readonly local: boolean;
  readonly ready: () => Promise<Readiness>;
  readonly metrics: CallMetrics;
  readonly tracing: Tracing;
  readonly pages: readonly BrowserPage[];
  readonly log: { error(fields: object, message: string): void; info(fields: object, message: string): void };
}

const timeouts = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 };
const mostConnections = 1_000;

const host = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

/**
 * restify 12.0.0 ends the process for a Host or target that isn't a valid URL (restify/node-restify#2011), so it never
 * gets one.
 */
const makesUrl = ({ headers, url = '' }: IncomingMessage): boolean =>
  url.startsWith('/') && host.test(headers.host ?? 'localhost') && URL.canParse(`http://${headers.host}${url}`);

function send(response: restify.Response, { status, reason, message }: CallRefusal): void {
  if (status === 401) response.header('WWW-Authenticate', 'Bearer');
  if (status === 429 || status === 503) response.header('Retry-After', '10');
  response.send(status, { error: { code: reason, message } });
}

/** Logs each refusal reason at most every ten seconds, so that floods don't fill the log. Metrics count all of them. */
function throttleByReason(say: (call: CallRefusal) => void): (call: CallRefusal) => void {
  const said = new Map<string, number>();
  return (call) => {
    const now = performance.now();
    if (now - (said.get(call.reason) ?? Number.NEGATIVE_INFINITY) < 10_000) return;
    said.set(call.reason, now);
    say(call);
  };
}

const sendPage = (response: restify.Response, { status, headers, body }: PageAnswer): void =>
  response.sendRaw(status, body, headers);

/** Limits come in this order so that a flood of links that don't exist keeps no one out. */
async function pageFor(page: BrowserPage, limit: PageLimit, query: URLSearchParams, cookies: string | undefined) {
  const name = query.get(page.parameter) ?? '';
  if (!isSecretName(name)) return page.unknown;
  if (!limit.mayRead(page.path)) return tooManyPage;
  if (!(await page.isKnown(name))) return page.unknown;
  return limit.mayShow(name) ? page.show(query, cookies) : tooManyPage;
}

/** Never logs or shows the address, because it contains secrets. */
async function showPage(
  options: ServerOptions,
  { page, limit }: { readonly page: BrowserPage; readonly limit: PageLimit },
  request: restify.Request,
  response: restify.Response,
): Promise<void> {
  const caller = options.local ? await localCallers(request.headers) : null;
  if (caller?.kind === 'refused') return send(response, caller);
  const { searchParams } = new URL(request.url ?? '', 'http://localhost');
  try {
    sendPage(response, await pageFor(page, limit, searchParams, request.headers.cookie));
  } catch (error) {
    const errorId = randomUUID().slice(0, 8);
    const passes = isDatabaseUnavailable(error);
    const said = passes ? 'a page failed: the database is unavailable' : 'a page failed: unexpected error';
    options.log.error({ err: error, errorId, path: page.path }, said);
    sendPage(response, passes ? notStoringPage(errorId) : bugPage(errorId));
  }
}

export async function startServer(options: ServerOptions): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const routes = restify.createServer({ name: 'cmk-bot', handleUncaughtExceptions: false });
  const { adapter, bot, metrics, tracing, port, log } = options;
  const now = (): number => performance.now();
  const ready = shareAnswers(
    () => options.ready().catch((): Readiness => ({ status: 'not ready', missing: 'database' })),
    now,
  );
  const figures = shareAnswers(() => metrics.text(), now);
  const limit = openPageLimit(now);
  const gate = openGate(options);
  const sayRefused = throttleByReason(({ reason, status }) => log.info({ reason, status }, 'call refused'));
  routes.get('/healthz', async (_request: restify.Request, response: restify.Response) => {
    response.send(200, { status: 'alive' });
  });
  routes.get('/readyz', async (_request: restify.Request, response: restify.Response) => {
    const said = await ready();
    response.send(said.status === 'ready' ? 200 : 503, said);
  });
  // Monitoring is on the internal network; forwarded calls come from outside.
  routes.get('/metrics', async (request: restify.Request, response: restify.Response) => {
    if (isForwarded(request.headers))
      return void response.send(404, { error: { code: 'ResourceNotFound', message: '' } });
    response.sendRaw(200, await figures(), { 'content-type': metrics.contentType });
  });
  const refuse = (response: restify.Response, call: CallRefusal): void => {
    metrics.count({ type: 'unread', ...call });
    sayRefused(call);
    send(response, call);
  };
  routes.post('/api/messages', async (request: restify.Request, response: restify.Response) => {
    const call = await gate(request);
    if (call.kind === 'refused') return refuse(response, call);
    // Teams gets 200 and the error's ID, also of a turn that failed.
    let failed = false;
    response.once('finish', () =>
      metrics.count({ type: callType(call.activity), status: failed ? 500 : response.statusCode, reason: null }),
    );
    request.body = call.activity;
    // The SDK's request and response types are narrower than restify's, but compatible at run time.
    const takeTurn = (): Promise<void> =>
      adapter.process(request as unknown as BotRequest, response as unknown as BotResponse, (context) =>
        bot.run(context).catch((error: unknown) => {
          failed = true;
          throw error;
        }),
      );
    await tracing.span(turnSpan(call.activity), async (note) => {
      await takeTurn();
      note({ 'http.response.status_code': response.statusCode });
    });
  });
  for (const page of options.pages) {
    routes.get(page.path, async (request: restify.Request, response: restify.Response) =>
      showPage(options, { page, limit }, request, response),
    );
  }
  // The router's own server takes no settings. It never listens, and gets the requests of the others.
  const answer: RequestListener = (request, response) => {
    if (makesUrl(request)) routes.server.emit('request', request, response);
    // restify has patched every response, but doesn't know this one.
    else request.socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  };
  const servers = await listenOn(answer, port, options.listen);
  return {
    url: `http://${urlHost(options.listen)}:${port}`,
    async stop() {
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

const urlHost = (address: string | null): string =>
  address === null ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address;

/**
 * Without an address, listens on loopback. Some clients resolve `localhost` to ::1; a machine without IPv6 has only
 * IPv4.
 */
async function listenOn(answer: RequestListener, port: number, address: string | null): Promise<readonly Server[]> {
  if (address !== null) return [await listen(answer, port, address)];
  const first = await listen(answer, port, '127.0.0.1');
  const second = await listen(answer, port, '::1').catch(() => null);
  return second === null ? [first] : [first, second];
}

function listen(answer: RequestListener, port: number, host: string): Promise<Server> {
  const server = createServer(timeouts, answer);
  server.maxConnections = mostConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Other values are free text of the sender. */
const Place = z.enum(['personal', 'groupChat', 'channel']);
const Click = z.object({ action: z.object({ data: z.object({ requestId: RequestId }) }) });

function turnSpan(activity: InboundActivity): SpanOf {
  const type = callType(activity);
  const place = Place.safeParse(activity.conversation.conversationType).data ?? 'other';
  const clicked = Click.safeParse(activity.value).data?.action.data.requestId;
  return {
    name: `turn ${type}`,
    kind: 'server',
    attributes: {
      'cmk.activity.type': type,
      'cmk.conversation.type': place,
      ...(clicked === undefined ? {} : { 'cmk.request.id': clicked }),
    },
  };
}

/** The answer of `/readyz`: 200 if this replica can take calls, otherwise 503. */
export type Readiness =
  | { readonly status: 'ready' }
  /** It takes calls, but tells people that the database is read-only. */
  | { readonly status: 'ready'; readonly stores: false; readonly because: WriteRejection }
  | { readonly status: 'not ready'; readonly missing: 'clock' | 'database' };
