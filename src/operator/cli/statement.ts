import { z } from 'zod';
import { makeStatement, statementName } from '../../audit/evidence/statement/report.ts';
import { KeyFileInvalid, KeyMissing } from '../../audit/key-file.ts';
import { archiveOf } from '../../audit/pack/files.ts';
import { readConfig } from '../../config/config.ts';
import { ConfigurationError, readAnchorPlace, readPlace } from '../../config/env.ts';
import type { Place } from '../../config/place.ts';
import { countLines, statementSentences } from '../../text/statement.ts';
import { writePack } from './evidence.ts';
import { argument, type CommandEnvironment, day, exit, jsonFlag, subcommand, Unusable } from './subcommand.ts';
import { openPublished, verifyLog } from './verify-sources.ts';
import { publishedWords } from './words/pack.ts';
import { reportWords } from './words/report.ts';

const path = z.string().min(1, 'names no file').optional();

/**
 * The bot's own keys of its published log as a verifier's keys file, never read from the published log. Null: not available, for
 * the reason in `missing`.
 */
interface OwnLogKeys {
  readonly keys: string | null;
  readonly missing: string | null;
}

/** Reads them with this shell's configuration. Null: the log isn't published. */
async function keysHere(place: Place): Promise<string | null> {
  const config = readConfig();
  const { anchor } = config;
  if (anchor === null) return null;
  const [{ openStoreRecords }, { keysFileOf, logVerifiers, openPublishedLog }] = await Promise.all([
    import('./open-store.ts'),
    import('../published-log.ts'),
  ]);
  const logKeys = await logVerifiers(anchor, config);
  const { store, close } = await openStoreRecords(place);
  try {
    const { keys } = await openPublishedLog(anchor, config, store.witnesses, logKeys);
    return keysFileOf(await keys(), anchor);
  } finally {
    await close();
  }
}

async function ownKeys({ records, data }: Pick<CommandEnvironment, 'records' | 'data'>): Promise<string | null> {
  const place = readPlace(data);
  if (place.kind === 'server') return keysHere(place);
  const { control } = await records();
  if (control === null) throw new Unusable(`no bot runs on ${place.dataDir}`);
  return (await control.logKeys({})).keys;
}

const expected = [Unusable, ConfigurationError, KeyMissing, KeyFileInvalid];

/** Asks the bot that runs on the data folder. With a server, reads them with this shell's configuration. */
async function ownLogKeys(surroundings: Pick<CommandEnvironment, 'records' | 'data'>): Promise<OwnLogKeys> {
  try {
    const keys = await ownKeys(surroundings);
    return keys === null ? { keys, missing: 'the audit log isn’t published (CMK_ANCHOR)' } : { keys, missing: null };
  } catch (error) {
    if (error instanceof Error && expected.some((kind) => error instanceof kind))
      return { keys: null, missing: error.message };
    throw error;
  }
}

export const statement = subcommand({
  name: 'statement',
  summary: 'writes what the audit log says about all agents at the end of a period, and what changed in it',
  help: [
    'One file that others can verify like an evidence pack: cmk-bot audit verify STATEMENT.zip --log-key FILE. It has all',
    'events of the published log, without what people wrote. The log is verified first. Nothing is read from Azure.',
  ].join('\n'),
  exits: {
    1: 'integrity error in the published log; nothing was written',
    3: 'incomplete: a key or the signature of a witness is missing',
  },
  examples: ['cmk-bot statement --from 2026-01-01 --to 2026-03-31'],
  input: z
    .object({
      from: argument(day, ['--from DAY', 'first day (UTC) of the period, such as 2026-01-01']),
      to: argument(day, ['--to DAY', 'last day (UTC); at the latest today']),
      out: argument(path, ['--out FILE', 'file to write, or to replace. Default: statement-FROM-TO.zip']),
      anchor: argument(path, [
        '--anchor PLACE',
        'a published log: a folder, or the address of a container. Default: the bot’s',
      ]),
      logKey: argument(path, [
        '--log-key FILE',
        'as for audit verify. Default: the bot’s own keys, unless --anchor names a log',
      ]),
      json: jsonFlag,
    })
    .refine(({ from, to }) => from <= to, { error: 'is before --from', path: ['to'] })
    .refine(({ to }) => Date.parse(to) <= Date.now(), { error: 'is after today (UTC)', path: ['to'] }),
  async run({ from, to, out, anchor, logKey, json }, surroundings) {
    const { data, print, complain, write, progress } = surroundings;
    const place = anchor ?? readAnchorPlace(readPlace(data));
    if (place === null) throw new Unusable('the audit log isn’t published (CMK_ANCHOR), and a statement needs that.');
    const own = logKey === undefined && anchor === undefined ? await ownLogKeys(surroundings) : null;
    const published = await openPublished(place, logKey, own?.keys);
    const bodies: string[] = [];
    const { report, log, outcome } = await verifyLog(published, progress, (body) => bodies.push(body));
    if (outcome === exit.no) {
      await complain(['Nothing was made.', reportWords(report, exit.no), publishedWords(log)].join('\n'));
      return outcome;
    }
    const period = { from, to };
    const made = makeStatement({ period, checkpoint: published.reader.newest, bodies, keys: published.given.keys });
    if (made === null) throw new Unusable('the audit log is larger than a statement can be (256 MB).');
    const file = out ?? `${statementName(period)}.zip`;
    await writePack(file, archiveOf(made.files));
    const lines = [...statementSentences(made.statement), ...countLines(made.statement)];
    if (json) await write(`${JSON.stringify({ file, ...made.statement })}\n`);
    else await print([`${file}: statement of ${from} to ${to}.`, ...lines.map((one) => `  ${one}`)].join('\n'));
    if (outcome !== exit.done) await complain(publishedWords(log));
    if (own?.missing != null) await complain(`cmk-bot statement: not the bot’s own keys: ${own.missing}`);
    return outcome;
  },
});
