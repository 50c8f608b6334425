/**
 * The requester of a new key, or of a new version, might have permission to import keys into that vault, and knows the request's
 * ID. No run puts the agent under a key whose private part they hold.
 */
import { failure, settles } from '../../support/builders/commands.ts';
import { requester } from '../../support/builders/fixtures.ts';
import {
  key,
  noon,
  principal,
  resource,
  toNewVersion,
  under,
  vault,
  version,
  wishForNewKey,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

type Write = 'keys.createIfMissing' | 'keys.createVersion' | 'grants.grant' | 'resources.setCustomerKey';

const created = { 'a new key': 'keys.createIfMissing', 'a new version': 'keys.createVersion' } as const;
type What = keyof typeof created;
const rotated = resource({
  systemAssigned: true,
  principalId: principal,
  tenantId: vault().tenantId,
  customerKey: under(version('a')),
});

/** An approved request, and what an attacker does whose keys can carry everything that a reader of the vault can copy. */
async function asked(what: What) {
  const request =
    what === 'a new key'
      ? await approvedRequest({ wished: wishForNewKey(), world: { keys: [] } })
      : await approvedRequest({
          wished: wishToRotate(toNewVersion),
          world: { resource: rotated, granted: true, vault: vault({ purgeProtection: true }) },
        });
  const { azure, requests } = request;
  const before = azure.world.resource?.customerKey ?? null;
  /** What the key of the intended attempt carries. */
  const mark = () =>
    requests
      .all()
      .flatMap(({ body }) => ('nonceHash' in body.data ? (body.data.nonceHash ?? []) : []))
      .at(-1) ?? null;
  const make = (digit: string, change: Parameters<typeof key>[0] = {}) =>
    void azure.world.keys.push(
      key({ version: version(digit), nonceHash: mark(), created: noon.toISOString(), ...change }),
    );
  return {
    ...request,
    make,
    imports: (change: Parameters<typeof key>[0] = {}) => make('e', change),
    meanwhile: (write: Write, act: () => void) => azure.before(write, act),
    /** Azure creates it, and no answer comes. */
    unheard: (act: () => void = () => undefined) => {
      azure.before(created[what], () => {
        make('c');
        act();
      });
      azure.refuse(created[what], failure({ change: 'unknown' }));
    },
    retry: async () => {
      const { asking, runs } = await request.load();
      await request.send(`retry:${runs}`, settles('retry', requester, { asking }));
      azure.before(created[what], () => undefined);
      return request.drive(runs + 1);
    },
    isUnchanged: () => expect(azure.world.resource?.customerKey ?? null).toEqual(before),
    isUnder: (digit: string) => expect(azure.world.resource?.customerKey).toEqual(under(version(digit))),
  };
}
const stuck = (found: object) => ({ state: 'needs-attention', failure: { found } });

describe('a key that an attacker imports under the approved name', () => {
  it('while the bot asks Azure to create it is not the bot’s', async () => {
    const { imports, meanwhile, drive, isUnchanged } = await asked('a new key');
    meanwhile('keys.createIfMissing', () => imports({ nonceHash: null }));
    expect(await drive()).toMatchObject(stuck({ code: 'key-of-others' }));
    isUnchanged();
  });

  it('in place of the bot’s own, with every tag copied, is not used, nor in a retry', async () => {
    const { imports, meanwhile, drive, azure, isUnchanged, retry } = await asked('a new key');
    meanwhile('grants.grant', () => {
      azure.world.keys = [];
      imports();
    });
    // Azure refuses a version that doesn’t exist.
    azure.refuse('resources.setCustomerKey', failure({ code: 'KeyNotFound' }));
    expect(await drive()).toMatchObject({ state: 'needs-attention' });
    isUnchanged();
    expect(await retry()).toMatchObject({ state: 'needs-attention' });
    isUnchanged();
  });

  it.each<[What, Write]>([
    ['a new key', 'grants.grant'],
    ['a new version', 'resources.setCustomerKey'],
  ])('as a further version of %s, with every tag copied, is not the one that the agent gets', async (what, write) => {
    const { imports, meanwhile, drive, isUnder } = await asked(what);
    meanwhile(write, imports);
    expect(await drive()).toMatchObject({ state: 'succeeded' });
    isUnder(what === 'a new key' ? 'c' : 'd');
  });
});

describe.each<What>(['a new key', 'a new version'])('%s whose creation was not answered', (what) => {
  it('is known by what only it carries, and created once', async () => {
    const { unheard, drive, retry, azure, isUnder } = await asked(what);
    unheard();
    await drive();
    expect(await retry()).toMatchObject({ state: 'succeeded' });
    expect(azure.writes.filter((write) => write === created[what])).toHaveLength(1);
    isUnder('c');
  });

  it('is not used once that was copied onto another version', async () => {
    const { unheard, imports, drive, retry, isUnchanged } = await asked(what);
    unheard(imports);
    await drive();
    expect(await retry()).toMatchObject({ state: 'needs-attention' });
    isUnchanged();
  });

  it('is not used if it was created long after the attempt', async () => {
    const { unheard, drive, retry, azure, isUnchanged } = await asked(what);
    unheard(() => {
      azure.world.keys = azure.world.keys.map((one) =>
        one.version === version('c') ? { ...one, created: '2026-03-02T12:10:00.000Z' } : one,
      );
    });
    await drive();
    expect(await retry()).toMatchObject({ state: 'needs-attention' });
    isUnchanged();
  });
});
