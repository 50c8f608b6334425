import { KeyVersion } from '../../src/domain/ids.ts';
import { type AzureState, keyIn, newestIn, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import {
  connectedAzure,
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
  under,
  vaultId,
} from './azure-setup.ts';

/** Further versions of a key: made in the vault itself, and found again by what they carry. */

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

  test('carries over what the version in use has, not what a later one has', async () => {
    const [first, second] = await versionsOf(used);
    await write(used, { tags: { of: 'the first' } });
    const owners = clientsOf(running, owner).keys(uri());
    await owners.updateKeyProperties(used, second?.version ?? '', { tags: { of: 'the second' }, keyOps: ['sign'] });
    got(await azure.keys.createVersion(uri(), used, KeyVersion.parse(first?.version), plain, markOf(2)));
    expect((await atVault(used)).properties.tags).toEqual({ of: 'the first', ...tags(2) });
    expect((await atVault(used)).keyOperations).toEqual(['wrapKey', 'unwrapKey']);
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
      const outcome = await under(running, fault, () => azure.keys.createVersion(uri(), used, after, plain, markOf(8)));
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

  test('are none of the oldest, and none of one or of a key that is not there', async () => {
    expect(await olderThan(await oldest())).toEqual([]);
    expect(await olderThan('e'.repeat(32))).toEqual([]);
    expect(await olderThan(await oldest(), key('no-such-key'))).toEqual([]);
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

  test('are none of a key that is not there', async () => {
    expect(await since(await oldest(), key('no-such-key'))).toEqual({ versions: [], complete: true });
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
