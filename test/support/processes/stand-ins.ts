/**
 * Programs that stand in for others on a script's PATH: they write down what they were called with and answer from a list. That
 * tries the script's own logic, and nothing of the programs.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { repository, surroundings } from './surroundings.ts';

export interface Answer {
  /** What the words, with blanks between them, must match, in what a shell knows of expressions; the first that does is taken. */
  readonly to: RegExp;
  /** Printed, one a call; the last one again and again. */
  readonly says?: readonly string[];
  /** What it says beside its answer. */
  readonly warns?: string;
  /** How it ends: badly with these words. */
  readonly fails?: string;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Each call, as words with blanks between them. */
  readonly calls: readonly string[];
}

/** What each of them runs: an answer is a folder, because starting anything but a shell takes long. A call that nobody expected ends badly. */
const program = (folder: string, name: string): string => `#!/bin/bash
said='${name}'
for word in "$@"; do said+=" $word"; done
printf '%s\\0' "$said" >> '${folder}/calls'
for answer in '${folder}'/answers/*/; do
  to="$(cat "$answer/to")"
  [[ "$said" =~ $to ]] || continue
  if [ -e "$answer/fails" ]; then cat "$answer/fails" >&2; exit 1; fi
  [ -e "$answer/warns" ] && cat "$answer/warns" >&2
  says=("$answer"/says.*)
  [ -e "\${says[0]}" ] && cat "\${says[0]}"
  if [ "\${#says[@]}" -gt 1 ]; then rm "\${says[0]}"; fi
  exit 0
done
echo "nobody expected: $said" >&2
exit 97
`;

function lay(folder: string, answers: readonly Answer[]): void {
  for (const [n, { to, says = [], warns, fails }] of answers.entries()) {
    const own = path.join(folder, 'answers', String(n).padStart(3, '0'));
    mkdirSync(own, { recursive: true });
    writeFileSync(path.join(own, 'to'), to.source.replaceAll('\\/', '/'));
    if (warns !== undefined) writeFileSync(path.join(own, 'warns'), `${warns}\n`);
    if (fails !== undefined) writeFileSync(path.join(own, 'fails'), `${fails}\n`);
    for (const [k, text] of says.entries()) writeFileSync(path.join(own, `says.${k}`), text === '' ? '' : `${text}\n`);
  }
}

/** Runs a script of the repository. `programs`: those that are stood in for; the rest are the machine's own. */
export async function runWith(
  script: readonly [file: string, ...args: string[]],
  programs: readonly string[],
  answers: readonly Answer[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-stand-ins-'));
  try {
    for (const name of programs) {
      writeFileSync(path.join(folder, name), program(folder, name));
      chmodSync(path.join(folder, name), 0o755);
    }
    lay(folder, answers);
    const options = {
      cwd: repository,
      env: { ...surroundings(), PATH: `${folder}:${process.env.PATH ?? ''}`, HOME: folder, ...env },
    };
    return await new Promise((resolve) => {
      execFile('bash', script, options, (error, out, err) => {
        const calls = existsSync(`${folder}/calls`) ? readFileSync(`${folder}/calls`, 'utf8').split('\0') : [];
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ code, out, err, calls: calls.filter((call) => call !== '') });
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
