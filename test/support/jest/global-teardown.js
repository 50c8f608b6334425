/** Ends the shared worlds that outlived their workers, and removes what they left. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

export default function teardown() {
  const folder = process.env.CMK_TEST_WORLDS;
  if (folder === undefined || !existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    try {
      process.kill(JSON.parse(readFileSync(path.join(folder, name), 'utf8')).pid, 'SIGTERM');
    } catch {
      // It has ended with its worker.
    }
  }
  rmSync(folder, { recursive: true, force: true });
}
