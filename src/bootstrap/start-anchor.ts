/** Publishes the audit log: at the start, at each interval with new events, and at shutdown. */
import { AnchorContradicts } from '../audit/anchor/newest-checkpoint.ts';
import { Publisher } from '../audit/anchor/publisher.ts';
import { openVaultKeys, VaultCosigner } from '../audit/anchor/vault-cosignature.ts';
import { type CosignOutcome, memoryOf, type Witness, Witnesses } from '../audit/anchor/witnesses.ts';
import { KeyUnusable, logKeyUse, openOwnKeys, type SecretKeys } from '../audit/key-file.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import { vaultSigner } from '../azure/vault-clients.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { AnchorSettings } from '../config/settings/audit-log.ts';
import type { Log } from '../observability/log.ts';
import { loadKeys } from '../operator/load-keys.ts';
import { anchorFiles, anchorName } from '../operator/published-log.ts';
import { advisoryLock } from '../store/advisory-lock.ts';
import { contradictedWords } from '../text/record.ts';
import type { Ground } from './open-ground.ts';
import type { Part } from './stop-in-order.ts';

/** Throws {@link KeyUnusable} with advice. */
async function keysOf({ key }: AnchorSettings, config: Config): Promise<SecretKeys> {
  if (key.kind !== 'file' || !key.own) return (await loadKeys(key, config, logKeyUse)).keys;
  const own = await openOwnKeys(key.file, logKeyUse);
  await own.keep();
  return own.keys;
}

function witnessOf({ url, key: line }: AnchorSettings['witnesses'][number]): Witness {
  const key = readKeyLine(line);
  if (typeof key !== 'string' && key.kind === 'witness') return { url, key };
  throw new Error(`the key of a witness was not checked at the start: ${line}`);
}

/**
 * Logs and counts the witnesses' responses. A missing response of a witness or vault is a warning; a contradiction is an
 * error.
 */
const sayWitnessed =
  ({ log, metrics }: Pick<Ground, 'log' | 'metrics'>, vault: string | null) =>
  (outcomes: readonly CosignOutcome[]): void => {
    for (const outcome of outcomes) {
      const { kind, witness } = outcome;
      metrics.witnessAsked(witness, kind);
      if (kind === 'signed') continue;
      const { detail } = outcome;
      if (kind === 'another-history') log.error({ witness, detail }, 'a witness knows another history of the record');
      else if (vault === witness)
        log.warn({ key: vault, detail }, 'the key in the vault did not sign what was published');
      else log.warn({ witness, detail }, 'a witness did not sign what was published');
    }
  };

async function openPublisher(settings: AnchorSettings, ground: Ground) {
  const { config, store } = ground;
  const { now } = store.clock;
  const seeds = await keysOf(settings, config).catch((error: unknown) => {
    throw error instanceof KeyUnusable ? new ConfigurationError(error.message) : error;
  });
  const keys = seeds.map((seed) => signingKey(settings.name, 'log', seed));
  const key = keys.at(-1);
  if (key === undefined) throw new Error('the published log: there is no key');
  const olderKeys = keys.slice(0, -1).map(({ verifier }) => verifier);
  const { witnesses, vaultKey } = settings;
  const memory = memoryOf(store.witnesses, settings.name);
  const publisher = new Publisher({
    files: await anchorFiles(settings.place, config),
    lines: store.trail.soundLines,
    key,
    olderKeys,
    witnesses: new Witnesses(witnesses.map(witnessOf), memory, now),
    vaultCosigner:
      vaultKey === null
        ? null
        : new VaultCosigner(
            settings.name,
            vaultSigner(vaultKey, optionsForAzure(config)),
            memory,
            openVaultKeys(store.witnesses, key, olderKeys),
            now,
          ),
    onCosigned: sayWitnessed(ground, vaultKey),
  });
  return { publisher, logKeys: [...olderKeys, key.verifier] };
}

/** Ends the process, because the audit log isn't the published one. */
function endProcess(log: Log, { kind, published, recorded }: AnchorContradicts, words: string): never {
  log.fatal({ kind, published, recorded }, 'the published log contradicts the record');
  process.stderr.write(`cmk-bot ends: ${words}\n`);
  return process.exit(1);
}

/** A failure is only logged. Publishing is retried at the next interval. */
const notNow = (log: Log, error: unknown): void =>
  log.warn({ err: error, setting: 'CMK_ANCHOR' }, 'the record could not be published');

export interface AnchorPart extends Part {
  /** Publishes new events immediately. A failure is logged and retried later. */
  publish(): Promise<unknown>;
  /** The log's own verifier keys, oldest first. */
  readonly logKeys: readonly VerifierKey[];
}

/** Throws {@link ConfigurationError} if the published log contradicts the audit log. */
export async function startAnchor(ground: Ground): Promise<AnchorPart> {
  const { config, log, database } = ground;
  const { anchor } = config;
  if (anchor === null) return { stop: async () => undefined, publish: async () => undefined, logKeys: [] };
  const { publisher, logKeys } = await openPublisher(anchor, ground);
  const tryLocked = advisoryLock(database, 'anchor');
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<unknown> | null = null;
  // One runs at a time, and one waits. The waiting one serves all callers until it starts.
  const publish = (onContradiction: (error: AnchorContradicts) => never): Promise<unknown> => {
    waiting ??= last
      .then(() => {
        waiting = null;
        return tryLocked(() => publisher.publish());
      })
      .catch((error: unknown) => (error instanceof AnchorContradicts ? onContradiction(error) : notNow(log, error)));
    last = waiting;
    return last;
  };
  await publish((error) => {
    throw new ConfigurationError(contradictedWords(error, anchorName(anchor.place)));
  });
  const endIt = (error: AnchorContradicts): never =>
    endProcess(log, error, contradictedWords(error, anchorName(anchor.place)));
  const timer = setInterval(() => void publish(endIt), anchor.everyMs);
  return {
    logKeys,
    publish: () => publish(endIt),
    async stop() {
      clearInterval(timer);
      await publish(endIt);
    },
  };
}
