/**
 * What infra/ deploys, as Microsoft's own compiler predicts it (`bicep snapshot`), for an environment of azd. Only the answers that
 * Azure gives after it created a resource are ours: see `answers`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from '@jest/globals';
import { z } from 'zod';
import { bicep, bicepCache, bicepVersion, hasDotnet } from '../../../scripts/bicep.ts';
import { azdParameters, type Environment } from './azd.ts';

export const root = path.join(import.meta.dirname, '../../../');
const infra = path.join(root, 'infra');

const canCompile = hasDotnet();
if (!canCompile) process.stdout.write("not run: the compiled template: the .NET SDK isn't installed\n");
/** Without the .NET SDK these tests aren't run, except in CI, where they fail. */
export const describeCompiled = canCompile || (process.env.CI ?? 'false') !== 'false' ? describe : describe.skip;

const Resource = z.looseObject({ id: z.string(), type: z.string(), name: z.string(), apiVersion: z.string() });
export type Made = z.infer<typeof Resource>;
const Snapshot = z.object({ predictedResources: z.array(Resource), outputs: z.record(z.string(), z.unknown()) });
const Template = z.object({
  parameters: z.record(z.string(), z.looseObject({ type: z.string(), defaultValue: z.unknown().optional() })),
  outputs: z.record(z.string(), z.unknown()),
});

const sources = readdirSync(infra, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(bicep|json|txt)$/.test(file))
  .sort();
const sourceText = sources.map((file) => `${file}\n${readFileSync(path.join(infra, file), 'utf8')}`).join('\n');

/** The result of a run of the compiler, kept by what it depends on. */
function kept(about: string, make: (folder: string) => string): unknown {
  const hash = createHash('sha256').update([bicepVersion, sourceText, about].join('\0')).digest('hex').slice(0, 32);
  const file = path.join(bicepCache, 'results', `${hash}.json`);
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true });
    const own = `${file}.${process.pid}`;
    writeFileSync(own, make(path.dirname(file)));
    renameSync(own, file);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

function compiled(args: readonly string[]): string {
  const { code, out, err } = bicep(args, infra);
  if (code !== 0) throw new Error(`bicep ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

export const template = () => Template.parse(kept('template', () => compiled(['build', 'main.bicep', '--stdout'])));

const tenant = '10000000-0000-4000-8000-000000000000';
const subscription = '40000000-0000-4000-8000-000000000009';
export const chosen = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
export const person = '20000000-0000-4000-8000-000000000002';
export const given = {
  AZURE_ENV_NAME: 'prod',
  AZURE_LOCATION: 'westeurope',
  CMK_IMAGE: 'registry.example/cmk-bot:1',
  CMK_ADMIN_ID: '20000000-0000-4000-8000-000000000001',
  CMK_ADMIN_NAME: 'admin@care.example',
  CMK_SUBSCRIPTIONS: chosen.join(', '),
  CMK_REQUESTERS: '60000000-0000-4000-8000-000000000001',
  CMK_APPROVERS: person,
  CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
  CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
};

/** What Azure answers for a property of a resource that it created. */
const answers: readonly (readonly [RegExp, string | ((name: string) => string)])[] = [
  [/id-cmk-bot\.clientId$/, '70000000-0000-4000-8000-0000000000c1'],
  [/id-cmk-owner\.clientId$/, '70000000-0000-4000-8000-0000000000c2'],
  [/id-cmk-bot\.principalId$/, '50000000-0000-4000-8000-0000000000b1'],
  [/id-cmk-owner\.principalId$/, '50000000-0000-4000-8000-0000000000b2'],
  [/\.fullyQualifiedDomainName$/, (name) => `${name}.postgres.database.azure.com`],
  [/\.primaryEndpoints\.blob$/, (name) => `https://${name}.blob.core.windows.net/`],
  [/\.vaultUri$/, (name) => `https://${name}.vault.azure.net/`],
  [/\.customerId$/, 'a0000000-0000-4000-8000-0000000000c9'],
  [/\.loginServer$/, (name) => `${name}.azurecr.io`],
  [/\.defaultDomain$/, 'brave-sky-1a2b3c4d.westeurope.azurecontainerapps.io'],
];

function answer(id: string, property: string): string {
  const [, name = ''] = /\/([^/]+)$/.exec(id) ?? [];
  const [, found] = answers.find(([known]) => known.test(`${name}.${property}`)) ?? [];
  if (found === undefined) throw new Error(`no answer of Azure for ${id}.${property}`);
  return `'${typeof found === 'string' ? found : found(name)}'`;
}

/** An expression that the compiler left, with Azure's answers: `reference(…).x`, and `format(…)` of texts. */
function answered(text: string): string {
  if (!/^\[.*\]$/s.test(text)) return text;
  let rest = text
    .slice(1, -1)
    .replace(/reference\('([^']+)', '[^']+'\)\.([\w.]+)/g, (_all, id: string, property: string) =>
      answer(id, property),
    );
  const format = /format\('([^']*)'((?:, '[^']*')*)\)/;
  while (format.test(rest)) {
    rest = rest.replace(format, (_all, shape: string, words: string) => {
      const values = [...words.matchAll(/'([^']*)'/g)].map(([, value = '']) => value);
      return `'${shape.replace(/\{(\d+)\}/g, (_mark, n: string) => values[Number(n)] ?? '')}'`;
    });
  }
  return /^'([^']*)'$/.exec(rest)?.[1] ?? `[${rest}]`;
}

