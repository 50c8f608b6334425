/** The command `npm run build [FOLDER]`: writes the production build to `dist` or the named folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundle, root } from './bundle.ts';

/** Files that the programs read at run time, in their expected places. */
const runtimeFiles = ['cards', 'src/store/migrations', 'src/audit/outside'];

/** Files of earlier builds to remove. App packages in the same folder stay. */
const buildOutput = /^(cards|src|package\.json|verify\.py(\.sha256)?|.*\.mjs(\.map)?)$/;

/** JavaScript expression for the folder of the running file. All files are in one folder. */
const own = "(globalThis.cmkBotFolder = new URL('./', import.meta.url))";

const folder = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
await mkdir(folder, { recursive: true });
for (const name of (await readdir(folder)).filter((one) => buildOutput.test(one))) {
  await rm(path.join(folder, name), { recursive: true });
}
await bundle({
  programs: { 'cmk-bot-server': 'src/server.ts', 'cmk-bot': 'src/operator/cli/main.ts' },
  folder,
  addressOf: (source) => `new URL(${JSON.stringify(path.relative(root, source))}, globalThis.cmkBotFolder).href`,
  packagesFrom: `process.getBuiltinModule('node:url').fileURLToPath(new URL('package.json', ${own}))`,
  minify: true,
});
for (const name of runtimeFiles) {
  await cp(path.join(root, name), path.join(folder, name), { recursive: true });
}
// For auditors, who get it from a release and never from a pack. The digest has the format of `sha256sum -c`.
const verifier = await readFile(path.join(root, 'src/audit/outside/verify.py'));
const digest = createHash('sha256').update(verifier).digest('hex');
await writeFile(path.join(folder, 'verify.py'), verifier);
await writeFile(path.join(folder, 'verify.py.sha256'), `${digest}  verify.py\n`);
const { name, version, license, engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** Returns git's output without its last line feed. Null: not a clone, or no git. */
async function git(...words: readonly string[]): Promise<string | null> {
  const output = promisify(execFile)('git', [...words], { cwd: root });
  return output.then(({ stdout }) => stdout.trim()).catch(() => null);
}
const head = await git('rev-parse', 'HEAD');
const changes = await git('status', '--porcelain');
const commit = head === null ? {} : { commit: `${head}${changes === '' ? '' : '+'}` };
const builtAt = new Date().toISOString();
const about = { name, version, ...commit, builtAt, license, private: true, type: 'module', engines };
await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
process.stdout.write(`built: ${path.join(path.relative(process.cwd(), folder), 'cmk-bot-server.mjs')}\n`);
process.stdout.write(`SHA-256 of verify.py, for auditors: ${digest}\n`);
