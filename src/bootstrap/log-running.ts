/** Logs that the bot runs. Otherwise an idle bot logs nothing, and looks like one whose lines get lost. */
import type { Stoppable } from './shutdown.ts';

interface RunningSources {
  readonly log: Record<'info' | 'warn', (fields: object, message: string) => unknown>;
  /** Reads the end of the audit log. */
  readonly head: () => Promise<{ readonly seq: number }>;
  /** The program's version, and where it is known, its commit. */
  readonly build: object;
}

/** Well within the window of the alert on silence in infra/alerts.json, which is a day. */
const everyMs = 3_600_000;

/** Logs one line an hour: the build, and how many events the audit log has. */
export function logRunning({ log, head, build }: RunningSources): Stoppable {
  let logging: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    logging = head().then(
      ({ seq }) => log.info({ ...build, events: seq }, 'running'),
      (err: unknown) => log.warn({ ...build, err }, 'running, but the end of the audit log couldn’t be read'),
    );
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await logging;
    },
  };
}
