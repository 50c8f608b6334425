/**
 * Application log: one JSON line per event, for operators. Errors of HTTP clients contain the request (tokens, cards with
 * people's texts, rows). So only listed fields of an error are written, and console output of libraries is filtered the same
 * way.
 */
import { format } from 'node:util';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Patterns to redact in messages: tokens, and passwords in URLs, forms and settings. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer …'],
  [/\beyJ[\w-]{8,}(\.[\w-]+){0,4}/g, 'token …'],
  [/\b(client_secret|client_assertion|password|assertion|sig)=[^&\s"']+/gi, '$1=…'],
  [/(\w:\/\/[^\s:/@]+):[^\s@/]+@/g, '$1:…@'],
];

const longestText = 1000;

export function withoutSecrets(text: string): string {
  const clean = secrets.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text);
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean;
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly requestIds?: readonly string[];
  readonly constraint?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const idHeaders = ['x-ms-client-request-id', 'x-ms-request-id', 'x-ms-correlation-request-id', 'ms-cv'];

function requestIdsOf(error: Record<string, unknown>): readonly string[] {
  const found = [error.request, error.response].flatMap((side) => {
    const headers = isObject(side) ? side.headers : undefined;
    if (!isObject(headers) || typeof headers.get !== 'function') return [];
    return idHeaders.map((name): unknown => (headers.get as (name: string) => unknown)(name));
  });
  return found.filter((id) => typeof id === 'string' && /^[\w.-]{1,80}$/.test(id)) as string[];
}

/** Returns the stack frames only, because a stack's first lines repeat the message. */
const framesOf = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 20)
    .join('\n');

const deepestCause = 3;

export function errorInLog(thrown: unknown, depth = 0): LoggedError {
  if (!isObject(thrown)) return { type: typeof thrown, message: withoutSecrets(String(thrown)) };
  const { name, message, code, statusCode, status, constraint, stack, cause } = thrown;
  const httpStatus = [statusCode, status].find((one) => typeof one === 'number');
  const requestIds = requestIdsOf(thrown);
  return {
    type: typeof name === 'string' ? name : 'object',
    message: typeof message === 'string' ? withoutSecrets(message) : '',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof httpStatus === 'number' ? { status: httpStatus } : {}),
    ...(requestIds.length === 0 ? {} : { requestIds }),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(typeof stack === 'string' ? { stack: framesOf(stack) } : {}),
    ...(isObject(cause) && depth < deepestCause ? { cause: errorInLog(cause, depth + 1) } : {}),
  };
}

export type Log = Logger;
export type LogStream = DestinationStream;

/** `idsOf`: additional fields of each line, such as trace IDs. `to`: by default standard output. */
export function openLog(level: string, replica: string, idsOf: () => object = () => ({}), to?: LogStream): Log {
  const serializers = { err: (error: unknown) => errorInLog(error) };
  return pino({ level, base: { replica }, mixin: () => idsOf(), serializers }, to);
}

const printed = (args: readonly unknown[]): string =>
  withoutSecrets(format(...args.map((one) => (isObject(one) ? (one instanceof Error ? '(error)' : '(object)') : one))));

/**
 * Redirects console output of libraries to the log, permanently. Errors and warnings become warnings. Other output, such as
 * progress, is for debugging.
 */
export function redirectConsole(log: Log): void {
  const say =
    (usual: 'debug' | 'warn') =>
    (...args: unknown[]): void => {
      const error = args.find((one) => one instanceof Error);
      const fields = { printed: printed(args), ...(error === undefined ? {} : { err: error }) };
      log[error === undefined ? usual : 'warn'](fields, 'output of a library');
    };
  for (const method of ['warn', 'error'] as const) console[method] = say('warn');
  for (const method of ['log', 'info', 'debug', 'trace'] as const) console[method] = say('debug');
}

/** Logs uncaught exceptions. Node would print the error with all its fields. */
export function logUncaughtErrors(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by an uncaught error');
    process.exit(1);
  });
}

interface RunningSources {
  readonly log: Record<'info' | 'warn', (fields: object, message: string) => unknown>;
  readonly head: () => Promise<{ readonly seq: number }>;
  readonly build: object;
}

/** Well within the window of the alert on silence in infra/alerts.json, which is a day. */
const everyMs = 3_600_000;

/** Logs one line an hour, until `stop` is called: the build, and how many events the audit log has. */
export function logRunning({ log, head, build }: RunningSources) {
  let logging: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    logging = head().then(
      ({ seq }) => log.info({ ...build, events: seq }, 'running'),
      (err: unknown) => log.warn({ ...build, err }, 'running, but the end of the audit log couldn’t be read'),
    );
  }, everyMs);
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await logging;
    },
  };
}
