import { z } from 'zod';
import { readPlace } from '../../config/env.ts';
import { countOf } from '../../text/words.ts';
import { argument, eventCounter, jsonFlag, subcommand, Unusable } from './subcommand.ts';
import { isWitnessed, keysFor, type WitnessCheck } from './verifier-keys.ts';
import {
  exitOutcomeOf,
  isContainer,
  isFolder,
  openBaseline,
  openPublished,
  type PublishedReport,
  publishedReport,
  verifyFile,
  verifyPublished,
  verifyStore,
} from './verify-sources.ts';
import { findingsOf, reportWords } from './words/report.ts';
import { indent } from './words/table.ts';

// Verification result of a published log as text.

const keysMissingWords = (count: number): readonly string[] =>
  count === 0
    ? []
    : [
        `Not checked: ${countOf(count, 'older checkpoint', 'older checkpoints')}, signed with a key of the log that you didn’t give. Ask for all lines of keys.txt.`,
      ];

export function publishedWords(report: PublishedReport): string {
  const { origin, events, checkpoints, keysGiven, findings } = report;
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed, and consistent.`
      : `Published log, integrity errors: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  const whole = [
    state,
    ...keysMissingWords(report.keysMissing),
    ...witnessWords(
      report.witnessCheck,
      'No witness with a given key signed the newest checkpoint.',
      'The newest checkpoint is witnessed by',
    ),
  ].join('\n');
  return keysGiven
    ? whole
    : `${whole}\nIts keys are from the same folder, so this shows only that the log is consistent. Use --log-key with keys that you received separately.`;
}

const withTimes = ({ signed }: WitnessCheck): string => signed.map(({ name, at }) => `${name} (${at})`).join(', ');

function missingWords(check: WitnessCheck): readonly string[] {
  const names = check.missing.join(', ');
  if (names === '') return [];
  if (isWitnessed(check)) return [`Not signed by ${names}.`];
  return [`NOT signed by ${names}, whose key was given: it didn’t respond in time, or signed a different history.`];
}

function quorumWords(check: WitnessCheck): readonly string[] {
  const { needed, isDefault } = check;
  if (isDefault && check.missing.length === 0) return [];
  const few = isDefault ? `${needed}; write “quorum N” into the keys if fewer are enough` : needed;
  const isAre = needed === 1 ? 'is' : 'are';
  return isWitnessed(check)
    ? [`Enough witnesses signed it: ${needed} ${isAre} needed.`]
    : [`Too few witnesses signed it: ${isDefault ? `the keys name ${few}` : `${few} ${isAre} needed`}.`];
}

function witnessWords(check: WitnessCheck, none: string, signed: string): readonly string[] {
  const first = check.signed.length === 0 ? none : `${signed} ${withTimes(check)}.`;
  return [first, ...missingWords(check), ...quorumWords(check)];
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
