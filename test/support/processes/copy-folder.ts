/** Copies of folders of a thousand files, as databases are. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Puts everything that is in one folder into another, which need not be there. Node's own copying takes the processor three
 * times as long. With `keepsOwners` files stay whose they are, and their times as they were.
 */
export async function copyFolder(from: string, to: string, keepsOwners = false): Promise<void> {
  await mkdir(to, { recursive: true });
  await promisify(execFile)('cp', [keepsOwners ? '-Rp' : '-R', `${from}/.`, to]);
}
