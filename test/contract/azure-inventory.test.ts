import { isSearchable, kqlString } from '../../src/azure/kql.ts';
import { changeState } from '../support/azure/local-azure.ts';
import {
  careId,
  connect,
  connectedAzure,
  failureOf,
  financeId,
  got,
  owner,
  researchId,
  resourceId,
  sentDuring,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

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

  test('typing on does not ask for the names of subscriptions again', async () => {
    await names('a');
    expect(await sentDuring(running, () => names('ag'))).toHaveLength(1);
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
      respond: { status: 200, body: { totalRecords: 3, count: data.length, resultTruncated: 'false', data, ...more } },
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

  test('none of them is a refusal', async () => {
    const none = connect(running, { subscriptions: [nowhere, financeId] });
    expect(failureOf(await none.inventory.resourceKeys())).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  test('however many may not be read, one look asks a bounded number of times', async () => {
    const fault = {
      match: { url: 'ResourceGraph' },
      respond: { status: 400, body: { error: { code: 'Odd', message: 'x' } } },
      times: 100,
    };
    const many = connect(running, {
      subscriptions: Array.from(
        { length: 200 },
        (_, n) => `4${String(n).padStart(7, '0')}-1111-4000-8000-000000000001`,
      ),
    });
    const sent = await sentDuring(running, () => under(running, fault, () => many.inventory.resourceKeys()));
    expect(sent.length).toBeLessThan(140);
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

  test.each(attempts)('%j reads back as itself', (attempt) => {
    const literal = kqlString(attempt);
    expect(literal).toMatch(/^'(?:[^'\\]|\\['\\])*'$/);
    expect(literal.slice(1, -1).replace(/\\(.)/g, '$1')).toBe(attempt);
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
