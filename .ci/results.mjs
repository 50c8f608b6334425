// What the runs of the tests wrote, for .ci/run.
//   results.mjs failed FILE             the suites that failed, a line each
//   results.mjs sum FOLDER [EXIT ...]   what failed, then `N passed, N failed`; EXIT: a command that failed although no test did
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const say = (line) => process.stdout.write(`${line}\n`);

/** The suites of a run, by file; none: it wrote nothing. */
function suitesOf(file) {
  const { testResults } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
  return new Map(testResults.map((suite) => [suite.name, suite]));
}

const failedIn = (suites) => [...suites.values()].filter(({ status }) => status === 'failed');

/** A suite that could not run at all counts as one failure. */
function countsOf({ status, assertionResults }) {
  const count = (wanted) => assertionResults.filter((test) => test.status === wanted).length;
  return { passed: count('passed'), failed: Math.max(count('failed'), status === 'failed' ? 1 : 0) };
}

/** One project: each suite as its last run left it. One without a passed test counts as a failure. */
function project(folder, name) {
  const first = suitesOf(path.join(folder, `${name}.json`));
  const again = suitesOf(path.join(folder, `${name}-again.json`));
  for (const { name: file, message } of failedIn(first)) {
    const passed = again.get(file)?.status === 'passed';
    say(`${passed ? 'failed once, passed when run by itself' : 'failed'}: ${file}\n${message.slice(0, 2_000)}`);
  }
  const counts = [...new Map([...first, ...again]).values()].map(countsOf);
  const sum = (what) => counts.reduce((total, count) => total + count[what], 0);
  return { passed: sum('passed'), failed: Math.max(sum('failed'), sum('passed') === 0 ? 1 : 0) };
}

function sum(folder, exits) {
  const runs = ['usual', 'slow'].map((name) => project(folder, name));
  for (const line of exits) say(line);
  const passed = runs.reduce((total, run) => total + run.passed, 0);
  const failed = runs.reduce((total, run) => total + run.failed, exits.length);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

const [, , command, place, ...exits] = process.argv;
if (command === 'failed') for (const { name } of failedIn(suitesOf(place))) say(name);
else process.exitCode = sum(place, exits);
