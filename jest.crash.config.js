import usual from './jest.config.js';

/** Kills around every commit, on both stores. `npm run test:crash`; a share of it in CI. */
export default { ...usual, testMatch: ['<rootDir>/test/crash-all/**/*.test.ts'], testPathIgnorePatterns: [] };
