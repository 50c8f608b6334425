import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import dockerignore from '@balena/dockerignore';
import { afterAll, describe, expect, it } from '@jest/globals';

/** What git takes and what a build of the image sends: never a secret of an installation. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const git = (words: readonly string[], input = ''): readonly string[] =>
  execFileSync('git', words, { cwd: root, encoding: 'utf8', input }).split('\n').filter(Boolean);

/** Files that setup, the install page, azd and the programs write, with secrets or state. */
const secrets = [
  '.env',
  '.env.2026-11-25',
  '.env.new',
  'seal.key',
  'log.key',
  'infra/seal.key',
  '.azure/prod/.env',
  '.azure/prod/config.json',
  'witness/witness.key',
  'anchor/checkpoint',
  '.local/seal.key',
  'left-to-do.md',
];

describe('secrets of an installation', () => {
  it('are ignored by git', () => {
    const ignored = git(['check-ignore', '--no-index', '--stdin'], secrets.join('\n'));
    expect(secrets.filter((file) => !ignored.includes(file))).toEqual([]);
    expect(git(['ls-files', '--cached', '--ignored', '--exclude-standard'])).toEqual([]);
    expect(git(['ls-files', '.env.example'])).toEqual(['.env.example']);
  });

  const context = dockerignore.default().add(readFileSync(path.join(root, '.dockerignore'), 'utf8'));

  it('aren’t in the build context, nor is a file that nobody has thought of', () => {
    const sent = [...secrets, 'id_rsa', 'prod/password.txt', '.git/config', 'infra/main.bicep'].filter(
      (file) => !context.ignores(file),
    );
    expect(sent).toEqual([]);
  });

  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  it('are left out of a context that has all the build needs', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cmk-context-'));
    folders.push(folder);
    for (const file of context.filter([...git(['ls-files'])])) {
      await cp(path.join(root, file), path.join(folder, file));
    }
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    execFileSync(process.execPath, ['--import', 'tsx', 'src/operator/packaging/build/run.ts'], {
      cwd: folder,
      stdio: 'pipe',
    });
    expect(existsSync(path.join(folder, 'dist/cmk-bot-server.mjs'))).toBe(true);
  });
});
