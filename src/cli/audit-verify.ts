import { access, constants } from 'node:fs/promises';
import { z } from 'zod';
import { OlderExport } from '../audit/older-export.ts';
import { NotAnExport, readOlderExport, verifyExport } from '../audit/verify-export.ts';
import type { RecordReport } from '../audit/verify-record.ts';
import { type Place, readPlace } from '../config/place.ts';
import { parseEventBody } from '../operations/registry.ts';
import { fileLines } from './file-lines.ts';
import { flag, jsonOption } from './inputs.ts';
import { type KnownKeys, keysIn, knownKeys } from './seal-keys.ts';
import { type Exit, exit, subcommand } from './subcommand.ts';
import { Unusable } from './unusable.ts';
import { verifyStore } from './verify-store.ts';
import { reportWords } from './words/report.ts';

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} is not there, or may not be read`);
  });
  return read().catch((error: unknown) => {
    throw error instanceof NotAnExport ? new Unusable(`reading ${file}: ${error.message}`) : error;
  });
}

/** Those that were named, else those of the store. */
async function keysFor(named: string | undefined, store: Place | null): Promise<KnownKeys> {
  if (named !== undefined) return { keys: await keysIn(named), missing: null };
  return store === null ? { keys: null, missing: null } : knownKeys(store);
}

/** A script must not take seals for checked that were not. */
function outcomeOf({ findings, seals }: RecordReport): Exit {
  if (findings.length > 0) return exit.no;
  return seals.checked || seals.sealed + seals.afterwards === 0 ? exit.done : exit.unchecked;
}

const path = z.string().min(1).optional();

const noted = z
  .string()
  .transform((text) =>
    /^(?:Chain at )?([1-9]\d*): ?([0-9a-f]{64})$/.exec(text.replaceAll(/(?<=[0-9a-f]{8}) (?=[0-9a-f]{8})/g, '')),
  )
  .refine((found) => found !== null, 'must be an event’s number and its whole hash, such as “121: 9c0e51d7 …”')
  .transform((found) => ({ seq: Number(found?.[1]), hash: found?.[2] ?? '' }))
  .optional();

/** The whole trail, in an export or in the store. */
export const auditVerify = subcommand({
  name: 'audit verify',
  usage: '[EXPORT.jsonl] [--against OLDER.jsonl] [--noted “SEQ: HASH”] [--seal-key FILE] [--json]',
  summary: 'whether the audit trail is as it was written; says where and how it is not',
  help: [
    'Without a file the trail in the store is verified, with what is kept beside it. Every request is replayed by its rules.',
    '--against OLDER.jsonl: everything in that export, which was kept, must still be there unchanged. Nothing else shows that the',
    'end was cut off, or that all of it was replaced, while no bot was running.',
    '--noted “121: 9c0e51d7 …”: the same for one event, as the audit channel names it.',
    '--seal-key FILE: the key of the seals; without a file the store’s own, where it is known here.',
    'Ends with 0 verified, 1 tampered with, 2 could not be read, 3 verified but for the seals: without the key all the rest is.',
  ].join('\n'),
  options: { against: { type: 'string' }, noted: { type: 'string' }, 'seal-key': { type: 'string' }, ...jsonOption },
  positionals: ['file'],
  input: z.object({ file: path, against: path, noted, 'seal-key': path, json: flag }),
  async run({ file, against, noted: place, 'seal-key': keyFile, json }, { records, print, complain, write, data }) {
    const read = parseEventBody;
    const exported =
      against === undefined ? null : await readable(against, () => readOlderExport(() => fileLines(against), read));
    const known = exported ?? (place === undefined ? null : new OlderExport());
    if (place !== undefined) known?.add(place);
    const older = known === null ? {} : { older: known };
    const { keys, missing } = await keysFor(keyFile, file === undefined ? readPlace(data) : null);
    const options = { read, ...older, keys };
    const report =
      file === undefined
        ? await verifyStore((await records()).records, options)
        : await readable(file, () => verifyExport(fileLines(file), options));
    if (json) await write(`${JSON.stringify(report)}\n`);
    else await print(reportWords(report));
    if (missing !== null) await complain(`cmk-bot audit verify: seals not checked: ${missing}`);
    return outcomeOf(report);
  },
});
