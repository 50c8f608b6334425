import { attackRows } from './test/support/jest/attack-reporter.js';

const slow = ['<rootDir>/test/long/', '<rootDir>/test/crash-all/'];

/** Tests run as ES modules through swc. The product runs as bundled programs: in the test's process, or in processes of their own. */
const shared = {
  globalSetup: '<rootDir>/test/support/jest/global-setup.js',
  globalTeardown: '<rootDir>/test/support/jest/global-teardown.js',
  setupFiles: process.env.CMK_PROPERTY_SEED === undefined ? [] : ['<rootDir>/test/support/jest/property-seed.js'],
  // `npm run build` writes a package.json there with this project's name.
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript' },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** One of them at a time: each npm script selects its own. */
const projects = [
  { displayName: 'usual', testMatch: ['<rootDir>/test/**/*.test.ts'], testPathIgnorePatterns: slow },
  { displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  { displayName: 'crash', testMatch: ['<rootDir>/test/crash-all/**/*.test.ts'] },
  { displayName: 'attacks', testMatch: attackRows.map(([, suite]) => `<rootDir>/${suite}`) },
];

export default {
  projects: projects.map((project) => ({ ...shared, ...project })),
  // Ends a test that hangs. The first hook of a run may wait for the programs (prepared.ts): on a busy machine that takes minutes.
  testTimeout: 400_000,
  testSequencer: '<rootDir>/test/support/jest/slowest-first.js',
  reporters: ['default', '<rootDir>/test/support/jest/attack-reporter.js'],
  // Two cores are kept busy by four workers: scenarios mostly wait for the bot.
  maxWorkers: 4,
};
