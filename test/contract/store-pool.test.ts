import type { DatabaseOptions } from '../../src/store/database.ts';
import { Mutex } from '../../src/store/mutex.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { onEveryDatabase, pgliteDatabases } from '../support/store/store-databases.ts';

/** What the store and the engine rely on in a pool, the same on both databases. */

await onEveryDatabase((databases) => {
  let store: StoreProcess;
  let kind: DatabaseOptions['kind'];

  beforeAll(async () => {
    const options = await databases.fresh();
    kind = options.kind;
    store = await databases.start(options);
    await store.sql('create table t (a int primary key, b bigint)');
  });

  it('gives big integers as text, times as dates and arrays as arrays', async () => {
    const text = `select 9007199254740993::int8 as big, 1.10::numeric as exact, '2030-01-01T00:00:00Z'::timestamptz as at,
      array['a', 'b"c'] as list, '{"a":1}'::json as json, null::text as nothing`;
    expect(await store.sql(text)).toEqual([
      {
        big: '9007199254740993',
        exact: '1.10',
        at: new Date('2030-01-01T00:00:00Z'),
        list: ['a', 'b"c'],
        json: { a: 1 },
        nothing: null,
      },
    ]);
  });

  it('outlives a connection that ends under a transaction, and opens another', async () => {
    // The embedded database has no connection that could end.
    if (kind === 'pglite') return;
    const end = 'select pg_terminate_backend(pg_backend_pid())';
    const [, ended, after] = await store.session('begin', end, 'select 1 as one');
    expect([ended, after]).toEqual(['57P01', undefined]);
    expect(await store.session('select 1 as one')).toEqual([[{ one: 1 }]]);
  });

  it('takes nothing back after commit, everything after rollback', async () => {
    await store.session('begin', 'insert into t values (1)', 'commit');
    await store.session('begin', 'insert into t values (2)', 'rollback');
    await store.session(
      'begin',
      'insert into t values (3)',
      'savepoint s',
      'insert into t values (4)',
      'rollback to s',
      'end',
    );
    expect(await store.sql('select a from t order by a')).toEqual([{ a: 1 }, { a: 3 }]);
  });

  it('goes on after an error inside a transaction, on the same client and on the next', async () => {
    const outcomes = await store.session('begin', 'select 1 / 0', 'select 1', 'rollback', 'select 2 as two');
    expect(outcomes).toEqual([[], '22012', '25P02', [], [{ two: 2 }]]);
    expect(await store.session('select 3 as three')).toEqual([[{ three: 3 }]]);
  });

  it('keeps transactions that overlap apart', async () => {
    const add = () =>
      store.session(
        'begin',
        'select b from t where a = 1 for update',
        'update t set b = coalesce(b, 0) + 1 where a = 1',
        'commit',
      );
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await store.sql('select b from t where a = 1')).toEqual([{ b: '20' }]);
  });

  it('refuses a database that a newer program has migrated', async () => {
    const options = await databases.fresh();
    const newer = await databases.start(options);
    await newer.sql("insert into cmk.migration values (9999, 'later')");
    await newer.close();
    await expect(databases.start(options)).rejects.toThrow('migration 9999, made by a newer version of this program');
  });
});

describe('the embedded pool alone', () => {
  const databases = pgliteDatabases();
  afterAll(() => databases.end());

  it('rolls back what a released client left open', async () => {
    const store = await databases.start(await databases.fresh());
    await store.session('create table t (a int)', 'begin', 'insert into t values (1)');
    expect(await store.sql('select * from t')).toEqual([]);
  });
});

describe('turns', () => {
  it('come in the order they were asked for', async () => {
    const mutex = new Mutex();
    const order: number[] = [];
    const end = await mutex.acquire(1000);
    const others = [1, 2, 3].map(async (number) => {
      const endMine = await mutex.acquire(1000);
      order.push(number);
      endMine();
    });
    end();
    end();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });

  it('say so when one never comes, and the next is not lost for it', async () => {
    const mutex = new Mutex();
    const end = await mutex.acquire(1000);
    await expect(mutex.acquire(20)).rejects.toThrow('was not free for 20 ms');
    expect(mutex.waiting).toBe(0);
    end();
    (await mutex.acquire(1000))();
  });
});
