/** `npm run build [FOLDER]`: writes what production runs into `dist`, or into the folder that is named. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundle, root } from './bundle.ts';

/** What the programs read beside themselves, where they look for it. */
const beside = ['cards', 'src/store/migrations', 'src/audit/outside'];
const samples = path.join(root, 'cards/samples');

/** What an earlier build may have left that this one does not overwrite. App packages, which lie there too, stay. */
const ours = /^(cards|src|package\.json|.*\.mjs(\.map)?)$/;

/** JavaScript: the folder that the running file lies in. All of them lie in one. */
const own = "(globalThis.cmkBotFolder = new URL('./', import.meta.url))";

const folder = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
await mkdir(folder, { recursive: true });
for (const name of (await readdir(folder)).filter((one) => ours.test(one))) {
  await rm(path.join(folder, name), { recursive: true });
}
await bundle({
  programs: { 'cmk-bot-server': 'src/main.ts', 'cmk-bot': 'src/cli/main.ts' },
  folder,
  addressOf: (source) => `new URL(${JSON.stringify(path.relative(root, source))}, globalThis.cmkBotFolder).href`,
  packagesFrom: `process.getBuiltinModule('node:url').fileURLToPath(new URL('package.json', ${own}))`,
  minify: true,
});
for (const name of beside) {
  const filter = (file: string): boolean => file !== samples;
  await cp(path.join(root, name), path.join(folder, name), { recursive: true, filter });
}
const { name, version, license, engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const about = { name, version, license, private: true, type: 'module', engines };
await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
process.stdout.write(`built: ${path.join(path.relative(process.cwd(), folder), 'cmk-bot-server.mjs')}\n`);
