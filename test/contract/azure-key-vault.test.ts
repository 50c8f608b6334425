import { readSecret } from '../../src/azure/azure.ts';
import { openCloud } from '../../src/azure/clouds.ts';
import { openCredential } from '../../src/azure/sign-in/credential.ts';
import { KeyVersion } from '../../src/domain/ids.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import * as state from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import * as setup from './azure-setup.ts';

const { answers, bot, connect, connectedAzure, customCloud, failureOf, got, hashOf } = setup;
const { key, markOf, owner, says, sentDuring, tenantId, under, vaultId } = setup;

const { running, azure } = connectedAzure({ restores: true });
const care = vaultId('kv-care-prod');
const hospital = vaultId('kv-hospital-keys');
const uriOf = (n: number): string => `https://localhost:${running.port + n}/`;
const careUri = () => uriOf(1);
const hospitalUri = () => uriOf(2);
const plain = { type: 'RSA', size: 2048, expires: null } as const;
const none = KeyVersion.parse('0'.repeat(32));

const newest = async (name: string, vault = hospital) => got(await azure.keys.get(vault, key(name), null));
const changes = (sent: readonly setup.Sent[]) => sent.filter(({ method }) => method !== 'GET');

describe('keys', () => {
  test('a key is read with what matters about its newest version, and the same of a version read by itself', async () => {
    const found = await newest('cmk-triage-agent', care);
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
    expect(await newest('no-such-key', care)).toBeNull();
    expect(got(await azure.keys.get(care, key('cmk-triage-agent'), none))).toBeNull();
  });

  test('every key is listed by name, each as it is read by itself; one that cannot be read fails the list', async () => {
    const found = got(await azure.keys.list(care));
    const names = ['cmk-triage-agent', 'curve-signing', 'disabled-wrapping', 'expired-wrapping', 'signing-only'];
    expect(found.map(({ name }) => name)).toEqual(names);
    for (const one of found) expect(one).toEqual(await newest(one.name, care));
    const code = 'ForbiddenByRbac';
    const failure = failureOf(
      await under(running, answers('keys/curve-signing', 400, says(code)), () => azure.keys.list(care)),
    );
    expect(failure).toMatchObject({ next: 'ask', code, doing: 'reading key curve-signing in kv-care-prod' });
  });

  test('a key that is made wraps and unwraps and nothing else, and its first version stays that one', async () => {
    const made = key('cmk-made');
    const wish = { type: 'RSA-HSM', size: 3072, expires: '2099-05-01' } as const;
    const sent = await sentDuring(running, async () => {
      const receipt = got(await azure.keys.createIfMissing(hospital, made, wish, markOf(1)));
      expect(receipt).toMatchObject({ carriesNonce: true });
    });
    const keyOps = ['wrapKey', 'unwrapKey'];
    const attributes = { enabled: true, exp: Date.parse('2099-05-01') / 1000 };
    const properties = { kty: 'RSA-HSM', keySize: 3072, keyOps, attributes };
    const tags = { 'cmk-bot-request': 'CMK-000001', 'cmk-bot-nonce': markOf(1).nonce };
    expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([{ method: 'PUT', body: { tags, properties } }]);
    const before = await newest(made);
    const expires = '2099-05-01T00:00:00.000Z';
    expect(before).toMatchObject({ type: 'RSA-HSM', size: 3072, operations: keyOps, expires, nonceHash: hashOf(1) });
    expect(got(await azure.keys.first(hospital, made))).toEqual(before);
    // A repeat leaves it as it is, whatever is asked for.
    const again = got(await azure.keys.createIfMissing(hospital, made, plain, markOf(2)));
    expect(again).toMatchObject({ version: before?.version, carriesNonce: false });
    expect(await newest(made)).toEqual(before);
    await changeState(running, (now: state.AzureState) => {
      const only = state.newestIn(now, 'kv-hospital-keys', made);
      const later = { ...only, version: 'e'.repeat(32), created: only.created + 60 };
      state.keyIn(now, 'kv-hospital-keys', made).versions.push(later);
    });
    expect((await newest(made))?.version).toBe('e'.repeat(32));
    expect(got(await azure.keys.first(hospital, made))).toEqual(before);
    expect(got(await azure.keys.first(hospital, key('nobody-made-it')))).toBeNull();
  });

  describe('a deleted key', () => {
    beforeEach(() =>
      changeState(
        running,
        state.all(state.deleteKey('kv-hospital-keys', 'hospital-data'), state.deleteKey('kv-lab', 'cmk-lab')),
      ),
    );
    const policies = () => uriOf(4);
    const lab = () => uriOf(5);
    const look = (uri = hospitalUri(), name = 'hospital-data', by = azure) => by.keys.deleted(uri, key(name));
    const meets = (status: number, error: object) => under(running, answers('/deletedkeys/', status, { error }), look);

    test('is not looked for behind a firewall, whatever the rights, nor without public access or an access policy', async () => {
      const error = { code: 'Forbidden', message: 'no public access', innererror: { code: 'ForbiddenByConnection' } };
      for (const outcome of [
        await look(lab(), 'cmk-lab'),
        await look(lab(), 'cmk-lab', connect(running, { who: owner })),
        await meets(403, error),
        await look(policies(), 'cmk-policy'),
      ])
        expect(got(outcome)).toBe('not-checked');
    });

    test('a 404 that is not the vault’s word on the key does not pass as none', async () => {
      const failure = { next: 'ask', status: 404, code: 'VaultNotFound' };
      expect(failureOf(await meets(404, { code: failure.code }))).toMatchObject(failure);
    });
  });

  describe('trying a key', () => {
    const probe = async (name: string, by = azure) =>
      by.keys.probe(careUri(), key(name), KeyVersion.parse((await newest(name, care))?.version));

    test('wraps and unwraps at the vault', async () => {
      const sent = await sentDuring(running, async () => expect(got(await probe('cmk-triage-agent'))).toBe('usable'));
      const paths = sent.filter(({ method, status }) => method === 'POST' && status === 200).map(({ url }) => url);
      const version = (await newest('cmk-triage-agent', care))?.version;
      expect(paths).toEqual(
        ['wrapkey', 'unwrapkey'].map((verb) => expect.stringContaining(`/keys/cmk-triage-agent/${version}/${verb}`)),
      );
    });

    test('in a known cloud no token goes to a host outside Key Vault', async () => {
      const { keys } = connect(running, { cloud: openCloud({ name: 'public' }) });
      const address = 'https://vault.azure.net.example.com/';
      const found = { code: 'not-a-vault-address', address };
      for (const outcome of [
        await keys.probe(address, key('k'), none),
        await keys.deleted(address, key('k')),
        await keys.createVersion(address, key('k'), none, plain, markOf(1)),
      ])
        expect(failureOf(outcome)).toMatchObject({ source: 'bot', next: 'ask', found });
    });
  });
});

