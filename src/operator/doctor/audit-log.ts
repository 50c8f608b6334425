/** Checks the audit log: seals, size, published log, clock, and what waits for people. */
import { newestPath } from '../../audit/anchor/file-names.ts';
import { openNewest } from '../../audit/anchor/newest-checkpoint.ts';
import { KeyFileInvalid } from '../../audit/key-file.ts';
import { openSeals, sealKeyId } from '../../audit/seals.ts';
import { readCheckpoint } from '../../audit/tlog/checkpoint.ts';
import { textOfNote } from '../../audit/tlog/note.ts';
import type { KeyPlace } from '../../config/place.ts';
import { nameIn } from '../../operations/choose.ts';
import { durationWords } from '../../text/instants.ts';
import { foreignWords, sealKeyUse } from '../../text/record.ts';
import { countOf } from '../../text/words.ts';
import { anchorFiles, anchorName, loadKeys, logVerifiers } from '../published-log.ts';
import { command, setClock } from './commands.ts';
import { failOn } from './database.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, fail, ok, type Remedy, type Subjects, warn } from './subjects.ts';

const seals = about('record/seals');
const logSubject = about('record/trail');
const anchor = about('record/anchor');
const clock = about('record/clock');

/** Returns the fix for a key file that others can read. The message ends with the command. */
const fixForFile = (place: KeyPlace, message: string): Remedy =>
  place.kind === 'file' && message.includes('chmod 600')
    ? [[command('chmod', '600', place.file)], 'the file’s owner']
    : [[]];

export const sealsUnusable = (place: KeyPlace, message: string): Diagnosis =>
  fail(seals, 'the key cannot be used', message, ...fixForFile(place, message));

async function sealsOf({ config, store: { auditLog } }: Subjects): Promise<Diagnosis> {
  const place = config.seals.key;
  const loaded = await loadKeys(place, config, sealKeyUse).catch((error: Error) => error.message);
  if (typeof loaded === 'string') return sealsUnusable(place, loaded);
  const { keys, where } = loaded;
  const { seq } = await auditLog.head();
  const { sealKey: last = null } = (await auditLog.lines(seq - 1, 1)).at(-1) ?? {};
  const known = keys.map(({ bytes }) => sealKeyId(bytes));
  if (last !== null && !known.includes(last)) {
    const found = `the last event was sealed with key ${last}, which ${where} does not hold (${known.join(', ')})`;
    const fix = 'It belongs to another audit log: restore the key of this one. A new key doesn’t help.';
    return fail(seals, found, fix);
  }
  const older = keys.length === 1 ? '' : `, and ${countOf(keys.length - 1, 'older key', 'older keys')}`;
  return ok(seals, `events are sealed with key ${openSeals(keys).keyId} of ${where}${older}`);
}

async function headOf({ store }: Subjects): Promise<Diagnosis> {
  const { seq } = await store.auditLog.head();
  return ok(logSubject, `${seq} events; cmk-bot audit verify verifies them`);
}

const lateIntervals = 5;
const minLateMs = 60_000;

async function foreignCheckpoint(subjects: Subjects, note: string | null): Promise<Diagnosis | null> {
  const { anchor: settings } = subjects.config;
  if (settings === null || note === null) return null;
  const keys = await logVerifiers(settings, subjects.config);
  const opened = openNewest(note, settings.name, keys);
  if (typeof opened !== 'string') return null;
  const [found, advice] = foreignWords[opened];
  return fail(anchor, `the newest checkpoint in ${anchorName(settings.place)} isn’t this log’s. ${found}`, advice);
}

const notPublished = warn(
  anchor,
  'not published: the database owner can remove a decision, and the bot then acts without it',
  'Set CMK_ANCHOR to a place where the database owner has no access.',
);

