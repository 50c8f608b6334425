/** Checks the database: reachability, TLS, permissions. Another file checks its content. */
import { databasePassword } from '../../config/azure-from-config.ts';
import { databasePlace } from '../../config/place.ts';
import { faultOf } from '../../domain/database-errors.ts';
import { isLoopbackAddress } from '../../domain/strings.ts';
import type { WriteRejection } from '../../domain/write-health.ts';
import { openDatabase } from '../../store/database.ts';
import { pendingMigrations, UnknownFormat } from '../../store/migrations.ts';
import { hasTables } from '../../store/pg-boss-tables.ts';
import {
  connectionFacts,
  databaseIdentity,
  databaseName,
  isSameDatabase,
  tryWrite,
} from '../../store/postgres-probe.ts';
import { roleRights } from '../../store/runtime-role.ts';
import { databaseAdvice, otherDatabaseWords } from '../../text/database.ts';
import { ownerAdvice, unknownFormatWords } from '../../text/record.ts';
import { asOwner, changeSetting, command, removeOwner } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type About, about, fail, ok, type Remedy, type Subjects, warn } from './subjects.ts';

const database = about('db/answers');
const tlsToServer = about('db/tls');
const tables = about('db/tables');
const engine = about('db/tables', 'job engine');
const user = about('db/role');
const writes = about('db/writes');
const ownerRole = 'the owner of the database';

async function versionOf({ database: { pool } }: Subjects): Promise<Diagnosis> {
  const { major } = await connectionFacts(pool);
  return ok(database, `PostgreSQL ${major} answers`);
}

async function tlsOf({ config: { databaseUrl: url }, database: { pool } }: Subjects): Promise<readonly Diagnosis[]> {
  const { tls } = await connectionFacts(pool);
  if (tls !== null) return [ok(tlsToServer, tls)];
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (host === 'localhost' || isLoopbackAddress(host.replace(/^\[|\]$/g, ''))) {
    return [ok(tlsToServer, 'none: it is on this machine')];
  }
  const fix = 'Someone on the network can read and change the data. Add sslmode=verify-full to the address.';
  return [fail(tlsToServer, `none, to ${host}`, fix, [changeSetting('DATABASE_URL')])];
}

async function tablesOf({ config, database }: Subjects): Promise<Diagnosis> {
  const pending = await pendingMigrations(database, databasePlace(config.databaseUrl));
  if (pending.length === 0) return ok(tables, 'complete');
  return fail(tables, `missing: ${pending.join(', ')}`, 'Start this version of the bot once.', ['npm start']);
}

async function engineOf({ database }: Subjects): Promise<Diagnosis> {
  if (await hasTables(database.pool)) return ok(engine, 'its tables exist');
  return fail(engine, 'its tables don’t exist', 'Start the bot once: it creates them.', ['npm start']);
}

function ownRole({ databaseUrl }: Subjects['config']): Remedy {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const at = ['-h', hostname, ...(port === '' ? [] : ['-p', port]), '-d', pathname.slice(1)];
  return [
    [
      command('psql', ...at, '-c', 'create role cmk_bot login'),
      changeSetting('DATABASE_URL'),
      changeSetting('CMK_DATABASE_OWNER_URL'),
    ],
    'an administrator of the database server',
  ];
}

async function userOf({ database, config }: Subjects): Promise<Diagnosis> {
  const { role, superuser, owns, mayAdd, mayChange } = await roleRights(database.pool);
  const isLocal = config.server.mode === 'local';
  if (superuser && !isLocal) {
    const found = `${role} is a superuser, so it could change the audit log`;
    return fail(user, found, 'Let the bot sign in as a role with few permissions.', ...ownRole(config));
  }
  if (owns) {
    const found = 'owns the tables or can act as their owner, so it could turn off the protection of the audit log';
    return isLocal ? ok(user, found) : warn(user, found, `Better ${ownerAdvice}.`, ...ownRole(config));
  }
  const name = `"${role.replaceAll('"', '""')}"`;
  if (!mayAdd) {
    return fail(
      user,
      `${role} can’t insert events: nothing can be stored`,
      'It needs permission to read and insert.',
      [asOwner(`grant insert on cmk.event to ${name}`)],
      ownerRole,
    );
  }
  if (mayChange.length === 0) return ok(user, 'can insert and read events, and owns nothing');
  const rights = mayChange.join(', ');
  return fail(
    user,
    `${role} can ${rights} events, so it could change the audit log`,
    'It needs permission only to read and insert.',
    [asOwner(`revoke ${rights} on cmk.event from ${name}`)],
    ownerRole,
  );
}

