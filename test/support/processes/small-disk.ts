/** A file system so small that it can be filled. Needs the right to mount one, as root has it outside of most containers. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface SmallDisk {
  /** Takes every byte that is left. */
  fill(): void;
  /** Gives them back. */
  free(): void;
  end(): void;
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch (error) {
    // Under jest an error of Node's own is no instance of the test's `Error`.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

/** Mounts it over an empty folder, which stays its owner's; null where that is not allowed here. */
export function mountSmallDisk(
  folder: string,
  megabytes: number,
  owner?: { uid: number; gid: number },
): SmallDisk | null {
  const own = owner === undefined ? '' : `,uid=${owner.uid},gid=${owner.gid}`;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700${own}`, 'tmpfs', folder]);
  if (mounted.status !== 0) return null;
  const filler = path.join(folder, 'filler');
  return {
    fill() {
      const file = openSync(filler, 'a');
      // Down to the last page: what is left after a piece that did not fit is filled with smaller ones.
      for (const size of [1 << 20, 4_096]) while (wrote(file, size));
      closeSync(file);
    },
    free: () => rmSync(filler, { force: true }),
    end: () => void spawnSync('umount', ['-l', folder]),
  };
}
