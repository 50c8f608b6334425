import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { approver, plan, reject, requestId, resourceId, submit } from '../support/builders/fixtures.ts';
import { verifyChain } from '../support/builders/sealed-record.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { writeServerSealKey } from '../support/store/seal-keys.ts';
import { testDatabases } from '../support/store/store-databases.ts';

/** A record that holds a time far ahead, as a wrong clock left it: nothing goes on by itself, and an operator lets it. */

const keys = mkdtempSync(path.join(os.tmpdir(), 'cmk-keys-'));
afterAll(() => rmSync(keys, { recursive: true }));

const place = async (url: string) => ({ DATABASE_URL: url, CMK_SEAL_KEY_FILE: await writeServerSealKey(keys) });
const day = 86_400_000;
const ask = (name: string) => submit({ plan: plan(resourceId(name)), resourceName: name });

const databases = testDatabases();

describe('a wrong clock', () => {
  it('stores nothing by a time far from the last event’s, says so, and goes on after an operator lets it', async () => {
    const url = await databases.fresh();
    const before = await databases.start(url);
    await before.setClock(new Date(Date.now() + 2 * day));
    await before.append(requestId(1), 'submit', ask('bot-1'));
    await before.setClock(null);
    const later = before.append(requestId(2), 'submit', ask('bot-2'));
    await expect(later).rejects.toThrow(/the last event is dated 17\d\d\d\d s ahead of the database’s clock/);
    await expect(before.append(requestId(1), 'click:reject', reject(approver, ''))).rejects.toThrow(
      'Nothing was stored',
    );
    await before.close();

    expect((await cmkBot(['audit', 'resume', '--as', 'duty'], await place(url))).out).toMatch(
      /^The audit log continues from /,
    );
    const again = await cmkBot(['audit', 'resume', '--as', 'duty'], await place(url));
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain('No event is dated ahead of now.');

    const store = await databases.start(url);
    const now = new Date();
    const due = await store.sql("select data->>'kind' as kind from pgboss.job where start_after <= $1", [
      new Date(now.getTime() + 10_000).toISOString(),
    ]);
    expect(due.map(({ kind }) => kind).sort()).toEqual(['audit', 'show']);
    const next = await store.append(requestId(2), 'submit', ask('bot-2'));
    if (next.kind === 'refused') throw new Error(next.code);
    expect(Math.abs(Date.parse(next.events[0]?.time ?? '') - now.getTime())).toBeLessThan(day / 2);
    const events = await store.call('requests', 'events', requestId(1));
    expect(events.map(({ body }) => body.type)).toEqual(['submitted', 'clock-set-right']);
    expect(events[1]?.body).toMatchObject({
      data: { ahead: events[0]?.time },
      actor: { kind: 'operator', id: 'duty' },
    });
    expect(await store.call('requests', 'load', requestId(1))).toMatchObject({ state: 'awaiting-approval' });
    const lines = await store.call('auditLog', 'lines', 0, 100);
    expect(verifyChain(lines, await store.call('auditLog', 'head'))).toEqual([]);
  });
});
