import type { Appended } from '../../src/domain/ports/store.ts';
import { operatorActor } from '../../src/domain/request/events.ts';
import type { Refusal } from '../../src/domain/request/refusal.ts';
import { resumeLog } from '../../src/operator/cli/records.ts';
import { approve, cancels, checkRun, intends, plan, reject, submit } from '../support/builders/commands.ts';
import { approver, requestId, resourceId } from '../support/builders/fixtures.ts';
import { verifyChain } from '../support/builders/sealed-record.ts';
import { reasonOf, retrying, stuck, waiting, writeRecord } from '../support/store/cli-record.ts';
import { type TestStore, testDatabases } from '../support/store/test-stores.ts';

/** The one way to write an event, and what it promises when many write at once or the process dies. */

let lastRequest = 0;
/** A request nobody used yet, for an agent of its own. */
const fresh = () => {
  lastRequest += 1;
  const resource = resourceId(`bot-${lastRequest}`);
  return {
    id: requestId(lastRequest),
    resource,
    ask: submit({ plan: plan(resource), resourceName: `bot-${lastRequest}` }),
  };
};

const accepted = (answer: Appended | Refusal): Appended => {
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.code}`);
  return answer;
};

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const databases = testDatabases();

describe('appending', () => {
  let store: TestStore;

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
  });

  it('answers a repeated cause with what was recorded, even when more has happened since', async () => {
    const { id, ask } = fresh();
    await store.append(id, 'submit', ask);
    const first = accepted(await store.append(id, 'click:approve', approve()));
    await store.append(id, 'run:1/check', checkRun(ask.plan.spec.resource.id));
    await store.append(id, 'run:1/enable-identity/1/intent', intends());
    const again = accepted(await store.append(id, 'click:approve', approve()));
    expect(first.events.map((event) => event.body.type)).toEqual(['approved', 'run-ordered']);
    expect(again).toEqual({ ...first, replay: true });
    expect((await store.requests.load(id))?.state).toBe('running');
  });

  it('stores nothing of a refusal, so that the same cause can be accepted later', async () => {
    const { id, ask } = fresh();
    const head = await store.auditLog.head();
    expect(await store.append(id, 'click:approve', approve())).toMatchObject({ code: 'unknown-request' });
    expect(await store.append(id, 'submit', { ...ask, justification: ' ' })).toMatchObject({ code: 'reason-missing' });
    expect(await store.auditLog.head()).toEqual(head);
    accepted(await store.append(id, 'submit', ask));
    expect(accepted(await store.append(id, 'click:approve', approve())).replay).toBe(false);
  });

  it('stores one event for the same cause twenty times at once', async () => {
    const { id, ask } = fresh();
    const answers = await times(20, () => store.append(id, 'submit', ask));
    expect(answers.filter((answer) => answer.kind === 'accepted' && !answer.replay)).toHaveLength(1);
    expect(new Set(answers.map((answer) => JSON.stringify(accepted(answer).request))).size).toBe(1);
    expect(await store.requests.events(id)).toHaveLength(1);
  });

  it('lets one of two requests for one agent in when both are submitted at once, and names it to the other', async () => {
    for (let round = 0; round < 5; round++) {
      const one = fresh();
      const other = { ...fresh(), ask: { ...one.ask, plan: plan(resourceId(`BOT-${lastRequest - 1}`)) } };
      const answers = await Promise.all([one, other].map(({ id, ask }) => store.append(id, 'submit', ask)));
      const holder = await store.requests.openFor(one.resource);
      expect(answers.filter((answer) => answer.kind === 'accepted')).toHaveLength(1);
      expect(answers).toContainEqual({ kind: 'refused', code: 'resource-has-open-request', fact: holder });
      const loser = holder === one.id ? other.id : one.id;
      expect(await store.requests.load(loser)).toBeNull();
    }
  });

  it('frees the agent when its request ends', async () => {
    const { id, resource, ask } = fresh();
    await store.append(id, 'submit', ask);
    expect(await store.requests.openFor(resource)).toBe(id);
    await store.append(id, 'click:cancel', cancels());
    expect(await store.requests.openFor(resource)).toBeNull();
    accepted(await store.append(requestId(++lastRequest), 'submit', ask));
  });

  it('never turns time back where a clock lags a little', async () => {
    const { id, ask } = fresh();
    const first = new Date(Date.now() + 30_000);
    store.setClock(first);
    await store.append(id, 'submit', ask);
    store.setClock(new Date(first.getTime() - 50_000));
    const late = accepted(await store.append(id, 'click:reject', reject(approver, 'not this week')));
    store.setClock(null);
    expect(late.events[0]?.time).toBe(first.toISOString());
    expect(late.request).toMatchObject({ state: 'rejected', ended: { comment: 'not this week' } });
  });
});

describe('several processes on one database', () => {
  it('keeps one contiguous chain under sixteen writers', async () => {
    const url = await databases.fresh();
    // They migrate at once, too.
    const replicas = await times(4, () => databases.start(url));
    await times(16, async (writer) => {
      const replica = replicas[writer % replicas.length] as TestStore;
      for (let i = 0; i < 5; i++) {
        const { id, ask } = fresh();
        accepted(await replica.append(id, 'submit', ask));
        accepted(await replica.append(id, 'click:approve', approve()));
      }
    });
    const [reader] = replicas as [TestStore];
    const lines = await reader.auditLog.lines(0, 1000);
    expect(lines.map((line) => line.seq)).toEqual(Array.from({ length: 16 * 5 * 3 }, (_, index) => index + 1));
    expect(verifyChain(lines, await reader.auditLog.head())).toEqual([]);
  });

  it('finds what another process stored for a click that was never answered, and its jobs', async () => {
    const url = await databases.fresh();
    const { id, ask } = fresh();
    const ended = await databases.start(url);
    await ended.append(id, 'submit', ask);
    await ended.append(id, 'click:approve', approve());
    const restarted = await databases.start(url);
    const answer = accepted(await restarted.append(id, 'click:approve', approve()));
    expect(answer).toMatchObject({ replay: true, request: { state: 'approved', runs: 1 } });
    const due = await restarted.sql("select data->>'kind' as kind, data->>'key' as key from pgboss.job");
    expect(due.map(({ kind, key }) => `${kind} ${key}`)).toEqual(expect.arrayContaining(['show ', 'audit ', 'run 1']));
  });
});

describe('the audit log in the database', () => {
  let store: TestStore;
  const id = requestId(1);
  const first = submit({ plan: plan(resourceId('bot-1')), justification: 'a reason of its own' });

  /** Two requests, four events; the second is approved with a comment. */
  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
    await store.append(id, 'submit', first);
    await store.append(requestId(2), 'submit', submit({ plan: plan(resourceId('bot-2')) }));
    await store.append(requestId(2), 'click:approve', approve(approver, { comment: 'looks right' }));
  });

  const findings = async () => verifyChain(await store.auditLog.lines(0, 1000), await store.auditLog.head());
  it.each([
    "update cmk.event set cause = 'other' where seq = 1",
    'delete from cmk.event where seq = 4',
    'truncate cmk.event',
    'delete from cmk.chain_head',
    'truncate cmk.chain_head',
  ])('refuses %s', async (statement) => {
    await expect(store.sql(statement)).rejects.toThrow('only grows');
    expect(await findings()).toEqual([]);
  });

  const row = (seq: string, prev: string, revision: number, body = '{}') =>
    `insert into cmk.event (seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal) select ${seq}, '${id}',
      ${revision}, 'x', 9, '${body}', ${prev}, encode(sha256('{}'), 'hex'), 'x', 'x' from cmk.chain_head`;

  it.each([
    ['a row at a negative number', row('-1', 'hash', 2), 'does not follow'],
    ['a row in the past', row('seq', "'x'", 2), 'does not follow'],
    ['a row behind a gap', row('seq + 2', 'hash', 2), 'does not follow'],
    ['a row behind another hash', row('seq + 1', "'x'", 2), 'does not follow'],
    ['a row whose hash is not its own', row('seq + 1', 'hash', 2, '{"a":1}'), 'does not follow'],
    ['a row that is not the next of its request', row('seq + 1', 'hash', 7), 'is not the next'],
    ['a row without a seal', row('seq + 1', 'hash', 2).replace("'x', 'x' from", 'null, null from'), 'not-null'],
    ['the head moved alone', 'update cmk.chain_head set seq = 1', 'moves with the events alone'],
    ['another seal', "update cmk.event set seal = 'x' where seq = 1", 'only grows'],
    ['a seal taken away', 'update cmk.event set seal = null, seal_key = null where seq = 1', 'only grows'],
  ])('refuses %s', async (_what, statement, words) => {
    await expect(store.sql(statement)).rejects.toThrow(words);
    expect(await findings()).toEqual([]);
  });

  it('erases texts and salts with the event that says so, and still verifies', async () => {
    expect(await store.erase(id, 'erase:1', approve(first.by))).toMatchObject({ code: 'own-request' });
    expect(await store.auditLog.textsOf([id])).toHaveLength(1);
    const form = { form: { repeats: id, justification: first.justification } };
    const proof = `sign-in/proof/${id}/1/${approver}`;
    await store.documents.write({
      'form/1': form,
      'form/2': { form: { repeats: requestId(2) } },
      'sign-in/ask/1': { purpose: { requestId: id }, inputs: { comment: 'a name' } },
      [proof]: { inputs: {} },
    });
    const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
    expect(await store.erase(id, 'erase:1', erasing)).toMatchObject({ kind: 'accepted', replay: false });
    expect(await store.erase(id, 'erase:1', erasing)).toMatchObject({ kind: 'accepted', replay: true });
    expect(await store.auditLog.textsOf([id])).toEqual([]);
    expect(await store.auditLog.textsOf([requestId(2)])).toHaveLength(2);
    const documents = await store.documents.read(['form/1', 'form/2', 'sign-in/ask/1', proof]);
    expect(Object.keys(documents)).toEqual(['form/2']);
    expect((await store.requests.load(id))?.justification).toBeNull();
    expect((await store.requests.events(id))[0]?.texts).toEqual({ justification: null });
    expect(await findings()).toEqual([]);
  });
});

describe('open requests', () => {
  let store: TestStore;

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
    await writeRecord(store);
    await store.append(newest, 'submit', submit({ plan: plan(resourceId('bot-5')), justification: reasonOf(newest) }));
  });

  const newest = requestId(5);
  const page = async (limit?: number, offset?: number) => {
    const { requests, total } = await store.requests.open(limit, offset);
    return [requests.map(({ id }) => id), total];
  };
  const holder = (n: number) => store.requests.openFor(resourceId(`BOT-${n}`));

  it('tells open requests page by page, first those that wait for people, among them the newest', async () => {
    expect(await page()).toEqual([[stuck, newest, waiting, retrying], 4]);
    expect(await page(2, 0)).toEqual([[stuck, newest], 4]);
    expect(await page(2, 2)).toEqual([[waiting, retrying], 4]);
    expect(await page(2, 4)).toEqual([[], 4]);
  });

  it('tells from which message an open request was asked, and which have a card in a message', async () => {
    const origin = { conversationId: 'chat', conversationType: 'personal', messageId: 'form-6' } as const;
    const from = submit({ plan: plan(resourceId('bot-6')), origin });
    await store.append(requestId(6), 'submit', from);
    expect(await store.requests.openFrom('form-6')).toBe(requestId(6));
    await store.append(requestId(6), 'click:cancel', cancels());
    expect(await store.requests.openFrom('form-6')).toBeNull();
    const card = { conversationId: 'chat', activityId: 'post-6', fingerprint: 'x' };
    await store.postedCards.save({ requestId: requestId(6), audience: 'status', ...card });
    expect(await store.postedCards.at('post-6')).toEqual([requestId(6)]);
    expect(await store.postedCards.at('post-7')).toEqual([]);
  });

  it('is not made to say that an agent has an open request, nor to name another', async () => {
    await store.sql("insert into cmk.open_request values (lower($1), 'CMK-00000X')", [resourceId('bot-9')]);
    await store.sql("update cmk.open_request set request_id = 'CMK-00000X' where request_id = $1", [waiting]);
    expect([await holder(9), await holder(1)]).toEqual([null, waiting]);
    expect((await page())[1]).toBe(4);
  });

  it('is not made to overlook an open request, in a list or where an agent is asked for again', async () => {
    await store.sql('delete from cmk.open_request');
    expect(await page(2, 0)).toEqual([[stuck, newest], 4]);
    expect(await holder(5)).toBe(newest);
  });

  it('ends where something would follow from what it finds there', async () => {
    await expect(store.append(newest, 'click:cancel', cancels())).rejects.toThrow('open-request-differs');
  });
});

it('a wrong clock stores nothing by a time far from the last event’s, says so, and continues after an operator allows it', async () => {
  const url = await databases.fresh();
  const store = await databases.start(url);
  const ask = (n: number) => submit({ plan: plan(resourceId(`bot-${n}`)) });
  store.setClock(new Date(Date.now() + 2 * 86_400_000));
  await store.append(requestId(1), 'submit', ask(1));
  store.setClock(null);
  await expect(store.append(requestId(2), 'submit', ask(2))).rejects.toThrow(
    /the last event is dated 17\d\d\d\d s ahead of the database’s clock/,
  );
  expect(await resumeLog(store, 'duty')).toMatchObject({ kind: 'accepted' });
  expect(await resumeLog(store, 'duty')).toMatchObject({ kind: 'refused' });
  const due = await store.sql(
    "select data->>'kind' as kind from pgboss.job where start_after <= now() + interval '10 s'",
  );
  expect(due.map(({ kind }) => kind).sort()).toEqual(['audit', 'show']);
  expect(await store.append(requestId(2), 'submit', ask(2))).toMatchObject({ kind: 'accepted' });
  const events = await store.requests.events(requestId(1));
  expect(events.map(({ body }) => body.type)).toEqual(['submitted', 'clock-set-right']);
  expect(events[1]?.body).toMatchObject({ data: { ahead: events[0]?.time }, actor: { kind: 'operator', id: 'duty' } });
  expect(verifyChain(await store.auditLog.lines(0, 100), await store.auditLog.head())).toEqual([]);
});
