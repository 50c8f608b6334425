/** Says at the end where the time went: the suites that took longest, and what all of them took together. */
const shown = 10;

const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;

export default class SlowestReporter {
  onRunComplete(_contexts, { testResults }) {
    const suites = testResults
      .map(({ testFilePath, perfStats: { start, end }, numPassingTests, numFailingTests }) => ({
        name: testFilePath.replace(/^.*\/test\//, 'test/'),
        ms: end - start,
        cases: numPassingTests + numFailingTests,
      }))
      .sort((a, b) => b.ms - a.ms);
    if (suites.length < 2) return;
    const total = suites.reduce((sum, { ms }) => sum + ms, 0);
    const lines = suites
      .slice(0, shown)
      .map(({ name, ms, cases }) => `${seconds(ms).padStart(9)} ${String(cases).padStart(5)} cases  ${name}`);
    process.stderr.write(
      `\nThe slowest of ${suites.length} suites, which took ${seconds(total)} together:\n${lines.join('\n')}\n`,
    );
  }
}