/** Further versions of a key: made in the vault itself, and found again by what they carry. */
describe('versions', () => {
  const used = key('cmk-virtual-visit');
  const tags = (n: number) => ({ 'cmk-bot-request': markOf(n).request, 'cmk-bot-nonce': markOf(n).nonce });
  /** Past the 32 bits that the SDK keeps of an expiry. */
  const in2099 = '2099-01-01T00:00:00.000Z';

  const oldest = async (): Promise<KeyVersion> =>
    KeyVersion.parse(got(await azure.keys.first(hospital, used))?.version);
  const atVault = () => clientsOf(running, owner).keys(hospitalUri());
  const versionsOf = async (name: string) =>
    state.keyIn((await http(running, 'GET', '/simulator/state')).body, 'kv-hospital-keys', name).versions;
  const create = (after: KeyVersion, n: number, wish: Parameters<typeof azure.keys.createVersion>[3] = plain) =>
    azure.keys.createVersion(hospitalUri(), used, after, wish, markOf(n));

  test('a further version is one POST, with tags and operations of the version before and the mark of the request; that version stays', async () => {
    const wish = { type: 'RSA', size: 3072, expires: in2099 } as const;
    const own = { ward: '7' };
    const operations = ['unwrapKey', 'wrapKey', 'sign'];
    const after = await oldest();
    await atVault().updateKeyProperties(used, after, { tags: { ...own, ...tags(9) }, keyOps: operations });
    const before = await atVault().getKey(used, { version: after });
    const sent = await sentDuring(running, async () => {
      const receipt = got(await create(after, 1, wish));
      expect(receipt).toMatchObject({ version: (await newest(used))?.version, carriesNonce: true });
      for (const id of [receipt.clientRequestId, receipt.correlationId]) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    });
    const url = expect.stringMatching(new RegExp(`/keys/${used}/create\\?api(-|%2D)version=`));
    expect(changes(sent)).toMatchObject([{ method: 'POST', url, status: 200 }]);
    expect(changes(sent)[0]?.body).toEqual({
      kty: wish.type,
      key_size: wish.size,
      key_ops: operations,
      attributes: { enabled: true, exp: Date.parse(in2099) / 1000 },
      tags: { ...own, ...tags(1) },
    });
    const found = await newest(used);
    expect(found).toMatchObject({ ...wish, operations, enabled: true, notBefore: null, nonceHash: hashOf(1) });
    expect(found?.version).not.toBe(after);
    expect((await atVault().getKey(used)).properties.tags).toEqual({ ...own, ...tags(1) });
    expect(await atVault().getKey(used, { version: after })).toEqual(before);
  });

  test('with a version before that is not there nothing is made', async () => {
    const failure = { source: 'azure', next: 'ask', code: 'KeyNotFound', status: 404 };
    const sent = await sentDuring(running, async () => {
      const doing = `making a version of key ${used} in ${hospitalUri()}`;
      expect(failureOf(await create(none, 4))).toMatchObject({ ...failure, doing });
    });
    expect(changes(sent)).toEqual([]);
  });

  const match = { method: 'POST', url: '/keys/cmk-virtual-visit/create' };
  const busy = (status: number): setup.Fault => ({ match, respond: { status, body: says('ServerTrouble') } });
  test.each<[string, setup.Fault, object, number]>([
    ['was lost on the way', { match, drop: true, times: 1 }, { source: 'no-answer', code: 'ECONNRESET' }, 3],
    ['said that the vault had trouble', busy(500), { source: 'azure', status: 500 }, 2],
  ])('where the answer %s, the version is not made again by itself', async (_what, fault, what, count) => {
    const after = await oldest();
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await under(running, fault, () => create(after, 8)))).toMatchObject({ next: 'wait', ...what });
    });
    expect(changes(sent)).toHaveLength(1);
    expect(await versionsOf(used)).toHaveLength(count);
    const found = got(await azure.keys.versions(hospital, used, after)).versions.map(({ nonceHash }) => nonceHash);
    expect(found.filter((hash) => hash !== null)).toEqual(count === 3 ? [hashOf(8)] : []);
  });

  /** 30 versions after the newest, each a second after the one before it. Returns them in this order. */
  async function makeMany(change: (n: number) => object = () => ({})): Promise<readonly string[]> {
    const made = Array.from({ length: 30 }, (_, n) => `${n}`.padStart(32, '0'));
    await changeState(running, (now: state.AzureState) => {
      const like = state.newestIn(now, 'kv-hospital-keys', used);
      const { versions } = state.keyIn(now, 'kv-hospital-keys', used);
      for (const [n, version] of made.entries())
        versions.push({ ...like, version, created: like.created + 1 + n, ...change(n) });
    });
    return made;
  }

  test('the versions before one are all listed, each with whether it is enabled', async () => {
    const first = await oldest();
    const made = await makeMany((n) => ({ enabled: n % 2 === 0 }));
    const found = got(await azure.keys.older(hospital, used, KeyVersion.parse(made[28])));
    expect(found[0]).toEqual({ version: first, enabled: true });
    expect(found.slice(-28)).toEqual(made.slice(0, 28).map((version, n) => ({ version, enabled: n % 2 === 0 })));
  });

  describe('the versions after one', () => {
    const make = async (after: KeyVersion, n: number): Promise<KeyVersion> => got(await create(after, n)).version;
    const since = async (version: KeyVersion) => got(await azure.keys.versions(hospital, used, version));

    test('are all that were made since, in the same second or not, each with what it carries', async () => {
      const first = await oldest();
      const made: KeyVersion[] = [];
      for (const number of [1, 2, 3]) made.push(await make(first, number));
      await atVault().createKey(used, 'RSA');
      const { versions, complete } = await since(first);
      expect([complete, versions.length]).toEqual([true, 5]);
      for (const [index, version] of made.entries()) {
        const found = versions.find((one) => one.version === version);
        expect(found).toEqual(got(await azure.keys.get(hospital, used, version)));
        expect(found?.nonceHash).toBe(hashOf(index + 1));
      }
    });

    test('are not all read where there are many, which is told', async () => {
      const first = await oldest();
      await makeMany();
      const { versions, complete } = await since(first);
      expect([complete, versions.length]).toEqual([false, 25]);
    });
  });
});

