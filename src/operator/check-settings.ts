/**
 * Checks settings that name files, folders and keys, which can only be validated by reading them. Used by the bot's start and
 * by `doctor`.
 */
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type KeyLineFault, readKeyLine } from '../audit/tlog/keys.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError, type Mistake } from '../config/env.ts';

type Checked = Pick<Config, 'anchor' | 'azure'>;

/** After the line, or `a line`. */
export const keyLineWords: Readonly<Record<KeyLineFault, string>> = {
  'not-a-key-line': 'isn’t a verifier key, which is a name, eight digits and the key, with plus signs between',
  'key-cut-off': 'is cut off, or too long',
  'key-kind-unknown': 'is of a kind that isn’t supported',
  'key-id-differs': 'isn’t valid: its eight digits aren’t those of its name and key',
};

const keyAdvice = 'Copy the whole line that its operator gave you';

const wrongKey = (line: string): readonly Mistake[] => {
  const key = readKeyLine(line);
  if (typeof key !== 'string' && key.kind === 'witness') return [];
  const fault = typeof key === 'string' ? keyLineWords[key] : 'is the key of a log, not of a witness';
  return [['CMK_WITNESSES', `the key ${line} ${fault}. ${keyAdvice}`]];
};

/** A missing folder is created later. A file in its place is a mistake. */
async function wrongAnchor({ anchor }: Checked): Promise<readonly Mistake[]> {
  if (anchor === null || anchor.place.kind !== 'folder') return [];
  const { folder } = anchor.place;
  const isFile = await stat(folder).then(
    (there) => !there.isDirectory(),
    ({ code }: NodeJS.ErrnoException) => code === 'ENOTDIR',
  );
  if (!isFile) return [];
  return [['CMK_ANCHOR', `${folder} is a file, or is inside one; name a folder that the bot can write to`]];
}

async function wrongAuthorities({ azure: { cloud } }: Checked): Promise<readonly Mistake[]> {
  if (cloud.name !== 'custom' || cloud.caFile === null) return [];
  try {
    // Throws if the first certificate is invalid.
    new X509Certificate(await readFile(cloud.caFile));
    return [];
  } catch (error) {
    const message = String(error).replace(/^\w*Error: /, '');
    return [['AZURE_CA_FILE', `${cloud.caFile} can’t be used: ${message}; name a PEM file with certificates`]];
  }
}

export async function checkSettings(config: Checked): Promise<readonly Mistake[]> {
  return [
    ...(config.anchor?.witnesses ?? []).flatMap(({ key }) => wrongKey(key)),
    ...(await wrongAnchor(config)),
    ...(await wrongAuthorities(config)),
  ];
}

/** Throws {@link ConfigurationError} with all mistakes. */
export async function requireValidSettings(config: Checked): Promise<void> {
  const mistakes = await checkSettings(config);
  if (mistakes.length > 0) throw new ConfigurationError('settings contradict each other:', mistakes);
}
