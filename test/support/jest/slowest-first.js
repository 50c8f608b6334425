/**
 * Unit tests begin first, while the programs are bundled. Then the suites that take longest: a worker that begins a long one when
 * the others are through ends the run late.
 * Jest knows how long they took only where it ran before.
 */
import Sequencer from '@jest/test-sequencer';

/** What took more than half a minute, longest first; a suite that is not there holds its place for nobody. */
const slowest = `
  crash-all/commits-after crash-all/commits-before long/engine-faults crash-all/writes crash-all/replicas
  crash-all/drifts crash-all/cards long/database-trouble long/hostile-tables long/failures-doc long/cannot-store
  long/slow-azure long/seen-in-use long/key-watch long/moved-world long/policy long/cli-audit long/record-attacks
  scenario/transcripts browser/enable-cmk long/card-gallery long/weekly-digest long/outage long/decisions
  long/open-forms long/own-key long/published-log long/hostile-folder long/hostile-queries long/statement
  long/stop-run long/backup-restore long/failed-agent scenario/evidence long/evidence-forgeries long/evidence-later
  scenario/status long/repair-cmk long/control scenario/paths-places scenario/transcripts-repairs long/store-folder
  long/telemetry long/on-postgres scenario/cli scenario/doctor long/broken-settings long/wrong-clock long/restart
  contract/infra-bot long/infra-hooks contract/infra contract/start long/unsealed-record
  unit/domain/request/right-people.property
`
  .trim()
  .split(/\s+/);

/** Unit tests need nothing that `prepare.ts` makes: they run while it makes it. */
const isUnit = (path) => path.includes('/test/unit/');

const rank = ({ path }) => {
  const at = slowest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return (isUnit(path) ? 0 : slowest.length + 1) + (at === -1 ? slowest.length : at);
};

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
