/** The published log with the keys that this program knows by itself: for whoever hands its checkpoints on. */
import { type KnownSigners, ownRead } from '../audit/anchor/newest-checkpoint.ts';
import { knownVaultKeys } from '../audit/anchor/vault-cosignature.ts';
import { logKeyUse } from '../audit/key-file.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import type { AnchorSettings, Config } from '../config/config.ts';
import type { AnchorFiles } from '../domain/ports/anchor.ts';
import type { WitnessBook } from '../domain/ports/witnesses.ts';
import { anchorFiles } from './anchor-files.ts';
import { keptKeys } from './kept-keys.ts';

export interface PublishedLogFiles {
  /** As `ownRead` reads. */
  readonly read: AnchorFiles['read'];
  readonly witnessKeys: readonly VerifierKey[];
  /** Keys in vaults, the log's own, those of witnesses. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
}

/** The log's own verifier keys, oldest first, from where its signing keys are kept. Throws as {@link keptKeys} does. */
export async function logVerifiers(
  { key, name }: Pick<AnchorSettings, 'key' | 'name'>,
  config: Pick<Config, 'azure'>,
): Promise<readonly VerifierKey[]> {
  const { keys } = await keptKeys(key, config, logKeyUse);
  return keys.map((seed) => signingKey(name, 'log', seed).verifier);
}

/** `logKeys`: the log's own, oldest first. */
export async function openPublishedLog(
  anchor: AnchorSettings,
  config: Pick<Config, 'azure'>,
  book: Pick<WitnessBook, 'of'>,
  logKeys: readonly VerifierKey[],
): Promise<PublishedLogFiles> {
  const { read } = await anchorFiles(anchor.place, config);
  const witnesses = anchor.witnesses.map(({ key }) => readKeyLine(key)).filter((key) => typeof key !== 'string');
  const vault = () => knownVaultKeys(book, anchor.name, logKeys);
  const signers: KnownSigners = { origin: anchor.name, log: logKeys, vault, witnesses };
  return {
    read: ownRead(read, signers),
    witnessKeys: witnesses,
    keys: async () => [...(await vault()), ...logKeys, ...witnesses],
  };
}
