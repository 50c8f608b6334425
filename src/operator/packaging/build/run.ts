/** `npm run build [FOLDER]`: writes what production runs into `dist`, or into the folder that is named. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundle, root } from './bundle.ts';

/** What the programs read beside themselves, where they look for it. */
const beside = ['cards', 'src/store/migrations', 'src/audit/outside'];
const samples = path.join(root, 'cards/samples');

/** What an earlier build may have left that this one does not overwrite. App packages, which lie there too, stay. */
const ours = /^(cards|src|package\.json|verify\.py(\.sha256)?|.*\.mjs(\.map)?)$/;

/** JavaScript: the folder that the running file lies in. All of them lie in one. */
const own = "(globalThis.cmkBotFolder = new URL('./', import.meta.url))";

const folder = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
await mkdir(folder, { recursive: true });
for (const name of (await readdir(folder)).filter((one) => ours.test(one))) {
  await rm(path.join(folder, name), { recursive: true });
}
await bundle({
  programs: { 'cmk-bot-server': 'src/server.ts', 'cmk-bot': 'src/operator/cli/main.ts' },
  folder,
  addressOf: (source) => `new URL(${JSON.stringify(path.relative(root, source))}, globalThis.cmkBotFolder).href`,
  packagesFrom: `process.getBuiltinModule('node:url').fileURLToPath(new URL('package.json', ${own}))`,
  minify: true,
});
for (const name of beside) {
  const filter = (file: string): boolean => file !== samples;
  await cp(path.join(root, name), path.join(folder, name), { recursive: true, filter });
}
// For auditors, who get it from a release and never from a pack. The digest in the form that `sha256sum -c` reads.
const verifier = await readFile(path.join(root, 'src/audit/outside/verify.py'));
const digest = createHash('sha256').update(verifier).digest('hex');
await writeFile(path.join(folder, 'verify.py'), verifier);
await writeFile(path.join(folder, 'verify.py.sha256'), `${digest}  verify.py\n`);
const { name, version, license, engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** What git says, without its last line feed. Null: this is no clone, or there is no git. */
async function git(...words: readonly string[]): Promise<string | null> {
  const asked = promisify(execFile)('git', [...words], { cwd: root });
  return asked.then(({ stdout }) => stdout.trim()).catch(() => null);
}
const [head, changes] = [await git('rev-parse', 'HEAD'), await git('status', '--porcelain')];
const commit = head === null ? {} : { commit: `${head}${changes === '' ? '' : '+'}` };
const builtAt = new Date().toISOString();
const about = { name, version, ...commit, builtAt, license, private: true, type: 'module', engines };
await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
process.stdout.write(`built: ${path.join(path.relative(process.cwd(), folder), 'cmk-bot-server.mjs')}\n`);
process.stdout.write(`SHA-256 of verify.py, for auditors: ${digest}\n`);
