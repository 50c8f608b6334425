import { isSearchable, kqlString } from '../../src/azure/kql.ts';
import { codeOf } from '../../src/domain/failure.ts';
import { KeyVersion, PersonId } from '../../src/domain/ids.ts';
import { observedOnly, unpermitted, unused } from '../../src/domain/key-impact.ts';
import type { Azure, VaultLog } from '../../src/domain/ports/azure.ts';
import { evaluateUse, type UsageQuery } from '../../src/domain/usage-check.ts';
import { readKeyImpact } from '../../src/operations/commands/cmk-status.ts';
import { type AzureState, all, giveRole, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  bot,
  careId,
  connect,
  connectedAzure,
  type Fault,
  failureOf,
  financeId,
  got,
  key,
  noAnswer,
  outsideFailureOf,
  owner,
  researchId,
  resourceId,
  resourceRef,
  sentDuring,
  setKey,
  under,
  untilItWorks,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

describe('lists', () => {
  const { running, azure } = connectedAzure();

  const names = async (contains: string, top = 50): Promise<readonly string[]> =>
    got(await azure.inventory.resources(contains, top)).map(({ name }) => name);

  describe('agents', () => {
    test('are listed by name with what a list shows', async () => {
      const found = got(await azure.inventory.resources('', 50));
      expect(found.map(({ name }) => name)).toEqual([...found.map(({ name }) => name)].sort());
      expect(found[0]).toEqual({
        kind: 'healthcare-agent',
        id: resourceId('triage-agent-prod'),
        name: 'triage-agent-prod',
        location: 'westeurope',
        resourceGroup: 'rg-care-prod',
        subscriptionId: careId,
        underCustomerKey: false,
      });
      expect(found.find(({ name }) => name === 'virtual-visit-agent')?.underCustomerKey).toBe(true);
    });

    test('are found by a part of the name in any case, at most so many', async () => {
      expect(await names('TRIAGE')).toEqual(['triage-agent-prod', 'triage-agent-test']);
      expect(await names('triage', 1)).toEqual(['triage-agent-prod']);
      expect(await names('no such')).toEqual([]);
    });

    test('come from the configured subscriptions only', async () => {
      expect(await names('')).not.toContain('wages-agent');
      const sent = await sentDuring(running, () => azure.inventory.resources('x', 5));
      for (const { body } of sent) expect(body).toMatchObject({ subscriptions: [careId, researchId] });
      const narrow = connect(running, { subscriptions: [researchId] });
      const found = got(await narrow.inventory.resources('', 50));
      expect(new Set(found.map(({ subscriptionId }) => subscriptionId))).toEqual(new Set([researchId]));
    });

    test('a subscription the bot may not read is refused, which is not to have none', async () => {
      const closed = connect(running, { subscriptions: [careId, financeId] });
      const refused = { code: 'AccessDenied', status: 403, next: 'ask' };
      expect(failureOf(await closed.inventory.resources('', 50))).toMatchObject(refused);
      expect(failureOf(await closed.inventory.vaults())).toMatchObject(refused);
    });

    test('no configured subscriptions are none, not all', async () => {
      const none = connect(running, { subscriptions: [], who: owner });
      expect(got(await none.inventory.resources('', 50))).toEqual([]);
      expect(got(await none.inventory.vaults())).toEqual([]);
    });

    test('are all found when they come in pages', async () => {
      const row = (name: string) => ({
        id: resourceId(name),
        name,
        location: 'x',
        resourceGroup: 'g',
        subscriptionId: careId,
      });
      const page = (data: unknown[], more: object) => ({
        match: { url: 'ResourceGraph' },
        times: 1,
        respond: {
          status: 200,
          body: { totalRecords: 3, count: data.length, resultTruncated: 'false', data, ...more },
        },
      });
      const pages = [page([row('c-agent'), row('a-agent')], { $skipToken: 'next' }), page([row('b-agent')], {})];
      await names('');
      const sent = await sentDuring(running, async () => {
        expect(await under(running, pages, () => names(''))).toEqual(['a-agent', 'b-agent', 'c-agent']);
      });
      expect(sent.map(({ body }) => body)).toEqual([
        expect.not.objectContaining({ options: expect.objectContaining({ $skipToken: 'next' }) }),
        expect.objectContaining({ options: expect.objectContaining({ $skipToken: 'next' }) }),
      ]);
    });
  });

  describe('where a subscription may not be read', () => {
    const nowhere = '40000000-0000-4000-8000-000000000099';
    const refused = (subscriptionId: string) => ({
      subscriptionId,
      failure: expect.objectContaining({ next: 'ask', status: 403, code: 'AccessDenied' }),
    });

    test('those of the others are listed all the same, and it is named with what Azure said', async () => {
      const some = connect(running, { subscriptions: [careId, nowhere, researchId, financeId] });
      const { resources, unread } = got(await some.inventory.resourceKeys());
      expect(resources.map(({ id }) => id).sort()).toEqual(
        got(await azure.inventory.resourceKeys())
          .resources.map(({ id }) => id)
          .sort(),
      );
      expect([...unread].sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1))).toEqual(
        [nowhere, financeId].sort().map(refused),
      );
      expect(got(await some.inventory.vaults([nowhere, financeId]))).toEqual(got(await azure.inventory.vaults()));
    });
  });

  test('what key every agent is under is told of all, with nothing else of them', async () => {
    const sent = await sentDuring(running, async () => {
      const { resources: found, unread } = got(await azure.inventory.resourceKeys());
      expect(unread).toEqual([]);
      expect(found.map(({ name }) => name).sort()).toEqual([...(await names(''))].sort());
      expect(found.find(({ name }) => name === 'triage-agent-prod')).toEqual({
        id: resourceId('triage-agent-prod'),
        name: 'triage-agent-prod',
        customerKey: null,
      });
      expect(found.find(({ name }) => name === 'virtual-visit-agent')?.customerKey).toMatchObject({
        keyName: 'cmk-virtual-visit',
        keyVersion: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
    });
    expect(JSON.stringify(sent[0]?.body)).toContain('project id, name, cmk=properties.keyVaultProperties |');
  });

  test('vaults are listed as ARM has them, by name', async () => {
    const found = got(await azure.inventory.vaults());
    expect(found.map(({ name }) => name)).toEqual([
      'kv-care-north',
      'kv-care-prod',
      'kv-hospita1-keys',
      'kv-hospital-keys',
      'kv-lab',
      'kv-legacy',
      'kv-policy-keys',
    ]);
    // When a vault was created is told where it is read alone.
    for (const one of found) expect(await vaultNow(azure, one.id)).toEqual({ ...one, createdAt: expect.any(String) });
    expect(found[1]?.id).toBe(vaultId('kv-care-prod'));
  });

  describe('a search text is only ever a text', () => {
    const attempts = [
      "' or 1 == 1 or name contains '",
      "x' | project id, name //",
      "\\' or true or name contains '",
      "' | where true | limit 1000 //",
      '\\',
      "'",
      '%27 or true',
      '\u2019 or 1 == 1',
      '*',
    ];

    test.each(attempts)('%j finds what contains it literally, which is nothing', async (attempt) => {
      expect(await names(attempt)).toEqual([]);
    });

    test('a name with a quote in it is found by it', async () => {
      await changeState(running, (state) => {
        state.agents.push({ ...state.agents[0], name: "o'clock" });
      });
      expect(await names("o'c")).toEqual(["o'clock"]);
    });

    test.each(['a\nb', 'a\u0000', 'a\u2028b', 'x'.repeat(257)])(
      '%j cannot stand in a name and is not sent at all',
      async (text) => {
        expect(isSearchable(text)).toBe(false);
        expect(() => kqlString(text)).toThrow(RangeError);
        expect(await sentDuring(running, async () => expect(await names(text)).toEqual([]))).toEqual([]);
      },
    );
  });
});

describe('people and groups', () => {
  const { running, azure } = connectedAzure();

  const person = (n: number) => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`);
  /** Who is in no directory. */
  const stranger = PersonId.parse('20000000-0000-4000-8000-0000000000ff');
  const requesters = '60000000-0000-4000-8000-000000000001';
  const approvers = '60000000-0000-4000-8000-000000000002';

  /** Of what was asked about, as the answer has it. */
  const of = (outcome: Awaited<ReturnType<Azure['groups']['memberOf']>>): readonly string[] => got(outcome).of;

  beforeAll(() => untilItWorks(() => azure.groups.memberOf(person(1), [])));

  test('says which of the groups a person belongs to', async () => {
    expect(of(await azure.groups.memberOf(person(1), [requesters, approvers]))).toEqual([requesters]);
    expect(of(await azure.groups.memberOf(person(2), [requesters, approvers]))).toEqual([requesters, approvers]);
    expect(of(await azure.groups.memberOf(person(4), [requesters, approvers]))).toEqual([]);
  });

  const changeUser = (id: PersonId, change: object) =>
    changeState(running, ({ users }: AzureState) => {
      for (const one of users) if (one.id === id) Object.assign(one, change);
    });

  describe('who somebody is', () => {
    const kind = async (n: string) => got(await azure.groups.memberOf(PersonId.parse(n), [requesters])).kind;
    const type = (userType: 'Member' | 'Guest' | null) => changeUser(person(4), { userType });

    test('is what Microsoft Graph says, and not what a tenant id suggests', async () => {
      expect(await kind(person(4))).toBe('member');
      await type('Guest');
      expect(await kind(person(4))).toBe('guest');
      await type('Member');
      expect(await kind(stranger)).toBe('stranger');
    });

    test('a disabled account is nobody, also in its groups, and what Graph does not tell of it is no reason', async () => {
      const enabled = (accountEnabled: boolean | null) =>
        under(
          running,
          {
            match: { url: `${person(2)}.*accountEnabled` },
            respond: { status: 200, body: { id: person(2), userType: 'Member', accountEnabled } },
          },
          async () => got(await azure.groups.memberOf(person(2), [requesters, person(2)])),
        );
      expect(await enabled(null)).toEqual({ kind: 'member', of: [requesters, person(2)] });
      expect(await enabled(false)).toEqual({ kind: 'stranger', of: [] });
      await changeUser(person(2), { accountEnabled: false });
      expect(got(await azure.groups.memberOf(person(2), [requesters]))).toEqual({ kind: 'stranger', of: [] });
      await changeUser(person(2), { accountEnabled: true });
    });

    test('may not be told', async () => {
      await type(null);
      expect(await kind(person(4))).toBe('not-told');
      await type('Member');
    });
  });

  test('throttling is waited out, unless it takes longer than a click can wait', async () => {
    const throttled = (seconds: string, times: number) => ({
      match: { url: 'checkMemberGroups' },
      times,
      respond: { status: 429, headers: { 'retry-after': seconds }, body: { error: { code: 'TooManyRequests' } } },
    });
    const ask = (fault: Fault) => under(running, fault, () => azure.groups.memberOf(person(1), [requesters]));
    const sent = await sentDuring(running, async () => {
      expect(of(await ask(throttled('1', 1)))).toEqual([requesters]);
      expect(failureOf(await ask(throttled('60', 9)))).toMatchObject({ next: 'wait', retryAfterMs: 60_000 });
    });
    const statuses = sent.filter(({ url }) => url.includes('checkMemberGroups')).map(({ status }) => status);
    expect(statuses).toEqual([429, 200, 429]);
  });

  test('asks for at most twenty at a time', async () => {
    const many = Array.from({ length: 41 }, (_, n) => `60000000-0000-4000-8000-${String(n + 100).padStart(12, '0')}`);
    const sent = await sentDuring(running, async () => {
      expect(of(await azure.groups.memberOf(person(1), [...many, requesters]))).toEqual([requesters]);
    });
    const sizes = sent
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => (body as { groupIds: string[] }).groupIds.length);
    expect(sizes).toEqual([20, 20, 2]);
  });

  test('anything else that is not found is a failure and not an empty answer', async () => {
    const message = `Resource '${requesters}' does not exist or one of its queried reference-property objects are not present.`;
    const body = { error: { code: 'Request_ResourceNotFound', message } };
    const fault = {
      match: { url: 'checkMemberGroups' },
      respond: { status: 404, body, headers: { 'request-id': 'r-1' } },
    };
    const failure = failureOf(await under(running, fault, () => azure.groups.memberOf(person(1), [requesters])));
    expect(failure).toMatchObject({
      next: 'ask',
      code: 'Request_ResourceNotFound',
      message,
      doing: 'reading group memberships',
    });
  });

  describe('a directory that cannot be asked is a failure and never an answer', () => {
    const asked = (limits: object = {}) => connect(running, { limits }).groups.memberOf(person(1), [requesters]);
    const url = 'checkMemberGroups';

    test('when it is slower than a click can wait', async () => {
      const failure = failureOf(await under(running, { match: { url }, ...noAnswer }, () => asked({ clickMs: 400 })));
      expect(codeOf(failure)).toBe('NoAnswerInTime');
    });

    test.each([
      ['another shape', { value: 'all of them' }],
      ['a list of other things', { value: [{ id: requesters }] }],
    ])('when it answers with %s', async (_what, body) => {
      const fault = { match: { url }, respond: { status: 200, body } };
      expect(codeOf(failureOf(await under(running, fault, () => asked())))).toBe('UnexpectedAnswer');
    });
  });

  describe('looking at a configured id', () => {
    const inner = '60000000-0000-4000-8000-0000000000bb';
    const outer = '60000000-0000-4000-8000-0000000000cc';
    const unknown = '60000000-0000-4000-8000-0000000000dd';
    const member = (id: PersonId) => ({ id, kind: 'member' });
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => `2100${String(n).padStart(4, '0')}-0000-4000-8000-000000000000`);

    /** A group in a group, with as many members as asked, and the owner's service principal beside them. */
    const fill = (ids: readonly string[]) =>
      changeState(running, (state) => {
        state.users = [
          ...state.users.filter((user: { id: string }) => user.id.startsWith('20000000')),
          ...ids.map((id) => ({ id, displayName: id, mail: `${id}@example.com`, userType: 'Member' })),
        ];
        state.groups = state.groups.filter((group: { id: string }) => ![inner, outer].includes(group.id));
        state.groups.push(
          { id: inner, displayName: 'Inner', memberIds: [...ids] },
          { id: outer, displayName: 'Outer', memberIds: [inner, person(2), '50000000-0000-4000-8000-000000000001'] },
        );
      });

    test('tells a group with its people, also those of groups in it', async () => {
      await fill([]);
      expect(got(await azure.groups.look(approvers.toUpperCase()))).toEqual({
        kind: 'group',
        name: 'CMK approvers',
        members: [member(person(2)), member(person(3))],
        complete: true,
      });
      expect(got(await azure.groups.look(outer))).toMatchObject({ name: 'Outer', members: [member(person(2))] });
      expect(got(await azure.groups.look(inner))).toMatchObject({ members: [], complete: true });
    });

    test('tells guests and disabled accounts among them, and that it was not told', async () => {
      const kinds = async (id: string) => got(await azure.groups.look(id))?.members.map(({ kind }) => kind);
      await changeUser(person(3), { userType: 'Guest' });
      expect([await kinds(approvers), await kinds(person(3))]).toEqual([['member', 'guest'], ['guest']]);
      await changeUser(person(3), { userType: 'Member', accountEnabled: false });
      expect([await kinds(approvers), await kinds(person(3))]).toEqual([['member', 'stranger'], ['stranger']]);
      await changeUser(person(3), { accountEnabled: true });
      const permissions = (graphPermissions: readonly string[]) =>
        changeState(running, ({ principals }: AzureState) => {
          for (const one of principals) if (one.id === bot.id) one.graphPermissions = [...graphPermissions];
        });
      await permissions(['GroupMember.Read.All']);
      expect(await kinds(approvers)).toEqual(['not-told', 'not-told']);
      await permissions(['User.Read.All', 'GroupMember.Read.All']);
    });

    test('tells a person, and what is neither', async () => {
      expect(got(await azure.groups.look(person(4)))).toEqual({
        kind: 'person',
        name: 'Team member',
        members: [member(person(4))],
        complete: true,
      });
      expect(got(await azure.groups.look(unknown))).toBeNull();
    });

    test('stops reading at two thousand, and says so', async () => {
      await fill(many(2100));
      const entry = got(await azure.groups.look(inner));
      expect(entry).toMatchObject({ kind: 'group', complete: false });
      expect(entry?.members).toHaveLength(2000);
      await fill(many(2000));
      expect(got(await azure.groups.look(inner))).toMatchObject({ complete: true });
    });

    test('never sends the token to where a page says that the list goes on', async () => {
      const body = { value: [], '@odata.nextLink': 'https://elsewhere.example/v1.0/more' };
      const fault = { match: { url: 'transitiveMembers' }, respond: { status: 200, body } };
      expect(failureOf(await under(running, fault, () => azure.groups.look(approvers)))).toMatchObject({
        code: 'UnexpectedAnswer',
        doing: `reading who ${approvers} is`,
      });
    });
  });
});

/** Which resources use a vault or a key: declared, allowed, observed, the differences, and what can't be read. */
describe('users of a key', () => {
  const running = simulatedAzure({ restores: true });
  let azure: Azure;
  beforeEach(() => {
    azure = connect(running);
  });

  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
  const giveReader = () =>
    changeState(
      running,
      all(
        ...[careId, researchId].map((id) => giveRole(bot.id, reader, () => `/subscriptions/${id}`, 'ServicePrincipal')),
      ),
    );

  const impactOf = async (vault: string, keyName: string | null) => {
    const at = await vaultNow(azure, vaultId(vault));
    return readKeyImpact(azure, at, keyName === null ? null : key(keyName), new Date());
  };

  test('resources of every type that declares the key are listed, and no other', async () => {
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
  });

  test('types that the bot can’t read are named, for each subscription', async () => {
    const { users, hidden } = await impactOf('kv-hospital-keys', null);
    expect(users.map(({ name }) => name)).toEqual(['virtual-visit-agent']);
    expect(hidden.map(({ subscriptionId, nouns }) => [subscriptionId, nouns.length])).toEqual([
      [careId, 22],
      [researchId, 22],
    ]);
  });

  test('who has permission is compared with what is declared', async () => {
    await giveReader();
    const impact = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
    // The agent has its role at this key; Key custodians and an owner have theirs above it.
    expect(unused(impact)).toMatchObject([{ type: 'app' }, { type: 'group', members: 2, apps: [] }]);
    expect(unpermitted(impact).map(({ name }) => name)).not.toContain('virtual-visit-agent');
    expect(unpermitted(impact)).toHaveLength(6);
  });

  const workspaceId = 'a0000000-0000-4000-8000-000000000001';

  test('who was observed is compared with what is declared, and has permission for a reason', async () => {
    azure = connect(running, { workspaceId });
    const before = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
    const byAgent = { keyName: 'cmk-virtual-visit', refused: false, type: 'app' };
    expect(before.observed).toMatchObject({ outcome: 'read', users: [byAgent] });
    expect(observedOnly(before)).toEqual([]);
    const newest = got(await azure.keys.get(vaultId('kv-hospital-keys'), key('cmk-virtual-visit'), null));
    if (newest === null) throw new Error('there is no key');
    const { uri } = await vaultNow(azure, vaultId('kv-hospital-keys'));
    got(await connect(running, { who: owner }).keys.probe(uri, newest.name, newest.version));
    got(await azure.keys.probe(uri, newest.name, newest.version));
    const after = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
    // The bot’s own calls are no use.
    expect(observedOnly(after)).toMatchObject([{ principalId: owner.id, keyVersion: newest.version, refused: false }]);
    expect(unused(after).map(({ type }) => type)).toEqual(['group']);
    expect((await impactOf('kv-hospital-keys', 'hospital-data')).observed).toMatchObject({
      outcome: 'read',
      users: [],
    });
  });

  test('where no log can be read, the reason is told', async () => {
    expect((await impactOf('kv-hospital-keys', null)).observed).toEqual({ outcome: 'not-configured' });
    azure = connect(running, { workspaceId });
    const scenario = (name: string) => http(running, 'POST', '/simulator/scenarios', { body: { names: [name] } });
    await scenario('logs-not-sent');
    expect((await impactOf('kv-hospital-keys', null)).observed).toEqual({ outcome: 'no-rows' });
    for (const [name, code] of [
      ['logs-cut-short', 'PartialError'],
      ['logs-refused', 'InsufficientAccessError'],
    ] as const) {
      await http(running, 'DELETE', '/simulator/scenarios');
      await scenario(name);
      const { observed } = await impactOf('kv-hospital-keys', null);
      expect(observed).toMatchObject({ outcome: 'not-readable', failure: { code } });
    }
    await http(running, 'DELETE', '/simulator/scenarios');
  });

  test('a vault with access policies, and a bot that can’t read role assignments', async () => {
    const { holders } = await impactOf('kv-policy-keys', null);
    expect(holders).toHaveLength(1);
    await changeState(running, withoutActions('Microsoft.Authorization/roleAssignments/read'));
    const unread = await impactOf('kv-hospital-keys', null);
    expect(unread.holders).toBeNull();
    expect(unpermitted(unread)).toEqual([]);
  });
});

/** The log of a vault over HTTPS, as Microsoft's client asks for it, with what Azure may make of that. */
describe('the log of a vault', () => {
  const { running, azure } = connectedAzure({ restores: true });
  const vault = { id: vaultId('kv-hospital-keys'), name: 'kv-hospital-keys' };
  const agent = resourceRef('virtual-visit-agent');

  const logOf = (): VaultLog => {
    const workspaceId = 'a0000000-0000-4000-8000-000000000001';
    const { vaultLog } = connect(running, { workspaceId, limits: { longestRetryMs: 100 } });
    if (vaultLog === null) throw new Error('there is no log');
    return vaultLog;
  };

  /** Puts the agent under the version anew, as a rotation does, and says what would be looked for. */
  async function moved(to: 'newest' | 'first' = 'newest'): Promise<UsageQuery> {
    const sought = await wouldSeek(to);
    const { vaultUri, keyVersion } = sought;
    const version = KeyVersion.parse(keyVersion);
    got(await setKey(azure, agent, { vaultUri, keyName: 'cmk-virtual-visit', keyVersion: version }));
    got(await azure.keys.probe(vaultUri, key('cmk-virtual-visit'), version));
    return sought;
  }
  async function wouldSeek(to: 'newest' | 'first'): Promise<UsageQuery> {
    const vaultUri = `https://localhost:${running.port + 2}/`;
    const name = key('cmk-virtual-visit');
    const found = got(
      to === 'first' ? await azure.keys.first(vault.id, name) : await azure.keys.get(vault.id, name, null),
    );
    const keyVersion = KeyVersion.parse(found?.version);
    const since = new Date().toISOString();
    const { principalId = null } = got(await azure.resources.get(agent)) ?? {};
    return { principalId, resourceId: agent.id, vaultUri, keyName: 'cmk-virtual-visit', keyVersion, since };
  }
  const judged = async (sought: UsageQuery) => evaluateUse(sought, got(await logOf().read(vault, sought)));
  const logs = (change: object) => changeState(running, ({ settings }) => Object.assign(settings.logs, change));

  test('the agent’s own use is found, and neither the bot’s trial nor a use of another version', async () => {
    const sought = await moved();
    expect(await judged(sought)).toMatchObject({
      outcome: 'used',
      operation: 'KeyWrap',
      knownBy: 'object-id',
      // The seeds gave it, by another name than the bot would.
      allowedBy: { by: 'role-assignment', id: '80000000-0000-4000-8000-000000000005', ours: false },
    });
    expect(await judged({ ...sought, principalId: bot.id, resourceId: resourceId('nobody') })).toMatchObject({
      outcome: 'used',
    });
    expect(await judged({ ...sought, keyVersion: '0'.repeat(32) })).toMatchObject({ outcome: 'not-used' });
  });

  test('the assignment that the bot’s step makes is known again', async () => {
    const key = 'cmk-triage-agent';
    const care = { id: vaultId('kv-care-prod'), name: 'kv-care-prod' };
    const principalId = 'f0000000-0000-4000-8000-00000000000f';
    const sought = { ...(await moved()), principalId, keyName: key };
    const read = got(await logOf().read(care, sought));
    expect(read.ownAssignment).toMatch(/^[0-9a-f-]{36}$/);
    expect(got(await logOf().read(care, { ...sought, principalId: null })).ownAssignment).toBeNull();
  });

  test('an agent that uses nothing is not seen, and the log says from when to when it goes', async () => {
    await logs({ agentsUseKeys: false });
    const answer = await judged(await moved('first'));
    expect(answer).toMatchObject({ outcome: 'not-used', refused: null });
    if (answer.outcome !== 'not-used') throw new Error('used');
    expect(Date.parse(answer.last) - Date.parse(answer.first)).toBeGreaterThan(23 * 3_600_000);
  });

  test('a refusal of the vault is told, which the log calls a success', async () => {
    await changeState(running, (state) => {
      state.roleAssignments = state.roleAssignments.filter(
        ({ scope }: { scope: string }) => !scope.endsWith('cmk-virtual-visit'),
      );
    });
    const sought = await wouldSeek('first');
    const wanted = { vaultUri: sought.vaultUri, keyName: sought.keyName, keyVersion: sought.keyVersion };
    outsideFailureOf(await setKey(azure, agent, wanted));
    expect(await judged(sought)).toMatchObject({ outcome: 'not-used', refused: { status: 403 } });
  });

  describe('what Azure says instead', () => {
    const failed = async () => outsideFailureOf(await logOf().read(vault, await moved()));

    test('a refusal to whoever may not read the table', async () => {
      await changeState(running, (state) => {
        state.roleAssignments = state.roleAssignments.filter(
          ({ scope }: { scope: string }) => !scope.includes('OperationalInsights'),
        );
      });
      expect(await failed()).toMatchObject({
        source: 'azure',
        status: 403,
        code: 'InsufficientAccessError',
        next: 'ask',
      });
    });

    test('no such table, in the words that stand at the bottom', async () => {
      await logs({ sent: 'no-table' });
      const { code, message, next } = await failed();
      expect([code, next]).toEqual(['BadArgumentError', 'ask']);
      expect(message).toContain("Failed to resolve table or column expression named 'AZKVAuditLogs'");
      expect(message).toContain('The request had some invalid properties');
    });

    test('half an answer is none, but for a use that stands in it', async () => {
      const sought = await moved();
      const whole = await fetchRaw(sought);
      const error = { code: 'PartialError', message: 'There were some errors when processing your query.' };
      const half = { tables: [{ ...whole.tables[0], rows: [] }], error };
      const respond = (body: unknown) => ({ match: { url: '^/v1/workspaces/' }, respond: { status: 200, body } });
      expect(await under(running, respond(half), () => judged(sought))).toMatchObject({
        outcome: 'unknown',
        why: { code: 'not-readable', failure: { ...error, next: 'wait', status: 200 } },
      });
      expect(await under(running, respond({ ...whole, error }), () => judged(sought))).toMatchObject({
        outcome: 'used',
      });
    });
  });

  const fetchRaw = async (sought: UsageQuery) => {
    const sent = await sentDuring(running, () => logOf().read(vault, sought));
    const { url, body } = sent.find((one) => one.url.includes('/v1/workspaces/')) ?? { url: '', body: null };
    const token = await clientsOf(running).token(`${running.url}/.default`);
    const headers = { authorization: `Bearer ${token}` };
    return (await http(running, 'POST', new URL(url).pathname, { headers, body })).body;
  };
});
