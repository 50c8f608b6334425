import { randomBytes } from 'node:crypto';
import { changeState, discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import { type Clients, clientsOf, codeOf, innerCodeOf, messageOf } from '../support/local-azure-clients.ts';
import { bot, owner } from '../support/local-azure-names.ts';

/** Versions of a key: how they come to be, are read, changed and used. Through the official clients. */

let azure: RunningAzure;
let botClients: Clients;
let ownerClients: Clients;
let untouched: unknown;

beforeAll(async () => {
  azure = await startAzure();
  botClients = clientsOf(azure);
  ownerClients = clientsOf(azure, owner);
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});

beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});

afterAll(() => discard(azure));

const premium = 2;
const policies = 4;
const closed = 5;
const keysIn = (n: number, clients = ownerClients) => clients.keys(`https://localhost:${azure.port + n}/`);
const name = 'hospital-data';

const versionsOf = async (key: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const one of keysIn(premium).listPropertiesOfKeyVersions(key)) found.push(one.version ?? '');
  return found;
};

describe('rotating', () => {
  test('makes a newest version of the same kind, without a policy', async () => {
    const keys = keysIn(premium);
    const before = await keys.updateKeyProperties(name, {
      tags: { owner: 'ward 3' },
      keyOps: ['unwrapKey', 'wrapKey'],
      expiresOn: new Date('2030-01-01T00:00:00Z'),
    });
    const after = await keys.rotateKey(name);
    expect(after.properties.version).not.toBe(before.properties.version);
    expect(after.key?.n).not.toEqual(before.key?.n);
    expect(after.key?.n).toHaveLength(before.key?.n?.length ?? 0);
    expect(after).toMatchObject({ keyType: 'RSA-HSM', keyOperations: ['unwrapKey', 'wrapKey'] });
    expect(after.properties).toMatchObject({ enabled: true, tags: { owner: 'ward 3' } });
    expect(after.properties.expiresOn).toBeUndefined();
    expect((await keys.getKey(name)).id).toBe(after.id);
    expect((await keys.getKey(name, { version: before.properties.version ?? '' })).id).toBe(before.id);
  });

  test('dates the new version as the policy says', async () => {
    await ownerClients.vaults().keys.createIfNotExist('rg-care-prod', 'kv-hospital-keys', 'dated', {
      properties: {
        kty: 'RSA',
        keySize: 3072,
        rotationPolicy: {
          lifetimeActions: [{ trigger: { timeAfterCreate: 'P18M' }, action: { type: 'rotate' } }],
          attributes: { expiryTime: 'P1Y2M3D' },
        },
      },
    });
    const { properties, key } = await keysIn(premium).rotateKey('dated');
    const expected = new Date(properties.createdOn ?? 0);
    expected.setUTCFullYear(expected.getUTCFullYear() + 1, expected.getUTCMonth() + 2, expected.getUTCDate() + 3);
    expect(properties.expiresOn).toEqual(expected);
    expect(key?.n).toHaveLength(384);
  });

  test('makes an enabled version where the one before is disabled', async () => {
    await keysIn(premium).updateKeyProperties(name, { enabled: false });
    expect((await keysIn(premium).rotateKey(name)).properties.enabled).toBe(true);
  });

  test('does not find a key that is not there or is deleted', async () => {
    expect(await codeOf(keysIn(premium).rotateKey('nothing'))).toBe('KeyNotFound');
    await (await keysIn(premium).beginDeleteKey(name, { intervalInMs: 20 })).pollUntilDone();
    expect(await codeOf(keysIn(premium).rotateKey(name))).toBe('KeyNotFound');
  });
});

test('creating under a name that is taken makes a version of what was sent, and nothing else', async () => {
  const keys = keysIn(premium);
  await keys.updateKeyProperties(name, { tags: { owner: 'ward 3' } });
  const made = await keys.createKey(name, 'RSA', { keySize: 4096, keyOps: ['wrapKey'], tags: { round: '2' } });
  expect(made).toMatchObject({ keyType: 'RSA', keyOperations: ['wrapKey'] });
  expect(made.properties.tags).toEqual({ round: '2' });
  expect((await keys.getKey(name)).id).toBe(made.id);
  expect(await versionsOf(name)).toHaveLength(2);
});

