import type { Appended } from '../../src/domain/ports/store.ts';
import type { Refusal } from '../../src/domain/request/refusal.ts';
import {
  approve,
  approver,
  cancel,
  checkRun,
  intend,
  plan,
  reject,
  requestId,
  resourceId,
  submit,
} from '../support/builders/fixtures.ts';
import { verifyChain } from '../support/builders/sealed-record.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { testDatabases } from '../support/store/store-databases.ts';

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
  let store: StoreProcess;

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
  });

  it('stores what was decided and answers with the request as it then is', async () => {
    const { id, ask } = fresh();
    const answer = accepted(await store.append(id, 'submit', ask));
    expect(answer).toMatchObject({ replay: false, request: { id, state: 'awaiting-approval', revision: 1 } });
    expect(answer.events).toMatchObject([
      { revision: 1, cause: 'submit', body: { type: 'submitted' }, texts: { justification: ask.justification } },
    ]);
    expect(await store.call('requests', 'events', id)).toEqual(answer.events);
    expect(await store.call('requests', 'load', id)).toEqual(answer.request);
  });

  it('finds an agent’s requests also where a name in them holds what jsonb refuses', async () => {
    const { id, ask, resource } = fresh();
    accepted(await store.append(id, 'submit', { ...ask, resourceName: 'a\0b' }));
    expect(await store.call('requests', 'ofResource', resource)).toEqual([id]);
  });

  it('answers a repeated cause with what was recorded, even when more has happened since', async () => {
    const { id, ask } = fresh();
    await store.append(id, 'submit', ask);
    const first = accepted(await store.append(id, 'click:approve', approve()));
    await store.append(id, 'run:1/check', checkRun(ask.plan.spec.resource.id));
    await store.append(id, 'run:1/enable-identity/1/intent', intend());
    const again = accepted(await store.append(id, 'click:approve', approve()));
    expect(first.events.map((event) => event.body.type)).toEqual(['approved', 'run-ordered']);
    expect(again).toEqual({ ...first, replay: true });
    expect((await store.call('requests', 'load', id))?.state).toBe('running');
  });

  it('stores nothing of a refusal, so that the same cause can be accepted later', async () => {
    const { id, ask } = fresh();
    const head = await store.call('auditLog', 'head');
    expect(await store.append(id, 'click:approve', approve())).toMatchObject({ code: 'unknown-request' });
    expect(await store.append(id, 'submit', { ...ask, justification: ' ' })).toMatchObject({
      code: 'reason-missing',
    });
    expect(await store.call('auditLog', 'head')).toEqual(head);
    accepted(await store.append(id, 'submit', ask));
    expect(accepted(await store.append(id, 'click:approve', approve())).replay).toBe(false);
  });

  it('stores one event for the same cause twenty times at once', async () => {
    const { id, ask } = fresh();
    const answers = await times(20, () => store.append(id, 'submit', ask));
    expect(answers.filter((answer) => answer.kind === 'accepted' && !answer.replay)).toHaveLength(1);
    expect(new Set(answers.map((answer) => JSON.stringify(accepted(answer).request))).size).toBe(1);
    expect(await store.call('requests', 'events', id)).toHaveLength(1);
  });

  it('lets one of two requests for one agent in when both are submitted at once, and names it to the other', async () => {
    for (let round = 0; round < 5; round++) {
      const one = fresh();
      const other = { ...fresh(), ask: { ...one.ask, plan: plan(resourceId(`BOT-${lastRequest - 1}`)) } };
      const answers = await Promise.all([one, other].map(({ id, ask }) => store.append(id, 'submit', ask)));
      const holder = await store.call('requests', 'openFor', one.resource);
      expect(answers.filter((answer) => answer.kind === 'accepted')).toHaveLength(1);
      expect(answers).toContainEqual({ kind: 'refused', code: 'resource-has-open-request', fact: holder });
      const loser = holder === one.id ? other.id : one.id;
      expect(await store.call('requests', 'load', loser)).toBeNull();
    }
  });

  it('frees the agent when its request ends', async () => {
    const { id, resource, ask } = fresh();
    await store.append(id, 'submit', ask);
    expect(await store.call('requests', 'openFor', resource)).toBe(id);
    await store.append(id, 'click:cancel', cancel());
    expect(await store.call('requests', 'openFor', resource)).toBeNull();
    accepted(await store.append(requestId(++lastRequest), 'submit', ask));
  });

  it('lists the newest request first, page by page', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) {
      const { id, ask } = fresh();
      await store.append(id, 'submit', ask);
      ids.unshift(id);
    }
    const page = async (limit: number, offset: number) =>
      (await store.call('requests', 'list', limit, offset)).map((request) => request.id);
    expect(await page(3, 0)).toEqual(ids);
    expect(await page(1, 1)).toEqual([ids[1]]);
  });

  it('never turns time back where a clock lags a little', async () => {
    const { id, ask } = fresh();
    const first = new Date(Date.now() + 30_000);
    await store.setClock(first);
    await store.append(id, 'submit', ask);
    await store.setClock(new Date(first.getTime() - 50_000));
    const late = accepted(await store.append(id, 'click:reject', reject(approver, 'not this week')));
    await store.setClock(null);
    expect(late.events[0]?.time).toBe(first.toISOString());
    expect(late.request).toMatchObject({ state: 'rejected', ended: { comment: 'not this week' } });
  });

  it('keeps characters that databases trip over', async () => {
    const { id, ask } = fresh();
    const resourceName = 'naïve \u0000 \ud83d\udd11 \u2028 "quoted" \\ \ud800';
    const justification = 'a\u0000b \ud83d\udd11 \udfff end';
    accepted(await store.append(id, 'submit', { ...ask, resourceName, justification }));
    const request = await store.call('requests', 'load', id);
    expect(request?.resourceName).toBe('naïve \u0000 \ud83d\udd11 \u2028 "quoted" \\ \ufffd');
    expect(request?.justification).toBe('a\ufffdb \ud83d\udd11 \ufffd end');
  });

  it('calls its listeners after a commit, not after a replay or a refusal', async () => {
    const { id, ask } = fresh();
    const { times: before } = await store.written();
    await store.append(id, 'submit', ask);
    await store.append(id, 'submit', ask);
    await store.append(id, 'click:approve', approve(approver, { asking: 9 }));
    expect((await store.written()).times).toBe(before + 1);
  });

  it('calls its listeners outside of what the writer is in the middle of', async () => {
    const { id, ask } = fresh();
    await store.append(id, 'submit', ask);
    const { times, within } = await store.written();
    expect(times).toBeGreaterThan(0);
    expect(within).toBe(0);
  });
});

