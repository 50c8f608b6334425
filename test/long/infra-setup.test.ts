import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { bicepVersion } from '../../scripts/bicep.ts';
import { parameterFile, variablesIn } from '../support/azure/azd.ts';
import { deploy, describeCompiled, given, root, template } from '../support/azure/infra.ts';

/** The files of azd, the scripts and the install page agree with each other and with the compiled template. */

const read = (file: string): string => readFileSync(root + file, 'utf8');
const scripts = ['infra', 'infra/hooks'].flatMap((folder) =>
  readdirSync(root + folder)
    .filter((name) => name.endsWith('.sh'))
    .map((name) => `${folder}/${name}`),
);
const settings = Object.values(parameterFile).flatMap(({ value }) => variablesIn(value));
const forHooks = [
  ...['CMK_ADMIN_IP', 'CMK_WAIT', 'CMK_BASE_IMAGE', 'CMK_OWNS_ROLES', 'CMK_KNOWN_DEPLOYMENT'],
  ...['CMK_STEP_UP_APP_SECRET', 'OTEL_EXPORTER_OTLP_HEADERS'],
];

describeCompiled('infra/main.parameters.json', () => {
  test('has every parameter of infra/main.bicep, in its order', () => {
    expect(Object.keys(parameterFile)).toEqual(Object.keys(template().parameters));
  });

  test('takes each from variables of its own, with the default that the parameter has', () => {
    expect(new Set(settings).size).toBe(settings.length);
    const { parameters } = template();
    for (const [name, { value }] of Object.entries(parameterFile)) {
      const [, fallback] = /^\$\{\w+=(.*)\}$/.exec(String(value)) ?? [];
      const isText = typeof value === 'string' && fallback !== undefined && fallback !== '';
      if (isText) expect([name, fallback]).toEqual([name, String(parameters[name]?.defaultValue)]);
    }
  });

  test('stops with the name of what is missing: each of the three settings without a default', () => {
    const { parameters } = template();
    const without = Object.keys(parameters).filter((name) => parameters[name]?.defaultValue === undefined);
    expect(without).toEqual(['environmentName', 'location', 'subscriptions', 'settings']);
    expect(parameters.settings).toMatchObject({
      properties: { CMK_APPROVALS_CHANNEL: { minLength: 1 }, CMK_AUDIT_CHANNEL: { minLength: 1 } },
    });
  });
});

describe('azure.yaml', () => {
  const text = read('azure.yaml');

  test('names files that exist, and runs them with bash', () => {
    const run = [...text.matchAll(/run: bash (\S+)/g)].map(([, file = '']) => file);
    expect(run).toEqual(['infra/hooks/preprovision.sh', 'infra/hooks/postprovision.sh']);
    expect(run.filter((file) => !existsSync(root + file))).toEqual([]);
    expect(text).toMatch(/path: infra\n {2}module: main\n/);
    expect(existsSync(`${root}infra/main.bicep`)).toBe(true);
  });

  test('deploys twice: everything except the bot, and then the bot', () => {
    expect([...text.matchAll(/- azd: (\w+)/g)].map(([, command]) => command)).toEqual(['provision', 'provision']);
  });
});

describe('the scripts', () => {
  test.each(scripts)('%s reads standard input in a way that macOS knows: its paste has to be told to', (file) => {
    expect(read(file)).not.toMatch(/\bpaste (?!-sd(?:,|' ') -)/);
  });

  test('speak to the server of the database in the version that it is deployed with', () => {
    const [, version = ''] = /flexibleServers@(\S+)'/.exec(read('infra/modules/database.bicep')) ?? [];
    const spoken = [...read('infra/hooks/postprovision.sh').matchAll(/--api-version (\S+)/g)].map(([, one]) => one);
    expect(spoken).toEqual([version, version]);
  });
});

describeCompiled('the hooks', () => {
  test('use what azd tells them and nothing else', () => {
    const outputs = Object.keys(template().outputs);
    const azd = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID'];
    const hooks = scripts
      .filter((file) => file.includes('/hooks/'))
      .map(read)
      .join('\n');
    const used = new Set([...hooks.matchAll(/\$\{?((?:CMK|AZURE)_[A-Z_]+)/g)].map(([, name = '']) => name));
    expect([...used].filter((name) => ![...outputs, ...settings, ...forHooks, ...azd].includes(name))).toEqual([]);
  });

  test('get from one deployment what they set for the next', () => {
    const set = scripts
      .map(read)
      .flatMap((text) => [...text.matchAll(/(?:keep|azd env set) (CMK_\w+)/g)].map(([, name = '']) => name));
    expect(set.filter((name) => ![...settings, ...forHooks].includes(name))).toEqual([]);
    expect(deploy().outputs.AZURE_RESOURCE_GROUP).toBe(`rg-${given.AZURE_ENV_NAME}-cmk`);
  });
});

describeCompiled('docs/install/deploy-with-azd.md', () => {
  const text = read('docs/install/deploy-with-azd.md');

  test('sets only what is read, and asks azd only for what there is', () => {
    const outputs = Object.keys(template().outputs);
    const set = [...text.matchAll(/azd env set ([A-Z]\w+)/g)].map(([, name = '']) => name);
    const asked = [...text.matchAll(/azd env get-value (\w+)/g)].map(([, name = '']) => name);
    expect(set.filter((name) => ![...settings, 'NAME', ...forHooks].includes(name))).toEqual([]);
    expect(asked.filter((name) => !outputs.includes(name))).toEqual([]);
    expect([set.length > 4, asked.length > 2]).toEqual([true, true]);
  });

  test('names the compiler that was used', () => expect(text.includes(`Bicep ${bicepVersion}`)).toBe(true));
});
