import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareTeams } from './teams-setup.ts';

/** The page of local Teams: what it is served with. */

const require = createRequire(import.meta.url);

const world = bareTeams();

describe('the files of the page', () => {
  it('come with a policy that allows nothing but themselves', async () => {
    const response = await fetch(world.teams.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:|script-src[^;]*unsafe/);
  });

  it('are the only ones', async () => {
    for (const path of ['/page/..%2Frun.ts', '/page/tsconfig.json', '/lib/zod.js', '/package.json'])
      expect([path, (await fetch(world.teams.url + path)).status]).toEqual([path, 404]);
  });

  it('name no other host', () => {
    const folder = 'sandbox/teams/page';
    for (const name of readdirSync(folder))
      expect([name, readFileSync(join(folder, name), 'utf8').replaceAll('http://www.w3.org/', '')]).toEqual([
        name,
        expect.not.stringMatching(/https?:\/\/[a-z]/i),
      ]);
  });

  it('pass the type check', async () => {
    const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', 'sandbox/teams/page']);
  });
});
