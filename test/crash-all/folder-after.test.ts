import { describe } from '@jest/globals';
import { killAroundCommits } from './kill-around-commits.ts';

describe('killed right after every commit, on a folder', () => {
  killAroundCommits('a folder', 'after', async () => null);
});
