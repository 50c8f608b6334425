import { codeOf } from '../../src/domain/failure.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  bot,
  connect,
  failureOf,
  got,
  noAnswer,
  outsideFailureOf,
  type Sent,
  sentDuring,
  under,
  untilItWorks,
} from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const person = (n: number) => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`);
/** Who is in no directory. */
const stranger = PersonId.parse('20000000-0000-4000-8000-0000000000ff');
const requesters = '60000000-0000-4000-8000-000000000001';
const approvers = '60000000-0000-4000-8000-000000000002';

/** Of what was asked about, as the answer has it. */
const of = (outcome: Awaited<ReturnType<Azure['groups']['memberOf']>>): readonly string[] => got(outcome).of;

test('says which of the groups a person belongs to', async () => {
  expect(of(await azure.groups.memberOf(person(1), [requesters, approvers]))).toEqual([requesters]);
  expect(of(await azure.groups.memberOf(person(2), [requesters, approvers]))).toEqual([requesters, approvers]);
  expect(of(await azure.groups.memberOf(person(4), [requesters, approvers]))).toEqual([]);
});

test('a group inside a group counts', async () => {
  const outer = '60000000-0000-4000-8000-0000000000aa';
  await changeState(running, (state) => {
    state.groups.push({ id: outer, displayName: 'Outer', memberIds: [approvers] });
  });
  expect(of(await azure.groups.memberOf(person(3), [outer]))).toEqual([outer]);
});

test("of one's own object id nobody is asked whether one belongs to it", async () => {
  const sent = await sentDuring(running, async () => {
    expect(of(await azure.groups.memberOf(person(4), [person(4).toUpperCase()]))).toEqual([person(4).toUpperCase()]);
  });
  expect(sent.map(({ method }) => method)).toEqual(['GET']);
});

const accountEnabled = (of: PersonId, is: boolean) =>
  changeState(running, (state) => {
    for (const one of state.users.filter(({ id }: { id: string }) => id === of)) one.accountEnabled = is;
  });

describe('who somebody is', () => {
  const kind = async (n: string) => got(await azure.groups.memberOf(PersonId.parse(n), [requesters])).kind;
  const type = (userType: 'Member' | 'Guest' | null) =>
    changeState(running, (state) => {
      for (const one of state.users.filter(({ id }: { id: string }) => id === person(4))) one.userType = userType;
    });

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
    await accountEnabled(person(2), false);
    expect(got(await azure.groups.memberOf(person(2), [requesters]))).toEqual({ kind: 'stranger', of: [] });
    await accountEnabled(person(2), true);
  });

  test('may not be told', async () => {
    await type(null);
    expect(await kind(person(4))).toBe('not-told');
    await type('Member');
  });
});

describe('people who ask at the same time', () => {
  const ask = (who: PersonId, from: Azure = azure) => from.groups.memberOf(who, [requesters, approvers]);
  const all = (from?: Azure) => Promise.all([ask(person(1), from), ask(person(2), from), ask(stranger, from)]);
  const ofSecond = `${person(2)}/checkMemberGroups`;
  const first = { kind: 'member', of: [requesters] };
  const second = { kind: 'member', of: [requesters, approvers] };

  test('each get their own answer', async () => {
    const sent = await sentDuring(running, async () => {
      expect((await all()).map(got)).toEqual([first, second, { kind: 'stranger', of: [] }]);
    });
    expect(sent).toHaveLength(6);
  });

  test('get no answer that is about another person', async () => {
    const body = { id: person(2), userType: 'Member' };
    const fault = { match: { url: `${person(1)}.*userType` }, respond: { status: 200, body } };
    const [wrong, right] = await under(running, fault, () => all());
    expect(outsideFailureOf(wrong ?? (await ask(person(1))))).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
    expect(right).toMatchObject({ ok: true, value: second });
  });

  test('don’t wait for one whose answer doesn’t come', async () => {
    const slow = await under(running, { match: { url: ofSecond }, times: 1, ...noAnswer }, async () => {
      const asked = ask(person(2));
      expect(got(await ask(person(1)))).toEqual(first);
      return { asked };
    });
    expect(got(await slow.asked)).toEqual(second);
  });

  test('don’t share a refusal, which names the question that was refused', async () => {
    const body = { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } };
    const [one, two, three] = await under(running, { match: { url: ofSecond }, respond: { status: 403, body } }, () =>
      all(),
    );
    expect([one?.ok, three?.ok]).toEqual([true, true]);
    const sent = (await http(running, 'GET', '/simulator/requests')).body as Sent[];
    expect(two).toMatchObject({
      ok: false,
      failure: {
        code: 'Authorization_RequestDenied',
        doing: 'reading group memberships',
        clientRequestId: sent.findLast(({ status }) => status === 403)?.clientRequestId,
      },
    });
  });

  test('don’t share throttling: only the refused question is sent again, after the time that Graph asks for', async () => {
    const respond = { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } };
    const began = performance.now();
    const sent = await sentDuring(running, async () => {
      const told = await under(running, { match: { url: ofSecond }, times: 1, respond }, () => all());
      expect(told.map(got)[1]).toEqual(second);
    });
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(sent).toHaveLength(7);
    expect(sent.filter(({ url }) => url.includes(ofSecond)).map(({ status }) => status)).toEqual([429, 200]);
  });

  test('don’t share a wait that is longer than a click: that question fails at once', async () => {
    const respond = { status: 429, headers: { 'retry-after': '60' }, body: { error: { code: 'TooManyRequests' } } };
    const [one, two] = await under(running, { match: { url: ofSecond }, respond }, () => all());
    expect(one?.ok).toBe(true);
    expect(two).toMatchObject({ ok: false, failure: { next: 'wait', status: 429, retryAfterMs: 60_000 } });
  });

  test('share one sign-in, which continues when it is slower than a click', async () => {
    const hasty = connect(running, { limits: { clickMs: 500 } });
    const signIns = async () =>
      ((await http(running, 'GET', '/simulator/requests')).body as Sent[]).filter(({ url }) =>
        url.includes('/oauth2/'),
      );
    const before = (await signIns()).length;
    await under(running, { match: { url: '/oauth2/' }, ...noAnswer }, async () => {
      expect((await all(hasty)).map(failureOf).map(codeOf)).toEqual(Array(3).fill('NoAnswerInTime'));
    });
    await untilItWorks(() => ask(person(1), hasty));
    expect(await signIns()).toHaveLength(before + 1);
  });
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

  test('when it is down', async () => {
    const failure = failureOf(await under(running, { match: { url }, drop: true }, () => asked({ retries: 1 })));
    expect(failure.next).toBe('wait');
  });

  test('when it is slower than a click can wait', async () => {
    const failure = failureOf(await under(running, { match: { url }, ...noAnswer }, () => asked({ clickMs: 400 })));
    expect(codeOf(failure)).toBe('NoAnswerInTime');
  });

  test.each([
    ['another shape', { value: 'all of them' }],
    ['no list', {}],
    ['a list of other things', { value: [{ id: requesters }] }],
    ['a page of words', '<html>sign in</html>'],
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
    const users = (change: object) =>
      changeState(running, (state) => {
        for (const one of state.users.filter(({ id }: { id: string }) => id === person(3))) Object.assign(one, change);
      });
    await users({ userType: 'Guest' });
    expect([await kinds(approvers), await kinds(person(3))]).toEqual([['member', 'guest'], ['guest']]);
    await users({ userType: 'Member', accountEnabled: false });
    expect([await kinds(approvers), await kinds(person(3))]).toEqual([['member', 'stranger'], ['stranger']]);
    await users({ accountEnabled: true });
    const permissions = (graphPermissions: readonly string[]) =>
      changeState(running, (state) => {
        for (const one of state.principals.filter(({ id }: { id: string }) => id === bot.id))
          one.graphPermissions = graphPermissions;
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
