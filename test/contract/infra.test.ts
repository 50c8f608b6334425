import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Declaration } from '../support/bicep.ts';
import type { Made } from '../support/bicep-deployment.ts';
import { knownTypes, nameRules, type Shape } from '../support/bicep-types.ts';
import type { Value } from '../support/bicep-values.ts';
import { at, deploy, everything, files, listAt, ofType, only, root, variablesOf } from '../support/infra.ts';

/**
 * What infra/ would have Azure make, read by a reader of our own: it was never compiled, and nothing of it was ever deployed. What
 * stands in it is compared with the code it is for, and with what Microsoft says of each resource.
 */

describe('the files', () => {
  const words = (declarations: readonly Declaration[]): string =>
    JSON.stringify(declarations.map(({ value }) => value));

  test.each(files)('%s declares nothing that it does not use', (_file, declarations) => {
    const used = words(declarations);
    const unused = declarations
      .filter(({ what }) => what === 'param' || what === 'var')
      .filter(({ name }) => !used.includes(`{"kind":"name","name":"${name}"}`));
    expect(unused.map(({ name }) => name)).toEqual([]);
  });

  test.each(files)('%s names each resource by what is known before anything is made', (_file, declarations) => {
    const late = declarations.filter(({ what, value }) => {
      if (what !== 'resource' && what !== 'module') return false;
      const body = value?.kind === 'if' || value?.kind === 'for' ? value.body : value;
      const inner = body?.kind === 'if' ? body.body : body;
      const entries = inner?.kind === 'object' ? inner.entries : [];
      const early = entries.filter(
        ({ key }) => key.kind === 'text' && ['name', 'scope'].includes(String(key.parts[0])),
      );
      return /"name":"(outputs|properties)"/.test(JSON.stringify(early.map((entry) => entry.value)));
    });
    expect(late.map(({ name }) => name)).toEqual([]);
  });

  test('every module is used, and given every parameter that it has', () => {
    const [, declarations = []] = files[0] ?? [];
    const used = declarations.filter(({ what }) => what === 'module').map(({ of }) => `infra/${of}`);
    expect([...used].sort()).toEqual(
      files
        .slice(1)
        .map(([file]) => file)
        .sort(),
    );
    // A module without one of its parameters, or with one that it has not, is not read to the end.
    const defaults = files
      .slice(1)
      .flatMap(([, inner]) => inner.filter(({ what, value }) => what === 'param' && value !== null));
    expect(defaults).toEqual([]);
  });

  test('no text in them looks like a secret', () => {
    const texts = [...files.map(([file]) => file), 'infra/main.parameters.json', 'azure.yaml'].map((file) =>
      readFileSync(root + file, 'utf8'),
    );
    expect(texts.join('\n')).not.toMatch(
      /password\s*[:=]\s*['"][^'"$]|AccountKey=|SharedAccessSignature|listKeys\(|[A-Za-z0-9+/]{43}=/i,
    );
    const secret = files[0]?.[1].find(({ name }) => name === 'stepUpAppSecret');
    expect(secret?.decorators.map(({ name }) => name)).toContain('secure');
    const passed = files
      .flatMap(([, declarations]) => declarations)
      .filter(({ name }) => /secret$/i.test(name) && !['sealKeySecret', 'logKeySecret'].includes(name));
    expect(passed.every(({ decorators }) => decorators.some(({ name }) => name === 'secure'))).toBe(true);
  });
});

/** Of the versions that are used. */
const described = [
  'keyvault/resource-manager/Microsoft.KeyVault/stable/2023-07-01/keyvault.json',
  'keyvault/resource-manager/Microsoft.KeyVault/stable/2023-07-01/keys.json',
  'authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/authorization-RoleAssignmentsCalls.json',
  'authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/authorization-RoleDefinitionsCalls.json',
  'authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/common-types.json',
  'resources/resource-manager/Microsoft.Resources/stable/2024-03-01/resources.json',
];

describe('what they make', () => {
  test('is of types and versions that were looked up, and of no other', () => {
    const used = new Set(everything.map(({ type, version }) => `${type}@${version}`));
    expect([...used].sort()).toEqual(Object.keys(knownTypes).sort());
  });

  /** Paths of what a shape does not have. */
  const beside = (value: Value | undefined, shape: Shape, path = ''): readonly string[] => {
    if (shape === true || value === undefined || value === null || typeof value !== 'object') return [];
    if (Array.isArray(value)) {
      const [item] = Array.isArray(shape) ? shape : [];
      return item === undefined ? [path] : value.flatMap((one: Value, n) => beside(one, item, `${path}[${n}]`));
    }
    return Object.entries(value).flatMap(([name, inner]) => {
      const known = Array.isArray(shape) ? undefined : Object.entries(shape).find(([key]) => key === name)?.[1];
      return known === undefined ? [`${path}.${name}`] : beside(inner, known, `${path}.${name}`);
    });
  };

  test('has no property that Microsoft’s lists do not have, where they were read', () => {
    const wrong = everything.flatMap(({ type, version, body }) => {
      const { shape = true } = knownTypes[`${type}@${version}`] ?? {};
      return beside(body, shape).map((path) => `${type}${path}`);
    });
    expect(wrong).toEqual([]);
    expect(Object.values(knownTypes).filter(({ shape }) => shape !== undefined)).toHaveLength(6);
  });

  test('has only names that stand in Microsoft’s descriptions, where those are at hand', () => {
    const { CMK_AZURE_SPECS: descriptions } = process.env;
    if (descriptions === undefined) {
      process.stdout.write(
        'not run: it needs the descriptions, whose folder CMK_AZURE_SPECS names (docs/local-azure.md)\n',
      );
      return;
    }
    const names = new Set<string>();
    JSON.stringify(
      described.map((file) => JSON.parse(readFileSync(`${descriptions}/${file}`, 'utf8'))),
      (_key, node: { readonly properties?: object } | null) => {
        for (const name of Object.keys(node?.properties ?? {})) names.add(name);
        return node;
      },
    );
    const sent = new Set<string>();
    for (const { type, version, body } of everything) {
      if (knownTypes[`${type}@${version}`]?.from !== 'description') continue;
      JSON.stringify({ ...body, tags: null }, (_key, node: Value) => {
        if (typeof node === 'object' && node !== null && !Array.isArray(node))
          for (const name of Object.keys(node)) sent.add(name);
        return node;
      });
    }
    // A name stands in the address.
    expect([...sent].filter((name) => name !== 'name' && !names.has(name))).toEqual([]);
    expect(sent.size).toBeGreaterThan(20);
  });

  test('is named as Azure takes it, whatever the environment is called', () => {
    // azd: letters, digits, hyphens, parentheses, underscores and periods, at most 64.
    const names = fc.stringMatching(/^[A-Za-z0-9()_.-]{1,64}$/);
    fc.assert(
      fc.property(names, (environmentName) => {
        const { made } = deploy({ environmentName });
        for (const { type, name } of made)
          expect([type, name.split('/').at(-1)]).toEqual([type, expect.stringMatching(nameRules[type] ?? /^$/)]);
      }),
      { numRuns: 40 },
    );
  });

  test('is the same when it is deployed again, and another one for another environment', () => {
    const names = (made: readonly Made[]) => made.map(({ type, name }) => `${type} ${name}`);
    expect(names(deploy().made)).toEqual(names(deploy().made));
    const global = /vaults |registries |storageAccounts |flexibleServers |botServices |resourceGroups /;
    const test = names(deploy({ environmentName: 'test' }).made).filter((name) => global.test(name));
    expect(test.filter((name) => names(deploy().made).includes(name))).toEqual([]);
  });

  test('is all of it but the bot while there is no image', () => {
    const types = (made: readonly Made[]) => new Set(made.map(({ type }) => type));
    const without = types(deploy({ image: '' }).made);
    expect([...types(everything)].filter((type) => !without.has(type))).toEqual([
      'Microsoft.App/containerApps',
      'Microsoft.App/managedEnvironments/httpRouteConfigs',
    ]);
  });
});

describe('what must not be open', () => {
  const properties = (type: string) => only(everything, type).body.properties;

  test('the database takes identities only, and no address is let in', () => {
    expect(at(properties('Microsoft.DBforPostgreSQL/flexibleServers'), 'authConfig')).toMatchObject({
      activeDirectoryAuth: 'Enabled',
      passwordAuth: 'Disabled',
    });
    expect(everything.filter(({ type }) => type.endsWith('/firewallRules'))).toEqual([]);
    for (const name of ['DATABASE_URL', 'CMK_DATABASE_OWNER_URL']) {
      const url = new URL(String(variablesOf(everything).get(name)));
      expect([url.password, url.search]).toEqual(['', '?sslmode=verify-full']);
    }
  });

  test('vault and storage take the bot’s network only, by identities only, and keep what is deleted', () => {
    const closed = { defaultAction: 'Deny', ipRules: [] };
    expect(properties('Microsoft.KeyVault/vaults')).toMatchObject({
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      enablePurgeProtection: true,
      networkAcls: closed,
    });
    expect(properties('Microsoft.Storage/storageAccounts')).toMatchObject({
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      networkAcls: closed,
    });
    expect(properties('Microsoft.ContainerRegistry/registries')).toMatchObject({ adminUserEnabled: false });
  });

  test('the subnet of the bot has the service endpoints that they are opened to', () => {
    const [apps] = listAt(properties('Microsoft.Network/virtualNetworks'), 'subnets');
    expect(listAt(apps, 'properties', 'serviceEndpoints').map((one) => at(one, 'service'))).toEqual([
      'Microsoft.KeyVault',
      'Microsoft.Storage',
    ]);
  });

  test('the container for exports is immutable and not locked: no state can be sent that locks it', () => {
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies';
    expect(properties(type)).toEqual({
      immutabilityPeriodSinceCreationInDays: 2190,
      allowProtectedAppendWrites: false,
    });
  });

  test('what is done to vault, database, exports, bot and replicas goes to the workspace', () => {
    const rows = ofType(everything, 'Microsoft.Insights/diagnosticSettings').map(({ file, body }) => [
      file,
      ...listAt(body, 'properties', 'logs').map((one) => at(one, 'category')),
    ]);
    expect(rows).toEqual([
      ['database.bicep', 'PostgreSQLLogs'],
      ['vault.bicep', 'AuditEvent'],
      ['anchors.bicep', 'StorageWrite', 'StorageDelete'],
      ['hosting.bicep', 'ContainerAppConsoleLogs', 'ContainerAppSystemLogs'],
      ['bot.bicep', 'BotRequest'],
    ]);
  });
});
