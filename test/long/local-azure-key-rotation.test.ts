import { randomBytes } from 'node:crypto';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, innerCodeOf, messageOf } from '../support/azure/local-azure-clients.ts';
import { bot, owner } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Versions of a key: how they come to be, are read, changed and used. Through the official clients. */

const azure = simulatedAzure({ restores: true });
const botClients = lazily(() => clientsOf(azure));
const ownerClients = lazily(() => clientsOf(azure, owner));

const premium = 2;
const policies = 4;
const closed = 5;
const keysIn = (n: number, clients = ownerClients) => clients.keys(`https://localhost:${azure.port + n}/`);
const name = 'hospital-data';

/** The newest version of a key, from the state: no permission is needed. */
const newestOf = async (n: number, key: string): Promise<string> => {
  const { body } = await http(azure, 'GET', '/simulator/state');
  return body.vaults[n - 1].keys.find((one: { name: string }) => one.name === key).versions.at(-1).version;
};

test('creating under a name that is taken makes a version of what was sent, and nothing else', async () => {
  const keys = keysIn(premium);
  await keys.updateKeyProperties(name, await newestOf(premium, name), { tags: { owner: 'ward 3' } });
  const made = await keys.createKey(name, 'RSA', { keySize: 4096, keyOps: ['wrapKey'], tags: { round: '2' } });
  expect(made).toMatchObject({ keyType: 'RSA', keyOperations: ['wrapKey'] });
  expect(made.properties.tags).toEqual({ round: '2' });
  expect((await keys.getKey(name)).id).toBe(made.id);
  const { body } = await http(azure, 'GET', '/simulator/state');
  const held = body.vaults[premium - 1].keys.find((one: { name: string }) => one.name === name);
  expect(held.versions).toHaveLength(2);
});

test('a change of one version leaves the others as they are', async () => {
  const keys = keysIn(premium);
  const old = (await keys.getKey(name)).properties.version ?? '';
  const { properties } = await keys.createKey(name, 'RSA-HSM');
  const expiresOn = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2 * 365 * 86_400_000);
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

describe('ARM', () => {
  const careVault = ['rg-care-prod', 'kv-hospital-keys', name] as const;

  test('shows the newest version as the key, and every version by itself', async () => {
    const { keys } = ownerClients.vaults();
    const old = await newestOf(premium, name);
    await keysIn(premium).updateKeyProperties(name, old, { tags: { round: '1' } });
    const { properties } = await keysIn(premium).createKey(name, 'RSA-HSM', { tags: { round: '2' } });
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
    create: (n: number) => keysIn(n, botClients).createKey(keyOf[n] ?? '', 'RSA'),
    update: async (n: number) =>
      keysIn(n, botClients).updateKeyProperties(keyOf[n] ?? '', await newestOf(n, keyOf[n] ?? ''), { enabled: true }),
    get: (n: number) => keysIn(n, botClients).getKey(keyOf[n] ?? ''),
  };
  const keyOf: Readonly<Record<number, string>> = { [premium]: name, [policies]: 'cmk-policy', [closed]: 'cmk-lab' };
  const rights = ['create', 'update'] as const;
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
    for (const other of [...rights, 'get'] as const) {
      if (other !== right) expect(await codeOf(work[other](premium))).toBe('Forbidden');
    }
    const asked = (await http(azure, 'GET', '/simulator/requests')).body.flatMap(
      (one: { dataActions: string[] }) => one.dataActions,
    );
    expect(asked).toContain(action);
  });

  test.each([...rights, 'get'] as const)(
    'to %s a key come from the permission of that name where policies rule',
    async (right) => {
      expect(await codeOf(work[right](policies))).toBe('Forbidden');
      expect(await messageOf(work[right](policies))).toContain(`does not have keys ${right} permission`);
      await changeState(azure, ({ vaults }) => {
        const { accessPolicies } = vaults[policies - 1];
        const permissions = { keys: [right], secrets: [], certificates: [], storage: [] };
        accessPolicies.push({ ...accessPolicies[0], objectId: bot.id, permissions });
      });
      await work[right](policies);
      for (const other of [...rights, 'get'] as const) {
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
    return { keys, old, latest: (await keys.createKey('cmk-virtual-visit', 'RSA')).properties.version ?? '' };
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