const writesAgain = 'begin read write; alter database %I reset default_transaction_read_only; commit';

/** What is found, and the fix. */
const refusedWrites: Readonly<Record<WriteRejection, readonly [string, string]>> = {
  'read-only': [
    'it is read-only',
    'Connect to the primary server. Azure makes a server read-only when its disk is nearly full: give it a larger disk. If the database was set to read-only, reset that.',
  ],
  'disk-full': [
    'its disk is full',
    'Give the server a larger disk. Do not delete anything in pg_wal or in the tables.',
  ],
  'not-allowed': [
    'the bot’s user doesn’t have permission',
    'Start the bot once with CMK_DATABASE_OWNER_URL. This restores all permissions of its user.',
  ],
  'server-trouble': [
    'it has no memory or connections left, or cannot use its disk',
    'Read the log of the database server.',
  ],
};

async function writesOf({ database: { pool } }: Subjects): Promise<Diagnosis> {
  const why = await tryWrite(pool);
  if (why === null) return ok(writes, 'a test write worked, and was rolled back');
  const [found, fix] = refusedWrites[why];
  const commands = why === 'read-only' ? [asOwner(writesAgain.replace('%I', await databaseName(pool)))] : [];
  return fail(writes, `refuses writes: ${found}`, fix, commands, ownerRole);
}

/** Returns a handler for `catch` that makes the error a failed finding, in the database's words. */
export const failOn =
  (subject: About) =>
  (error: unknown): Diagnosis => {
    const message = error instanceof Error ? error.message : String(error);
    const found = error instanceof UnknownFormat ? unknownFormatWords(error) : message;
    return fail(subject, found, 'Check the database, and DATABASE_URL.');
  };

export async function diagnoseDatabase(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const reached = await versionOf(subjects).catch(failOn(database));
  if (reached.outcome === 'fail') return [reached];
  const [tls, ...rest] = await Promise.all([
    tlsOf(subjects).catch((error: unknown) => [failOn(tlsToServer)(error)]),
    tablesOf(subjects).catch(failOn(tables)),
    engineOf(subjects).catch(failOn(engine)),
    userOf(subjects).catch(failOn(user)),
    writesOf(subjects).catch(failOn(writes)),
  ]);
  return [reached, ...tls, ...rest];
}

const variable = 'CMK_DATABASE_OWNER_URL';
const owner = about('db/owner');
const remedy = [changeSetting(variable)];

/** Judges that the running bot can sign in as the owner: only a start that migrates needs it. */
async function ownerKept({ config, database }: Subjects): Promise<Diagnosis> {
  const pending = await pendingMigrations(database, databasePlace(config.databaseUrl));
  if (pending.length > 0 || config.server.mode === 'local') return ok(owner, 'its address is the same database');
  const found = 'the bot can sign in as the owner and change the audit log, but only needs that for migrations';
  // What the engine still has to migrate, only a start knows.
  const fix =
    'Start this version once. Then remove the setting, also from backups of the settings, and restart. Set it again for an upgrade.';
  return warn(owner, found, fix, [removeOwner(config.databaseSignIn.ownerClientId)]);
}

/** Checks that the owner's address is the bot's own database: the bot's start migrates the tables there. */
export async function diagnoseOwner(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const { config, database } = subjects;
  const { ownerUrl: url } = config;
  if (url === null) return [];
  const where = databasePlace(url);
  const opened = openDatabase({ url, maxConnections: 1, password: databasePassword(config, 'owner') });
  try {
    const its = await databaseIdentity(opened.pool);
    const own = await databaseIdentity(database.pool);
    if (isSameDatabase(its, own)) return [await ownerKept(subjects)];
    return [
      fail(
        owner,
        otherDatabaseWords(where, databasePlace(config.databaseUrl)),
        'The bot doesn’t start with it.',
        remedy,
      ),
    ];
  } catch (error) {
    const fault = faultOf(error);
    return [fail(owner, `${variable}: ${where}: ${fault.message}`, databaseAdvice(fault, variable), remedy)];
  } finally {
    await opened.close();
  }
}
