import type { OpenWanted } from '../../src/domain/ports/store.ts';
import { approver, cancel, plan, requester, requestId, resourceId, submit } from '../support/builders/fixtures.ts';
import { reasonOf, retrying, stuck, waiting, writeRecord } from '../support/store/cli-record.ts';
import type { StoreProcess } from '../support/store/store-client.ts';
import { testDatabases } from '../support/store/store-databases.ts';

/** Which requests are open is told from events that were checked: rows beside them, which the database's owner can write, say nothing. */

const newest = requestId(5);

const databases = testDatabases();

describe('open requests', () => {
  let store: StoreProcess;

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
    await writeRecord(store);
    await store.append(newest, 'submit', submit({ plan: plan(resourceId('bot-5')), justification: reasonOf(newest) }));
  });

  const page = async (limit?: number, offset?: number) => {
    const { requests, total } = await store.call('requests', 'open', limit, offset);
    return [requests.map(({ id }) => id), total];
  };
  const wanted = async (which: OpenWanted) =>
    (await store.call('requests', 'open', 10, 0, which)).requests.map(({ id }) => id);
  const holder = (n: number) => store.call('requests', 'openFor', resourceId(`BOT-${n}`));

  it('tells open requests page by page, first those that wait for people, among them the newest', async () => {
    expect(await page()).toEqual([[stuck, newest, waiting, retrying], 4]);
    expect(await page(2, 0)).toEqual([[stuck, newest], 4]);
    expect(await page(2, 2)).toEqual([[waiting, retrying], 4]);
    expect(await page(2, 4)).toEqual([[], 4]);
  });

  it('tells those of one person, those that wait, and those of part of a name, without reading others', async () => {
    expect(await wanted({ requester })).toEqual([stuck, newest, waiting, retrying]);
    expect(await wanted({ requester: approver })).toEqual([]);
    expect(await wanted({ waits: 'approval' })).toEqual([newest, waiting]);
    expect(await wanted({ waits: 'attention', requester })).toEqual([stuck]);
    expect(await wanted({ waits: 'bot' })).toEqual([retrying]);
    expect(await wanted({ named: 'OT-5' })).toEqual([newest]);
    expect(await wanted({ named: waiting.toLowerCase() })).toEqual([waiting]);
    expect(await wanted({ named: 'healthbots' })).toEqual([]);
  });

  it('tells every request there was for an agent, newest first', async () => {
    expect(await store.call('requests', 'ofResource', resourceId('BOT-5'))).toEqual([newest]);
    expect(await store.call('requests', 'ofResource', resourceId('bot-9'))).toEqual([]);
  });

  it('tells from which message an open request was asked, and which have a card in a message', async () => {
    const origin = { conversationId: 'chat', conversationType: 'personal', messageId: 'form-6' } as const;
    const from = submit({ plan: plan(resourceId('bot-6')), origin });
    await store.append(requestId(6), 'submit', from);
    expect(await store.call('requests', 'openFrom', 'form-6')).toBe(requestId(6));
    await store.append(requestId(6), 'click:cancel', cancel());
    expect(await store.call('requests', 'openFrom', 'form-6')).toBeNull();
    const card = { conversationId: 'chat', activityId: 'post-6', fingerprint: 'x' };
    await store.call('postedCards', 'save', { requestId: requestId(6), audience: 'status', ...card });
    expect(await store.call('postedCards', 'at', 'post-6')).toEqual([requestId(6)]);
    expect(await store.call('postedCards', 'at', 'post-7')).toEqual([]);
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
    await expect(store.append(newest, 'click:cancel', cancel())).rejects.toThrow('open-request-differs');
  });
});
