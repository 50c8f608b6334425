import { diagnoseDatabase } from '../../../../src/operator/doctor/database.ts';

test('a database that is lost meanwhile fails each check of it, and no other check', async () => {
  const rows = [{ number: 990_000, ssl: true, version: 'TLSv1.3', cipher: 'AES' }];
  let queries = 0;
  const lost = () => Promise.reject(new Error('Connection terminated unexpectedly'));
  const pool = {
    query: () => {
      queries += 1;
      return queries === 1 ? Promise.resolve({ rows }) : lost();
    },
    connect: lost,
  };
  const found = await diagnoseDatabase({
    config: { databaseUrl: 'postgres://bot@db.example/cmk', server: { mode: 'production' } },
    database: { pool },
  } as never);
  expect(found.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual([
    'db/answers ok',
    ...['db/tls fail', 'db/tables fail', 'db/tables fail', 'db/role fail', 'db/writes fail'],
  ]);
});
