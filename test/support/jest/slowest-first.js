/**
 * Unit tests begin first, while the programs are bundled. Then the suites that take longest: a worker that begins a long one when
 * the others are through ends the run late.
 * Jest knows how long they took only where it ran before.
 */
import Sequencer from '@jest/test-sequencer';

/** What took more than half a minute, longest first; a suite that is not there holds its place for nobody. */
const slowest = [
  'crash-all/commits-after',
  'crash-all/commits-before',
  'long/engine-faults',
  'crash-all/writes',
  'crash-all/replicas',
  'crash-all/drifts',
  'crash-all/cards',
  'long/database-trouble',
  'long/hostile-tables',
  'long/lost-right',
  'long/failures-doc',
  'long/slow-azure',
  'long/killed-replica',
  'scenario/key-watch',
  'scenario/moved-world',
  'scenario/policy',
  'contract/cli-audit',
  'scenario/record-attacks',
  'scenario/transcripts',
  'scenario/clock-and-runs',
  'scenario/attention',
  'scenario/outage',
  'scenario/decisions',
  'scenario/open-forms',
  'scenario/own-key',
  'scenario/published-log',
  'scenario/hostile-witness',
  'scenario/hostile-folder',
  'scenario/hostile-queries',
  'scenario/stop-run',
  'scenario/checks',
  'scenario/backup-restore',
  'scenario/failed-agent',
  'scenario/evidence',
  'scenario/evidence-changes',
  'scenario/evidence-later',
  'scenario/control',
  'contract/store-folder',
  'scenario/telemetry',
  'scenario/on-postgres',
  'scenario/cli',
  'scenario/doctor',
  'scenario/broken-settings',
  'scenario/wrong-clock',
  'scenario/lost-run',
  'scenario/restart',
  'contract/infra-bot',
  'contract/infra-hooks',
  'contract/infra',
  'contract/start',
  'scenario/unsealed-record',
  'unit/authorization/moment.property',
  'unit/domain/request/right-people.property',
];

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
