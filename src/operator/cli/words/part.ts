/** What an export holds where it does not hold everything. */
import type { ExportPart } from '../../../audit/export-jsonl.ts';

/** `requests for triage-agent-prod, from 2026-08-01T00:00:00.000Z on`; empty: everything. */
export function partWords(part: ExportPart | null, since: string | undefined): string {
  const chosen = [
    ...(part?.request == null ? [] : [`request ${part.request}`]),
    ...(part?.resource == null ? [] : [`requests for ${part.resource}`]),
    ...(since === undefined ? [] : [`from ${since} on`]),
  ];
  return chosen.join(', ');
}

/** What of a part can be verified, by its format. */
export const verifiableWords = {
  jsonl: (part: ExportPart | null): string =>
    part === null
      ? 'cmk-bot audit verify checks all of it; what was before shows in the whole trail alone.'
      : 'cmk-bot audit verify checks each event, its texts and its seal, and replays the requests. That nothing was left out behind their last events, and that they stand in the record, shows in the whole trail or in the published log.',
  csv: () => 'A table cannot be verified.',
  cloudevents: () =>
    'Of each event the SHA-256 of data.raw_data is its id. That none was left out shows in the whole trail alone.',
} as const;
