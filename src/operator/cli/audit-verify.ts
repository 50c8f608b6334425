import { createReadStream } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { anchorFolder } from '../../audit/anchor/anchor-folder.ts';
import { keysPath } from '../../audit/anchor/file-names.ts';
import { AnchorUnusable, openAnchor } from '../../audit/anchor/read-anchor.ts';
import { BaselineExport } from '../../audit/export-jsonl.ts';
import { lineFrom } from '../../audit/verify.ts';
import { type AuditLogReport, openAuditLogVerifier, type VerifyOptions } from '../../audit/verify-audit-log.ts';
import { NotAnExport, readBaselineExport, verifyExport } from '../../audit/verify-export.ts';
import { readConfig } from '../../config/config.ts';
import type { AnchorSource } from '../../domain/ports/published-log.ts';
import type { Link } from '../../domain/record/chain.ts';
import type { AuditLog } from '../../store/audit-log.ts';
import { countOf } from '../../text/words.ts';
import { readAuditLog } from './read-audit-log.ts';
import {
  argument,
  eventCounter,
  exit,
  jsonFlag,
  subcommand,
  Unusable,
  unusableIf,
  type VerificationExit,
} from './subcommand.ts';
import { checkWitnesses, isWitnessed, keysFor, parseVerifierKeys, type WitnessCheck } from './verifier-keys.ts';
import { findingsOf, reportWords } from './words/report.ts';
import { indent } from './words/table.ts';

const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

type OpenedAnchor = Awaited<ReturnType<typeof openPublished>>;

const isContainer = (place: string): boolean => place.startsWith('https://');

/** Loads Azure's clients only here: they load slowly. */
async function container(place: string): Promise<AnchorSource> {
  const { anchorFiles } = await import('../published-log.ts');
  return anchorFiles({ kind: 'container', url: place.replace(/\/+$/, '') }, readConfig());
}

/** A container needs the bot's complete configuration; a folder needs none. */
async function sourceOf(place: string): Promise<AnchorSource> {
  const rethrow = (error: Error): never => {
    throw new Unusable(`reading the log published in ${place}: ${error.message}`);
  };
  const { read, sizes } = isContainer(place) ? await container(place).catch(rethrow) : anchorFolder(place);
  return { read: (path) => read(path).catch(rethrow), sizes: () => sizes().catch(rethrow) };
}

/** Opens a published log with keys from a file, else with those stored next to it. Throws {@link Unusable}. */
export async function openPublished(folder: string, keyFile: string | undefined) {
  const files = await sourceOf(folder);
  const text = keyFile === undefined ? await files.read(keysPath) : await readFile(keyFile).catch(() => null);
  if (text === null) {
    throw new Unusable(
      keyFile === undefined
        ? `${folder} has no published log: there is no ${keysPath}. Name the file with the log’s key with --log-key.`
        : `${keyFile} doesn’t exist, or this user can’t read it`,
    );
  }
  const given = parseVerifierKeys(String(text), keyFile ?? `${folder}/${keysPath}`);
  const unusable = unusableIf(AnchorUnusable, (why) => `reading the log published in ${folder}: ${why}`);
  const reader = await openAnchor(files, given.keys).catch(unusable);
  return { reader, keysGiven: keyFile !== undefined, given };
}

type PublishedReport = ReturnType<typeof publishedReport>;

export function publishedReport({ reader, keysGiven, given }: OpenedAnchor) {
  const { newest } = reader;
  const witnessCheck = checkWitnesses(given, newest.signatures);
  return {
    origin: newest.origin,
    events: newest.size,
    checkpoints: reader.checkpoints,
    keysMissing: reader.keysMissing,
    witnesses: witnessCheck.signed,
    quorum: given.quorum,
    witnessCheck,
    keysGiven,
    findings: reader.findings,
  };
}

/** Verifies the database. Derived data is read first: later events come after it. */
async function verifyStore(log: AuditLog, options: VerifyOptions, count: () => void): Promise<AuditLogReport> {
  const verifier = openAuditLogVerifier({ ...options, derived: await log.derived() });
  const events = readAuditLog(log);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    count();
    for (const text of next.value.texts) verifier.text(text);
  }
}

async function verifyPublished({ reader }: OpenedAnchor, options: VerifyOptions, count: () => void) {
  const verifier = openAuditLogVerifier({ ...options, keys: null, bodiesOnly: true });
  for await (const body of reader.bodies()) {
    verifier.event(lineFrom(body));
    count();
  }
  return verifier.end();
}

