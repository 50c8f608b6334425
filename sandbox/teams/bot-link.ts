import { z } from 'zod';
import { callServer, readJson } from '../http.ts';
import { cardType } from './cards.ts';
import type { JsonObject } from './state.ts';

/** `refused`: the bot isn't listening, so nothing was delivered. `cut`: the bot might have received it. */
export type BotReply =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'refused' | 'cut' | 'late' };

export const botLink = (botUrl: string) => ({
  /** Posts one activity to the bot and waits at most `timeoutMs` for its answer. */
  deliver: (activity: JsonObject, timeoutMs: number): Promise<BotReply> =>
    call(new URL(botUrl), 'POST', JSON.stringify(activity), timeoutMs),
  /** Returns true if `/healthz` of the bot answers at all. */
  reachable: async () => (await call(new URL('/healthz', botUrl), 'GET', '', 2_000)).kind === 'answered',
});

async function call(url: URL, method: string, body: string, timeoutMs: number): Promise<BotReply> {
  try {
    const { status, text } = await callServer(url, { method, body, timeoutMs });
    return { kind: 'answered', status, body: readJson(text) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AbortError' || error.name === 'TimeoutError') return { kind: 'late' };
    return { kind: 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'cut' };
  }
}

export interface SignInButton {
  readonly title: string;
  readonly url: string;
}

/** The bot answers with an OAuthCard: the person must sign in, then the same click is sent again. */
export interface LoginRequest {
  readonly kind: 'login';
  readonly text: string;
  readonly connectionName: string;
  readonly button: SignInButton;
  /** A token that can be exchanged without asking the person. */
  readonly exchange: { readonly id: string; readonly uri: string } | null;
}

/** What a Teams client shows for the answer to an `adaptiveCard/action`. */
export type InvokeOutcome =
  | { readonly kind: 'card'; readonly card: JsonObject }
  | { readonly kind: 'text'; readonly text: string }
  | LoginRequest
  /** The bot rejected the token. */
  | { readonly kind: 'precondition'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string };

const Body = z.object({ statusCode: z.number(), type: z.string(), value: z.unknown() });
const ErrorValue = z.object({ message: z.string().min(1) });
const Card = z.record(z.string(), z.unknown());

/** Teams doesn't show a request without connection name or button (Microsoft's page on it). */
const OAuthCard = z.object({
  text: z.string(),
  connectionName: z.string().min(1),
  tokenExchangeResource: z.object({ id: z.string(), uri: z.string() }).optional(),
  buttons: z.tuple([z.object({ title: z.string(), type: z.literal('signin'), value: z.url() })]),
});

const unreachable: InvokeOutcome = { kind: 'error', text: 'Unable to reach app. Please try again.' };
const wentWrong: InvokeOutcome = { kind: 'error', text: 'Something went wrong. Please try again.' };

export function readInvokeAnswer(reply: BotReply): InvokeOutcome {
  if (reply.kind !== 'answered') return unreachable;
  const body = Body.safeParse(reply.body);
  if (!body.success) return reply.status >= 500 ? unreachable : wentWrong;
  const { statusCode, type, value } = body.data;
  if (statusCode === 200 && type === cardType) {
    const card = Card.safeParse(value);
    return card.success ? { kind: 'card', card: card.data } : wentWrong;
  }
  if (statusCode === 200 && type === 'application/vnd.microsoft.activity.message')
    return typeof value === 'string' && value !== '' ? { kind: 'text', text: value } : wentWrong;
  if (statusCode === 401 && type === 'application/vnd.microsoft.activity.loginRequest') return readLogin(value);
  const problem = ErrorValue.safeParse(value);
  const kind = type === 'application/vnd.microsoft.error.preconditionFailed' ? 'precondition' : 'error';
  return problem.success ? { kind, text: problem.data.message } : wentWrong;
}

function readLogin(value: unknown): InvokeOutcome {
  const card = OAuthCard.safeParse(value);
  if (!card.success) return wentWrong;
  const { text, connectionName, tokenExchangeResource, buttons } = card.data;
  const [{ title, value: url }] = buttons;
  return { kind: 'login', text, connectionName, button: { title, url }, exchange: tokenExchangeResource ?? null };
}
