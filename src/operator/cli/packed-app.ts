/** Reads what matters of an app package for Teams. */
import { readFile } from 'node:fs/promises';
import { strFromU8, unzipSync } from 'fflate';
import { z } from 'zod';
import type { PackedApp } from '../rpc/diagnosis.ts';
import { Unusable } from './unusable.ts';

/** A manifest has a few kilobytes. */
const longest = 1_000_000;

const Manifest = z.object({
  id: z.string(),
  version: z.string(),
  bots: z.array(z.object({ botId: z.string() })).default([]),
  validDomains: z.array(z.string()).default([]),
  developer: z.record(z.string(), z.string()).default({}),
});

/** Throws {@link Unusable} where the file is no app package. */
export async function readPackedApp(file: string): Promise<PackedApp> {
  try {
    const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean =>
      name === 'manifest.json' && originalSize < longest;
    const bytes = unzipSync(await readFile(file), { filter })['manifest.json'];
    if (bytes === undefined) throw new Error('it holds no manifest.json');
    const { id, version, bots, validDomains, developer } = Manifest.parse(JSON.parse(strFromU8(bytes)));
    return { file, id, version, botIds: bots.map(({ botId }) => botId), validDomains, developer };
  } catch (error) {
    const why =
      error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    throw new Unusable(`${file} is no app package: ${why}`);
  }
}