const withAnswers = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (_key, value: unknown) => (typeof value === 'string' ? answered(value) : value));

/** A parameter file for `bicep snapshot`. */
const parameterText = (folder: string, parameters: object): string =>
  [
    `using '${path.relative(folder, path.join(infra, 'main.bicep'))}'`,
    ...Object.entries(parameters).map(
      ([name, value]) =>
        `param ${name} = json('${JSON.stringify(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${')}')`,
    ),
  ].join('\n');

function snapshot(parameters: object): unknown {
  return kept(JSON.stringify(parameters), (folder) => {
    const file = path.join(
      folder,
      `${createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 16)}.${process.pid}`,
    );
    writeFileSync(`${file}.bicepparam`, parameterText(folder, parameters));
    const place = ['--tenant-id', tenant, '--subscription-id', subscription, '--location', 'westeurope'];
    compiled(['snapshot', `${file}.bicepparam`, ...place, '--deployment-name', 'test']);
    return readFileSync(`${file}.snapshot.json`, 'utf8');
  });
}

/** What a deployment creates, for this environment of azd on top of `given`. A variable that is empty counts as unset. */
export function deploy(change: Environment = {}) {
  const types = Object.fromEntries(
    Object.entries(template().parameters).map(([name, { type }]) => [name, type.toLowerCase()]),
  );
  const { predictedResources, outputs } = Snapshot.parse(
    withAnswers(snapshot(azdParameters(types, { ...given, ...change }))),
  );
  return { made: predictedResources, outputs: z.record(z.string(), z.string()).parse(outputs) };
}

export const ofType = (made: readonly Made[], type: string): readonly Made[] => made.filter((one) => one.type === type);
export function only(made: readonly Made[], type: string): Made {
  const [one, ...more] = ofType(made, type);
  if (one === undefined || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return one;
}

export const at = (value: unknown, ...names: readonly (string | number)[]): unknown =>
  names.reduce<unknown>((found, name) => {
    if (Array.isArray(found)) return found[Number(name)];
    return typeof found === 'object' && found !== null
      ? Object.entries(found).find(([key]) => key === name)?.[1]
      : undefined;
  }, value);
export const listAt = (value: unknown, ...names: readonly (string | number)[]): readonly unknown[] => {
  const found = at(value, ...names);
  return Array.isArray(found) ? found : [];
};

export const app = (made: readonly Made[]) => only(made, 'Microsoft.App/containerApps');
export const containerOf = (made: readonly Made[]) => at(app(made), 'properties', 'template', 'containers', 0);
/** As the container gets them. `secret`: the value of each setting that comes from the vault. */
export const environmentOf = (made: readonly Made[], secret = ''): Record<string, string> =>
  Object.fromEntries(
    listAt(containerOf(made), 'env').map((one) => [String(at(one, 'name')), String(at(one, 'value') ?? secret)]),
  );

/** With usual settings, and with nearly everything set otherwise. Few deployments serve many tests: each takes the compiler seconds. */
export const usual = () => deploy();
export const otherwise = () =>
  deploy({
    AZURE_ENV_NAME: 'A_(b).c',
    CMK_SUBSCRIPTIONS: chosen[0] ?? '',
    CMK_ROLE_SUBSCRIPTIONS: chosen.join(','),
    CMK_MIGRATE: 'false',
    CMK_PAUSE: 'true',
    CMK_APPROVAL_EXPIRY: '',
    CMK_STEP_UP: 'c1',
    CMK_STEP_UP_APP_ID: person,
    CMK_VAULT_SETTINGS: 'CMK_STEP_UP_APP_SECRET',
    CMK_POLICY: JSON.stringify(policy),
    CMK_LOGS_WORKSPACE: 'b0000000-0000-4000-8000-0000000000c9',
    CMK_DATABASE_SERVER: 'psql-restored',
    CMK_ANCHOR_CONTAINER: 'anchor-2',
    CMK_ANCHOR_LOCKED: 'true',
    CMK_LOG_NAME: 'cmk/2',
    CMK_ZONE_REDUNDANT: 'true',
    CMK_CORES: '1',
    CMK_DATABASE_SKU: 'Standard_D2ds_v5',
    CMK_DATABASE_TIER: 'GeneralPurpose',
    CMK_DATABASE_HIGH_AVAILABILITY: 'ZoneRedundant',
    CMK_DATABASE_GEO_BACKUP: 'Enabled',
    CMK_DATABASE_STORAGE_GIB: '64',
    CMK_STORAGE_SKU: 'Standard_ZRS',
    CMK_LOG_DAYS: '365',
    CMK_TAGS: '{"cost-center":"4711"}',
    CMK_DELETE_LOCK: 'false',
    CMK_AUDITORS: auditors,
    CMK_AUDITOR_ADDRESSES: '203.0.113.7, 198.51.100.0/24',
    CMK_ALERT_EMAIL: 'cmk@hospital.example',
  });
/** The group of those who check the published log from outside. */
export const auditors = '60000000-0000-4000-8000-0000000000a1';
export const policy = { rules: [{ name: "the children's hospital", match: { resources: ['*-$' + '{x}'] } }] };
