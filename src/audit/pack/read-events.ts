/** Bodies of events, as hashed, into the events that the domain folds. */
import type { ChainLine, RevealedText } from '../../domain/record/chain.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { lineFrom } from '../anchor/line-from.ts';
import { readStrictly, type StrictBodyReader } from '../strict-body.ts';
import { parseBody } from '../verify.ts';

export interface PackEvent {
  readonly line: ChainLine;
  readonly event: StoredEvent;
}

/** In words why it is none; the text of one that is not shown is null, as if it were erased. */
export function readEvent(body: string, texts: readonly RevealedText[], read: StrictBodyReader): PackEvent | string {
  const parsed = parseBody(body);
  if (parsed === null) return 'not a JSON object in canonical form';
  const strict = readStrictly(read, parsed);
  if (typeof strict === 'string') return strict;
  const line = lineFrom(body);
  const { seq, revision, cause, request } = line;
  const shown = texts.filter((text) => text.request === request && text.revision === revision);
  const fields = commitmentFields(parsed).map((field): [string, string | null] => [
    field,
    shown.find((text) => text.field === field)?.text ?? null,
  ]);
  return {
    line,
    event: { seq, revision, cause, time: strict.time, body: strict.event, texts: Object.fromEntries(fields) },
  };
}

/** The strict reading has found them well formed. */
const commitmentFields = ({ commitments }: Readonly<Record<string, unknown>>): readonly string[] =>
  (commitments as readonly { readonly field: string }[]).map(({ field }) => field);
