/** Prints what the bot of a shared world logged during a suite that failed: the last lines of that part. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const shown = 60;

export default class BotLogReporter {
  onTestResult({ path: suite }, { numFailingTests }) {
    const file = path.join(process.env.CMK_TEST_WORLDS ?? '', `${path.basename(suite)}.log`);
    if (numFailingTests === 0 || !existsSync(file)) return;
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-shown);
    process.stderr.write(`\nThe bot's last lines during ${path.basename(suite)}:\n${lines.join('\n')}\n`);
  }
}
