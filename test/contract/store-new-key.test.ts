import { randomBytes } from 'node:crypto';
import { auditTools } from '../../src/audit/audit-tools.ts';
import { sealWith } from '../../src/audit/seal-event.ts';
import { openSeals } from '../../src/audit/seals.ts';
import type { PersonId } from '../../src/domain/ids.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { reseal } from '../../src/store/reseal.ts';
import { openStore } from '../../src/store/store.ts';
import { plan, submit, submitted } from '../support/builders/commands.ts';
import { requestId, resourceId } from '../support/builders/fixtures.ts';
import { keysOf } from '../support/store/seal-keys.ts';
import { openTestStore, testDatabases } from '../support/store/test-stores.ts';

/** A new seal key: what the bot stored of the chat is kept, and the key before proves nothing more about it. */

const databases = testDatabases();
const old = Buffer.alloc(32, 1);
const present = Buffer.alloc(32, 2);
const person = '20000000-0000-4000-8000-000000000001' as PersonId;
const chat = { conversationId: '19:chat', serviceUrl: 'https://teams.example/', tenantId: 'tenant', personId: person };
const card = {
  requestId: requestId(1),
  audience: 'approvals',
  conversationId: '19:chat',
  activityId: '7',
  fingerprint: 'f',
};
const asked = {
  key: 'witness+00000000+key',
  size: 3,
  at: new Date('2026-03-02T10:00:00.000Z'),
  outcome: 'signed' as const,
  detail: '',
  note: '',
};

it('is put on each document and row that the key before had sealed, and on no other', async () => {
  const database = openDatabase({ url: await databases.fresh() });
  await migrate(database, 'the database');
  const withKeys = (...keys: readonly Buffer[]) => {
    const tools = auditTools(randomBytes, keysOf(keys, { seq: 1, hash: '' }));
    const store = openStore(database, { ...tools, read: parseEventBody, onBroken: () => undefined });
    return { store, tools };
  };
  const write = async ({ store }: ReturnType<typeof withKeys>, name: string): Promise<void> => {
    await store.people.save({ id: person, memberId: '29:1', name, address: 'person@example.com' });
    await store.conversations.save(chat);
    await store.postedCards.save(card);
    await store.documents.write({ 'form/1': { name } });
    await store.witnesses.keep('log', [asked]);
  };
  const read = async ({ store }: ReturnType<typeof withKeys>) => ({
    names: (await store.people.among([person])).map(({ name }) => name),
    chat: (await store.conversations.personalChat(person))?.conversationId,
    cards: (await store.postedCards.of(requestId(1))).length,
    form: (await store.documents.read(['form/1']))['form/1']?.name,
    witnesses: (await store.witnesses.of('log')).length,
  });
  const nothing = { names: [], chat: undefined, cards: 0, form: undefined, witnesses: 0 };
  try {
    await write(withKeys(old), 'Before');
    const after = withKeys(old, present);
    expect(await read(after)).toEqual(nothing);
    const { replaced } = after.tools;
    if (replaced === null) throw new Error('no key was replaced');
    // Someone's own row, of no key.
    await database.pool.query(
      "insert into cmk.shown select 'CMK-000009', audience, '19:other', activity_id, fingerprint, 'x' from cmk.shown",
    );
    await reseal(database.pool, replaced, after.tools);
    await reseal(database.pool, replaced, after.tools);
    expect(await read(after)).toEqual({ names: ['Before'], chat: '19:chat', cards: 1, form: 'Before', witnesses: 1 });
    const { rows } = await database.pool.query("select seal from cmk.shown where conversation_id = '19:other'");
    expect(rows).toEqual([{ seal: 'x' }]);
    await database.pool.query('delete from cmk.shown');
    await write(withKeys(old), 'Someone who read the old key');
    expect(await read(after)).toEqual(nothing);
  } finally {
    await database.close();
  }
});

const [own, other] = [old, present].map((key) => key.toString('base64')) as [string, string];
/** A request, with these lines in the key file. Returns where the log ends then, as a key file says it. */
async function write(url: string, number: number, ...keys: readonly string[]): Promise<string> {
  const store = await openTestStore(url, { keys });
  try {
    await store.append(requestId(number), 'submit', submit({ plan: plan(resourceId(`bot-${number}`)) }));
    const { seq, hash } = await store.auditLog.head();
    return ` until ${seq} ${hash}`;
  } finally {
    await store.close();
  }
}

it('a key that was replaced is followed by the new one in the chain, stores nothing more, and none of its later events is taken', async () => {
  const url = await databases.fresh();
  const replaced = `${own}${await write(url, 1, own)}`;
  const end = await write(url, 2, replaced, other);
  await expect(write(url, 3, own)).rejects.toThrow('seal-key-unknown');
  await expect(write(url, 3, `${other}${end}`, own)).rejects.toThrow('which the chain has replaced');
  const victim = await openTestStore(url, { keys: [replaced, other] });
  const { seq, hash } = await victim.auditLog.head();
  const place = { seq: seq + 1, request: requestId(4), revision: 1, cause: 'submit', n: 0, prev: hash };
  const seal = sealWith(randomBytes, openSeals(keysOf([old])));
  const forged = seal({ ...place, time: '2100-01-01T00:00:00.000Z' }, submitted());
  // The database itself cannot tell: this is a row as the bot once made them.
  await victim.sql('insert into cmk.event values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
    place.seq,
    place.request,
    1,
    'submit',
    0,
    forged.body,
    hash,
    forged.hash,
    forged.sealKey,
    forged.seal,
  ]);
  await victim.close();
  await expect(write(url, 3, replaced, other)).rejects.toThrow('seal-key-retired');
});
