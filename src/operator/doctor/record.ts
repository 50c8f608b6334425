/** The record: what seals it, how much there is, and whether it may be written now. */
import { sealKeyUse } from '../../audit/key-file.ts';
import { openSeals, sealKeyId } from '../../audit/seals.ts';
import type { KeyPlace } from '../../config/place.ts';
import { countOf } from '../../words/count.ts';
import { durationWords } from '../../words/duration.ts';
import { keptKeys } from '../kept-keys.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { command, setClock } from './commands.ts';
import { orFail } from './database.ts';
import { about, fail, ok, type Remedy, type Subjects } from './subjects.ts';

const seals = about('record/seals', 'seals');
const trail = about('record/trail', 'audit trail');
const clock = about('record/clock', 'clock');

/** The key that the last event was sealed with; null: there is none, or it was written before there were seals. */
async function lastKeyOf({ store }: Subjects): Promise<string | null> {
  const { seq } = await store.trail.head();
  const lines = await store.trail.lines(seq - 1, 1);
  return lines.at(-1)?.sealKey ?? null;
}

/** Of a file that others may read its reader tells the mode; the last words of what it says are what mends it. */
const mendFile = (place: KeyPlace, message: string): Remedy =>
  place.kind === 'file' && message.includes('chmod 600')
    ? { who: 'whoever owns the file', commands: [command('chmod', '600', place.file)] }
    : { commands: [] };

/** The key cannot be used, whoever finds out. */
export const sealsUnusable = (place: KeyPlace, message: string): Diagnosis =>
  fail(seals, 'the key cannot be used', message, mendFile(place, message));

async function sealsOf(subjects: Subjects): Promise<Diagnosis> {
  const { config } = subjects;
  const place = config.seals.key;
  const kept = await keptKeys(place, config, sealKeyUse).catch((error: Error) => error.message);
  if (typeof kept === 'string') return sealsUnusable(place, kept);
  const { keys, where } = kept;
  const [last, known] = [await lastKeyOf(subjects), keys.map(sealKeyId)];
  if (last !== null && !known.includes(last)) {
    const found = `the last event was sealed with key ${last}, which ${where} does not hold (${known.join(', ')})`;
    const mend = 'It is another record’s: put back the one that belongs to this record. A new key mends nothing.';
    return fail(seals, found, mend);
  }
  const older = keys.length === 1 ? '' : `, and ${countOf(keys.length - 1, 'older key', 'older keys')}`;
  return ok(seals, `events are sealed with key ${openSeals(keys).keyId} of ${where}${older}`);
}

async function trailOf({ store }: Subjects): Promise<Diagnosis> {
  const { seq } = await store.trail.head();
  return ok(trail, `${seq} events; cmk-bot audit verify verifies them`);
}

async function clockOf({ store }: Subjects): Promise<Diagnosis> {
  const apart = await store.clock.look();
  if (apart === null) return ok(clock, 'believed');
  const far = `${durationWords(Math.abs(apart.aheadMs))} ${apart.aheadMs > 0 ? 'ahead' : 'behind'}`;
  if (apart.kind === 'clock') {
    const mend = 'Set this machine’s clock right, or the database’s. If it is right, restart the bot.';
    return fail(clock, `${far}: nothing is stored`, mend, setClock);
  }
  const found = `the last event is dated ${far}: nothing is stored`;
  return fail(clock, found, 'If this clock is right: cmk-bot audit resume', { commands: ['cmk-bot audit resume'] });
}

export const diagnoseRecord = (subjects: Subjects): Promise<readonly Diagnosis[]> =>
  Promise.all([orFail(seals, sealsOf(subjects)), orFail(trail, trailOf(subjects)), orFail(clock, clockOf(subjects))]);
