import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { z } from 'zod';
import type { AnchorReader } from '../../audit/anchor/read-anchor.ts';
import { OlderExport } from '../../audit/export-jsonl.ts';
import { Population } from '../../audit/population.ts';
import { lineFrom } from '../../audit/verify.ts';
import { NotAnExport, readOlderExport, verifyExport } from '../../audit/verify-export.ts';
import { type RecordReport, RecordVerifier, type VerifyOptions } from '../../audit/verify-record.ts';
import { readPlace } from '../../config/env.ts';
import type { Place } from '../../config/place.ts';
import type { Link } from '../../domain/record/chain.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { countOf } from '../../text/count.ts';
import type { Records } from '../rpc/calls.ts';
import { isWitnessed, type KnownKeys, knownKeys, readKeysIn } from './given-keys.ts';
import { flag, jsonOption, Unusable } from './inputs.ts';
import { readRecord } from './open-records.ts';
import {
  isContainer,
  isFolder,
  type OpenedAnchor,
  openPublished,
  type PublishedReport,
  publishedReport,
  vaultMissing,
} from './published.ts';
import { type Exit, exit, subcommand } from './subcommand.ts';
import { isArchive, judgePack, packExit, packJson } from './verify-pack.ts';
import { packWords, publishedWords } from './words/pack.ts';
import { reportWords } from './words/report.ts';

/** A script must not take seals, or the keys of a log, for checked that were not. */
function exitOutcomeOf({ findings, seals }: RecordReport, published: PublishedReport | null): Exit {
  if (findings.length + (published?.findings.length ?? 0) > 0) return exit.no;
  // What was published carries no seals: without the store there is nothing to check.
  const sealsDone = seals.checked || seals.sealed + seals.afterwards === 0;
  const witnessed = published === null || (isWitnessed(published.witnessCheck) && !vaultMissing(published));
  return published?.keysGiven === false || !sealsDone || !witnessed ? exit.unchecked : exit.done;
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
  usage:
    '[EXPORT.jsonl|ANCHOR|PACK.zip] [--against OLDER.jsonl] [--anchor PLACE] [--log-key FILE] [--noted “SEQ: HASH”] [--seal-key FILE] [--json]',
  summary: 'whether the audit trail is as it was written; says where and how it is not',
  help: [
    'Without a file the trail in the store is verified, with what is kept beside it. Every request is replayed by its rules.',
    'A folder is a log that was published: its checkpoints and tiles are checked, and its events replayed.',
    'A zip is an evidence pack: it says what the request’s events come to, and with --anchor whether the log still holds them.',
    '--against OLDER.jsonl: everything in that export, which was kept, must still be there unchanged. Nothing else but a published',
    'log shows that the end was cut off, or that all of it was replaced, while no bot was running.',
    '--anchor PLACE: the same for everything in a published log, in a folder, or in a container by its address, such as',
    'https://ACCOUNT.blob.core.windows.net/CONTAINER. A container is read as the bot signs in, with its configuration.',
    'For an evidence pack, PLACE can also be the file of a checkpoint that you kept.',
    '--log-key FILE: the keys of the published log, a line each, as you have them from elsewhere. Without it those beside the log',
    'are taken, and that shows only that the log fits itself. Keys of witnesses go into the same file: each of them must have signed',
    'the last checkpoint. A line “quorum 2” there says that two are enough, “quorum 0” that none is needed. A key in a vault has a',
    'line of its own, and must have signed too.',
    '--noted “121: 9c0e51d7 …”: the same for one event, as the audit channel names it.',
    '--seal-key FILE: the key of the seals; without a file the store’s own, where it is known here.',
    'Ends with 0 verified, 1 tampered with, 2 could not be read, 3 verified but for what there was no key for, or too few',
    'witnesses, or not the key in the vault, signed.',
  ].join('\n'),
  options: {
    against: { type: 'string' },
    anchor: { type: 'string' },
    'log-key': { type: 'string' },
    noted: { type: 'string' },
    'seal-key': { type: 'string' },
    ...jsonOption,
  },
  positionals: ['file'],
  input: z
    .object({ file: path, against: path, anchor: path, 'log-key': path, noted, 'seal-key': path, json: flag })
    .transform(({ 'log-key': logKey, 'seal-key': sealKey, ...rest }) => ({ ...rest, logKey, sealKey })),
  async run({ file, against, anchor, logKey, noted, sealKey, json }, { records, print, complain, write, data }) {
    const isLog = file !== undefined && (isContainer(file) || (await isFolder(file)));
    if (file !== undefined && !isLog && (await isArchive(file))) {
      for (const [name, given] of Object.entries({ against, noted, 'seal-key': sealKey })) {
        if (given !== undefined) throw new Unusable(`--${name}: says nothing about an evidence pack`);
      }
      const judged = await judgePack({ file, keyFile: logKey, anchor });
      await (json ? write(`${JSON.stringify(packJson(judged))}\n`) : print(packWords(judged)));
      return packExit(judged);
    }
    const read = parseEventBody;
    if (isLog && anchor !== undefined) throw new Unusable('the log of a folder, or --anchor: name one of them');
    const folder = isLog ? file : anchor;
    if (folder === undefined && logKey !== undefined) throw new Unusable('--log-key: names keys of no log');
    const published = folder === undefined ? null : await openPublished(folder, logKey);
    const known = await knownBefore({ against, noted, published: isLog ? null : published }, read);
    const { keys, missing } = await keysFor(sealKey, file === undefined ? readPlace(data) : null);
    const options = { read, ...(known === null ? {} : { older: known }), keys };
    const report = await (isLog && published !== null
      ? verifyPublished(published.reader, options)
      : file === undefined
        ? verifyStore((await records()).records, options)
        : verifyFile(file, options));
    const log = published === null ? null : publishedReport(published);
    if (json) await write(`${JSON.stringify({ ...report, published: log })}\n`);
    else await print([reportWords(report), ...(log === null ? [] : [publishedWords(log)])].join('\n'));
    if (missing !== null) await complain(`cmk-bot audit verify: seals not checked: ${missing}`);
    return exitOutcomeOf(report, log);
  },
});

