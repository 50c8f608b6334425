import { describe } from '@jest/globals';
import { stories } from '../support/lives/killed-lives.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { killAroundCommits } from './kill-around-commits.ts';

describe('killed around every commit', () => killAroundCommits([stories.enabling, stories.repairing], newDatabase));
