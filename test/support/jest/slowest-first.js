/**
 * Tests that start no program begin first, while the programs are bundled. Then the suites that take longest: a worker that begins
 * a long one when the others are through ends the run late.
 * Jest knows how long they took only where it ran before.
 */
import Sequencer from '@jest/test-sequencer';

/** What took more than half a minute, longest first; a suite that is not there holds its place for nobody. */
const slowest = `
  long/database-trouble
  long/wrong-clock long/failures-doc crash-all/random-lives
  long/on-postgres
  long/reading
  crash-all/kill-matrix
  long/call-costs long/key-watch
  long/seen-in-use
  long/published-log scenario/transcripts browser/enable-cmk scenario/evidence long/infra
  long/start
`
  .trim()
  .split(/\s+/);

/** The long suites that need nothing that `prepare.ts` makes. */
const unprepared =
  /\/test\/long\/(card-truth\.property|hostile-log-writer|hostile-growth|infra[\w-]*|files-touched|outside-judges)\.test\.ts$/;

/** These run while `prepare.ts` makes what others wait for. */
const isFirst = (path) => path.includes('/test/unit/') || unprepared.test(path);

const rank = ({ path }) => {
  const at = slowest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return (isFirst(path) ? 0 : slowest.length + 1) + (at === -1 ? slowest.length : at);
};

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
