/** The place that the record is published in: for the bot, and for whoever looks after it. */
import { anchorFolder, longestFile } from '../audit/anchor/files.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { AnchorPlace, Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { AnchorFiles, AnchorSource } from '../domain/ports/anchor.ts';

/** As people know it. */
export const anchorName = (place: AnchorPlace): string => (place.kind === 'folder' ? place.folder : place.url);

/** The client of blobs takes a while to load, and a folder needs none. Throws {@link ConfigurationError}. */
export async function anchorFiles(
  place: AnchorPlace,
  config: Pick<Config, 'azure'>,
): Promise<AnchorFiles & AnchorSource> {
  if (place.kind === 'folder') return anchorFolder(place.folder);
  const { anchorContainer, NotStorage } = await import('../azure/anchor-container.ts');
  try {
    return anchorContainer({ url: place.url, longest: longestFile, ...optionsForAzure(config) });
  } catch (error) {
    throw error instanceof NotStorage ? new ConfigurationError(`CMK_ANCHOR: ${error.message}`) : error;
  }
}
