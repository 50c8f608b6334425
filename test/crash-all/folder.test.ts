import { describe } from '@jest/globals';
import { killAroundCommits } from './kill-around-commits.ts';

describe('killed around every commit, on a folder', () => {
  killAroundCommits('a folder', async () => null);
});
