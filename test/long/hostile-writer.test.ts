import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localTenantId } from '../../sandbox/people.ts';
import { PersonId } from '../../src/domain/ids.ts';
import { personActor } from '../../src/domain/request/events.ts';
import { type OpenDatabase, openWritten } from '../support/store/written-store.ts';
import { invoke, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import * as story from '../support/world/story.ts';

const { agentId, approvalCard, ask, buttonData, choices, people, places, type, typeAll, writes } = story;

/**
 * Somebody can write any row of the database while the bot runs, and has no key. A decision comes from that person's own click in
 * that moment: no event is stored in anybody's name, and Azure gets no write.
 */
let store: OpenDatabase;
// Before the world removes its database.
afterAll(() => store.close());
const world = scenario({ own: { env: { CMK_CALLS_AT_ONCE: '1000000' } } });
beforeAll(async () => {
  store = await openWritten(world);
});

/** What a person's client sends by itself for the card that it shows. */
const refresh = (person: string, verb: string, data: object, place = places.operations) =>
  send(
    world,
    invoke(
      world,
      { action: { type: 'Action.Execute', verb, data }, trigger: 'automatic' },
      {
        from: { id: `29:${person}`, name: 'Somebody', aadObjectId: person },
        conversation: { id: place, conversationType: 'channel', isGroup: true, tenantId: localTenantId },
      },
    ),
  );

describe('a form that was written into', () => {
  test('with a click that waits for Azure submits nothing when its owner’s client fetches the card', async () => {
    const own = await type(
      world,
      people.approver,
      `/enable-cmk resource=${choices.first.agent} vault=${choices.first.vault} key=${choices.first.key}`,
    );
    const victim = await type(world, people.requester, '/enable-cmk');
    const from = String(buttonData({ status: 200, body: own }, 'form.submit').formId);
    const { formId } = buttonData({ status: 200, body: victim }, 'form.next');
    const filled = (await store.document(`form/${from}`)).form;
    const there = await store.document(`form/${formId}`);
    const { form } = there;
    const inputs = { justification: 'Mine', acknowledgeDataLoss: 'true' };
    Object.assign(form, {
      page: 'review',
      answers: filled.answers,
      shownDigest: filled.shownDigest,
      pending: { verb: 'form.submit', inputs, look: 'F-AAAAAAAAAA' },
    });
    await store.overwrite(`form/${formId}`, there);
    const before = await store.events();
    await refresh(people.requester, 'form.show', { formId, revision: form.revision });
    expect(await store.events()).toEqual(before);
  });

  test('with a card that approves another’s request shows nothing of it', async () => {
    const id = await ask(world, choices.test);
    await approvalCard(world, id);
    const victim = await type(world, people.approver, '/enable-cmk');
    const { formId } = buttonData({ status: 200, body: victim }, 'form.next');
    const there = await store.document(`form/${formId}`);
    const approve = {
      type: 'Action.Execute',
      verb: 'request.approve',
      data: { requestId: id, revision: 1, acknowledgeIrreversible: 'true' },
    };
    there.card = {
      type: 'AdaptiveCard',
      version: '1.5',
      body: [],
      actions: [{ ...approve, title: 'Next' }],
      refresh: { action: approve },
    };
    await store.overwrite(`form/${formId}`, there);
    const before = await store.events();
    const { body } = await refresh(people.approver, 'form.show', { formId, revision: 0 });
    expect(body).not.toContain('request.approve');
    expect(await store.events()).toEqual(before);
  });
});

describe('an older row, put back with its own seal', () => {
  const rowOf = async (key: string) => {
    const [found] = await store.sql('select to_jsonb(d)::text as row from cmk.document d where key = $1', [key]);
    return found?.row;
  };
  const putBack = (row: unknown) =>
    store.sql(
      `insert into cmk.document select * from jsonb_populate_record(null::cmk.document, $1)
       on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at, seal = excluded.seal,
         seal_key = excluded.seal_key, etag = excluded.etag`,
      [row],
    );
  const submits = (data: object, verb = 'form.submit', trigger = 'manual') =>
    send(world, invoke(world, { action: { type: 'Action.Execute', verb, data }, trigger }));
  const filledIn = { justification: 'x', acknowledgeDataLoss: 'true' };

  test('of a form shows the page of then, and the button of now submits nothing', async () => {
    const form = await type(world, people.requester, '/enable-cmk', places.group);
    const { formId } = buttonData({ status: 200, body: form }, 'form.next');
    const rows = [await rowOf(`form/${formId}`)];
    const goOn = async (verb: string, inputs: Record<string, unknown>) => {
      await world.teams.click(people.requester, form.id, verb, { inputs });
      rows.push(await rowOf(`form/${formId}`));
    };
    await goOn('form.next', { resource: agentId(choices.first.agent) });
    await goOn('form.next', { vault: choices.first.vault });
    await goOn('form.existing-key', {});
    await goOn('form.next', { key: choices.first.key });
    const before = await store.events();
    const { body } = await submits({ formId }, 'form.show');
    const data = { ...buttonData({ status: 200, body: JSON.parse(body) }, 'form.submit'), ...filledIn };
    for (const row of rows.slice(0, -1)) {
      await putBack(row);
      await submits(data, 'form.show', 'automatic');
      expect((await submits(data)).body).not.toContain('form.submit');
      expect(await store.events()).toEqual(before);
    }
  });

  test('of a form that was submitted submits nothing once more', async () => {
    const form = await typeAll(world, choices.policies, places.group);
    const data = { ...buttonData({ status: 200, body: form }, 'form.submit'), ...filledIn };
    const row = await rowOf(`form/${String(Reflect.get(data, 'formId'))}`);
    await submits(data);
    const before = await store.events();
    await putBack(row);
    await submits(data, 'form.show', 'automatic');
    await submits(data);
    expect(await store.events()).toEqual(before);
  });
});

test('an offer of evidence that nobody clicked for gives no pack, and stores no event in anybody’s name', async () => {
  const [{ id } = {}] = await store.sql('select request_id as id from cmk.event limit 1');
  const before = await store.events();
  const person = people.approver;
  const own = personActor(PersonId.parse(person), localTenantId, 'bot-framework');
  const nobody = { ...own, id: '20000000-0000-4000-8000-00000000ffff' };
  for (const actor of [own, nobody, { kind: 'operator', id: 'Chief Auditor' }]) {
    const name = randomBytes(32).toString('base64url');
    const offer = { person, actor, requestId: id, until: new Date(Date.now() + 600_000).toISOString(), spent: false };
    await store.overwrite(`evidence/offer/${createHash('sha256').update(name).digest('base64url')}`, offer);
    const { status } = await fetch(`${world.botUrl}/evidence/pack?ask=${name}`);
    expect(status).toBe(410);
  }
  expect(await store.events()).toEqual(before);
});

test('Azure gets no write', async () => {
  expect(await writes(world)).toEqual([]);
});
