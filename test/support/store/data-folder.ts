/** New data folders for tests. Making what is in them takes seconds, copying it a moment. */
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { prepared } from '../jest/prepared.ts';
import { templateIn } from '../jest/programs.ts';
import { copyFolder } from '../processes/copy-folder.ts';

/** A temporary data folder with an Azure as it is seeded. The caller removes it. */
export async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'cmk-data-'));
  await copyFolder(templateIn(await prepared()), dataDir);
  return dataDir;
}
