import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strFromU8, unzipSync } from 'fflate';
import { commands } from '../../src/operations/commands/registry.ts';
import { Manifest, readSettings, sampleValuesIn } from '../../src/operator/app-package/fill-manifest.ts';
import { startOf } from '../support/jest/prepared.ts';
import { surroundings } from '../support/processes/surroundings.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const appId = '6f1c2b1e-7d0a-4c55-9a38-0c9d4b8d2f11';
const complete = {
  MicrosoftAppId: appId,
  MicrosoftAppType: 'SingleTenant',
  CMK_PUBLIC_HOST: 'cmk-bot.hospital-group.org',
  CMK_DEVELOPER_NAME: 'Hospital group',
  CMK_WEBSITE_URL: 'https://hospital-group.org/cmk',
  CMK_PRIVACY_URL: 'https://hospital-group.org/privacy',
  CMK_TERMS_URL: 'https://hospital-group.org/terms',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cmk-package-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const readText = (name: string) => readFile(path.join(root, name), 'utf8');
const template = Manifest.parse(JSON.parse(await readText('manifest/manifest.json')));

async function run(words: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const options = { cwd: root, env: { ...surroundings(), ...environment } };
  return (await promisify(execFile)(process.execPath, words, options)).stdout;
}

/** What the schema has against each manifest. In a process of its own: jest on Node 20 cannot load the schemas' package. */
async function validated(...manifests: readonly Manifest[]): Promise<unknown> {
  const script = `import { validateManifest } from './src/operator/app-package/build-package.ts';
    console.log(JSON.stringify(await Promise.all(JSON.parse(process.argv[1]).map((one) => validateManifest(one)))));`;
  return JSON.parse(await run(['--import', 'tsx', '--input-type=module', '-e', script, JSON.stringify(manifests)]));
}

/** What is in a package. */
async function built(environment: Record<string, string>, ...options: string[]) {
  const out = path.join(folder, 'package.zip');
  await run(await startOf('app-package', ['--out', out, ...options]), environment);
  const files = unzipSync(await readFile(out));
  return { files, manifest: Manifest.parse(JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array()))) };
}

it('the manifest is valid by the schemas of 1.29 and 1.30', async () => {
  const versions = ['1.29', '1.30'].map((manifestVersion) => ({
    ...template,
    $schema: template.$schema.replace(/v1\.\d+/, `v${manifestVersion}`),
    manifestVersion,
  }));
  expect(await validated(...versions)).toEqual([[], []]);
});

it('the manifest offers every command, in all three scopes and in private, and asks for no permission on teams', async () => {
  const scopes = ['personal', 'team', 'groupChat'];
  const understood = commands.map(({ name, description }) => ({ title: name.slice(1), description }));
  const commandLists = [{ scopes, triggers: ['mention', 'slash'], commands: understood }];
  expect(template).toMatchObject({ bots: [{ scopes, supportsTargetedMessages: true, commandLists }] });
  expect(template).not.toHaveProperty('authorization');
  // Their rosters need such a permission.
  expect(template).not.toHaveProperty('supportsChannelFeatures');
  const registration = /displayName: '(.*)'/.exec(await readText('infra/modules/bot.bicep'));
  expect(template).toMatchObject({ name: { short: registration?.[1] } });
});

it('the package holds the icons and the manifest, with the project’s version and nothing of the sandbox', async () => {
  const { files, manifest } = await built(complete);
  expect(Object.keys(files)).toEqual(['manifest.json', 'color.png', 'outline.png']);
  expect(manifest).toMatchObject({
    version: JSON.parse(await readText('package.json')).version,
    id: appId,
    bots: [{ botId: appId }],
    webApplicationInfo: { id: appId, resource: `api://botid-${appId}` },
    validDomains: ['cmk-bot.hospital-group.org'],
    developer: { name: 'Hospital group', termsOfUseUrl: 'https://hospital-group.org/terms' },
  });
  expect(sampleValuesIn(manifest)).toEqual([]);
  const { manifest: local } = await built({}, '--local');
  expect(sampleValuesIn(local)).toContain('bots.0.botId');
});

it('the package says nothing about sign-in for a managed identity, which has no app registration', async () => {
  const { manifest } = await built({ ...complete, MicrosoftAppType: 'UserAssignedMSI' });
  expect(manifest).not.toHaveProperty('webApplicationInfo');
});

it.each([
  ['MicrosoftAppId', '', 'is missing; '],
  ['MicrosoftAppId', 'bot', 'must be an id'],
  ['MicrosoftAppId', '50000000-0000-4000-8000-000000000002', 'is a placeholder'],
  ['CMK_PUBLIC_HOST', 'bot.example.com', 'is a placeholder'],
  ['CMK_PUBLIC_HOST', 'https://bot.hospital-group.org', 'must be a host name alone'],
  ['CMK_WEBSITE_URL', 'http://hospital-group.org', 'must be an https address'],
])('the packager refuses %s=%s, which %s', (variable, value, reason) => {
  const { [variable]: _usual, ...others } = complete as Readonly<Record<string, string>>;
  const read = readSettings({}, value === '' ? others : { ...others, [variable]: value });
  const problems = [expect.stringMatching(new RegExp(`^${variable} \\(--[a-z-]+\\): .*${reason}`))];
  expect(read).toMatchObject({ kind: 'refused', problems });
});
