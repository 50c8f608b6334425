import { openCloud } from '../../src/azure/clouds.ts';
import { KeyVersion } from '../../src/domain/ids.ts';
import { messageOf } from '../../src/text/failures.ts';
import { type AzureState, all, deleteKey, keyIn, newestIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import {
  connect,
  connectedAzure,
  failureOf,
  got,
  hashOf,
  key,
  markOf,
  noAnswer,
  owner,
  sentDuring,
  under,
  untilItWorks,
  vaultId,
} from './azure-setup.ts';

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
    const wish = { type: 'RSA-HSM', size: 4096, expires: '2099-05-01' } as const;
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
            keySize: 4096,
            keyOps: ['wrapKey', 'unwrapKey'],
            attributes: { enabled: true, exp: Date.parse('2099-05-01') / 1000 },
          },
        },
      },
    ]);
    expect(got(await azure.keys.get(premium, made, null))).toMatchObject({
      type: 'RSA-HSM',
      size: 4096,
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
    expect(failureOf(await azure.keys.createIfMissing(premium, key('hospital-data'), wish, markOf(1)))).toMatchObject({
      next: 'ask',
      code: 'ObjectIsDeletedButRecoverable',
      status: 409,
    });
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

  test('a vault that says nothing costs a waiting person little time', async () => {
    const impatient = connect(running, { limits: { briefMs: 400 } });
    await untilItWorks(() => look(impatient));
    const silent = { match: { url: '/deletedkeys/' }, ...noAnswer };
    expect(failureOf(await under(running, silent, () => look(impatient)))).toMatchObject({
      next: 'wait',
      code: 'NoAnswerInTime',
      doing: `looking for a deleted key hospital-data in ${at(hospital)}`,
    });
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
  const versionOf = async (name: string) => KeyVersion.parse(got(await azure.keys.get(care, key(name), null))?.version);

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

  test('a version that is not there fails', async () => {
    const missing = KeyVersion.parse('0'.repeat(32));
    const outcome = await connect(running, { who: owner }).keys.probe(uri(), key('cmk-triage-agent'), missing);
    expect(failureOf(outcome)).toMatchObject({ next: 'ask', code: 'KeyNotFound', status: 404 });
  });

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
