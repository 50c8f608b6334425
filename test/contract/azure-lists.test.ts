import { isSearchable, kqlString } from '../../src/azure/kql.ts';
import { codeOf } from '../../src/domain/failure.ts';
import { KeyVersion, PersonId } from '../../src/domain/ids.ts';
import { observedOnly, unpermitted, unused } from '../../src/domain/key-impact.ts';
import type { Azure, VaultLog } from '../../src/domain/ports/azure.ts';
import { evaluateUse, type UsageQuery } from '../../src/domain/usage-check.ts';
import { readKeyImpact } from '../../src/operations/commands/cmk-status.ts';
import { FleetReader } from '../../src/operations/read-fleet.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { type AzureState, all, giveRole } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import * as setup from './azure-setup.ts';

const { answers, bot, careId, connect, connectedAzure, failureOf, financeId, got, key, noAnswer, owner } = setup;
const { researchId, resourceId, resourceRef, says, sentDuring, setKey, under, untilItWorks, vaultId, vaultNow } = setup;
const { running, azure } = connectedAzure({ restores: true });

describe('lists', () => {
  const names = async (contains: string, top = 50): Promise<readonly string[]> =>
    got(await azure.inventory.resources(contains, top)).map(({ name }) => name);

  test('agents are all found when they come in pages', async () => {
    const row = (name: string) => ({
      id: resourceId(name),
      name,
      location: 'x',
      resourceGroup: 'g',
      subscriptionId: careId,
    });
    const page = (data: unknown[], more: object) => {
      const body = { totalRecords: 3, count: data.length, resultTruncated: 'false', data, ...more };
      return answers('ResourceGraph', 200, body, { times: 1 });
    };
    const pages = [page([row('c-agent'), row('a-agent')], { $skipToken: 'next' }), page([row('b-agent')], {})];
    await names('');
    const sent = await sentDuring(running, async () => {
      expect(await under(running, pages, () => names(''))).toEqual(['a-agent', 'b-agent', 'c-agent']);
    });
    const next = expect.objectContaining({ options: expect.objectContaining({ $skipToken: 'next' }) });
    expect(sent.map(({ body }) => body)).toEqual([expect.not.objectContaining({ options: next }), next]);
  });

  test('where a subscription may not be read, those of the others are listed all the same, and it is named with what Azure said', async () => {
    const nowhere = '40000000-0000-4000-8000-000000000099';
    const refused = { code: 'AccessDenied', status: 403, next: 'ask' };
    const some = connect(running, { subscriptions: [careId, nowhere, researchId, financeId] });
    const keysOf = async (by: Azure) => got(await by.inventory.resourceKeys(kinds));
    const idsOf = async (by: Azure) => (await keysOf(by)).resources.map(({ id }) => id).sort();
    expect(await idsOf(some)).toEqual(await idsOf(azure));
    const { unread } = await keysOf(some);
    expect([...unread].sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1))).toEqual(
      [nowhere, financeId]
        .sort()
        .map((subscriptionId) => ({ subscriptionId, failure: expect.objectContaining(refused) })),
    );
    expect(got(await some.inventory.vaults([nowhere, financeId]))).toEqual(got(await azure.inventory.vaults()));
    // A list that doesn't say what it left out is refused, which isn't to have none.
    for (const read of [some.inventory.resources('', 50), some.inventory.vaults()])
      expect(failureOf(await read)).toMatchObject(refused);
  });

  test.each(["' or 1 == 1 or name contains '", "\\' or true or name contains '", '\\', "'"])(
    'a search text is only ever a text: %j finds what contains it literally, which is nothing',
    async (attempt) => expect(await names(attempt)).toEqual([]),
  );

  test.each(['a\nb', 'a\u0000', 'a\u2028b', 'x'.repeat(257)])(
    '%j cannot stand in a name and is not sent at all',
    async (text) => {
      expect(isSearchable(text)).toBe(false);
      expect(() => kqlString(text)).toThrow(RangeError);
      expect(await sentDuring(running, async () => expect(await names(text)).toEqual([]))).toEqual([]);
    },
  );
});

