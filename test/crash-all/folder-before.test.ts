import { describe } from '@jest/globals';
import { killAroundCommits } from './kill-around-commits.ts';

describe('killed just before every commit, on a folder', () => {
  killAroundCommits('a folder', 'before', async () => null);
});
