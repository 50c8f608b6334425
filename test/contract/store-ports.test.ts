import { PersonId } from '../../src/domain/ids.ts';
import type { WitnessOutcome, WitnessResponse } from '../../src/domain/ports/published-log.ts';
import { approver, requester, requestId } from '../support/builders/fixtures.ts';
import { type TestStore, testDatabases } from '../support/store/test-stores.ts';

/** Cards shown, conversations, people and documents. */

const at = (seconds: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds));
const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');

const databases = testDatabases();

describe('the store', () => {
  let store: TestStore;

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
  });
  beforeEach(async () => {
    // The chain's time never goes back; each test starts again at second 0.
    await store.session(
      // As its owner alone could: a new day begins.
      'alter table cmk.chain_head disable trigger head_moves_with_events',
      'update cmk.chain_head set time = null',
      'alter table cmk.chain_head enable trigger head_moves_with_events',
    );
  });

  describe('conversations and people', () => {
    const chat = { conversationId: 'a:1', serviceUrl: 'https://one.example/', tenantId: 'tenant', personId: requester };

    it('remembers where the bot can talk, and the service URL seen last', async () => {
      const channel = { ...chat, conversationId: '19:x', personId: null, serviceUrl: 'https://two.example/' };
      expect(await store.conversations.serviceUrl('tenant')).toBeNull();
      await store.conversations.save(chat);
      await store.conversations.save(channel);
      expect(await store.conversations.get('19:x')).toEqual(channel);
      expect(await store.conversations.personalChat(requester)).toEqual(chat);
      expect(await store.conversations.personalChat(approver)).toBeNull();
      expect(await store.conversations.serviceUrl('tenant')).toBe('https://two.example/');
      await store.conversations.save(chat);
      expect(await store.conversations.serviceUrl('tenant')).toBe('https://one.example/');
    });

    it('stores one row for all threads of a channel', async () => {
      const threads = ['1', '2'].map((message) => `19:busy;messageid=${message}`);
      for (const conversationId of threads) await store.conversations.save({ ...chat, conversationId, personId: null });
      for (const thread of [...threads, '19:busy;messageid=3'])
        expect(await store.conversations.get(thread)).toMatchObject({ serviceUrl: chat.serviceUrl });
      const rows = await store.sql(
        "select conversation_id from cmk.conversation where conversation_id like '19:busy%'",
      );
      expect(rows).toEqual([{ conversation_id: '19:busy' }]);
    });

    describe('written in the table by somebody else', () => {
      const person = { id: secondApprover, memberId: '29:3', name: 'Somebody', address: 'somebody@example.com' };
      const place = { ...chat, conversationId: 'a:sealed', personId: secondApprover, tenantId: 'sealed' };
      const card = {
        requestId: requestId(901),
        audience: 'status',
        conversationId: 'a:sealed',
        activityId: '77',
        fingerprint: 'a',
      };
      const read = async () => ({
        name: (await store.people.among([secondApprover]))[0]?.name ?? null,
        chat: await store.conversations.personalChat(secondApprover),
        place: await store.conversations.get(place.conversationId),
        url: await store.conversations.serviceUrl('sealed'),
        cards: await store.postedCards.of(card.requestId),
        holders: await store.postedCards.at(card.activityId),
      });
      const whole = {
        name: 'Somebody',
        chat: place,
        place,
        url: place.serviceUrl,
        cards: [card],
        holders: [card.requestId],
      };
      const nowhere = { chat: null, place: null, url: null };
      const noCard = { cards: [], holders: [] };
      beforeEach(async () => {
        // The owner of the other seal.
        await store.people.save({ id: approver, memberId: '29:2', name: 'Second name', address: null });
        // What it wrote last it would not write again.
        await store.people.save({ ...person, name: 'Another', address: 'another@example.com' });
        await store.conversations.save({ ...place, serviceUrl: 'https://another.example/' });
        await store.people.save(person);
        await store.conversations.save(place);
        await store.postedCards.save(card);
        expect(await read()).toEqual(whole);
      });

      const rows = {
        person: `id = '${secondApprover}'`,
        conversation: `conversation_id = '${place.conversationId}'`,
        shown: `activity_id = '${card.activityId}'`,
      };
      const ofAnother = `(seal, name) = (select seal, name from cmk.person where id = '${approver}')`;
      it.each<[string, keyof typeof rows, string, object]>([
        ['a name', 'person', "name = 'Another'", { name: null }],
        ['a member', 'person', "member_id = '29:9'", { name: null }],
        ['a person with the seal of another', 'person', ofAnother, { name: null }],
        ['whose chat it is', 'conversation', `person_id = '${approver}'`, nowhere],
        ['an address', 'conversation', "service_url = 'https://x.example/'", nowhere],
        ['where a card stands', 'shown', "conversation_id = '19:x'", noCard],
        ['what stands there', 'shown', "fingerprint = 'b'", noCard],
        ['which card it is', 'shown', "audience = 'approval'", noCard],
      ])('%s counts as unknown', async (_what, table, change, changed) => {
        await store.sql(`update cmk.${table} set ${change} where ${rows[table]}`);
        expect(await read()).toEqual({ ...whole, ...changed });
      });

      it('an address of a person tells nobody apart', async () => {
        await store.people.save({ ...person, id: approver, address: null });
        expect((await read()).name).toBe('Somebody (somebody@example.com)');
        await store.sql(`update cmk.person set address = 'x@example.com' where id = '${secondApprover}'`);
        expect((await read()).name).toBe(`Somebody (${secondApprover})`);
      });
    });

    it('tells people of one name apart by their addresses, which a message without one does not take away', async () => {
      const [kim, another] = ['f1', 'f2'].map((end) => PersonId.parse(`20000000-0000-4000-8000-0000000000${end}`));
      if (kim === undefined || another === undefined) throw new Error('two people');
      const one = { id: kim, memberId: '29:1', name: 'Kim', address: 'kim@example.com' };
      const other = { id: another, memberId: '29:2', name: 'KIM', address: null };
      await store.people.save(one);
      expect(await store.people.among([kim])).toEqual([{ id: kim, memberId: '29:1', name: 'Kim' }]);
      await store.people.save(other);
      await store.people.save({ ...one, address: null });
      const names = async () => (await store.people.among([kim, another])).map(({ name }) => name).sort();
      expect(await names()).toEqual([`KIM (${another})`, 'Kim (kim@example.com)']);
      // Nobody sees what these differ in.
      for (const name of ['kim', ' Kim', 'K\u200Dim', 'Ki\u200Bm\u2060', '\uFF2Bim', 'Kim\u00A0']) {
        await store.people.save({ ...other, name });
        expect([name, (await names()).length, (await names()).join()]).toEqual([
          name,
          2,
          expect.stringContaining('(kim@example.com)'),
        ]);
      }
      await store.people.save({ ...other, name: 'Somebody else' });
      expect(await names()).toEqual(['Kim', 'Somebody else']);
    });
  });

  describe('witnesses', () => {
    const log = 'bot.example/audit';
    const key = 'witness.example/w1+a0442588+BAWH';
    const asked = (size: number, outcome: WitnessOutcome, seconds: number): WitnessResponse => ({
      key,
      size,
      at: at(seconds),
      outcome,
      detail: outcome === 'signed' ? '' : `said at ${seconds}`,
      note: `note of ${size}`,
    });
    const found = async () => (await store.witnesses.of(log))[0];

    it('keeps what each signed last, and the first contradiction until an operator ends it', async () => {
      await store.witnesses.keep(log, [asked(5, 'signed', 1)]);
      await store.witnesses.keep(log, [asked(7, 'no-answer', 2)]);
      expect(await found()).toMatchObject({
        since: at(1),
        signed: { size: 5, at: at(1) },
        asked: { size: 7, at: at(2), outcome: 'no-answer', detail: 'said at 2' },
        contradiction: null,
        told: false,
      });
      await store.witnesses.keep(log, [asked(8, 'another-history', 3)]);
      await store.witnesses.keep(log, [asked(9, 'another-history', 4)]);
      const contradiction = { at: at(3), detail: 'said at 3', note: 'note of 8' };
      expect(await found()).toMatchObject({ signed: { size: 5 }, contradiction, told: false });
      await store.witnesses.told(log, key, true);
      expect(await store.witnesses.clear('witness.example/w', 'Operator', at(5))).toBe(0);
      expect(await store.witnesses.clear('witness.example/w1', 'Operator', at(5))).toBe(1);
      expect(await found()).toMatchObject({ contradiction: null, told: true });
      // The next one is told anew.
      await store.witnesses.keep(log, [asked(9, 'another-history', 6)]);
      expect(await found()).toMatchObject({ contradiction: { at: at(6), note: 'note of 9' }, told: false });
      expect(await store.witnesses.of('other.example/audit')).toEqual([]);
    });

    it.each([
      ['a contradiction', "contradicted_at = now(), contradiction = 'x', shown = 'x'"],
      ['that it signed', 'signed_at = now(), signed_size = 99'],
      ['that people were told', 'told = true'],
      ['no time', "asked_at = 'infinity'"],
      ['no seal', 'seal = null'],
    ])('%s that somebody wrote counts as absent, and the next ask stands', async (_what, change) => {
      await store.sql('delete from cmk.witness');
      await store.witnesses.keep(log, [asked(5, 'signed', 1)]);
      expect(await found()).toMatchObject({ signed: { size: 5 } });
      await store.sql(`update cmk.witness set ${change}`);
      expect(await found()).toBeUndefined();
      expect(await store.witnesses.clear('witness.example/w1', 'Operator', at(5))).toBe(0);
      await store.witnesses.told(log, key, true);
      expect(await found()).toBeUndefined();
      await store.witnesses.keep(log, [asked(7, 'signed', 2)]);
      expect(await found()).toMatchObject({ signed: { size: 7 }, since: at(2), contradiction: null, told: false });
    });
  });

  describe('documents', () => {
    const stale = expect.objectContaining({ name: 'StaleDocument' });
    const read = async (key: string) => (await store.documents.read([key]))[key];

    it('writes all of a call or none', async () => {
      await store.documents.write({ e: { page: 1 } });
      const changes = { d: { page: 1 }, e: { page: 2, eTag: 'gone' } };
      await expect(store.documents.write(changes)).rejects.toEqual(stale);
      expect(await read('d')).toBeUndefined();
    });

    it('lets one of many writers of the same version through', async () => {
      await store.documents.write({ f: { page: 0 } });
      const eTag = (await read('f'))?.eTag;
      const writes = Array.from({ length: 10 }, (_, page) => store.documents.write({ f: { page, eTag } }));
      const outcomes = await Promise.allSettled(writes);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    });

    it('never gives a document made anew the version of a deleted one', async () => {
      await store.documents.write({ g: { page: 1 } });
      const eTag = (await read('g'))?.eTag;
      await store.documents.delete(['g']);
      await store.documents.write({ g: { page: 2 } });
      await expect(store.documents.write({ g: { page: 3, eTag } })).rejects.toEqual(stale);
    });

    const change = (what: string): string => `update cmk.document set ${what} where key = 'mine'`;
    const columns = 'value, changed_at, seal, seal_key';
    it.each([
      [
        'put in',
        "delete from cmk.document where key = 'mine'",
        "insert into cmk.document select 'mine', '{}', 1, now(), seal_key, seal from cmk.document where key = 'other'",
      ],
      ['edited', change(`value = '{"page":2}'`)],
      ['given another time', change("changed_at = changed_at + interval '1 ms'")],
      ['stripped of its seal', change("seal = ''")],
      ['given the seal of an older one', change("seal = (select seal from cmk.document where key = 'older')")],
      [
        'replaced by the row of another key, seal and all',
        change(`(${columns}) = (select ${columns} from cmk.document where key = 'other')`),
      ],
    ])('counts as absent once it was %s in the table, and another can be written in its place', async (_how, ...by) => {
      store.setClock(null);
      await store.documents.write({ older: { page: 1 }, other: { page: 3 } });
      await store.documents.write({ mine: { page: 1 } });
      expect(await read('mine')).toMatchObject({ page: 1 });
      for (const statement of by) await store.sql(statement);
      expect(await read('mine')).toBeUndefined();
      await store.documents.write({ mine: { page: 4, eTag: '' } });
      expect(await read('mine')).toMatchObject({ page: 4 });
    });

    it('put back a week after it was written counts as absent', async () => {
      store.setClock(at(0));
      await store.documents.write({ back: { page: 1 } });
      store.setClock(at(9 * 24 * 3_600));
      expect(await read('back')).toBeUndefined();
      store.setClock(null);
    });

    it('deletes what nobody wrote for a while', async () => {
      store.setClock(at(0));
      await store.documents.write({ old: { page: 1 }, 'welcome/a:1': {} });
      store.setClock(at(100));
      await store.documents.write({ young: { page: 1 } });
      await store.documents.deleteLeftFor(50_000);
      expect(Object.keys(await store.documents.read(['old', 'young', 'welcome/a:1']))).toEqual([
        'welcome/a:1',
        'young',
      ]);
    });
  });
});
