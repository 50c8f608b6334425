import { openLocked } from '../../../src/bootstrap/start-log-publisher.ts';
import { trackOverdue } from '../../../src/observability/overdue.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { noon } from '../../support/builders/plans.ts';

test('after a stop of all replicas, one that finds the lock taken waits an interval before it says that nothing is published', async () => {
  let ms = noon.getTime();
  const pass = (minutes: number) => {
    ms += minutes * 60_000;
  };
  const now = () => new Date(ms);
  const everyMs = 60_000;
  const publishing = trackOverdue({ documents: memoryDocuments(), key: 'last', normalMs: everyMs, now });
  await publishing.done();
  pass(45);
  const publish = openLocked({
    tryLocked: async () => null,
    publisher: { publish: () => Promise.reject(new Error('not without the lock')) },
    ...{ publishing, everyMs, now },
    log: { warn: () => undefined },
  });
  await publish();
  pass(2);
  await expect(publish()).rejects.toThrow('another replica holds the lock, and hasn’t published');
  await publishing.done();
  await publish();
});
