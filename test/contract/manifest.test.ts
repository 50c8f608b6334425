import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
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

interface Run {
  readonly code: number;
  readonly said: string;
}

const readTemplate = async () =>
  Manifest.parse(JSON.parse(await readFile(path.join(root, 'manifest/manifest.json'), 'utf8')));

function run(words: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  const env = { ...surroundings(), ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });
}

const packageWith = async (environment: Record<string, string>, ...options: string[]): Promise<Run> =>
  run(await startOf('app-package', options), environment);

/** What the schema has against each manifest. In a process of its own: jest on Node 20 cannot load the schemas' package. */
async function validated(...manifests: readonly Manifest[]): Promise<unknown> {
  const script = `import { validateManifest } from './src/operator/app-package/build-package.ts';
    console.log(JSON.stringify(await Promise.all(JSON.parse(process.argv[1]).map((one) => validateManifest(one)))));`;
  const { said } = await run(['--import', 'tsx', '--input-type=module', '-e', script, JSON.stringify(manifests)]);
  return JSON.parse(said);
}

/** A package's bytes and what is in it. */
async function built(environment: Record<string, string>, ...options: string[]) {
  const out = path.join(folder, 'package.zip');
  const { code, said } = await packageWith(environment, '--out', out, ...options);
  if (code !== 0) throw new Error(said);
  const bytes = await readFile(out);
  const files = unzipSync(bytes);
  const manifest = Manifest.parse(JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array())));
  return { bytes, files, manifest };
}

/** The package of `complete`, built once. */
let first: ReturnType<typeof built> | null = null;
const completePackage = () => {
  first ??= built(complete);
  return first;
};

describe('the app manifest', () => {
  it('is valid by the schemas of 1.29 and 1.30', async () => {
    const template = await readTemplate();
    const versions = ['1.29', '1.30'].map((manifestVersion) => ({
      ...template,
      $schema: template.$schema.replace(/v1\.\d+/, `v${manifestVersion}`),
      manifestVersion,
    }));
    expect(await validated(...versions)).toEqual([[], []]);
  });

  it('offers the bot in all three scopes, by mention and by slash', async () => {
    const scopes = ['personal', 'team', 'groupChat'];
    const [bot, ...others] = (await readTemplate()).bots;
    expect(others).toEqual([]);
    expect(bot).toMatchObject({ scopes, supportsTargetedMessages: true });
    expect(bot).toMatchObject({ commandLists: [{ scopes, triggers: ['mention', 'slash'] }] });
  });

  it('offers every command with the description of the help card, and no other', async () => {
    const [bot] = (await readTemplate()).bots;
    const understood = commands.map(({ name, description }) => ({ title: name.slice(1), description }));
    expect(bot).toMatchObject({ commandLists: [{ commands: understood }] });
  });

  it('asks for no permission on teams or chats', async () => {
    expect(await readTemplate()).not.toHaveProperty('authorization');
  });
});

describe('the app package', () => {
  it('has the version of the project, which stands in package.json alone', async () => {
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    expect((await completePackage()).manifest).toMatchObject({ version });
    expect(await readTemplate()).toMatchObject({ version: '0.0.0' });
  });

  it('holds the manifest and the two icons at its root, and nothing else', async () => {
    const { files } = await completePackage();
    expect(Object.keys(files)).toEqual(['manifest.json', 'color.png', 'outline.png']);
    for (const name of ['color.png', 'outline.png'])
      expect(Buffer.from(files[name] ?? []).equals(await readFile(path.join(root, 'manifest', name)))).toBe(true);
  });

  it('has the same bytes every time, in every time zone', async () => {
    const { bytes } = await completePackage();
    expect((await built({ ...complete, TZ: 'Pacific/Auckland' })).bytes.equals(bytes)).toBe(true);
  });

  it('names the bot, host and organisation of its tenant, and keeps nothing of the local one', async () => {
    const { manifest } = await completePackage();
    expect(manifest).toMatchObject({
      id: appId,
      bots: [{ botId: appId }],
      webApplicationInfo: { id: appId, resource: `api://botid-${appId}` },
      validDomains: ['cmk-bot.hospital-group.org'],
      developer: {
        name: 'Hospital group',
        websiteUrl: 'https://hospital-group.org/cmk',
        privacyUrl: 'https://hospital-group.org/privacy',
        termsOfUseUrl: 'https://hospital-group.org/terms',
      },
    });
    expect(sampleValuesIn(manifest)).toEqual([]);
  });

  it('says nothing about sign-in for a managed identity, which has no app registration', async () => {
    const { manifest } = await built({ ...complete, MicrosoftAppType: 'UserAssignedMSI' });
    expect(manifest).not.toHaveProperty('webApplicationInfo');
  });

  it('has the ids of the local tenant only when asked for them', async () => {
    const { manifest } = await built({}, '--local');
    expect(manifest.id).toBe('50000000-0000-4000-8000-000000000002');
    expect(sampleValuesIn(manifest)).toContain('bots.0.botId');
  });
});

describe('the packager refuses', () => {
  const { MicrosoftAppType: _optional, ...required } = complete;

  const refusedWith = (environment: Record<string, string>): readonly string[] => {
    const read = readSettings({}, environment);
    return read.kind === 'refused' ? read.problems : [];
  };

  it('to build without values, and names every one that is missing', () => {
    const missing = Object.keys(required).map((name) =>
      expect.stringMatching(`^${name} \\(--[a-z-]+\\): is missing; `),
    );
    expect(refusedWith({})).toEqual(expect.arrayContaining(missing));
  });

  it('to build with placeholders, and names every one', () => {
    const placeholders = {
      MicrosoftAppId: '50000000-0000-4000-8000-000000000002',
      CMK_PUBLIC_HOST: 'bot.example.com',
      CMK_DEVELOPER_NAME: '<organisation>',
      CMK_WEBSITE_URL: 'https://localhost/cmk',
      CMK_PRIVACY_URL: 'https://www.contoso.com/privacy',
      CMK_TERMS_URL: 'https://your-domain.org/terms',
    };
    const problems = Object.entries(placeholders).map(([name, value]) => [name, `${value} is a placeholder`]);
    expect(refusedWith(placeholders).map((problem) => problem.split(/ \(--[a-z-]+\): |[;,.] /).slice(0, 2))).toEqual(
      problems,
    );
  });

  it.each([
    ['MicrosoftAppId', 'bot', 'must be an id'],
    ['MicrosoftAppId', '00000000-0000-0000-0000-000000000000', 'is a placeholder'],
    ['CMK_PUBLIC_HOST', 'https://bot.hospital-group.org', 'must be a host name alone'],
    ['CMK_DEVELOPER_NAME', 'A hospital group with a very long name', 'must have at most 32 characters'],
    ['CMK_WEBSITE_URL', 'http://hospital-group.org', 'must be an https address'],
  ])('%s %s, which %s', (variable, value, reason) => {
    const problems = [expect.stringMatching(new RegExp(`^${variable} \\(--[a-z-]+\\): .*${reason}`))];
    expect(refusedWith({ ...complete, [variable]: value })).toEqual(problems);
  });
});
