/** All that a store needs to seal and to check, with the seal keys. */
import { openDocumentSeals, openRowSeals } from './chat-seals.ts';
import { sealWith } from './seal-event.ts';
import { lineChecker, openSeals, type SealKeys } from './seals.ts';
import { commitmentTo } from './verify.ts';

/** The seals of the key before, and its last event. Null: there was none. */
function replacedKey(keys: SealKeys) {
  const before = keys.slice(0, -1);
  const until = keys.at(-2)?.until ?? null;
  return until === null ? null : { until, documentSeals: openDocumentSeals(before), rowSeals: openRowSeals(before) };
}

export const auditTools = (randomBytes: (size: number) => Uint8Array, keys: SealKeys) => {
  const seals = openSeals(keys);
  return {
    seals,
    seal: sealWith(randomBytes, seals),
    check: lineChecker(keys),
    commitmentTo,
    documentSeals: openDocumentSeals(keys),
    rowSeals: openRowSeals(keys),
    replaced: replacedKey(keys),
  };
};
