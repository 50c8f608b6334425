import usual from './jest.config.js';

/** What takes long because it waits: floods, readers of very long texts, the pace of the real Azure. `npm run test:long`. */
export default { ...usual, testMatch: ['<rootDir>/test/long/**/*.test.ts'], testPathIgnorePatterns: [] };