describe('people and groups', () => {
  const person = (n: number) => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`);
  /** Who is in no directory. */
  const stranger = PersonId.parse('20000000-0000-4000-8000-0000000000ff');
  const requesters = '60000000-0000-4000-8000-000000000001';
  const approvers = '60000000-0000-4000-8000-000000000002';
  const checks = 'checkMemberGroups';

  beforeAll(() => untilItWorks(() => azure.groups.memberOf(person(1), [])));

  const membership = async (n: PersonId, ...groups: readonly string[]) => got(await azure.groups.memberOf(n, groups));
  const changeUser = (id: PersonId, change: object) =>
    changeState(running, ({ users }: AzureState) => {
      for (const one of users) if (one.id === id) Object.assign(one, change);
    });

  test('who somebody is, is what Microsoft Graph says, and not what a tenant id suggests', async () => {
    const kind = async (userType: 'Member' | 'Guest' | null) => {
      await changeUser(person(4), { userType });
      return (await membership(person(4), requesters)).kind;
    };
    expect([await kind('Member'), await kind('Guest'), await kind(null)]).toEqual(['member', 'guest', 'not-told']);
    expect((await membership(stranger, requesters)).kind).toBe('stranger');
  });

  test('a disabled account is nobody, also in its groups, and what Graph does not tell of it is no reason', async () => {
    const enabled = (accountEnabled: boolean | null) =>
      under(
        running,
        answers(`${person(2)}.*accountEnabled`, 200, { id: person(2), userType: 'Member', accountEnabled }),
        () => membership(person(2), requesters, person(2)),
      );
    expect(await enabled(null)).toEqual({ kind: 'member', of: [requesters, person(2)] });
    expect(await enabled(false)).toEqual({ kind: 'stranger', of: [] });
    await changeUser(person(2), { accountEnabled: false });
    expect(await membership(person(2), requesters)).toEqual({ kind: 'stranger', of: [] });
  });

  test('asks for at most twenty at a time', async () => {
    const many = Array.from({ length: 41 }, (_, n) => `60000000-0000-4000-8000-${String(n + 100).padStart(12, '0')}`);
    const sent = await sentDuring(running, async () => {
      expect((await membership(person(1), ...many, requesters)).of).toEqual([requesters]);
    });
    const posts = sent.filter(({ method }) => method === 'POST');
    expect(posts.map(({ body }) => (body as { groupIds: string[] }).groupIds.length)).toEqual([20, 20, 2]);
  });

  const notFound = `Resource '${requesters}' does not exist or one of its queried reference-property objects are not present.`;
  test.each<[string, setup.Fault, string]>([
    ['is slower than a click can wait', { match: { url: checks }, ...noAnswer }, 'NoAnswerInTime'],
    ['answers with another shape', answers(checks, 200, { value: 'all of them' }), 'UnexpectedAnswer'],
    ['finds no group', answers(checks, 404, says('Request_ResourceNotFound', notFound)), 'Request_ResourceNotFound'],
  ])('a directory that %s is a failure and never an answer', async (_what, fault, code) => {
    const { groups } = connect(running, { limits: { clickMs: 400 } });
    await untilItWorks(() => groups.memberOf(person(1), []));
    const failure = failureOf(await under(running, fault, () => groups.memberOf(person(1), [requesters])));
    expect([codeOf(failure), failure.doing]).toEqual([code, 'reading group memberships']);
  });

  describe('looking at a configured id', () => {
    const inner = '60000000-0000-4000-8000-0000000000bb';
    const outer = '60000000-0000-4000-8000-0000000000cc';
    const look = async (id: string) => got(await azure.groups.look(id));

    test('tells a group with its people, also those of groups in it; a person; and what is neither', async () => {
      await changeState(running, (state) => {
        state.groups.push(
          { id: inner, displayName: 'Inner', memberIds: [person(2)] },
          { id: outer, displayName: 'Outer', memberIds: [inner, '50000000-0000-4000-8000-000000000001'] },
        );
      });
      const member = (n: number) => ({ id: person(n), kind: 'member' });
      const found = { kind: 'group', name: 'CMK approvers', members: [member(2), member(3)], complete: true };
      expect(await look(approvers.toUpperCase())).toEqual(found);
      expect(await look(outer)).toMatchObject({ name: 'Outer', members: [member(2)] });
      expect(await look(person(4))).toMatchObject({ kind: 'person', members: [member(4)], complete: true });
      expect(await look('60000000-0000-4000-8000-0000000000dd')).toBeNull();
    });

    test('never sends the token to where a page says that the list goes on', async () => {
      const body = { value: [], '@odata.nextLink': 'https://elsewhere.example/v1.0/more' };
      const outcome = await under(running, answers('transitiveMembers', 200, body), () => azure.groups.look(approvers));
      expect(failureOf(outcome)).toMatchObject({ code: 'UnexpectedAnswer', doing: `reading who ${approvers} is` });
    });
  });
});

/** Which resources use a vault or a key: declared, allowed, observed, the differences, and what can't be read. */
describe('users of a key', () => {
  const workspaceId = 'a0000000-0000-4000-8000-000000000001';
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
  const giveReader = () =>
    changeState(
      running,
      all(
        ...[careId, researchId].map((id) => giveRole(bot.id, reader, () => `/subscriptions/${id}`, 'ServicePrincipal')),
      ),
    );
  const impactOf = async (vault: string, keyName: string | null, by: Azure = azure) => {
    const at = await vaultNow(by, vaultId(vault));
    return readKeyImpact(by, at, keyName === null ? null : key(keyName), new Date());
  };

  test('resources of every type that declares the key are listed, and compared with who has permission', async () => {
    await giveReader();
    const impact = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
    expect(impact.users.map(({ name, noun, keyVersion }) => [name, noun, keyVersion === null])).toEqual([
      ['appcs-care', 'App Configuration store', true],
      ['des-care', 'disk encryption set', false],
      ['cosmos-care', 'Cosmos DB account', true],
      ['virtual-visit-agent', 'healthcare agent service', false],
      ['sb-care', 'Service Bus namespace', true],
      ['sql-care', 'SQL server', false],
      ['stcareimaging', 'storage account', true],
    ]);
    expect([impact.unread, impact.hidden]).toEqual([[], []]);
    // The agent has its role at this key; Key custodians and an owner have theirs above it.
    expect(unused(impact)).toMatchObject([{ type: 'app' }, { type: 'group', members: 2, apps: [] }]);
    expect(unpermitted(impact).map(({ name }) => name)).not.toContain('virtual-visit-agent');
    expect(unpermitted(impact)).toHaveLength(6);
  });

  test('the keys of every kind are read with two queries, and what can’t be read is named', async () => {
    const none = async () => new Map();
    const ports = { azure, requests: { held: none }, drifts: { open: none }, now: () => new Date() };
    const read = () => new FleetReader(ports).read();
    expect((await read()).hidden.map(({ nouns }) => nouns.length)).toEqual([22, 22]);
    await giveReader();
    const sent = await sentDuring(running, async () => {
      const { hidden, resources } = await read();
      const found = resources.map(({ name, state, sharedWith }) => `${name} ${state} ${sharedWith}`);
      // One follows new versions of a key with six other users, one names no version, one has no key.
      for (const one of ['stcareimaging own-key 6', 'appcs-care end-unknown 6', 'stcarelogs microsofts-key 0'])
        expect([hidden, found]).toEqual([[], expect.arrayContaining([one])]);
      // A disk encryption set names a version also while it follows new ones; of a SQL server, the list doesn't tell.
      const follows = new Map(resources.map((one) => [one.name, one.follows]));
      const some = ['stcareimaging', 'des-care', 'virtual-visit-agent', 'sql-care', 'stcarelogs'];
      expect(some.map((name) => follows.get(name))).toEqual([true, true, false, null, null]);
    });
    expect(sent.filter(({ url }) => url.includes('ResourceGraph'))).toHaveLength(2);
  });

  test('who was observed is compared with what is declared, and has permission for a reason', async () => {
    const reading = connect(running, { workspaceId });
    const impact = () => impactOf('kv-hospital-keys', 'cmk-virtual-visit', reading);
    const before = await impact();
    const byAgent = { keyName: 'cmk-virtual-visit', refused: false, type: 'app' };
    expect(before.observed).toMatchObject({ outcome: 'read', users: [byAgent] });
    expect(observedOnly(before)).toEqual([]);
    const newest = got(await azure.keys.get(vaultId('kv-hospital-keys'), key('cmk-virtual-visit'), null));
    if (newest === null) throw new Error('there is no key');
    const { uri } = await vaultNow(azure, vaultId('kv-hospital-keys'));
    // The bot’s own calls are no use.
    for (const who of [connect(running, { who: owner }), reading])
      got(await who.keys.probe(uri, newest.name, newest.version));
    const after = await impact();
    expect(observedOnly(after)).toMatchObject([{ principalId: owner.id, keyVersion: newest.version, refused: false }]);
    expect(unused(after).map(({ type }) => type)).toEqual(['group']);
    const other = await impactOf('kv-hospital-keys', 'hospital-data', reading);
    expect(other.observed).toMatchObject({ outcome: 'read', users: [] });
  });
});

/** The log of a vault over HTTPS, as Microsoft's client asks for it, with what Azure may make of that. */
describe('the log of a vault', () => {
  const vault = { id: vaultId('kv-hospital-keys'), name: 'kv-hospital-keys' };
  const agent = resourceRef('virtual-visit-agent');
  const name = key('cmk-virtual-visit');

  const logOf = (): VaultLog => {
    const workspaceId = 'a0000000-0000-4000-8000-000000000001';
    const { vaultLog } = connect(running, { workspaceId, limits: { longestRetryMs: 100 } });
    if (vaultLog === null) throw new Error('there is no log');
    return vaultLog;
  };

  /** Puts the agent under the newest version anew, as a rotation does, and says what would be looked for. */
  async function moved(): Promise<UsageQuery> {
    const newest = got(await azure.keys.get(vault.id, name, null));
    const keyVersion = KeyVersion.parse(newest?.version);
    const { principalId = null } = got(await azure.resources.get(agent)) ?? {};
    const vaultUri = `https://localhost:${running.port + 2}/`;
    const since = new Date().toISOString();
    got(await setKey(azure, agent, { vaultUri, keyName: name, keyVersion }));
    got(await azure.keys.probe(vaultUri, name, keyVersion));
    return { principalId, resourceId: agent.id, vaultUri, keyName: name, keyVersion, since };
  }
  const judged = async (sought: UsageQuery) => evaluateUse(sought, got(await logOf().read(vault, sought)));

  test('half an answer is none, but for a use that stands in it', async () => {
    const sought = await moved();
    const sent = await sentDuring(running, () => logOf().read(vault, sought));
    const { url, body } = sent.find((one) => one.url.includes('/v1/workspaces/')) ?? { url: '', body: null };
    const headers = { authorization: `Bearer ${await clientsOf(running).token(`${running.url}/.default`)}` };
    const { body: whole } = await http(running, 'POST', new URL(url).pathname, { headers, body });
    const { error } = says('PartialError', 'There were some errors when processing your query.');
    const answered = (half: object) => under(running, answers('^/v1/workspaces/', 200, half), () => judged(sought));
    expect(await answered({ tables: [{ ...whole.tables[0], rows: [] }], error })).toMatchObject({
      outcome: 'unknown',
      why: { code: 'not-readable', failure: { ...error, next: 'wait', status: 200 } },
    });
    expect(await answered({ ...whole, error })).toMatchObject({ outcome: 'used' });
  });
});
