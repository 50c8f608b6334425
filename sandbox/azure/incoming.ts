/** Requests as they come in, and the faults that change what happens to them. */

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { z } from 'zod';
import { isObject, matchesCall, plainPath, Refusal, readJson, readText } from '../http.ts';
import { type Fault, onlySlows } from './fault.ts';
import type { SimulatorState } from './state/schema.ts';

/** One request, with its whole body. */
export interface Incoming {
  readonly method: string;
  /** The full URL as sent, with the port that it arrived at. */
  readonly sentUrl: string;
  /** Without double and trailing slashes: real clients send both. */
  readonly path: string;
  /** Names and values are decoded: `api%2Dversion` and `%24filter` are found too. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  /** JSON or form fields; undefined without a body, or if it isn't JSON. */
  readonly body: unknown;
  /** True if a fault treats the caller as one without permission. */
  readonly denied: boolean;
  /** True if a fault treats the caller's token as expired. */
  readonly expired: boolean;
  /** The fault that decides how an operation of this request ends. */
  readonly operationFault: Fault | null;
}

const largestBody = 32_000_000;

const readBody = (text: string, contentType: string): unknown => {
  if (text !== '' && contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  const body = readJson(text);
  return typeof body === 'string' ? undefined : body;
};

/** Returns null if the body is too large. */
export const readIncoming = async (message: IncomingMessage): Promise<Incoming | null> => {
  const text = await readText(message, largestBody);
  if (text === null) return null;
  const localPort = message.socket.localPort ?? 0;
  const { method = 'GET', url = '/' } = message;
  const host = message.headers.host ?? `localhost:${localPort}`;
  const [path = '', ...query] = url.split('?');
  return {
    method,
    sentUrl: `https://${host}${url}`,
    path: plainPath(path),
    query: new URLSearchParams(query.join('?')),
    headers: message.headers,
    host,
    localPort,
    remoteAddress: (message.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
    body: readBody(text, message.headers['content-type'] ?? ''),
    denied: false,
    expired: false,
    operationFault: null,
  };
};

/** A list of names; missing or null: an empty one. */
export const Names = z
  .array(z.string())
  .nullish()
  .transform((names) => names ?? []);

/** Parses the body. Throws ARM's refusal if its shape is wrong (real code, with the field). */
export const parseBody = <T>(schema: z.ZodType<T>, body: unknown, code = 'InvalidRequestContent'): T => {
  if (body === undefined) {
    throw Refusal.of(
      400,
      code,
      'The request content was invalid and could not be deserialized: expected a JSON object.',
    );
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `The request content was invalid: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`;
  throw Refusal.of(400, code, message);
};

/** POST requests that only read: Resource Graph, Microsoft Graph, logs, tokens, and operations with a key. */
const asking = [
  /\/providers\/Microsoft\.ResourceGraph\/resources$/i,
  /\/v1\.0\/users\/[^/]+\/check(Member|)(Groups|Objects)$/i,
  /^\/v1\/workspaces\/[^/]+\/query$/i,
  /\/oauth2\/v2\.0\/token$/i,
  /^\/keys\/.+\/(wrapkey|unwrapkey)$/i,
];

/** Returns true if the request itself doesn't change the state. Time and used-up faults can still change it. */
export const isReading = ({ method, path }: Pick<Incoming, 'method' | 'path'>): boolean =>
  method === 'GET' || method === 'HEAD' || (method === 'POST' && asking.some((one) => one.test(path)));

const matches = ({ match, lose }: Fault, { method, sentUrl, body }: Incoming): boolean =>
  matchesCall(match, { method, url: sentUrl }) &&
  (match.carries === undefined || hasMember(body, match.carries)) &&
  (lose === undefined || lose.some((member) => hasMember(body, member)));

/** Returns the first fault that matches, combined with the first lasting delay, and counts the use; null if there is none. */
export const takeFault = (state: SimulatorState, incoming: Incoming): Fault | null => {
  const fitting = state.faults.filter((one) => one.operation === undefined && matches(one, incoming));
  const slow = fitting.find(onlySlows);
  const fault = fitting.find((one) => !onlySlows(one));
  if (fault === undefined) return slow ?? null;
  spend(state, fault);
  return { ...fault, delayMs: (slow?.delayMs ?? 0) + (fault.delayMs ?? 0) };
};

/** Counts one use. */
export const spend = (state: SimulatorState, fault: Fault): void => {
  if (fault.times === undefined) return;
  fault.times -= 1;
  if (fault.times <= 0) state.faults = state.faults.filter((one) => one !== fault);
};

/** Returns the first fault that sets how an operation of this request ends. */
const operationFault = (state: SimulatorState, incoming: Incoming): Fault | null =>
  state.faults.find((one) => one.operation !== undefined && matches(one, incoming)) ?? null;

/** Returns the request as Azure sees it with the fault. */
export const underFault = (state: SimulatorState, incoming: Incoming, fault: Fault | null): Incoming => ({
  ...incoming,
  operationFault: operationFault(state, incoming),
  denied: fault?.deny === true,
  expired: fault?.expireToken === true,
  body: (fault?.lose ?? []).reduce(withoutMember, incoming.body),
});

const named = (fault: Fault): Fault => ({ ...fault, id: fault.id ?? randomUUID() });

/** Adds faults. A fault with an existing ID replaces the other; one without ID gets one. */
export const addFaults = (state: SimulatorState, added: readonly Fault[]): void => {
  const replaced = new Set(added.map(({ id }) => id));
  state.faults = [...state.faults.filter(({ id }) => id === undefined || !replaced.has(id)), ...added].map(named);
};

/** Removes one fault or, without an ID, all. Operations that it held forever end now. */
export const removeFaults = (state: SimulatorState, id: string | null, now: Date): void => {
  for (const operation of state.operations) {
    if (operation.heldBy === null || (id !== null && operation.heldBy !== id)) continue;
    operation.dueAt = now.toISOString();
    operation.heldBy = null;
  }
  state.faults = id === null ? [] : state.faults.filter((one) => one.id !== id);
};

/** Returns true if the body has the member at a dotted path. */
const hasMember = (body: unknown, path: string): boolean => {
  const [name = '', ...below] = path.split('.');
  if (!isObject(body) || !(name in body)) return false;
  return below.length === 0 || hasMember(body[name], below.join('.'));
};

/** Returns the body without the member at a dotted path. */
const withoutMember = (body: unknown, path: string): unknown => {
  if (!isObject(body)) return body;
  const [name = '', ...below] = path.split('.');
  const { [name]: member, ...rest } = body;
  if (below.length === 0 || !(name in body)) return rest;
  return { ...rest, [name]: withoutMember(member, below.join('.')) };
};
