import { beforeEach, describe, expect, test } from '@jest/globals';
import { cardOf, type JsonObject, type SeenActivity } from '../support/teams/local-teams.ts';
import { invoke, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  buttonData,
  cardsAbout,
  choices,
  fillForm,
  people,
  places,
  submit,
  type,
  typeAll,
  wordsOf,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const world = scenario();

test('whoever presses a suggestion is taken to have typed it, whatever the button is made to say', async () => {
  const card = await type(world, people.requester, '/enable-cmkk', places.group);
  const press = (person: string, data: JsonObject = {}) => world.teams.click(person, card.id, 'typed.meant', { data });
  /** What only the clicker is told stands below it. */
  const lastCard = async () => {
    const all = await world.teams.activities(places.group, people.requester);
    const last = all.findLast((one) => one.attachments !== undefined && one.attachments.length > 0);
    return last === undefined ? '' : activityText(last);
  };
  await press(people.approver);
  expect(await lastCard()).toContain('Approver is filling in a request');
  expect(answered(await press(people.teamMember))).toContain('You have no role here.');
  expect(answered(await press(people.guest))).toContain('Only members of this organization can use the bot.');
  await press(people.requester, { text: 'something else' });
  expect(await lastCard()).toContain('What you can type');
  await world.teams.click(people.requester, card.id, 'typed.help');
  expect(await lastCard()).toContain('What you can type');
  expect(await writes(world)).toEqual([]);
});

describe('a form that was tampered with', () => {
  let form: SeenActivity;
  let data: JsonObject;
  const click = (verb: string, more: { data?: JsonObject; inputs?: JsonObject }, person = people.requester) =>
    world.teams.click(person, form.id, verb, more);
  const page = async () => answered(await click('form.refresh', { data }));

  beforeEach(async () => {
    if (form !== undefined) return;
    form = await type(world, people.requester, '/enable-cmk', places.group);
    data = buttonData({ status: 200, body: form }, 'form.next');
  });

  test.each([
    ['another form', { formId: 'F-0000000000' }, 'This form has ended.'],
    ['a form id that is none', { formId: '../form' }, 'This form has ended.'],
    ['a form id every object has', { formId: '__proto__' }, 'This form has ended.'],
    ['a negative revision', { revision: -1 }, 'Which agent'],
    ['a revision to come', { revision: 999 }, 'Which agent'],
    ['a revision beyond all numbers', { revision: 1e300 }, 'Which agent'],
    ['a fraction as revision', { revision: 0.5 }, 'Which agent'],
    ['a text as revision', { revision: '0' }, 'Which agent'],
    ['an object as revision', { revision: {} }, 'Which agent'],
  ])('%s changes nothing', async (_what, changes, words) => {
    const answer = await click('form.next', {
      data: { ...data, ...changes },
      inputs: { resource: agentId('x-ray-agent') },
    });
    expect(answered(answer)).toContain(words);
    expect(await page()).toContain('Which agent');
  });

  test.each([
    ['submit on the first page', 'form.submit', 'Which agent'],
    ['back on the first page', 'form.back', 'Which agent'],
  ])('%s shows the page as it is', async (_what, verb, words) => {
    expect(answered(await click(verb, { data, inputs: { resource: 'x-ray-agent' } }))).toContain(words);
  });

  test('a verb that no button has is refused, and changes nothing', async () => {
    const answer = await click('form.destroy', { data, inputs: { resource: 'x-ray-agent' } });
    expect(answered(answer)).toContain('Nothing is done by form.destroy.');
    expect(await page()).toContain('Which agent');
  });

  test('the verb of a request finds no request', async () => {
    expect(answered(await click('request.approve', { data }))).toContain('There is no request');
  });

  test.each([
    ['a text', 'the big one', 'No agent is named the big one.'],
    ['a list', [agentId('triage-agent-prod')], 'Nothing is chosen.'],
    ['an object', { id: 'triage-agent-prod' }, 'Nothing is chosen.'],
    ['a number', 7, 'Nothing is chosen.'],
    ['a very long text', 'a'.repeat(20_000), 'No agent is named'],
    ['a query', "' or 1 == 1 //", 'No agent is named'],
    ['a resource of another kind', agentId('x').replace('healthBots', 'other'), 'No agent is named'],
  ])('%s in place of a choice is refused on the card', async (_what, resource, words) => {
    expect(answered(await click('form.next', { inputs: { resource } })).replaceAll('\\', '')).toContain(words);
  });

  test.each([
    ['somebody with the same right', people.approver, 'another person’s form'],
    ['a member with no role', people.teamMember, 'You have no role here.'],
  ])('%s cannot use it', async (_who, person, words) => {
    expect(answered(await click('form.next', { inputs: { resource: 'x-ray-agent' } }, person))).toContain(words);
    // Their card has no such input, but what it asks is no secret.
    const asked = { queryText: 'kv', dataset: `vaults/${String(data.formId)}` };
    const from = { id: `29:${person}`, name: 'Somebody', aadObjectId: person };
    const found = await send(world, invoke(world, asked, { name: 'application/search', from }));
    expect(found.status).toBe(200);
    expect(found.body).not.toContain('kv-');
  });

  test('no other card takes its place, whichever message a click says that it stood in', async () => {
    const id = await submit(world, await typeAll(world, choices.test, places.group));
    const [asked] = await cardsAbout(world, places.group, people.requester, id);
    if (asked === undefined) throw new Error('no card');
    const other = await type(world, people.requester, '/enable-cmk', places.group);
    const cancel = { verb: 'form.cancel', data: buttonData({ status: 200, body: other }, 'form.cancel') };
    expect((await send(world, invoke(world, { action: cancel }, { replyToId: asked.id }))).body).toContain('Canceled');
    const [after] = await cardsAbout(world, places.group, people.requester, id);
    expect(after && activityText(after)).toContain('Waiting for approval');
    await world.teams.click(people.requester, asked.id, 'request.cancel');
  });

  test('names that every object has are only more data', async () => {
    const raw = JSON.parse(
      `{"action":{"verb":"form.next","data":{"formId":"${String(data.formId)}","revision":0,"__proto__":{"resource":"x-ray-agent"},"constructor":{"x":1},"owner":"${people.approver}","page":"review"}}}`,
    );
    expect((await send(world, invoke(world, raw))).body).toContain('Which agent');
    expect(await page()).toContain('Which agent');
  });

  test('after all that it can be filled in', async () => {
    expect(answered(await click('form.next', { inputs: { resource: agentId('triage-agent-prod') } }))).toContain(
      'kv-care-prod',
    );
    expect(answered(await click('form.next', { inputs: { vault: 'no such vault' } }))).toContain(
      'No vault is named no such vault.',
    );
    expect(answered(await click('form.next', { inputs: { vault: 'kv-care-prod' } }))).toContain('cmk-triage-agent');
    expect(answered(await click('form.existing-key', {}))).toContain('Which key of kv-care-prod?');
    expect(answered(await click('form.next', { inputs: { key: 'no such key' } }))).toContain('no key named');
    expect(answered(await click('form.new-key', {}))).toContain('A new key in kv-care-prod');
    const unfit = { newKeyName: 'a b/c', keyType: 'RSA', keySize: '2048' };
    expect(answered(await click('form.next', { inputs: unfit }))).toContain('name of the new key isn’t valid');
    const kind = { ...unfit, newKeyName: 'fine', keyType: 'EC', keySize: '1e3' };
    expect(answered(await click('form.next', { inputs: kind }))).toContain('The bot can’t create this kind of key.');
    expect(answered(await click('form.cancel', {}))).toContain('Canceled');
    expect(answered(await click('form.next', { data, inputs: { key: 'cmk-triage-agent' } }))).toContain('Canceled');
  });
});

describe('the reason', () => {
  test.each([
    ['500 characters and one', 'x'.repeat(501), 'The reason is too long.'],
    ['thousands of characters', 'x'.repeat(9_000), 'The reason is too long.'],
    ['nothing but spaces', ' \n\t\u00a0 ', 'The reason is missing.'],
    ['a list', ['because'], 'The reason is missing.'],
  ])('of %s is refused, and nothing is stored', async (_what, justification, words) => {
    const form = await typeAll(world, choices.first, places.group);
    const inputs = { justification, acknowledgeDataLoss: 'true' };
    const answer = answered(await world.teams.click(people.requester, form.id, 'form.submit', { inputs }));
    expect(answer).toContain(words);
    await world.teams.click(people.requester, form.id, 'form.cancel');
  });

  test('with markup, mentions, directions and halves of characters is shown as words', async () => {
    const reason =
      '<at>Approver</at> **now** [here](https://example.com) \u0024{agent} {{DATE(2020-01-01T00:00:00Z)}} \u202Eesrever \ud83d \u0000 &lt;b&gt; 👩‍⚕️';
    const { form } = await fillForm(world);
    const id = await submit(world, form, reason);
    const card = await approvalCard(world, id);
    const raw = JSON.stringify(card);
    expect(raw).not.toMatch(/\u202E|\\u202e|\\ud83d(?!\\?ud|[\udc00-\udfff])|\\u0000/i);
    expect(wordsOf(cardOf(card))).not.toMatch(/[^\\](\]\(https|\*\*now)/);
    expect(raw.match(/<at>Approver<\/at>/g)?.length).toBe(
      JSON.stringify(cardMentions(card)).match(/<at>Approver/g)?.length,
    );
    expect(activityText(card).replaceAll('\\', '')).toContain('\u0024{agent} {{DATE(2020-01-01T00:00:00Z)}}');
    expect(answered(await approve(world, people.requester, card))).toContain('own request');
    const rejection = { inputs: { comment: reason } };
    expect(answered(await world.teams.click(people.approver, card.id, 'request.reject', rejection))).toContain(
      'Rejected',
    );
  });

  test('nothing else was stored, and Azure was not written to', async () => {
    expect(await writes(world)).toEqual([]);
    const record = await readRecord(world);
    expect(record.requests).toHaveLength(2);
    expect(record.findings).toEqual([]);
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|example\.com|esrever/i);
  });
});

/** What the card mentions people by, and the texts where it does. */
function cardMentions(card: SeenActivity): unknown {
  const content = card.attachments?.[0]?.content as { msteams?: unknown; body?: unknown } | undefined;
  return [content?.msteams, content?.msteams];
}
