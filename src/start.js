/** `npm start`: what `npm run build` wrote; if nothing was built, the sources. Says which. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cmk-bot-server.mjs', import.meta.url);

/** The commit of this folder; empty where there is no git. */
function commitHere() {
  try {
    const cwd = fileURLToPath(new URL('../', import.meta.url));
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

/** Such as `0.1.0 of commit 4e7ea06, built on 2026-11-28 at 07:00 UTC`. */
function buildWords({ version, commit, builtAt }) {
  const of =
    commit === undefined ? '' : ` of commit ${commit.slice(0, 7)}${commit.endsWith('+') ? ' with changes' : ''}`;
  const on = builtAt === undefined ? '' : `, built on ${builtAt.slice(0, 10)} at ${builtAt.slice(11, 16)} UTC`;
  return `${version}${of}${on}`;
}

if (existsSync(built)) {
  const about = JSON.parse(readFileSync(new URL('package.json', built), 'utf8'));
  process.stderr.write(`npm start runs dist: cmk-bot ${buildWords(about)}\n`);
  const here = commitHere();
  if (here !== '' && about.commit !== undefined && !about.commit.startsWith(here)) {
    process.stderr.write(
      `dist is another version than this folder, commit ${here.slice(0, 7)}: npm run build updates it\n`,
    );
  }
  await import(built.href);
} else {
  process.stderr.write('npm start runs the sources: dist has no build\n');
  const { register } = await import('tsx/esm/api');
  register();
  await import('./server.ts');
}
