import { openSeals } from '../../audit/seals.ts';
import { placeName } from '../../config/place.ts';
import { pendingMigrations } from '../../store/migrations.ts';
import { ownsRecord } from '../../store/runtime-role.ts';
import { countOf } from '../../words/count.ts';
import { durationWords } from '../../words/duration.ts';
import { ownerAdvice } from '../../words/record.ts';
import type { Diagnosis } from '../rpc/calls.ts';
import { keptSealKeys } from '../seal-keys.ts';
import { fail, ok, type Subjects, warn } from './subjects.ts';

const subject = 'database';

async function kindOf({ config, database }: Subjects): Promise<Diagnosis> {
  await database.pool.query('select 1');
  if (database.kind === 'postgres') return ok(subject, 'PostgreSQL answers');
  const found = 'the embedded database answers; it survives this process, not this machine';
  return config.server.mode === 'local'
    ? ok(subject, found)
    : warn(subject, found, 'For production set DATABASE_URL to a PostgreSQL database.');
}

async function tablesOf({ config, database }: Subjects): Promise<Diagnosis> {
  const pending = await pendingMigrations(database, placeName(config.store));
  if (pending.length > 0) {
    return fail('tables', `not there yet: ${pending.join(', ')}`, 'Start the bot of this version once.');
  }
  return ok('tables', 'all there');
}

async function engineOf({ database }: Subjects): Promise<Diagnosis> {
  const { rows } = await database.pool.query("select to_regclass('dbos.workflow_status') is not null as there");
  const there = (rows as { there?: boolean }[])[0]?.there === true;
  return there
    ? ok('engine', 'its tables are there')
    : fail('engine', 'its tables are not there', 'Start the bot once: it makes them.');
}

async function userOf({ database, config }: Subjects): Promise<Diagnosis> {
  const subject = 'database user';
  if (database.kind === 'pglite') return ok(subject, 'the embedded database has no other than this process');
  if (!(await ownsRecord(database.pool))) return ok(subject, 'may put in events and read them, and owns nothing');
  const found = 'owns the tables: it could switch off what guards the record';
  return config.server.mode === 'local' ? ok(subject, found) : warn(subject, found, `Better ${ownerAdvice}.`);
}

async function sealsOf({ config }: Subjects): Promise<Diagnosis> {
  const kept = await keptSealKeys(config.seals.key, config).catch((error: Error) => error.message);
  if (typeof kept === 'string') return fail('seals', 'the key cannot be used', kept);
  const { keys, where } = kept;
  const older = keys.length === 1 ? '' : `, and ${countOf(keys.length - 1, 'older key', 'older keys')}`;
  return ok('seals', `events are sealed with key ${openSeals(keys).keyId} of ${where}${older}`);
}

async function trailOf({ store }: Subjects): Promise<Diagnosis> {
  const { seq } = await store.trail.head();
  return ok('audit trail', `${seq} events; cmk-bot audit verify verifies them`);
}

async function clockOf({ store }: Subjects): Promise<Diagnosis> {
  const apart = await store.clock.look();
  if (apart === null) return ok('clock', 'believed');
  const far = `${durationWords(Math.abs(apart.aheadMs))} ${apart.aheadMs > 0 ? 'ahead' : 'behind'}`;
  return apart.kind === 'clock'
    ? fail(
        'clock',
        `${far}: nothing is stored`,
        'Set this machine’s clock right, or the database’s. If it is right, restart the bot.',
      )
    : fail(
        'clock',
        `the last event is dated ${far}: nothing is stored`,
        'If this clock is right: cmk-bot audit resume',
      );
}

/** What cannot be read is told in the words of the database. */
async function orFail(subject: string, look: Promise<Diagnosis>): Promise<Diagnosis> {
  try {
    return await look;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(subject, message, 'Look at the database and at DATABASE_URL or CMK_DATA_DIR.');
  }
}

export async function diagnoseDatabase(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const reached = await orFail(subject, kindOf(subjects));
  if (reached.outcome === 'fail') return [reached];
  const rest = await Promise.all([
    orFail('tables', tablesOf(subjects)),
    orFail('engine', engineOf(subjects)),
    orFail('database user', userOf(subjects)),
    orFail('seals', sealsOf(subjects)),
    orFail('audit trail', trailOf(subjects)),
    orFail('clock', clockOf(subjects)),
  ]);
  return [reached, ...rest];
}
