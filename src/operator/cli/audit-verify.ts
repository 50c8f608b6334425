import { z } from 'zod';
import { readPlace } from '../../config/env.ts';
import { argument, eventCounter, jsonFlag, subcommand, Unusable } from './subcommand.ts';
import { keysFor } from './verifier-keys.ts';
import {
  exitOutcomeOf,
  isContainer,
  isFolder,
  openBaseline,
  openPublished,
  publishedReport,
  verifyFile,
  verifyPublished,
  verifyStore,
} from './verify-sources.ts';
import { publishedWords } from './words/published-log.ts';
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
  summary: 'verifies the audit log in the database, an export or a published log',
  help: [
    'Without a file, verifies the audit log in the database. Only a comparison with a copy kept elsewhere shows that the',
    'last events are missing, or that the whole log was replaced. verify.py verifies evidence packs, and whether each',
    'request of a published log followed the rules.',
  ].join('\n'),
  exits,
  examples: [
    'cmk-bot audit verify',
    'cmk-bot audit verify ANCHOR --log-key keys.txt',
    'cmk-bot audit verify audit.jsonl --against last-year.jsonl',
  ],
  input: z.object({
    file: argument(
      path,
      ['EXPORT.jsonl', 'an export'],
      ['ANCHOR', 'a published log: a folder, or the address of a container'],
    ),
    against: argument(path, [
      '--against OLDER.jsonl',
      'all events of this older export must still be there, unchanged',
    ]),
    anchor: argument(path, [
      '--anchor PLACE',
      'the same for all events of a published log: a folder, or https://ACCOUNT.blob.core.windows.net/CONTAINER',
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
    if (file?.endsWith('.zip'))
      throw new Unusable(`run python3 verify.py ${file} --keys FILE: it verifies evidence packs`);
    if (isLog && anchor !== undefined) throw new Unusable('name either a published log or --anchor, not both');
    const folder = isLog ? file : anchor;
    if (folder === undefined && logKey !== undefined)
      throw new Unusable('--log-key needs a published log: name one, or use --anchor');
    const published = folder === undefined ? null : await openPublished(folder, logKey);
    const known = await openBaseline(against, noted, isLog ? null : published);
    const { keys, missing } = await keysFor(sealKey, file === undefined ? readPlace(data) : null);
    const options = { ...(known === null ? {} : { older: known }), keys };
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
