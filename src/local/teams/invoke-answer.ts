import { z } from 'zod';
import type { BotReply } from './bot-link.ts';
import { cardType } from './cards.ts';
import type { JsonObject } from './model.ts';

/** What a Teams client makes of the answer to an `adaptiveCard/action`. */
export type InvokeOutcome =
  | { readonly kind: 'card'; readonly card: JsonObject }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string };

const Body = z.object({ statusCode: z.number(), type: z.string(), value: z.unknown() });
const ErrorValue = z.object({ message: z.string().min(1) });
const Card = z.record(z.string(), z.unknown());

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
  const problem = ErrorValue.safeParse(value);
  return problem.success ? { kind: 'error', text: problem.data.message } : wentWrong;
}
