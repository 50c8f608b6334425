import { z } from 'zod';
import { Population } from '../../audit/population.ts';
import { readPlace } from '../../config/env.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { countOf } from '../../text/words.ts';
import { argument, day, eventCounter, exit, jsonFlag, subcommand, Unusable } from './subcommand.ts';
import { keysFor } from './verifier-keys.ts';
import { isArchive, packExit, packJson, verifyPackFile } from './verify-pack.ts';
import {
  exitOutcomeOf,
  isContainer,
  isFolder,
  openBaseline,
  openPublished,
  publishedReport,
  verifyFile,
  verifyLog,
  verifyPublished,
  verifyStore,
} from './verify-sources.ts';
import { packWords, publishedWords } from './words/pack.ts';
import { reportWords } from './words/report.ts';

const path = z.string().min(1).optional();

const noted = z
  .string()
  .transform((text) =>
    /^(?:Chain at )?([1-9]\d*): ?([0-9a-f]{64})$/.exec(text.replaceAll(/(?<=[0-9a-f]{8}) (?=[0-9a-f]{8})/g, '')),
  )
  .refine((found) => found !== null, 'must be an event’s number and its whole hash, such as “121: 9c0e51d7 …”')
  .transform((found) => ({ seq: Number(found?.[1]), hash: found?.[2] ?? '' }))
  .optional();

const exits = {
  0: 'verified',
  1: 'integrity error',
  2: 'unreadable input',
  3: 'incomplete: a key or the signature of a witness is missing',
};

export const auditVerify = subcommand({
  name: 'audit verify',
  summary: 'verifies the audit log in the database, an export, a published log or an evidence pack',
  help: [
    'Without a file, verifies the audit log in the database and replays each request by its rules. Only a comparison',
    'with a copy kept elsewhere shows that the last events are missing, or that the whole log was replaced.',
  ].join('\n'),
  exits,
  examples: [
    'cmk-bot audit verify',
    'cmk-bot audit verify PACK.zip --log-key keys.txt',
    'cmk-bot audit verify audit.jsonl --against last-year.jsonl',
  ],
  input: z.object({
    file: argument(
      path,
      ['EXPORT.jsonl', 'an export'],
      ['ANCHOR', 'a published log: a folder, or the address of a container'],
      ['PACK.zip', 'an evidence pack'],
    ),
    against: argument(path, [
      '--against OLDER.jsonl',
      'all events of this older export must still be there, unchanged',
    ]),
    anchor: argument(path, [
      '--anchor PLACE',
      'the same for all events of a published log: a folder, or https://ACCOUNT.blob.core.windows.net/CONTAINER. For a pack also a file with a checkpoint that you kept',
    ]),
    logKey: argument(path, [
      '--log-key FILE',
      'keys of the published log and of its witnesses, that you received separately, one per line. Each witness must have signed the last checkpoint; a line “quorum 2” says that two are enough',
    ]),
    noted: argument(noted, ['--noted “SEQ: HASH”', 'the same for one event, as the audit channel shows it']),
    sealKey: argument(path, ['--seal-key FILE', 'the seal key. Default: the key of the database, if it is known here']),
    json: jsonFlag,
  }),
  async run(
    { file, against, anchor, logKey, noted, sealKey, json },
    { records, print, complain, write, progress, data },
  ) {
    const isLog = file !== undefined && (isContainer(file) || (await isFolder(file)));
    if (file !== undefined && !isLog && (await isArchive(file))) {
      for (const [name, given] of Object.entries({ against, noted, 'seal-key': sealKey })) {
        if (given !== undefined) throw new Unusable(`--${name} can’t be used with an evidence pack`);
      }
      const judged = await verifyPackFile(file, logKey, anchor);
      await (json ? write(`${JSON.stringify(packJson(judged))}\n`) : print(packWords(judged, packExit(judged))));
      return packExit(judged);
    }
    if (isLog && anchor !== undefined) throw new Unusable('name either a published log or --anchor, not both');
    const folder = isLog ? file : anchor;
    if (folder === undefined && logKey !== undefined)
      throw new Unusable('--log-key needs a published log: name one, or use --anchor');
    const published = folder === undefined ? null : await openPublished(folder, logKey);
    const known = await openBaseline({ against, noted, published: isLog ? null : published });
    const { keys, missing } = await keysFor(sealKey, file === undefined ? readPlace(data) : null);
    const options = { read: parseEventBody, ...(known === null ? {} : { older: known }), keys };
    const count = eventCounter('Verified', progress);
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

export const auditPopulation = subcommand({
  name: 'audit population',
  summary: 'writes all requests of a period as CSV, from a published log that it verifies first',
  help: [
    'The list goes to standard output, the result of the verification to standard error. After an integrity error no list',
    'is written. verify.py ANCHOR --keys FILE --population FROM TO writes the same list, byte for byte.',
  ].join('\n'),
  exits,
  examples: ['cmk-bot audit population anchor --from 2026-01-01 --to 2026-03-31 > population.csv'],
  input: z
    .object({
      anchor: argument(z.string({ error: 'is missing; name a published log' }).min(1), [
        'ANCHOR',
        'a published log: a folder, or the address of a container',
      ]),
      from: argument(day, ['--from DAY', 'first day (UTC) on which a listed request was submitted']),
      to: argument(day, ['--to DAY', 'last day (UTC)']),
      logKey: argument(path, ['--log-key FILE', 'as for audit verify']),
    })
    .refine(({ from, to }) => from <= to, { error: 'is before --from', path: ['to'] }),
  async run({ anchor, from, to, logKey }, { write, complain, progress }) {
    const population = new Population({ from, to }, parseEventBody);
    const published = await openPublished(anchor, logKey);
    const { report, log, outcome } = await verifyLog(published, progress, (body) => population.add(body));
    await complain([reportWords(report, outcome), publishedWords(log)].join('\n'));
    if (outcome === exit.no) return outcome;
    await write(population.table(published.reader.newest));
    await complain(`${countOf(population.size, 'request', 'requests')} from ${from} to ${to}.`);
    return outcome;
  },
});