/** Checks that publishing continues. `audit verify --anchor` compares it with the audit log. */
async function anchorOf(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const { config, store } = subjects;
  if (config.anchor === null) return config.server.mode === 'local' ? [] : [notPublished];
  const { place, everyMs } = config.anchor;
  const where = anchorName(place);
  const files = await anchorFiles(place, config);
  const note = (await files.read(newestPath))?.toString('utf8') ?? null;
  const published = readCheckpoint(textOfNote(note ?? ''))?.size ?? 0;
  const { seq, time } = await store.auditLog.head();
  const found = `${published} of ${seq} events are published in ${where}`;
  if (published > seq) {
    const fix =
      'This isn’t the audit log that was published, or its end is missing: change nothing, and find out which.';
    const commands = [command('cmk-bot', 'audit', 'verify', '--anchor', where)];
    return [fail(anchor, `${published} events are published in ${where}, and the audit log has ${seq}`, fix, commands)];
  }
  const foreign = await foreignCheckpoint(subjects, note);
  if (foreign !== null) return [foreign];
  const lateMs = time === null ? 0 : Date.now() - Date.parse(time);
  if (published === seq || lateMs < Math.max(lateIntervals * everyMs, minLateMs)) return [ok(anchor, found)];
  const fix = 'Publishing stopped: check that a bot runs, its log, and that its user can write there.';
  const listFolder = place.kind === 'folder' ? [command('ls', '-ld', where)] : [];
  return [warn(anchor, found, fix, listFolder)];
}

const anchorAdvice = (error: Error): string =>
  error instanceof KeyFileInvalid
    ? 'The bot doesn’t start without the key that CMK_LOG_KEY_FILE or CMK_LOG_KEY_SECRET names.'
    : 'Check CMK_ANCHOR: the place must be there, and the bot’s user needs permission to read and write it.';

async function clockOf({ store }: Subjects): Promise<Diagnosis> {
  const apart = await store.clock.look();
  if (apart === null) return ok(clock, 'agrees with the database’s');
  const far = `${durationWords(Math.abs(apart.aheadMs))} ${apart.aheadMs > 0 ? 'ahead' : 'behind'}`;
  if (apart.kind === 'clock') {
    const fix = 'Events have the database’s time, but tokens are checked by this clock. Correct the wrong one.';
    return fail(clock, `${far}${apart.aheadMs > 0 ? ' of' : ''} the database’s`, fix, ...setClock);
  }
  const found = `the last event is dated ${far}: nothing is stored`;
  return fail(clock, found, 'If this clock is right: cmk-bot audit resume', ['cmk-bot audit resume']);
}

export async function diagnoseAuditLog(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const [sealed, events, published, time] = await Promise.all([
    sealsOf(subjects).catch(failOn(seals)),
    headOf(subjects).catch(failOn(logSubject)),
    anchorOf(subjects).catch((error: Error) => [fail(anchor, error.message, anchorAdvice(error))]),
    clockOf(subjects).catch(failOn(clock)),
  ]);
  return [sealed, events, ...published, time];
}

const requests = about('record/attention', 'requests');
const drifts = about('record/attention', 'resources as approved');

const maxNamed = 5;

const listed = (names: readonly string[], total: number): string =>
  [...names, ...(total > names.length ? [`and ${total - names.length} more`] : [])].join(', ');

async function requestsOf({ store }: Subjects): Promise<Diagnosis> {
  const { requests: found, total } = await store.requests.open(maxNamed, 0, { waits: 'attention' });
  if (total === 0) return ok(requests, 'none needs attention');
  const ids = found.map(({ id }) => id);
  const said = `${countOf(total, 'request needs', 'requests need')} attention: ${listed(ids, total)}`;
  const commands = ids.map((id) => command('cmk-bot', 'requests', 'show', id));
  return warn(requests, said, 'See what failed, and what is safe now.', commands);
}

async function driftsOf({ store }: Subjects): Promise<Diagnosis> {
  const agents = [...(await store.drifts.open()).keys()].map(nameIn).sort();
  if (agents.length === 0) return ok(drifts, 'no difference was found');
  const said = `${countOf(agents.length, 'resource is', 'resources are')} not as approved: ${listed(agents.slice(0, maxNamed), agents.length)}`;
  return warn(drifts, said, 'The cards in the operations channel say what differs and what to do.');
}

export const diagnoseAttention = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  Promise.all([requestsOf(subjects).catch(failOn(requests)), driftsOf(subjects).catch(failOn(drifts))]);
