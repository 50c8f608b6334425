/**
 * The suites that take longest begin first: a worker that begins a long one when the others are through ends the run late.
 * Jest knows how long they took only where it ran before.
 */
import Sequencer from '@jest/test-sequencer';

/** What took more than half a minute, longest first; a suite that is not there holds its place for nobody. */
const slowest = [
  'scenario/moved-world',
  'scenario/attention',
  'crash/writes',
  'scenario/record-attacks',
  'scenario/policy',
  'crash/clicks',
  'scenario/own-key',
  'crash/rotations',
  'contract/cli-audit',
  'scenario/transcripts',
  'scenario/hostile-queries',
  'scenario/stop-run',
  'contract/store-folder',
  'scenario/backup-restore',
  'scenario/telemetry',
  'scenario/on-postgres',
  'contract/store-right-people',
  'scenario/wrong-clock',
  'scenario/lost-run',
  'scenario/restart',
  'contract/start',
  'scenario/unsealed-record',
];

const rank = ({ path }) => {
  const at = slowest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return at === -1 ? slowest.length : at;
};

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
