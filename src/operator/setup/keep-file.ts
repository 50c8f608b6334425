/** Writes files of settings for their reader alone, and keeps what was there before. */
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { privateMode, replaceFile } from '../../io/replace-file.ts';

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

/** `.env.2026-11-25`, and `.env.2026-11-25.2` where that is taken. */
async function nameForOld(file: string, now: Date): Promise<string> {
  const dated = `${file}.${now.toISOString().slice(0, 10)}`;
  for (let number = 2, name = dated; ; name = `${dated}.${number}`, number += 1) {
    if (!(await isThere(name))) return name;
  }
}

/** The file's text; null where there is none. */
export async function textOf(file: string): Promise<string | null> {
  return (await isThere(file)) ? readFile(file, 'utf8') : null;
}

/** Writes the file at once and as a whole, mode 0600. Answers the name under which the one before is kept; null: there was none. */
export async function writeKept(file: string, text: string, now: Date): Promise<string | null> {
  const old = (await isThere(file)) ? await nameForOld(file, now) : null;
  if (old !== null) {
    // Never through a link that waits under that name.
    await writeFile(old, await readFile(file), { mode: privateMode, flag: 'wx' });
  }
  await replaceFile(file, text);
  return old;
}
