/** Carries out what the runbook says, word for word: a block of docs/operate/back-up-and-upgrade.md by the name behind its language. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { surroundings } from '../processes/surroundings.ts';

const document = readFileSync(new URL('../../../docs/operate/back-up-and-upgrade.md', import.meta.url), 'utf8');

export function runbookBlock(name: string): string {
  const block = new RegExp(`^\`\`\`sh ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(document)?.[1];
  if (block === undefined) throw new Error(`docs/operate/back-up-and-upgrade.md has no block ${name}`);
  return block;
}

/** Throws with what it printed where a command fails. */
export async function runbook(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const shell = spawn('sh', ['-e', '-u', '-c', runbookBlock(name)], {
    env: { ...surroundings(), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const printed = text(shell.stderr);
  const code = await new Promise((resolve, reject) => shell.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${await printed}`);
}
