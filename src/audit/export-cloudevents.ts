/**
 * The record as CloudEvents 1.0 (JSON format), one a line, each around an OCSF event. For whoever collects events of many
 * programs; `audit verify` does not read it.
 */
import { ocsfEvent, ocsfPage, type Projected } from './export-ocsf.ts';
import { quietJson } from './quiet-json.ts';

export interface Envelope {
  /** The hash of the record's first event, which no other record has. */
  readonly first: string;
  /** What this is a part of, in words; empty: of nothing, it is the whole. */
  readonly part: string;
}

/** Numbers of one length, so that they sort as text: CloudEvents' extension `sequence`. */
const sequenceOf = (seq: number): string => String(seq).padStart(12, '0');

/** The line, with its line feed. */
export function cloudEventLine(projected: Projected, { first, part }: Envelope): string {
  const { line, event } = projected;
  const value = {
    specversion: '1.0',
    type: `cmk-bot.audit.${event?.body.type ?? 'unreadable'}`,
    source: `/cmk-bot/records/${first}`,
    id: line.hash,
    subject: line.request,
    ...(event === null ? {} : { time: event.time }),
    datacontenttype: 'application/json',
    dataschema: ocsfPage(event),
    sequence: sequenceOf(line.seq),
    ...(part === '' ? {} : { partof: part }),
    data: ocsfEvent(projected),
  };
  return `${quietJson(value)}\n`;
}
