/**
 * The command `npm run infra:check`: compiles and lints `infra` with the Bicep compiler, and its scripts with shellcheck. Exits
 * with 1 on an error or a warning, and, in CI, if the compiler can't run.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bicep, bicepVersion, hasDotnet } from './bicep.ts';
import { root } from './bundle.ts';

const infra = path.join(root, 'infra');
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const files = (extension: string): readonly string[] =>
  readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .sort();

/**
 * Returns findings of the compiler: `FILE(LINE,COLUMN) : Error CODE: …`. Each is reported by its own file and by those that use
 * it.
 */
const findings = (words: string): readonly string[] => [
  ...new Set(words.split('\n').filter((line) => /\) : (Error|Warning) /.test(line))),
];

function checkBicep(): boolean {
  // Each includes its modules; the linter also reads unused files.
  const runs = [
    bicep(['build', 'main.bicep', '--stdout'], infra),
    bicep(['build', 'guard/main.bicep', '--stdout'], infra),
    bicep(['lint', '--pattern', '**/*.bicep'], infra),
  ];
  const found = findings(runs.map(({ out, err }) => `${err}\n${out}`).join('\n'));
  for (const line of found) say(line);
  const count = (level: string): number => found.filter((line) => line.includes(`) : ${level} `)).length;
  const rules = readFileSync(path.join(infra, 'bicepconfig.json'), 'utf8').match(/"level": "error"/g)?.length ?? 0;
  const errors = count('Error');
  const warnings = count('Warning');
  const failed = runs.filter(({ code }) => code !== 0).length;
  say(
    `Bicep ${bicepVersion}: ${files('.bicep').length} files compiled and linted with ${rules} rules: ${errors} errors, ${warnings} warnings`,
  );
  if (failed > 0 && found.length === 0) say(runs.map(({ err }) => err).join(''));
  return errors + warnings + failed === 0;
}

function checkScripts(): boolean {
  const scripts = files('.sh').map((file) => `infra/${file}`);
  const { error, status, stdout } = spawnSync('shellcheck', ['--external-sources', ...scripts], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error !== undefined) {
    say("shellcheck: not run: it isn't installed");
    return true;
  }
  if (status !== 0) say(stdout);
  say(`shellcheck: ${scripts.length} scripts, ${status === 0 ? 'nothing found' : 'see above'}`);
  return status === 0;
}

function canCompile(): boolean {
  if (hasDotnet()) return true;
  say("Bicep: not run: the .NET SDK isn't installed");
  return false;
}

// biome-ignore lint/style/noProcessEnv: a command for developers, apart from the bot.
const mustRun = process.env.CI !== undefined && process.env.CI !== 'false';
const compiled = canCompile() ? checkBicep() : !mustRun;
if (!checkScripts() || !compiled) process.exitCode = 1;
