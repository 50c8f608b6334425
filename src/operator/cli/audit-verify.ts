import { z } from 'zod';
import { Population } from '../../audit/population.ts';
import type { AuditLogReport } from '../../audit/verify-audit-log.ts';
import { readPlace } from '../../config/env.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { countOf } from '../../text/words.ts';
import { day, flag, jsonExplanation, Unusable } from './inputs.ts';
import {
  isContainer,
  isFolder,
  openPublished,
  type PublishedReport,
  publishedReport,
  vaultMissing,
} from './published.ts';
import { EventCount, exit, subcommand, type VerificationExit } from './subcommand.ts';
import { isWitnessed } from './verifier-keys.ts';
import { isArchive, packExit, packJson, verifyPackFile } from './verify-pack.ts';
import { keysFor, openBaseline, verifyFile, verifyPublished, verifyStore } from './verify-sources.ts';
import { packWords, publishedWords } from './words/pack.ts';
import { reportWords } from './words/report.ts';

/** Returns the exit code. Scripts must be able to detect unchecked seals and log keys. */
export function exitOutcomeOf(
  { findings, seals }: AuditLogReport,
  published: PublishedReport | null,
): VerificationExit {
  if (findings.length + (published?.findings.length ?? 0) > 0) return exit.no;
  // A published log has no seals, so without the database there is nothing to check.
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

/** Verifies an audit log: from the database, an export, a published log or a pack. */
export const auditVerify = subcommand({
  name: 'audit verify',
  usage:
    '[EXPORT.jsonl|ANCHOR|PACK.zip] [--against OLDER.jsonl] [--anchor PLACE] [--log-key FILE] [--noted “SEQ: HASH”] [--seal-key FILE] [--json]',
  summary: 'verifies the audit log in the database, an export, a published log or an evidence pack',
  help: [
    'Without a file, verifies the audit log in the database and replays each request by its rules. Only a comparison',
    'with a copy kept elsewhere shows that the last events are missing, or that the whole log was replaced.',
  ].join('\n'),
  explains: [
    ['EXPORT.jsonl', 'an export'],
    ['ANCHOR', 'a published log: a folder, or the address of a container'],
    ['PACK.zip', 'an evidence pack'],
    ['--against OLDER.jsonl', 'all events of this older export must still be there, unchanged'],
    [
      '--anchor PLACE',
      'the same for all events of a published log: a folder, or https://ACCOUNT.blob.core.windows.net/CONTAINER. For a pack also a file with a checkpoint that you kept',
    ],
    [
      '--log-key FILE',
      'keys of the published log and of its witnesses, that you received separately, one per line. Each witness must have signed the last checkpoint; a line “quorum 2” says that two are enough',
    ],
    ['--noted “SEQ: HASH”', 'the same for one event, as the audit channel shows it'],
    ['--seal-key FILE', 'the seal key. Default: the key of the database, if it is known here'],
    jsonExplanation,
  ],
  exits: {
    0: 'verified',
    1: 'integrity error',
    2: 'unreadable input',
    3: 'incomplete: a key or the signature of a witness is missing',
  },
  examples: [
    'cmk-bot audit verify',
    'cmk-bot audit verify PACK.zip --log-key keys.txt',
    'cmk-bot audit verify audit.jsonl --against last-year.jsonl',
  ],
  positionals: ['file'],
  input: z
    .object({ file: path, against: path, anchor: path, 'log-key': path, noted, 'seal-key': path, json: flag })
    .transform(({ 'log-key': logKey, 'seal-key': sealKey, ...rest }) => ({ ...rest, logKey, sealKey })),
  async run(
    { file, against, anchor, logKey, noted, sealKey, json },
    { records, print, complain, write, progress, data },
  ) {
    const isLog = file !== undefined && (isContainer(file) || (await isFolder(file)));
    if (file !== undefined && !isLog && (await isArchive(file))) {
      for (const [name, given] of Object.entries({ against, noted, 'seal-key': sealKey })) {
        if (given !== undefined) throw new Unusable(`--${name} can’t be used with an evidence pack`);
      }
      const judged = await verifyPackFile({ file, keyFile: logKey, anchor });
      await (json ? write(`${JSON.stringify(packJson(judged))}\n`) : print(packWords(judged, packExit(judged))));
      return packExit(judged);
    }
    const read = parseEventBody;
    if (isLog && anchor !== undefined) throw new Unusable('name either a published log or --anchor, not both');
    const folder = isLog ? file : anchor;
    if (folder === undefined && logKey !== undefined)
      throw new Unusable('--log-key needs a published log: name one, or use --anchor');
    const published = folder === undefined ? null : await openPublished(folder, logKey);
    const known = await openBaseline({ against, noted, published: isLog ? null : published }, read);
    const { keys, missing } = await keysFor(sealKey, file === undefined ? readPlace(data) : null);
    const options = { read, ...(known === null ? {} : { older: known }), keys };
    const count = new EventCount('Verified', progress);
    const report = await (isLog && published !== null
      ? verifyPublished(published.reader, options, count)
      : file === undefined
        ? verifyStore((await records()).records, options, count)
        : verifyFile(file, options, count));
    const log = published === null ? null : publishedReport(published);
    const outcome = exitOutcomeOf(report, log);
    const baseline = [
      ...(against === undefined ? [] : ['earlier export']),
      ...(noted === undefined ? [] : ['noted event']),
      ...(published === null ? [] : ['published log']),
    ].join(' and the ');
    if (json) await write(`${JSON.stringify({ ...report, published: log })}\n`);
    else
      await print([reportWords(report, outcome, baseline), ...(log === null ? [] : [publishedWords(log)])].join('\n'));
    if (missing !== null) await complain(`cmk-bot audit verify: seals not checked: ${missing}`);
    return outcome;
  },
});

/** Writes the population for an auditor's sample. */
export const auditPopulation = subcommand({
  name: 'audit population',
  usage: 'ANCHOR --from DAY --to DAY [--log-key FILE]',
  summary: 'writes all requests of a period as CSV, from a published log that it verifies first',
  help: [
    'The list goes to standard output, the result of the verification to standard error. After an integrity error no list',
    'is written. verify.py ANCHOR --keys FILE --population FROM TO writes the same list, byte for byte.',
  ].join('\n'),
  explains: [
    ['ANCHOR', 'a published log: a folder, or the address of a container'],
    ['--from DAY', 'first day (UTC) on which a listed request was submitted'],
    ['--to DAY', 'last day (UTC)'],
    ['--log-key FILE', 'as for audit verify'],
  ],
  exits: {
    0: 'verified',
    1: 'integrity error',
    2: 'unreadable input',
    3: 'incomplete: a key or the signature of a witness is missing',
  },
  examples: ['cmk-bot audit population anchor --from 2026-01-01 --to 2026-03-31 > population.csv'],
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
  async run({ anchor, from, to, logKey }, { write, complain, progress }) {
    const published = await openPublished(anchor, logKey);
    const population = new Population({ from, to }, parseEventBody);
    const options = { read: parseEventBody, keys: null };
    const report = await verifyPublished(published.reader, options, new EventCount('Verified', progress), (body) =>
      population.add(body),
    );
    const log = publishedReport(published);
    const outcome = exitOutcomeOf(report, log);
    await complain([reportWords(report, outcome), publishedWords(log)].join('\n'));
    if (outcome === exit.no) return outcome;
    await write(population.table(published.reader.newest));
    await complain(`${countOf(population.size, 'request', 'requests')} from ${from} to ${to}.`);
    return outcome;
  },
});
