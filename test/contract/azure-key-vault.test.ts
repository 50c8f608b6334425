import { readSecret } from '../../src/azure/azure.ts';
import { openCloud } from '../../src/azure/clouds.ts';
import { openCredential } from '../../src/azure/credential.ts';
import { KeyVersion } from '../../src/domain/ids.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { messageOf } from '../../src/text/failures.ts';
import {
  type AzureState,
  all,
  deleteKey,
  giveRole,
  keyIn,
  newestIn,
  onVault,
  scopes,
  withoutActions,
} from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  bot,
  connect,
  connectedAzure,
  customCloud,
  type Fault,
  failureOf,
  got,
  hashOf,
  key,
  markOf,
  outsideFailureOf,
  owner,
  type Sent,
  sentDuring,
  tenantId,
  under,
  vaultId,
} from './azure-setup.ts';

describe('keys', () => {
  const { running, azure } = connectedAzure();

  const care = vaultId('kv-care-prod');

  describe('reading keys', () => {
    test('tells what matters about the newest version, and the same of a version read by itself', async () => {
      const found = got(await azure.keys.get(care, key('cmk-triage-agent'), null));
      expect(found).toEqual({
        name: 'cmk-triage-agent',
        version: expect.stringMatching(/^[0-9a-f]{32}$/),
        type: 'RSA',
        size: 3072,
        operations: ['wrapKey', 'unwrapKey'],
        enabled: true,
        notBefore: null,
        expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00\.000Z$/),
        created: '2024-03-04T08:00:00.000Z',
        nonceHash: null,
      });
      const version = KeyVersion.parse(found?.version);
      expect(got(await azure.keys.get(care, key('cmk-triage-agent'), version))).toEqual(found);
    });

    test('a key or version that does not exist is null', async () => {
      expect(got(await azure.keys.get(care, key('no-such-key'), null))).toBeNull();
      expect(got(await azure.keys.get(care, key('cmk-triage-agent'), KeyVersion.parse('0'.repeat(32))))).toBeNull();
    });

    test('lists every key by name, each as it is read by itself', async () => {
      const found = got(await azure.keys.list(care));
      const names = ['cmk-triage-agent', 'curve-signing', 'disabled-wrapping', 'expired-wrapping', 'signing-only'];
      expect(found.map(({ name }) => name)).toEqual(names);
      for (const one of found) expect(one).toEqual(got(await azure.keys.get(care, one.name, null)));
    });

    test('one key that cannot be read fails the list rather than shortening it', async () => {
      const body = { error: { code: 'ForbiddenByRbac', message: 'Caller is not authorized' } };
      const fault = { match: { url: 'keys/curve-signing' }, respond: { status: 400, body } };
      const failure = failureOf(await under(running, fault, () => azure.keys.list(care)));
      expect(failure).toMatchObject({
        next: 'ask',
        code: 'ForbiddenByRbac',
        doing: 'reading key curve-signing in kv-care-prod',
      });
    });
  });

  describe('making a key', () => {
    const made = key('cmk-made');
    const premium = vaultId('kv-hospital-keys');

    test('makes one that wraps and unwraps and nothing else', async () => {
      const wish = { type: 'RSA-HSM', size: 3072, expires: '2099-05-01' } as const;
      const sent = await sentDuring(running, async () =>
        expect(got(await azure.keys.createIfMissing(premium, made, wish, markOf(1)))).toMatchObject({
          carriesNonce: true,
        }),
      );
      expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([
        {
          method: 'PUT',
          body: {
            tags: { 'cmk-bot-request': 'CMK-000001', 'cmk-bot-nonce': markOf(1).nonce },
            properties: {
              kty: 'RSA-HSM',
              keySize: 3072,
              keyOps: ['wrapKey', 'unwrapKey'],
              attributes: { enabled: true, exp: Date.parse('2099-05-01') / 1000 },
            },
          },
        },
      ]);
      expect(got(await azure.keys.get(premium, made, null))).toMatchObject({
        type: 'RSA-HSM',
        size: 3072,
        operations: ['wrapKey', 'unwrapKey'],
        expires: '2099-05-01T00:00:00.000Z',
        nonceHash: hashOf(1),
      });
    });

    test('its first version stays the one that was made, whatever is made after it', async () => {
      const before = got(await azure.keys.first(premium, made));
      expect(before).toEqual(got(await azure.keys.get(premium, made, null)));
      await changeState(running, (state: AzureState) => {
        const only = newestIn(state, 'kv-hospital-keys', made);
        const later = { ...only, version: 'e'.repeat(32), created: only.created + 60 };
        keyIn(state, 'kv-hospital-keys', made).versions.push(later);
      });
      expect(got(await azure.keys.get(premium, made, null))?.version).toBe('e'.repeat(32));
      expect(got(await azure.keys.first(premium, made))).toEqual(before);
      expect(got(await azure.keys.first(premium, key('nobody-made-it')))).toBeNull();
    });

    test('a repeat leaves the key as it is, whatever is asked for', async () => {
      const before = got(await azure.keys.get(premium, made, null));
      const again = got(
        await azure.keys.createIfMissing(premium, made, { type: 'RSA', size: 2048, expires: null }, markOf(2)),
      );
      expect(again).toMatchObject({ version: before?.version, carriesNonce: false });
      expect(got(await azure.keys.get(premium, made, null))).toEqual(before);
    });

    test('a name held by a deleted key asks a person', async () => {
      await changeState(running, deleteKey('kv-hospital-keys', 'hospital-data'));
      const wish = { type: 'RSA', size: 2048, expires: null } as const;
      expect(failureOf(await azure.keys.createIfMissing(premium, key('hospital-data'), wish, markOf(1)))).toMatchObject(
        {
          next: 'ask',
          code: 'ObjectIsDeletedButRecoverable',
          status: 409,
        },
      );
    });
  });

  describe('a deleted key', () => {
    beforeAll(() =>
      changeState(running, all(deleteKey('kv-hospital-keys', 'hospital-data'), deleteKey('kv-lab', 'cmk-lab'))),
    );

    const [hospital, policies, lab] = [2, 4, 5];
    const at = (n: number): string => `https://localhost:${running.port + n}/`;
    const fault = (status: number, body: unknown) => ({ match: { url: '/deletedkeys/' }, respond: { status, body } });
    const look = (reader = azure) => reader.keys.deleted(at(hospital), key('hospital-data'));

    test('is found by its name, also where the address of the vault has no last slash', async () => {
      const sent = await sentDuring(running, async () => expect(got(await look())).toBe('deleted'));
      expect(sent.at(-1)).toMatchObject({ method: 'GET', status: 200 });
      expect(sent.at(-1)?.url).toContain('/deletedkeys/hospital-data');
      expect(got(await azure.keys.deleted(at(hospital).slice(0, -1), key('hospital-data')))).toBe('deleted');
    });

    test.each(['cmk-virtual-visit', 'never-there'])('there is none called %s', async (name) => {
      expect(got(await azure.keys.deleted(at(hospital), key(name)))).toBe('none');
    });

    test('is not looked for behind a firewall, whatever the rights, nor without public access or an access policy', async () => {
      expect(got(await azure.keys.deleted(at(lab), key('cmk-lab')))).toBe('not-checked');
      expect(got(await connect(running, { who: owner }).keys.deleted(at(lab), key('cmk-lab')))).toBe('not-checked');
      const error = { code: 'Forbidden', message: 'no public access', innererror: { code: 'ForbiddenByConnection' } };
      expect(got(await under(running, fault(403, { error }), () => look()))).toBe('not-checked');
      expect(got(await azure.keys.deleted(at(policies), key('cmk-policy')))).toBe('not-checked');
    });

    test.each([
      ['a 404 that is not the vault’s word on the key', 404, { code: 'VaultNotFound' }, 'ask'],
      ['a busy vault', 503, { code: 'ServiceUnavailable', message: 'busy' }, 'wait'],
    ])('%s does not pass as none', async (_what, status, error, next) => {
      const failure = failureOf(await under(running, fault(status, { error }), () => look()));
      expect(failure).toMatchObject({ next, status, code: error.code });
    });
  });

  describe('trying a key', () => {
    const uri = () => `https://localhost:${running.port + 1}/`;
    const versionOf = async (name: string) =>
      KeyVersion.parse(got(await azure.keys.get(care, key(name), null))?.version);

    test('wraps and unwraps at the vault', async () => {
      const version = await versionOf('cmk-triage-agent');
      const sent = await sentDuring(running, async () => {
        expect(got(await azure.keys.probe(uri(), key('cmk-triage-agent'), version))).toBe('usable');
      });
      const paths = sent.filter(({ method, status }) => method === 'POST' && status === 200).map(({ url }) => url);
      expect(paths).toEqual([
        expect.stringContaining(`/keys/cmk-triage-agent/${version}/wrapkey`),
        expect.stringContaining(`/keys/cmk-triage-agent/${version}/unwrapkey`),
      ]);
    });

    test('says when the bot itself is not allowed to, and does not look for deleted keys then', async () => {
      await changeState(running, (state) => {
        const role = state.roleDefinitions.find((one: { roleName: string }) => one.roleName === 'CMK bot');
        role.permissions[0].dataActions = [];
      });
      const version = await versionOf('cmk-triage-agent');
      expect(got(await azure.keys.probe(uri(), key('cmk-triage-agent'), version))).toBe('not-allowed');
      const hospital = `https://localhost:${running.port + 2}/`;
      expect(got(await azure.keys.deleted(hospital, key('hospital-data')))).toBe('not-checked');
    });

    test('says when the vault’s firewall kept it out, which no right would mend', async () => {
      const version = await versionOf('cmk-triage-agent');
      const door = (defaultAction: string) =>
        changeState(running, ({ vaults: [first] }) => {
          first.networkAcls = { bypass: 'AzureServices', defaultAction, ipRules: [], virtualNetworkRules: [] };
        });
      await door('Deny');
      expect(got(await azure.keys.probe(uri(), key('cmk-triage-agent'), version))).toBe('firewalled');
      await door('Allow');
    });

    test.each(['disabled-wrapping', 'expired-wrapping', 'signing-only'])(
      '%s fails and does not pass as not allowed',
      async (name) => {
        const version = await versionOf(name);
        const failure = failureOf(await connect(running, { who: owner }).keys.probe(uri(), key(name), version));
        expect(failure).toMatchObject({ next: 'ask', doing: `trying key ${name} in ${uri()}` });
        expect(messageOf(failure)).not.toBe('');
      },
    );

    test('in a known cloud no token goes to a host outside Key Vault', async () => {
      const strict = connect(running, { cloud: openCloud({ name: 'public' }) });
      const address = 'https://vault.azure.net.example.com/';
      const found = { code: 'not-a-vault-address', address };
      const [name, version] = [key('k'), KeyVersion.parse('0'.repeat(32))];
      const kind = { type: 'RSA', size: 3072, expires: null } as const;
      for (const outcome of [
        await strict.keys.probe(address, name, version),
        await strict.keys.deleted(address, name),
        await strict.keys.createVersion(address, name, version, kind, markOf(1)),
      ])
        expect(failureOf(outcome)).toMatchObject({ source: 'bot', next: 'ask', found });
    });
  });
});

