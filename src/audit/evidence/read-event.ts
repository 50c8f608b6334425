/** Reads an event of a pack as the bot's own. */
import type { EventOfRequest } from '../../domain/evidence/replacement.ts';
import type { RevealedText } from '../../domain/record/chain.ts';
import type { EventBody } from '../../domain/request/events.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { lineFrom, parseBody } from '../verify.ts';

/** Parses an event, or returns the reason in words. Omitted texts are null, as if they were erased. */
export function readEvent(body: string, texts: readonly RevealedText[]): EventOfRequest | string {
  const parsed = parseBody(body);
  if (parsed === null) return 'not a JSON object in canonical form';
  let event: EventBody;
  try {
    event = parseEventBody(parsed);
  } catch (error) {
    return String(error);
  }
  const { seq, revision, cause, request } = lineFrom(body);
  const shown = texts.filter((text) => text.request === request && text.revision === revision);
  // The strict schema validated these.
  const commitments = parsed.commitments as readonly { readonly field: string }[];
  const fields = commitments.map(({ field }): [string, string | null] => [
    field,
    shown.find((text) => text.field === field)?.text ?? null,
  ]);
  return {
    request,
    event: { seq, revision, cause, time: String(parsed.time), body: event, texts: Object.fromEntries(fields) },
  };
}
