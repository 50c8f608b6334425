import usual from './jest.config.js';
import { attackSuites } from './test/support/attack-suites.js';

/** Every suite that attacks, the long ones as well: what docs/security.md has its table from. `npm run attacks`. */
export default {
  ...usual,
  testMatch: Object.keys(attackSuites).map((suite) => `<rootDir>/${suite}`),
  testPathIgnorePatterns: [],
};