/** Further versions of a key: made in the vault itself, and found again by what they carry. */
describe('versions', () => {
  const { running, azure } = connectedAzure({ restores: true });

  const hospital = vaultId('kv-hospital-keys');
  const uri = () => `https://localhost:${running.port + 2}/`;
  const used = key('cmk-virtual-visit');
  const hardware = key('hospital-data');
  const createAction = 'Microsoft.KeyVault/vaults/keys/create/action';
  const tags = (n: number) => ({ 'cmk-bot-request': markOf(n).request, 'cmk-bot-nonce': markOf(n).nonce });
  /** Past the 32 bits that the SDK keeps of an expiry. */
  const in2099 = '2099-01-01T00:00:00.000Z';
  const plain = { type: 'RSA', size: 2048, expires: null } as const;

  const oldest = async (name = used): Promise<KeyVersion> =>
    KeyVersion.parse(got(await azure.keys.first(hospital, name))?.version);
  const newest = async (name = used) => got(await azure.keys.get(hospital, name, null));

  /** As the vault itself tells it, tags included. */
  const atVault = (name: string, version?: string) =>
    clientsOf(running, owner)
      .keys(uri())
      .getKey(name, version === undefined ? {} : { version });

  /** What the owner has written on the version in use. */
  const write = async (name: string, change: { tags?: Record<string, string>; keyOps?: string[] }): Promise<void> => {
    await clientsOf(running, owner)
      .keys(uri())
      .updateKeyProperties(name, await oldest(key(name)), change);
  };

  const creates = (sent: readonly Sent[]) =>
    sent.filter(({ method, url }) => method === 'POST' && /\/create\b/.test(url));
  const changes = (sent: readonly Sent[]) => sent.filter(({ method }) => method !== 'GET');

  const state = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;
  const versionsOf = async (name: string) => keyIn(await state(), 'kv-hospital-keys', name).versions;

  /** Versions are told in whole seconds: another one is made that much later. */
  const makeOlder = (name: string, seconds: number): Promise<void> =>
    changeState(running, (now: AzureState) => {
      for (const version of keyIn(now, 'kv-hospital-keys', name).versions) version.created -= seconds;
    });

  describe('making a further version', () => {
    test('is one POST, with tags and permitted operations of the version before and the mark of the request', async () => {
      await write(used, { tags: { ward: '7', ...tags(9) }, keyOps: ['unwrapKey', 'wrapKey', 'sign'] });
      const after = await oldest();
      const wish = { type: 'RSA', size: 3072, expires: in2099 } as const;
      const sent = await sentDuring(running, async () => {
        const receipt = got(await azure.keys.createVersion(uri(), used, after, wish, markOf(1)));
        expect(receipt).toMatchObject({ version: (await newest())?.version, carriesNonce: true });
        expect(receipt.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
        expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
      });
      expect(changes(sent)).toEqual([
        expect.objectContaining({
          method: 'POST',
          url: expect.stringMatching(/\/keys\/cmk-virtual-visit\/create\?api(-|%2D)version=/),
          status: 200,
          body: {
            kty: 'RSA',
            key_size: 3072,
            key_ops: ['unwrapKey', 'wrapKey', 'sign'],
            attributes: { enabled: true, exp: Date.parse(in2099) / 1000 },
            tags: { ward: '7', ...tags(1) },
          },
        }),
      ]);
      const found = await newest();
      expect(found).toMatchObject({
        type: 'RSA',
        size: 3072,
        operations: ['unwrapKey', 'wrapKey', 'sign'],
        enabled: true,
        notBefore: null,
        expires: in2099,
        nonceHash: hashOf(1),
      });
      expect(found?.version).not.toBe(after);
      expect((await atVault(used)).properties.tags).toEqual({ ward: '7', ...tags(1) });
    });

    test('leaves the version before as it is', async () => {
      const after = await oldest(hardware);
      const before = await atVault(hardware, after);
      const wish = { type: 'RSA-HSM', size: 2048, expires: null } as const;
      const sent = await sentDuring(running, async () => {
        got(await azure.keys.createVersion(uri(), hardware, after, wish, markOf(3)));
      });
      expect(creates(sent).map(({ body }) => body)).toEqual([
        {
          kty: 'RSA-HSM',
          key_size: 2048,
          key_ops: ['wrapKey', 'unwrapKey'],
          attributes: { enabled: true },
          tags: tags(3),
        },
      ]);
      expect(await atVault(hardware, after)).toEqual(before);
      expect(await newest(hardware)).toMatchObject({ type: 'RSA-HSM', expires: null });
    });

    test('with a version before that is not there nothing is made', async () => {
      const gone = KeyVersion.parse('0'.repeat(32));
      const sent = await sentDuring(running, async () => {
        expect(failureOf(await azure.keys.createVersion(uri(), used, gone, plain, markOf(4)))).toMatchObject({
          source: 'azure',
          next: 'ask',
          code: 'KeyNotFound',
          status: 404,
          doing: `making a version of key ${used} in ${uri()}`,
        });
      });
      expect(creates(sent)).toEqual([]);
    });
  });

  describe('without the right', () => {
    test.each([
      ['to make keys', createAction, 1],
      ['to read keys', 'Microsoft.KeyVault/vaults/keys/read', 0],
    ])('%s it is refused in the words of the vault, and nothing is made', async (_what, action, posts) => {
      const after = await oldest();
      await changeState(running, withoutActions(action));
      const sent = await sentDuring(running, async () => {
        const failure = outsideFailureOf(await azure.keys.createVersion(uri(), used, after, plain, markOf(6)));
        expect(failure).toMatchObject({ source: 'azure', next: 'ask', status: 403, code: 'ForbiddenByRbac' });
        expect(failure.message).toContain(`Action: '${action}'`);
        expect(failure.correlationId).toMatch(/^[0-9a-f-]{36}$/);
      });
      expect(creates(sent)).toHaveLength(posts);
      expect(await versionsOf(used)).toHaveLength(2);
    });
  });

  describe('an answer that does not come', () => {
    const match = { method: 'POST', url: '/keys/cmk-virtual-visit/create' };
    const busy = (status: number) => ({ status, body: { error: { code: 'ServerTrouble', message: 'not now' } } });
    const lost: readonly (readonly [string, Fault, object, number])[] = [
      ['was lost on the way', { match, drop: true, times: 1 }, { source: 'no-answer', code: 'ECONNRESET' }, 3],
      ['said that a gateway gave up', { match, respond: busy(504) }, { source: 'azure', status: 504 }, 2],
      ['said that the vault had trouble', { match, respond: busy(500) }, { source: 'azure', status: 500 }, 2],
    ];

    test.each(lost)('%s: the version is not made again by itself', async (_what, fault, what, versions) => {
      const after = await oldest();
      const sent = await sentDuring(running, async () => {
        const outcome = await under(running, fault, () =>
          azure.keys.createVersion(uri(), used, after, plain, markOf(8)),
        );
        expect(failureOf(outcome)).toMatchObject({ next: 'wait', ...what });
      });
      expect(creates(sent)).toHaveLength(1);
      expect(await versionsOf(used)).toHaveLength(versions);
      const found = got(await azure.keys.versions(hospital, used, after)).versions.map(({ nonceHash }) => nonceHash);
      expect(found.filter((hash) => hash !== null)).toEqual(versions === 3 ? [hashOf(8)] : []);
    });
  });

  /** 30 versions after the newest, each a second after the one before it. Returns them in this order. */
  async function makeMany(change: (n: number) => object = () => ({})): Promise<readonly string[]> {
    const made = Array.from({ length: 30 }, (_, n) => `${n}`.padStart(32, '0'));
    await changeState(running, (now: AzureState) => {
      const like = newestIn(now, 'kv-hospital-keys', used);
      const { versions } = keyIn(now, 'kv-hospital-keys', used);
      for (const [n, version] of made.entries())
        versions.push({ ...like, version, created: like.created + 1 + n, ...change(n) });
    });
    return made;
  }

  describe('the versions before one', () => {
    const olderThan = async (version: string, of = used) =>
      got(await azure.keys.older(hospital, of, KeyVersion.parse(version)));

    test('are all listed, each with whether it is enabled', async () => {
      const first = await oldest();
      const made = await makeMany((n) => ({ enabled: n % 2 === 0 }));
      const found = await olderThan(made[28] ?? '');
      expect(found[0]).toEqual({ version: first, enabled: true });
      expect(found.slice(-28)).toEqual(made.slice(0, 28).map((version, n) => ({ version, enabled: n % 2 === 0 })));
    });
  });

  describe('the versions after one', () => {
    const make = async (after: KeyVersion, number: number): Promise<KeyVersion> =>
      got(await azure.keys.createVersion(uri(), used, after, plain, markOf(number))).version;
    const since = async (version: KeyVersion, of = used) => got(await azure.keys.versions(hospital, of, version));

    test('are all that were made since, in the same second or not, each with what it carries', async () => {
      const first = await oldest();
      const made: KeyVersion[] = [];
      for (const number of [1, 2, 3]) made.push(await make(first, number));
      await clientsOf(running, owner).keys(uri()).createKey(used, 'RSA');
      const { versions, complete } = await since(first);
      expect(complete).toBe(true);
      for (const [index, version] of made.entries()) {
        const found = versions.find((one) => one.version === version);
        expect(found).toEqual(got(await azure.keys.get(hospital, used, version)));
        expect(found?.nonceHash).toBe(hashOf(index + 1));
      }
      expect(versions).toHaveLength(5);
    });

    test('are neither that one nor older ones', async () => {
      const before = await oldest();
      const first = await make(before, 1);
      await makeOlder(used, 60);
      const second = await make(before, 2);
      const found = async (version: KeyVersion) => (await since(version)).versions.map((one) => one.version);
      expect(await found(first)).toContain(second);
      expect(await found(first)).not.toContain(before);
      expect(await found(second)).toEqual([]);
    });

    test('are not all read where there are many, which is told', async () => {
      const first = await oldest();
      await makeMany();
      const { versions, complete } = await since(first);
      expect(complete).toBe(false);
      expect(versions).toHaveLength(25);
    });

    test('one that cannot be read is a failure, not none', async () => {
      const first = await oldest();
      const version = await make(first, 1);
      const body = { error: { code: 'AuthorizationFailed', message: 'in the words of Azure' } };
      const fault = { match: { url: `keys/${used}/versions/${version}` }, respond: { status: 403, body } };
      const outcome = await under(running, fault, () => azure.keys.versions(hospital, used, first));
      expect(failureOf(outcome)).toMatchObject({ next: 'ask', status: 403, message: 'in the words of Azure' });
    });
  });
});

/** How the bot reads the secret of a vault that it is told of. */
describe('secrets', () => {
  const azure = simulatedAzure({ restores: true });

  const vaultUrl = (): string => `https://localhost:${azure.port + 1}`;
  const secrets = () => clientsOf(azure, owner).secrets(vaultUrl());
  const secretsUser = '4633458b-17de-408a-b874-0445c86b69e6';

  const letBotRead = () =>
    changeState(
      azure,
      giveRole(
        bot.id,
        secretsUser,
        (state) => `${scopes.vault(state, 'kv-care-prod')}/secrets/seal-key`,
        'ServicePrincipal',
      ),
    );

  const closed = onVault('kv-care-prod', (vault) => {
    vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
  });

  describe('the bot', () => {
    const read = (id: string, cloud = customCloud(azure)) => {
      const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
      const credential = openCredential(signIn, customCloud(azure));
      return readSecret({ kinds, cloud, credential, subscriptions: [], limits: { firstRetryMs: 20 } }, id);
    };
    const address = (): string => `${vaultUrl()}/secrets/seal-key`;

    test('reads the newest version, or the one that is named, and says which it was', async () => {
      const first = await secrets().setSecret('seal-key', 'one');
      const second = await secrets().setSecret('seal-key', 'two');
      await letBotRead();
      expect(got(await read(address()))).toEqual({ id: second.properties.id, value: 'two' });
      const named = `${address()}/${first.properties.version}`;
      expect(got(await read(named))).toEqual({ id: named, value: 'one' });
    });

    test.each([
      ['ForbiddenByRbac', async () => void (await secrets().setSecret('seal-key', 'one'))],
      ['SecretNotFound', letBotRead],
      [
        'SecretDisabled',
        async () => {
          await secrets().setSecret('seal-key', 'one', { enabled: false });
          await letBotRead();
        },
      ],
      ['ForbiddenByFirewall', () => changeState(azure, closed)],
    ])('asks a person after %s, which is told by the vault’s own code', async (code, prepare) => {
      await prepare();
      expect(failureOf(await read(address()))).toMatchObject({ source: 'azure', code, next: 'ask' });
    });

    test('sends no token to what is not a vault of its cloud', async () => {
      const cloud = { ...customCloud(azure), vaultSuffix: '.vault.azure.net' };
      const sent = await sentDuring(azure, async () => {
        expect(failureOf(await read(address(), cloud))).toMatchObject({ found: { code: 'not-a-vault-address' } });
      });
      expect(sent).toEqual([]);
    });
  });
});