/** How the bot reads the secret of a vault that it is told of. */
describe('secrets', () => {
  const setSecret = (value: string, enabled = true) =>
    clientsOf(running, owner).secrets(careUri()).setSecret('seal-key', value, { enabled });
  const secretsUser = '4633458b-17de-408a-b874-0445c86b69e6';
  const letBotRead = () => {
    const scope = (now: state.AzureState) => `${state.scopes.vault(now, 'kv-care-prod')}/secrets/seal-key`;
    return changeState(running, state.giveRole(bot.id, secretsUser, scope, 'ServicePrincipal'));
  };
  const address = (): string => `${careUri()}secrets/seal-key`;
  const read = (id = address(), cloud = customCloud(running)) => {
    const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
    const credential = openCredential(signIn, customCloud(running));
    return readSecret({ kinds, cloud, credential, subscriptions: [], limits: { firstRetryMs: 20 } }, id);
  };

  test('the newest version is read, or the one that is named, and which it was is told', async () => {
    const first = await setSecret('one');
    const second = await setSecret('two');
    await letBotRead();
    expect(got(await read())).toEqual({ id: second.properties.id, value: 'two' });
    const named = `${address()}/${first.properties.version}`;
    expect(got(await read(named))).toEqual({ id: named, value: 'one' });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['ForbiddenByRbac', () => setSecret('one')],
    ['SecretNotFound', letBotRead],
  ])('a person is asked after %s, which is told by the vault’s own code', async (code, prepare) => {
    await prepare();
    expect(failureOf(await read())).toMatchObject({ source: 'azure', code, next: 'ask' });
  });

  test('no token is sent to what is not a vault of its cloud', async () => {
    const cloud = { ...customCloud(running), vaultSuffix: '.vault.azure.net' };
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await read(address(), cloud))).toMatchObject({ found: { code: 'not-a-vault-address' } });
    });
    expect(sent).toEqual([]);
  });
});
