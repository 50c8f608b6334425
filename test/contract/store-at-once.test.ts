import type { Appended } from '../../src/domain/ports/store.ts';
import { operatorActor } from '../../src/domain/request/events.ts';
import type { Refusal } from '../../src/domain/request/refusal.ts';
import {
  approve,
  approver,
  cancel,
  checkRun,
  plan,
  reject,
  requestId,
  resourceId,
  submit,
} from '../support/fixtures.ts';
import { startPostgres } from '../support/postgres.ts';
import { type SlowWire, startSlowWire } from '../support/slow-wire.ts';
import { type StoreProcess, startStore } from '../support/store-client.ts';

/**
 * A process decides on what it knows, and one statement stores that where nobody else has stored anything. With two replicas, each of
 * which knows less than there is.
 */

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

const accepted = (answer: Appended | Refusal): Appended => {
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.code}`);
  return answer;
};

let last = 0;
const fresh = () => {
  last += 1;
  const resource = resourceId(`bot-${last}`);
  return { id: requestId(last), resource, ask: submit({ plan: plan(resource), resourceName: `bot-${last}` }) };
};

onPostgres('two replicas', () => {
  let wire: SlowWire;
  let store: StoreProcess;
  let other: StoreProcess;
  let answers = 0;

  beforeAll(async () => {
    const url = (await postgres?.newDatabase()) ?? '';
    wire = await startSlowWire(url, () => {
      answers += 1;
      return 0;
    });
    store = await startStore({ kind: 'postgres', url: wire.url, maxConnections: 1 });
    other = await startStore({ kind: 'postgres', url });
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
  });
  afterAll(async () => {
    await store?.close();
    await other?.close();
    wire?.stop();
  });

  const answersTo = async (work: () => Promise<unknown>): Promise<number> => {
    const before = answers;
    await work();
    return answers - before;
  };

  it('wait once for the database where nobody else has written: for a new request, and for one that was read or written last', async () => {
    const { id, ask } = fresh();
    expect(await answersTo(() => store.append(id, 'submit', ask))).toBe(1);
    expect(await answersTo(() => store.append(id, 'click:approve', approve()))).toBe(1);
    expect(await answersTo(() => store.append(id, 'run:1/check', checkRun(ask.plan.wish.resource.id)))).toBe(1);
    expect((await store.call('requests', 'events', id)).map(({ body }) => body.type)).toEqual([
      ...['submitted', 'approved', 'run-ordered', 'run-checked'],
    ]);
    await store.call('trail', 'check');
  });

  it('accept what is right by what another has stored', async () => {
    const { id, resource, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    accepted(await other.append(id, 'click:approve', approve()));
    const { request } = accepted(await store.append(id, 'run:1/check', checkRun(resource)));
    expect(request).toMatchObject({ state: 'approved', checked: 1 });
  });

  it('refuse what is wrong by what another has stored', async () => {
    const { id, resource, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    accepted(await other.append(id, 'click:reject', reject(approver, 'no')));
    const late = accepted(await store.append(id, 'click:approve', approve()));
    expect(late).toMatchObject({ request: { state: 'rejected' }, events: [{ body: { type: 'decided-late' } }] });
    expect(await store.append(id, 'click:cancel', cancel())).toMatchObject({ kind: 'refused' });
    accepted(await other.append(requestId(++last), 'submit', submit({ plan: plan(resource) })));
    expect(await store.append(requestId(++last), 'submit', ask)).toMatchObject({
      kind: 'refused',
      code: 'resource-has-open-request',
      fact: requestId(last - 1),
    });
  });

  it('find what another stored under the same cause', async () => {
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    const first = accepted(await other.append(id, 'click:approve', approve()));
    expect(accepted(await store.append(id, 'click:approve', approve()))).toEqual({ ...first, replay: true });
  });

  it('do not keep in mind a text that another has erased', async () => {
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
    expect(await other.erase(id, 'erase', erasing)).toMatchObject({ kind: 'accepted' });
    expect(accepted(await store.append(id, 'click:cancel', cancel())).request.justification).toBeNull();
  });

  it('store all that waits at once, but for what is refused, was stored before or is about the same agent', async () => {
    const [one, two, three, again] = [fresh(), fresh(), fresh(), fresh()];
    accepted(await store.append(again.id, 'submit', again.ask));
    const same = { ...fresh(), ask: submit({ plan: plan(three.resource) }) };
    const results = await Promise.all([
      store.append(one.id, 'submit', one.ask),
      store.append(again.id, 'submit', again.ask),
      store.append(two.id, 'submit', { ...two.ask, justification: ' ' }),
      store.append(three.id, 'submit', three.ask),
      store.append(same.id, 'submit', same.ask),
      store.append(one.id, 'click:approve', approve()),
    ]);
    expect(results.map((answer) => (answer.kind === 'refused' ? answer.code : answer.replay))).toEqual([
      ...[false, true, 'justification-missing', false, 'resource-has-open-request', false],
    ]);
    await store.call('trail', 'check');
    await other.call('trail', 'check');
  });

  it('decide on the request as it was read, whatever is done to its rows since', async () => {
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    await store.sql('alter table cmk.event disable trigger user');
    await store.sql("update cmk.event set body = replace(body, 'westeurope', 'elsewhere') where request_id = $1", [id]);
    await store.sql('alter table cmk.event enable trigger user');
    const { request } = accepted(await store.append(id, 'click:approve', approve()));
    expect(JSON.stringify(request)).not.toContain('elsewhere');
    await expect(store.call('requests', 'load', id)).rejects.toThrow('hash-differs');
    await expect(other.append(id, 'click:cancel', cancel())).rejects.toThrow('hash-differs');
  });
});