test('a change of one version leaves the others as they are', async () => {
  const keys = keysIn(premium);
  const old = (await keys.getKey(name)).properties.version ?? '';
  const { properties } = await keys.rotateKey(name);
  const expiresOn = new Date('2031-05-01T00:00:00Z');
  await keys.updateKeyProperties(name, old, { enabled: false, tags: { state: 'old' }, expiresOn });
  expect((await keys.getKey(name, { version: old })).properties).toMatchObject({
    enabled: false,
    tags: { state: 'old' },
    expiresOn,
  });
  const other = (await keys.getKey(name)).properties;
  expect(other).toMatchObject({ version: properties.version, enabled: true });
  expect(other.tags).toBeUndefined();
});

describe('lists', () => {
  test('give versions page by page, by their ids and not by their age', async () => {
    const made = [...(await versionsOf(name))];
    for (let n = 0; n < 4; n += 1) made.push((await keysIn(premium).rotateKey(name)).properties.version ?? '');
    const pages: (string | undefined)[][] = [];
    for await (const page of keysIn(premium).listPropertiesOfKeyVersions(name).byPage({ maxPageSize: 2 })) {
      pages.push(page.map((one) => one.version));
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(made.toSorted());
  });

  test('give 25 at once, and refuse to give more', async () => {
    await changeState(azure, ({ vaults }) => {
      const { keys } = vaults[premium - 1];
      for (let n = 0; n < 30; n += 1) keys.push({ ...keys[0], name: `more-${n}` });
    });
    const sizes: number[] = [];
    for await (const page of keysIn(premium).listPropertiesOfKeys().byPage()) sizes.push(page.length);
    expect(sizes[0]).toBe(25);
    expect(sizes.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(32);
    const tooMany = keysIn(premium).listPropertiesOfKeys().byPage({ maxPageSize: 26 }).next();
    expect(await codeOf(tooMany)).toBe('BadParameter');
  });
});

describe('ARM', () => {
  const careVault = ['rg-care-prod', 'kv-hospital-keys', name] as const;

  test('shows the newest version as the key, and every version by itself', async () => {
    const { keys } = ownerClients.vaults();
    const old = (await keysIn(premium).updateKeyProperties(name, { tags: { round: '1' } })).properties.version ?? '';
    const { properties } = await keysIn(premium).rotateKey(name);
    await keysIn(premium).updateKeyProperties(name, { tags: { round: '2' } });
    const newest = await keys.get(...careVault);
    expect(newest.keyUriWithVersion).toBe(`${newest.keyUri}/${properties.version}`);
    expect(newest.tags).toEqual({ round: '2' });
    expect((await keys.getVersion(...careVault, old)).tags).toEqual({ round: '1' });
    const listed: (string | undefined)[] = [];
    for await (const one of keys.listVersions(...careVault)) listed.push(one.keyUriWithVersion);
    expect(listed.toSorted()).toEqual([old, properties.version].map((one) => `${newest.keyUri}/${one}`).toSorted());
  });
});

describe('rights', () => {
  const work = {
    rotate: (n: number) => keysIn(n, botClients).rotateKey(keyOf[n] ?? ''),
    create: (n: number) => keysIn(n, botClients).createKey(keyOf[n] ?? '', 'RSA'),
    update: (n: number) => keysIn(n, botClients).updateKeyProperties(keyOf[n] ?? '', { enabled: true }),
    get: (n: number) => keysIn(n, botClients).getKey(keyOf[n] ?? ''),
    list: (n: number) =>
      keysIn(n, botClients)
        .listPropertiesOfKeyVersions(keyOf[n] ?? '')
        .next(),
  };
  const keyOf: Readonly<Record<number, string>> = { [premium]: name, [policies]: 'cmk-policy', [closed]: 'cmk-lab' };
  const rights = ['rotate', 'create', 'update'] as const;
  const botMay = (dataActions: readonly string[]) =>
    changeState(azure, ({ roleDefinitions }) => {
      const role = roleDefinitions.find((one: { roleName: string }) => one.roleName === 'CMK bot');
      role.permissions[0].dataActions = dataActions;
    });

  test.each(rights)('to %s a key come from its own data action where roles rule', async (right) => {
    const action = `Microsoft.KeyVault/vaults/keys/${right}/action`;
    await botMay([]);
    expect(await innerCodeOf(work[right](premium))).toBe('ForbiddenByRbac');
    expect(await messageOf(work[right](premium))).toContain(`Action: '${action}'`);
    await botMay([action]);
    await work[right](premium);
    for (const other of [...rights, 'get', 'list'] as const) {
      if (other !== right) expect(await codeOf(work[other](premium))).toBe('Forbidden');
    }
    const asked = (await http(azure, 'GET', '/simulator/requests')).body.flatMap(
      (one: { dataActions: string[] }) => one.dataActions,
    );
    expect(asked).toContain(action);
  });

  test.each([...rights, 'get', 'list'] as const)(
    'to %s a key come from the permission of that name where policies rule',
    async (right) => {
      expect(await codeOf(work[right](policies))).toBe('Forbidden');
      // Of a refused list the client keeps the general code and no words.
      const words = right === 'list' ? 'Pagination failed' : `does not have keys ${right} permission`;
      expect(await messageOf(work[right](policies))).toContain(words);
      await changeState(azure, ({ vaults }) => {
        const { accessPolicies } = vaults[policies - 1];
        const permissions = { keys: [right], secrets: [], certificates: [], storage: [] };
        accessPolicies.push({ ...accessPolicies[0], objectId: bot.id, permissions });
      });
      await work[right](policies);
      for (const other of [...rights, 'get', 'list'] as const) {
        if (other !== right) expect(await codeOf(work[other](policies))).toBe('Forbidden');
      }
    },
  );

  test.each(rights)('to %s a key do not pass the firewall', async (right) => {
    expect(await innerCodeOf(work[right](closed))).toBe('ForbiddenByFirewall');
  });
});

describe('an older version', () => {
  const secret = randomBytes(32);
  const usable = (version: string) =>
    ownerClients.cryptography(`https://localhost:${azure.port + premium}/keys/cmk-virtual-visit/${version}`);

  const rotated = async () => {
    const keys = keysIn(premium);
    const old = (await keys.getKey('cmk-virtual-visit')).properties.version ?? '';
    return { keys, old, latest: (await keys.rotateKey('cmk-virtual-visit')).properties.version ?? '' };
  };

  test('goes on wrapping and unwrapping, and the newer one cannot unwrap what it wrapped', async () => {
    const { old, latest } = await rotated();
    const wrapped = await usable(old).wrapKey('RSA-OAEP-256', secret);
    expect(wrapped.keyID).toContain(old);
    expect(Buffer.from((await usable(old).unwrapKey('RSA-OAEP-256', wrapped.result)).result)).toEqual(secret);
    expect(await codeOf(usable(latest).unwrapKey('RSA-OAEP-256', wrapped.result))).toBe('BadParameter');
  });

  test('does neither once it is disabled, and the newer one still does both', async () => {
    const { keys, old, latest } = await rotated();
    const wrapped = await usable(old).wrapKey('RSA-OAEP-256', secret);
    await keys.updateKeyProperties('cmk-virtual-visit', old, { enabled: false });
    const refused = [
      usable(old).wrapKey('RSA-OAEP-256', secret),
      usable(old).unwrapKey('RSA-OAEP-256', wrapped.result),
    ];
    for (const work of refused) expect(await innerCodeOf(work)).toBe('KeyDisabled');
    const again = await usable(latest).wrapKey('RSA-OAEP-256', secret);
    expect(Buffer.from((await usable(latest).unwrapKey('RSA-OAEP-256', again.result)).result)).toEqual(secret);
  });
});
