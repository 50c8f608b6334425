/** The published log: its place, the bot's keys for it, its newest checkpoint and its witnesses. */
import { anchorFolder } from '../audit/anchor/anchor-folder.ts';
import { maxFileSize } from '../audit/anchor/file-names.ts';
import { type KnownSigners, verifiedRead } from '../audit/anchor/verified-read.ts';
import type { EvidencePorts, PublishedLog } from '../audit/evidence/take-evidence.ts';
import {
  KeyFileInvalid,
  KeyMissing,
  type KeyPurpose,
  keysIn,
  readKeys,
  type SecretKey,
  type SecretKeys,
} from '../audit/key-file.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import { readSecret } from '../azure/azure.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { KeyPlace } from '../config/place.ts';
import { policyText } from '../config/policy-file.ts';
import type { AnchorPlace, AnchorSettings } from '../config/settings/audit-log.ts';
import { appendWithSoftware, ownSoftware } from '../config/software.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { AnchorFiles, AnchorSource, WitnessBook } from '../domain/ports/published-log.ts';
import { summarizeWitnesses, type WitnessSummary } from '../domain/witnessing.ts';
import type { OpenStore } from '../store/store.ts';
import { logKeyUse } from '../text/record.ts';
import { secretReadErrorWords } from '../text/start-errors.ts';

interface LoadedKeys {
  readonly keys: SecretKeys;
  /** The file, or the secret with its version. */
  readonly where: string;
}

/**
 * Loads the keys. Throws {@link KeyMissing} if nothing is there, and {@link KeyFileInvalid} if it's unreadable or has no key. Both
 * messages contain the fix.
 */
export async function loadKeys(place: KeyPlace, config: Pick<Config, 'azure'>, use: KeyPurpose): Promise<LoadedKeys> {
  if (place.kind === 'file') return { keys: await readKeys(place.file, use), where: place.file };
  const read = await readSecret(optionsForAzure(config), place.id);
  if (read.ok) return { keys: keysIn(read.value.value, read.value.id, use), where: read.value.id };
  const { failure } = read;
  const isMissing = failure.source === 'azure' && failure.code === 'SecretNotFound';
  throw new (isMissing ? KeyMissing : KeyFileInvalid)(secretReadErrorWords(failure, use));
}

export const verifierOf = (name: string, { bytes, until }: SecretKey): VerifierKey => {
  const { verifier } = signingKey(name, 'log', bytes);
  return until === null ? verifier : { ...verifier, until: until.seq };
};

export async function logVerifiers(
  { key, name }: Pick<AnchorSettings, 'key' | 'name'>,
  config: Pick<Config, 'azure'>,
): Promise<readonly VerifierKey[]> {
  const { keys } = await loadKeys(key, config, logKeyUse);
  return keys.map((key) => verifierOf(name, key));
}

/** Opens the part of {@link PublishedLog} that is the same for all. `logKeys`: the log's own keys, oldest first. */
export async function openPublishedLog(
  anchor: AnchorSettings,
  config: Pick<Config, 'azure'>,
  logKeys: readonly VerifierKey[],
) {
  const { read } = await anchorFiles(anchor.place, config);
  const witnesses = anchor.witnesses.map(({ key }) => readKeyLine(key)).filter((key) => typeof key !== 'string');
  const signers: KnownSigners = { origin: anchor.name, log: logKeys, witnesses };
  return { read: verifiedRead(read, signers), witnessKeys: witnesses, keys: [...logKeys, ...witnesses] };
}

export const anchorName = (place: AnchorPlace): string => (place.kind === 'folder' ? place.folder : place.url);

/** Opens the place. Loads the blob client only for containers: it loads slowly. Throws {@link ConfigurationError}. */
export async function anchorFiles(
  place: AnchorPlace,
  config: Pick<Config, 'azure'>,
): Promise<AnchorFiles & AnchorSource> {
  if (place.kind === 'folder') return anchorFolder(place.folder);
  const { anchorContainer, NotStorage } = await import('../azure/anchor-container.ts');
  try {
    return anchorContainer({ url: place.url, maxSize: maxFileSize, ...optionsForAzure(config) });
  } catch (error) {
    throw error instanceof NotStorage ? new ConfigurationError(`CMK_ANCHOR: ${error.message}`) : error;
  }
}

export function witnessingFor(
  { anchor }: Pick<Config, 'anchor'>,
  book: Pick<WitnessBook, 'of'>,
): (() => Promise<WitnessSummary>) | null {
  if (anchor === null || anchor.witnesses.length === 0) return null;
  const { witnesses, witnessesNeeded: needed } = anchor;
  const keys = witnesses.map(({ key }) => key);
  return async () => summarizeWitnesses({ keys, needed }, await book.of(anchor.name));
}

interface EvidenceParts extends Pick<PublishedLog, 'publish' | 'timeoutMs'> {
  readonly config: Config;
  readonly store: Pick<OpenStore, 'people' | 'requests' | 'auditLog'>;
  readonly azure: Azure;
  /** The log's own keys, oldest first. */
  readonly logKeys: readonly VerifierKey[];
}

export async function evidencePorts(parts: EvidenceParts): Promise<EvidencePorts> {
  const { config, store, azure, publish, timeoutMs, logKeys } = parts;
  const { anchor, policy, stepUp } = config;
  const rule = stepUp === null ? null : { context: stepUp.context, maxAgeMs: stepUp.maxAgeMs };
  return {
    requests: { ...store.requests, append: appendWithSoftware(await ownSoftware())(store.requests.append) },
    azure,
    log: anchor === null ? null : { ...(await openPublishedLog(anchor, config, logKeys)), publish, timeoutMs },
    names: async (people) => new Map((await store.people.among(people)).map(({ id, name }) => [id, name])),
    texts: (id) => store.auditLog.textsOf([id]),
    rules: { digest: policy.digest, text: policyText(policy, rule) },
  };
}
