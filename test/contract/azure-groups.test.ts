import { codeOf } from '../../src/domain/failure.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import {
  bot,
  connect,
  connectedAzure,
  type Fault,
  failureOf,
  got,
  noAnswer,
  outsideFailureOf,
  sentDuring,
  under,
  untilItWorks,
} from './azure-setup.ts';

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

test("of one's own object id nobody is asked whether one belongs to it", async () => {
  const sent = await sentDuring(running, async () => {
    expect(of(await azure.groups.memberOf(person(4), [person(4).toUpperCase()]))).toEqual([person(4).toUpperCase()]);
  });
  expect(sent.map(({ method }) => method)).toEqual(['GET']);
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

test('an answer about another person counts as none', async () => {
  const body = { id: person(2), userType: 'Member' };
  const fault = { match: { url: `${person(1)}.*userType` }, respond: { status: 200, body } };
  const wrong = await under(running, fault, () => azure.groups.memberOf(person(1), [requesters]));
  expect(outsideFailureOf(wrong)).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
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

test('groups that were not asked about do not count', async () => {
  const fault = { match: { url: 'checkMemberGroups' }, respond: { status: 200, body: { value: [approvers] } } };
  expect(of(await under(running, fault, () => azure.groups.memberOf(person(1), [requesters])))).toEqual([]);
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

  test('reads on from page to page', async () => {
    const ids = many(1100);
    await fill(ids);
    const sent = await sentDuring(running, async () => {
      const entry = got(await azure.groups.look(outer));
      expect(entry).toMatchObject({ kind: 'group', complete: true });
      expect(new Set(entry?.members.map(({ id }) => id))).toEqual(new Set([...ids, person(2)]));
    });
    expect(sent.filter(({ url }) => url.includes('transitiveMembers'))).toHaveLength(2);
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

  test('without the right to read members it is a failure, not an empty group', async () => {
    const body = { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } };
    const fault = { match: { url: 'transitiveMembers' }, respond: { status: 403, body } };
    expect(codeOf(failureOf(await under(running, fault, () => azure.groups.look(approvers))))).toBe(
      'Authorization_RequestDenied',
    );
  });
});
