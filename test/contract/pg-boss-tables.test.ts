import { known } from '../../src/store/pg-boss-tables.ts';
import { type TestStore, testDatabases } from '../support/store/test-stores.ts';

/** The private tables that the installed version of pg-boss creates are those that our SQL was written for. */

const databases = testDatabases();
let store: TestStore;
beforeAll(async () => {
  store = await databases.start(await databases.fresh());
});

const advice =
  'pg-boss has another schema than src/store/pg-boss-tables.ts was written for. Read the migrations of its new version, check each statement of that file and cmk.add_jobs, and then change what `known` records.';
/** Fails with the advice, and what differs. */
const expectKnown = (found: unknown, recorded: unknown) =>
  expect({ advice, found }).toEqual({ advice, found: recorded });

test('the version of the schema is the recorded one', async () => {
  expectKnown(await store.sql('select version from pgboss.version'), [{ version: known.schemaVersion }]);
});

test('each column that our SQL names has the recorded type', async () => {
  const found = await store.sql(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = 'pgboss.job_common'::regclass and attname = any($1)`,
    [Object.keys(known.columns)],
  );
  expectKnown(Object.fromEntries(found.map(({ name, type }) => [name, type])), known.columns);
});

test('the states of a job come in the recorded order', async () => {
  const found = await store.sql(
    "select enumlabel as state from pg_enum where enumtypid = 'pgboss.job_state'::regtype order by enumsortorder",
  );
  expectKnown(
    found.map(({ state }) => state),
    known.states,
  );
});

test('an index makes a waiting job of a key the only one: cmk.add_jobs relies on it', async () => {
  const found = await store.sql(
    "select indexdef from pg_indexes where schemaname = 'pgboss' and tablename = 'job_common' and indexdef ~ 'UNIQUE'",
  );
  expect(found.map(({ indexdef }) => indexdef)).toContainEqual(
    expect.stringMatching(/\(name, state, COALESCE\(singleton_key, ''::text\)\) WHERE .*state <= 'active'.*'stately'/),
  );
});
