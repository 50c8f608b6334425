/** Whether the owner's address leads to the bot's own database: the start of the bot brings up the tables there. */
import { databasePassword } from '../../config/database-password.ts';
import { placeName } from '../../config/place.ts';
import { openDatabase } from '../../store/database.ts';
import { faultOf } from '../../store/db-errors.ts';
import { databaseIdentity, isSameDatabase } from '../../store/postgres-probe.ts';
import { databaseAdvice, otherDatabaseWords } from '../../text/database.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { about, fail, ok, type Subjects } from './subjects.ts';

const variable = 'CMK_DATABASE_OWNER_URL';
const owner = about('db/owner', 'owner of the database');
const remedy = { commands: [setAnew(variable)] };

export async function diagnoseOwner({ config, database }: Subjects): Promise<readonly Diagnosis[]> {
  const { ownerUrl: url, store: place } = config;
  if (url === null || database.kind === 'pglite') return [];
  const where = placeName({ kind: 'server', url });
  const password = databasePassword(config, 'owner');
  const opened = await openDatabase({ kind: 'postgres', url, maxConnections: 1, ...(password && { password }) });
  try {
    const [its, own] = [await databaseIdentity(opened.pool), await databaseIdentity(database.pool)];
    if (isSameDatabase(its, own)) return [ok(owner, 'its address leads to the same database')];
    return [fail(owner, otherDatabaseWords(where, placeName(place)), 'The bot doesn’t start with it.', remedy)];
  } catch (error) {
    const fault = faultOf(error);
    return [fail(owner, `${variable}: ${where}: ${fault.message}`, databaseAdvice(fault, variable), remedy)];
  } finally {
    await opened.close();
  }
}