describe('several processes on one database', () => {
  it('keeps one contiguous chain under sixteen writers', async () => {
    const url = await databases.fresh();
    // They migrate at once, too.
    const replicas = await times(4, () => databases.start(url));
    await times(16, async (writer) => {
      const replica = replicas[writer % replicas.length] as StoreProcess;
      for (let i = 0; i < 5; i++) {
        const { id, ask } = fresh();
        accepted(await replica.append(id, 'submit', ask));
        accepted(await replica.append(id, 'click:approve', approve()));
      }
    });
    const [reader] = replicas as [StoreProcess];
    const lines = await reader.call('auditLog', 'lines', 0, 1000);
    expect(lines.map((line) => line.seq)).toEqual(Array.from({ length: 16 * 5 * 3 }, (_, index) => index + 1));
    expect(verifyChain(lines, await reader.call('auditLog', 'head'))).toEqual([]);
  });

  it('goes on after SIGKILL between commit and answer: the repeated click finds its event', async () => {
    const url = await databases.fresh();
    const { id, ask } = fresh();
    const killed = await databases.start(url);
    await killed.append(id, 'submit', ask);
    await killed.appendAndDie(id, 'click:approve', approve());
    const restarted = await databases.start(url);
    const answer = accepted(await restarted.append(id, 'click:approve', approve()));
    expect(answer).toMatchObject({ replay: true, request: { state: 'approved', runs: 1 } });
    const events = await restarted.call('requests', 'events', id);
    expect(events.map((event) => event.body.type)).toEqual(['submitted', 'approved', 'run-ordered']);
    await restarted.setClock(new Date(Date.now() + 60_000));
    const due = await restarted.sql("select data->>'kind' as kind, data->>'key' as key from pgboss.job");
    expect(due.map(({ kind, key }) => `${kind} ${key}`)).toEqual(expect.arrayContaining(['show ', 'audit ', 'run 1']));
  });
});
