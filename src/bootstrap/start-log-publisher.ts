/** Publishes the audit log: at the start, after each decision, at each interval with new events, and at shutdown. */

import { AnchorContradicts } from '../audit/anchor/contradiction.ts';
import { knownHead } from '../audit/anchor/known-head.ts';
import { openLogPublisher } from '../audit/anchor/publisher.ts';
import { type CosignOutcome, openWitnesses, type Witness } from '../audit/anchor/witnesses.ts';
import { KeyFileInvalid } from '../audit/key-file.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import { ConfigurationError } from '../config/env.ts';
import type { AnchorSettings } from '../config/settings/audit-log.ts';
import type { Overdue } from '../domain/ports/telemetry.ts';
import { anchorFiles, anchorName, loadKeys, verifierOf } from '../operator/published-log.ts';
import { advisoryLock, type TryLocked } from '../store/advisory-lock.ts';
import { contradictedWords, logKeyUse } from '../text/record.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import { endProcess, type Stoppable } from './shutdown.ts';

function witnessOf({ url, key: line }: AnchorSettings['witnesses'][number]): Witness {
  const key = readKeyLine(line);
  if (typeof key !== 'string' && key.kind === 'witness') return { url, key };
  throw new Error(`the key of a witness was not checked at the start: ${line}`);
}

/** Logs the witnesses' responses. A missing signature is a warning; a contradiction is an error. */
const sayWitnessed =
  ({ log }: Pick<Infrastructure, 'log'>) =>
  (outcomes: readonly CosignOutcome[]): void => {
    for (const outcome of outcomes) {
      const { kind, witness } = outcome;
      if (kind === 'signed') continue;
      const { detail } = outcome;
      if (kind === 'another-history')
        log.error({ witness, detail }, 'a witness signed a different version of the audit log');
      else log.warn({ witness, detail }, 'a witness did not sign the newest checkpoint');
    }
  };

async function openPublisher(settings: AnchorSettings, infrastructure: Infrastructure) {
  const { config, auditLog, witnesses: book, now } = infrastructure;
  const { keys: seeds } = await loadKeys(settings.key, config, logKeyUse).catch((error: unknown) => {
    throw error instanceof KeyFileInvalid ? new ConfigurationError(error.message) : error;
  });
  const newest = seeds.at(-1);
  if (newest === undefined) throw new Error('the published log: there is no key');
  const key = signingKey(settings.name, 'log', newest.bytes);
  const olderKeys = seeds.slice(0, -1).map((older) => verifierOf(settings.name, older));
  const files = await anchorFiles(settings.place, config);
  const publisher = openLogPublisher({
    files,
    lines: auditLog.soundLines,
    key,
    olderKeys,
    witnesses: openWitnesses(settings.witnesses.map(witnessOf), { log: settings.name, book, now }),
    onCosigned: sayWitnessed(infrastructure),
  });
  return { publisher, files, logKeys: [...olderKeys, key.verifier] };
}

/** A failure is only logged. Publishing is retried at the next interval. */
const notNow = async ({ log, metrics }: Pick<Infrastructure, 'log' | 'metrics'>, error: unknown): Promise<void> => {
  // Null: the database doesn't answer, which has its own alert.
  const overdueSeconds = await metrics.publishing.seconds().catch(() => null);
  log.warn({ err: error, setting: 'CMK_ANCHOR', overdueSeconds }, 'the audit log could not be published');
};

interface LockedOptions {
  readonly tryLocked: TryLocked;
  readonly publisher: ReturnType<typeof openLogPublisher>;
  readonly publishing: Overdue;
  readonly log: Pick<Infrastructure['log'], 'warn'>;
  readonly everyMs: number;
  readonly now: () => Date;
}

export function openLocked(options: LockedOptions): () => Promise<void> {
  const { tryLocked, publisher, publishing, log, everyMs, now } = options;
  const start = now().getTime();
  return async () => {
    const published = await tryLocked(async () => {
      await publisher.publish();
      await publishing
        .done()
        .catch((error: unknown) => log.warn({ err: error }, 'the time of publishing could not be stored'));
      return true;
    });
    // After a stop of all replicas, the first one still publishes what is overdue.
    if (published !== null || now().getTime() - start <= everyMs) return;
    // A failed replica holds the lock until the server ends its connection.
    if ((await publishing.seconds()) * 1_000 > everyMs)
      throw new Error('another replica holds the lock, and hasn’t published');
  };
}

export interface LogPublisher extends Stoppable {
  /** Publishes new events immediately. A failure is logged and retried later. */
  publish(): Promise<unknown>;
  /** Compares the audit log with the end that another process knew. Throws if the place can't be reached. */
  compare(): Promise<void>;
  readonly logKeys: readonly VerifierKey[];
}

/** Throws {@link ConfigurationError} if the published log contradicts the audit log. */
export async function startLogPublisher(infrastructure: Infrastructure): Promise<LogPublisher> {
  const { config, log, auditLog } = infrastructure;
  const { anchor } = config;
  const nothing = async (): Promise<void> => undefined;
  if (anchor === null) return { stop: nothing, publish: nothing, compare: nothing, logKeys: [] };
  const { publisher, files, logKeys } = await openPublisher(anchor, infrastructure);
  infrastructure.onChanged((known) => knownHead.leave(files, anchor.name, known));
  const compare = () => knownHead.compare(files, anchor.name, auditLog);
  const publishLocked = openLocked({
    ...infrastructure,
    tryLocked: advisoryLock(infrastructure.database, 'anchor'),
    publisher,
    publishing: infrastructure.metrics.publishing,
    everyMs: anchor.everyMs,
  });
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<unknown> | null = null;
  // One runs at a time, and one waits. The waiting one serves all callers until it starts.
  const publish = (onContradiction: (error: AnchorContradicts) => never): Promise<unknown> => {
    waiting ??= last
      .then(() => {
        waiting = null;
        return publishLocked();
      })
      .catch((error: unknown) =>
        error instanceof AnchorContradicts ? onContradiction(error) : notNow(infrastructure, error),
      );
    last = waiting;
    return last;
  };
  const refuse = (error: AnchorContradicts): never => {
    throw new ConfigurationError(contradictedWords(error, anchorName(anchor.place)));
  };
  await compare().catch((error: unknown) =>
    error instanceof AnchorContradicts ? refuse(error) : notNow(infrastructure, error),
  );
  await publish(refuse);
  const endIt = (error: AnchorContradicts): never => {
    const { kind, published, recorded } = error;
    const words = contradictedWords(error, anchorName(anchor.place));
    return endProcess(log, { kind, published, recorded }, 'the published log contradicts the audit log', words);
  };
  const timer = setInterval(() => void publish(endIt), anchor.everyMs);
  return {
    logKeys,
    publish: () => publish(endIt),
    compare: () =>
      compare().catch((error: unknown) => {
        throw error instanceof AnchorContradicts ? endIt(error) : error;
      }),
    async stop() {
      clearInterval(timer);
      await publish(endIt);
    },
  };
}
