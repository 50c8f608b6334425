/** Tests run as ES modules through swc; the bot, its store and its engine always run as child processes. */
export default {
  globalSetup: '<rootDir>/test/support/global-setup.js',
  setupFiles: process.env.CMK_PROPERTY_SEED === undefined ? [] : ['<rootDir>/test/support/property-seed.js'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/long/', '<rootDir>/test/crash-all/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testSequencer: '<rootDir>/test/support/slowest-first.js',
  reporters: ['default', '<rootDir>/test/support/slowest-reporter.js', '<rootDir>/test/support/attack-reporter.js'],
  // A watchdog: what hangs ends, what is held up by a busy machine does not.
  testTimeout: 120_000,
  // Two cores are kept busy by four: scenarios wait for the bot, and the bot for what it was told to wait for.
  maxWorkers: 4,
};
