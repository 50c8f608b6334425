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
} from '../support/builders/fixtures.ts';
import { startPostgres } from '../support/store/postgres.ts';
import { type StoreProcess, startStore } from '../support/store/store-client.ts';

/** Two replicas append to one audit log. Each decides on what both have stored. */

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
  let store: StoreProcess;
  let other: StoreProcess;

  beforeAll(async () => {
    const url = (await postgres?.newDatabase()) ?? '';
    store = await startStore({ kind: 'postgres', url, maxConnections: 1 });
    other = await startStore({ kind: 'postgres', url });
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
  });
  afterAll(async () => {
    await store?.close();
    await other?.close();
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

  it('see that the other has erased a text', async () => {
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
    expect(await other.erase(id, 'erase', erasing)).toMatchObject({ kind: 'accepted' });
    expect(accepted(await store.append(id, 'click:cancel', cancel())).request.justification).toBeNull();
  });

  it('answer each of several appends at once: stored, stored before, or refused', async () => {
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
    await store.call('auditLog', 'check');
    await other.call('auditLog', 'check');
  });

  it('decide nothing on rows that were changed since they were read', async () => {
    const { id, ask } = fresh();
    accepted(await store.append(id, 'submit', ask));
    await store.sql('alter table cmk.event disable trigger user');
    await store.sql("update cmk.event set body = replace(body, 'westeurope', 'elsewhere') where request_id = $1", [id]);
    await store.sql('alter table cmk.event enable trigger user');
    await expect(store.append(id, 'click:approve', approve())).rejects.toThrow('hash-differs');
    await expect(other.append(id, 'click:cancel', cancel())).rejects.toThrow('hash-differs');
    await expect(store.call('requests', 'load', id)).rejects.toThrow('hash-differs');
  });
});
