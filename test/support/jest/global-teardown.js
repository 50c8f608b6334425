/** Removes what the suites of a run shared. */
import { rmSync } from 'node:fs';

export default function teardown() {
  rmSync(process.env.CMK_TEST_WORLDS ?? '', { recursive: true, force: true });
}