/** Returns the exit code. Scripts must be able to detect unchecked seals and log keys. */
export function exitOutcomeOf(
  { findings, seals }: AuditLogReport,
  published: PublishedReport | null,
): VerificationExit {
  if (findings.length + (published?.findings.length ?? 0) > 0) return exit.no;
  // A published log has no seals, so without the database there is nothing to check.
  const sealsDone = seals.checked || seals.sealed === 0;
  const signed = published === null || (isWitnessed(published.witnessCheck) && published.keysMissing === 0);
  return published?.keysGiven === false || !sealsDone || !signed ? exit.unchecked : exit.done;
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} doesn’t exist, or this user can’t read it`);
  });
  return read().catch(unusableIf(NotAnExport, (why) => `reading ${file}: ${why}`));
}

async function* counted(lines: AsyncIterable<string>, count: () => void): AsyncGenerator<string> {
  for await (const line of lines) {
    count();
    yield line;
  }
}

async function openBaseline(
  against: string | undefined,
  noted: Link | undefined,
  published: OpenedAnchor | null,
): Promise<BaselineExport | null> {
  if (against === undefined && noted === undefined && published === null) return null;
  const known =
    against === undefined
      ? new BaselineExport()
      : await readable(against, () => readBaselineExport(() => fileLines(against)));
  if (noted !== undefined) known.add(noted);
  if (published !== null) for await (const body of published.reader.bodies()) known.add(lineFrom(body));
  return known;
}

/**
 * Splits lines only at `
 * `: `node:readline` also splits at characters that JSON can contain.
 */
async function* fileLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

export function publishedWords(report: PublishedReport): string {
  const { origin, events, checkpoints, keysMissing, keysGiven, findings } = report;
  const what = `${countOf(events, 'event', 'events')} under ${countOf(checkpoints, 'checkpoint', 'checkpoints')} of ${origin}`;
  const state =
    findings.length === 0
      ? `Published log: ${what}, signed, and consistent.`
      : `Published log, integrity errors: ${countOf(findings.length, 'finding', 'findings')} in ${what}\n${indent(findingsOf(findings))}`;
  const whole = [
    state,
    ...(keysMissing === 0
      ? []
      : [
          `Not checked: ${countOf(keysMissing, 'older checkpoint', 'older checkpoints')}, signed with a key of the log that you didn’t give. Ask for all lines of keys.txt.`,
        ]),
    ...witnessWords(report.witnessCheck),
  ].join('\n');
  return keysGiven
    ? whole
    : `${whole}\nIts keys are from the same folder, so this shows only that the log is consistent. Use --log-key with keys that you received separately.`;
}

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

function witnessWords(check: WitnessCheck): readonly string[] {
  const signed = check.signed.map(({ name, at }) => `${name} (${at})`).join(', ');
  const none = 'No witness with a given key signed the newest checkpoint.';
  return [
    signed === '' ? none : `The newest checkpoint is witnessed by ${signed}.`,
    ...missingWords(check),
    ...quorumWords(check),
  ];
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
  async run({ file, against, anchor, logKey, noted, sealKey, json }, { store, print, complain, write, progress }) {
    const isLog = file !== undefined && (isContainer(file) || (await isFolder(file)));
    if (file?.endsWith('.zip'))
      throw new Unusable(`run python3 verify.py ${file} --keys FILE: it verifies evidence packs`);
    if (isLog && anchor !== undefined) throw new Unusable('name either a published log or --anchor, not both');
    const folder = isLog ? file : anchor;
    if (folder === undefined && logKey !== undefined)
      throw new Unusable('--log-key needs a published log: name one, or use --anchor');
    const published = folder === undefined ? null : await openPublished(folder, logKey);
    const known = await openBaseline(against, noted, isLog ? null : published);
    const { keys, missing } = await keysFor(sealKey, file === undefined);
    const options = { ...(known === null ? {} : { older: known }), keys };
    const count = eventCounter('Verified', progress);
    const report = await (isLog && published !== null
      ? verifyPublished(published, options, count)
      : file === undefined
        ? verifyStore((await store()).auditLog, options, count)
        : readable(file, () => verifyExport(counted(fileLines(file), count), options)));
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
