/** Verifies the record in a store, with what is kept beside it. */
import { type RecordReport, RecordVerifier, type VerifyOptions } from '../audit/verify-record.ts';
import type { Records } from '../operator/rpc/calls.ts';
import { readRecord } from './read-record.ts';

/** What is derived is read first: whatever is written meanwhile comes after it. */
export async function verifyStore(records: Records, options: VerifyOptions): Promise<RecordReport> {
  const verifier = new RecordVerifier({ ...options, derived: await records.derived({}) });
  const events = readRecord(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    for (const text of next.value.texts) verifier.text(text);
  }
}
