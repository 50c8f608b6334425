import { afterAll, describe, test } from '@jest/globals';
import { startPostgres } from '../support/store/postgres.ts';
import { killAroundCommits } from './kill-around-commits.ts';

const postgres = await startPostgres();
afterAll(async () => postgres?.stop());

if (postgres === null) test.todo('killed just before every commit, on PostgreSQL');
else
  describe('killed just before every commit, on PostgreSQL', () => {
    killAroundCommits('before', () => postgres.newDatabase());
  });
