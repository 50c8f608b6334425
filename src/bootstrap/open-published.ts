/** The published log for cards, pages and runs: its checkpoints, and whether it has people's decisions. */
import { newestCheckpoint } from '../audit/anchor/newest-checkpoint.ts';
import { openNote } from '../audit/tlog/note.ts';
import { isUnderWay, type Request } from '../domain/request/request.ts';
import { openPublishedLog } from '../operator/published-log.ts';
import type { Checkpoints } from '../teams/delivery/audit-channel.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { LogPublisher } from './start-log-publisher.ts';

type PublishedOptions = Pick<Infrastructure, 'config' | 'witnessing' | 'jobs' | 'now' | 'log'> & {
  readonly publisher: LogPublisher;
};

interface PublishedCheckpoints extends Checkpoints {
  /** Returns how many events the newest checkpoint covers, if it has the cosignatures that are needed; otherwise 0. */
  witnessedSize(): Promise<number>;
}

function checkpointsOf(app: PublishedOptions): PublishedCheckpoints | null {
  const { config, witnessing } = app;
  const { publish, logKeys } = app.publisher;
  const { anchor } = config;
  if (anchor === null) return null;
  let opened: ReturnType<typeof openPublishedLog> | null = null;
  const open = () => {
    opened ??= openPublishedLog(anchor, config, logKeys);
    return opened;
  };
  const newest = async () => newestCheckpoint(await open());
  return {
    async covering(seq) {
      const found = await newest();
      if (found !== null && found.size >= seq) return found;
      await publish();
      const published = await newest();
      return published !== null && published.size >= seq ? published : null;
    },
    async witnessedSize() {
      const { witnessKeys } = await open();
      const found = await newest();
      if (found === null) return 0;
      const cosigned = openNote(found.note, witnessKeys);
      const witnesses = typeof cosigned === 'string' ? [] : cosigned.signatures.map(({ key }) => key);
      return new Set(witnesses).size >= anchor.witnessesNeeded ? found.size : 0;
    },
    witnessing: async () => (await witnessing?.()) ?? null,
    everyMs: anchor.everyMs,
  };
}

/** Card updates soon after a decision don't say that its publication is under way. */
const delayedMs = 5_000;
/** After a failure, runs that wait share the next attempt. */
const againMs = 4_000;

type DecisionsOptions = Pick<Infrastructure, 'now'> & {
  readonly jobs: Pick<Infrastructure['jobs'], 'onWritten'>;
  readonly log: Pick<Infrastructure['log'], 'warn'>;
  readonly publisher: Pick<LogPublisher, 'publish' | 'compare'>;
  /** Null: the log isn't published, so nothing waits for it. */
  readonly checkpoints: Pick<PublishedCheckpoints, 'witnessedSize'> | null;
};

export function openDecisions({ jobs, now, log, publisher, checkpoints }: DecisionsOptions) {
  if (checkpoints === null) return { isPublished: async () => true, isDelayed: async () => false };
  let size = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  const covers = async (seq: number): Promise<boolean> => {
    if (size < seq) size = Math.max(size, await checkpoints.witnessedSize());
    return size >= seq;
  };
  async function publish(seq: number): Promise<boolean> {
    if (performance.now() - failedAt < againMs) return false;
    await publisher.publish();
    if (await covers(seq)) return true;
    failedAt = performance.now();
    return false;
  }
  jobs.onWritten(({ decided: { seq } }) => {
    if (seq > size) void publisher.publish();
  });
  return {
    /** Publishes a request's last decision, if it isn't yet. Returns whether it is, with the cosignatures that are needed. */
    async isPublished({ decided: { seq } }: Pick<Request, 'decided'>): Promise<boolean> {
      try {
        await publisher.compare();
        return (await covers(seq)) || (await publish(seq));
      } catch (error) {
        log.warn({ err: error }, 'the published log could not be read');
        return size >= seq;
      }
    },
    /** Returns whether cards say that the run waits for that. Publishes what another program decided. */
    async isDelayed(request: Request): Promise<boolean> {
      const { seq, at } = request.decided;
      if (await covers(seq).catch(() => false)) return false;
      void publish(seq).catch(() => undefined);
      return isUnderWay(request) && now().getTime() - Date.parse(at) > delayedMs;
    },
  };
}

export function openPublished(app: PublishedOptions) {
  const checkpoints = checkpointsOf(app);
  return { checkpoints, decisions: openDecisions({ ...app, checkpoints }) };
}