const day = z.iso.date('must be a day, such as 2026-03-31');

/** The list from which an auditor takes a sample. */
export const auditPopulation = subcommand({
  name: 'audit population',
  usage: 'ANCHOR --from DAY --to DAY [--log-key FILE]',
  summary: 'all requests of a period, out of a published log that is verified first, as CSV',
  help: [
    'ANCHOR is a published log: a folder, or a container by its address. It is verified as by audit verify ANCHOR; if something',
    'does not fit, no list is written. verify.py ANCHOR --keys FILE --population FROM TO writes the same list, byte for byte.',
    '--from DAY, --to DAY: both days are included, in UTC. A request counts by the day on which it was submitted.',
    '--log-key FILE: as with audit verify.',
    'The list goes to standard output, what was verified to standard error. Ends as audit verify does.',
  ].join('\n'),
  options: { from: { type: 'string' }, to: { type: 'string' }, 'log-key': { type: 'string' } },
  positionals: ['anchor'],
  input: z
    .object({
      anchor: z.string({ error: 'is missing; name a published log' }).min(1),
      from: day,
      to: day,
      'log-key': z.string().min(1).optional(),
    })
    .refine(({ from, to }) => from <= to, { error: 'is before --from', path: ['to'] })
    .transform(({ 'log-key': logKey, ...rest }) => ({ ...rest, logKey })),
  async run({ anchor, from, to, logKey }, { write, complain }) {
    const published = await openPublished(anchor, logKey);
    const population = new Population({ from, to }, parseEventBody);
    const options = { read: parseEventBody, keys: null };
    const report = await verifyPublished(published.reader, options, (body) => population.add(body));
    const log = publishedReport(published);
    const outcome = exitOutcomeOf(report, log);
    await complain([reportWords(report), publishedWords(log)].join('\n'));
    if (outcome === exit.no) return outcome;
    await write(population.table(published.reader.newest));
    await complain(`${countOf(population.size, 'request', 'requests')} from ${from} to ${to}.`);
    return outcome;
  },
});

/** What is derived is read first: whatever is written meanwhile comes after it. */
async function verifyStore(records: Records, options: VerifyOptions): Promise<RecordReport> {
  const verifier = new RecordVerifier({ ...options, derived: await records.derived({}) });
  const events = readRecord(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    for (const text of next.value.texts) verifier.text(text);
  }
}

/** `also` gets each body. A published log holds events and neither texts nor seals: those stay with the record. */
async function verifyPublished(
  reader: AnchorReader,
  options: VerifyOptions,
  also: (body: string) => void = () => undefined,
): Promise<RecordReport> {
  const verifier = new RecordVerifier({ ...options, keys: null, bodiesOnly: true });
  for await (const body of reader.bodies()) {
    verifier.event(lineFrom(body));
    also(body);
  }
  return verifier.end(verifier.last);
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} is not there, or may not be read`);
  });
  return read().catch((error: unknown) => {
    throw error instanceof NotAnExport ? new Unusable(`reading ${file}: ${error.message}`) : error;
  });
}

/** Of an export. Throws {@link Unusable}. */
const verifyFile = (file: string, options: VerifyOptions): Promise<RecordReport> =>
  readable(file, () => verifyExport(fileLines(file), options));

interface KnownBefore {
  /** An export that was kept. */
  readonly against: string | undefined;
  /** One event, as somebody noted it. */
  readonly noted: Link | undefined;
  readonly published: OpenedAnchor | null;
}

/** Everything of the record that is known from elsewhere; null: nothing is. Throws {@link Unusable}. */
async function knownBefore(
  { against, noted, published }: KnownBefore,
  read: VerifyOptions['read'],
): Promise<OlderExport | null> {
  if (against === undefined && noted === undefined && published === null) return null;
  const known =
    against === undefined
      ? new OlderExport()
      : await readable(against, () => readOlderExport(() => fileLines(against), read));
  if (noted !== undefined) known.add(noted);
  if (published !== null) for await (const body of published.reader.bodies()) known.add(lineFrom(body));
  return known;
}

/** Those that were named, else those of the store. */
async function keysFor(named: string | undefined, store: Place | null): Promise<KnownKeys> {
  if (named !== undefined) return { keys: await readKeysIn(named), missing: null };
  return store === null ? { keys: null, missing: null } : knownKeys(store);
}

/** Ends lines at `\n` only: `node:readline` would also end them at characters that JSON may hold. */
async function* fileLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
