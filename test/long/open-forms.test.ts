/** A form where others can see it, and one that nobody goes on with. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  ask,
  choices,
  faultAzure,
  fillForm,
  isNotification,
  mendAzure,
  people,
  places,
  shows,
  type,
  typeForm,
  until,
  untilMended,
} from '../support/world/story.ts';
import { takeBackEnd } from '../support/world/unended-forms.ts';
import { queryStore } from '../support/world/world.ts';

const { requester, approver, teamMember } = people;
const world = scenario({ own: {}, restoresAzure: true });

const sees = (person: string, form: SeenActivity, words: RegExp, place = places.operations) =>
  world.teams.sees(place, person, (one) => one.id === form.id && words.test(activityText(one)));
const click = (person: string, form: SeenActivity, verb: string, inputs = {}) =>
  world.teams.click(person, form.id, verb, { inputs });

describe('a form in a channel', () => {
  let form: SeenActivity;
  beforeAll(async () => {
    form = await type(world, requester, '/enable-cmk');
  });

  test('is its owner’s; others see who fills in a request, and nothing to choose or to send', async () => {
    expect(activityText(form)).toContain('Which agent gets a customer-managed key?');
    expect(form.local.ownView).toBe(true);
    const seen = await sees(teamMember, form, /Requester is filling in a request/);
    expect(activityText(seen)).not.toMatch(/Which agent|Next/);
    expect(JSON.stringify(seen.attachments)).not.toMatch(/Input\.|form\.next/);
  });

  test('opens for nobody else', async () => {
    expect(answered(await click(approver, form, 'form.show'))).toContain('This is another person’s form.');
    expect(activityText(await sees(approver, form, /is filling in/))).not.toContain('Which agent');
  });

  test('opens by the button for an owner whose client did not fetch it, on the page where it is', async () => {
    await click(requester, form, 'form.next', { resource: agentId('triage-agent-prod') });
    expect(answered(await click(requester, form, 'form.show'))).toContain('Which vault holds the key?');
  });

  test('that is cancelled is closed for everybody', async () => {
    await click(requester, form, 'form.cancel');
    for (const person of [requester, teamMember]) await sees(person, form, /Canceled.*type \**\/enable-cmk/s);
  });
});

test('a form in a personal chat is the message itself', async () => {
  const form = await type(world, requester, '/enable-cmk', `a:${requester}`);
  expect(form.local.ownView).toBe(false);
  expect(activityText(form)).toContain('Which agent gets a customer-managed key?');
});

const pass = async (minutes: number): Promise<void> => {
  await world.endBot('SIGINT');
  await queryStore(
    world,
    `update cmk.document set changed_at = changed_at - interval '${minutes} minutes' where key like 'open-form/%'`,
  );
  await world.startBot();
};
const isGone = (form: SeenActivity) =>
  until(
    async () => (await world.teams.activities(places.operations, teamMember)).every(({ id }) => id !== form.id),
    'the form to be gone',
  );

describe('an unfinished form', () => {
  let form: SeenActivity;

  test('in a channel stays for a quarter of an hour, and is then gone', async () => {
    ({ form } = await fillForm(world));
    await pass(10);
    await sees(teamMember, form, /is filling in a request/);
    expect(answered(await click(requester, form, 'form.show'))).toContain('5 steps in Azure');
    await pass(16);
    await isGone(form);
  });

  test('makes way for the next form of the same person, unless it is in use', async () => {
    const unused = await type(world, requester, '/enable-cmk');
    const used = await type(world, requester, '/enable-cmk');
    await sees(teamMember, unused, /is filling in a request/);
    await pass(3);
    await type(world, requester, '/enable-cmk');
    await isGone(used);
  });

  test('that was canceled is gone soon', async () => {
    form = await type(world, requester, '/enable-cmk');
    await click(requester, form, 'form.cancel');
    await pass(2);
    await isGone(form);
  });

  test('that edits a request is gone when the request has ended', async () => {
    const id = await ask(world, choices.test);
    const card = await shows(world, places.operations, requester, id, /Waiting for approval/);
    await click(requester, card, 'request.change');
    const isEdit = (one: SeenActivity) => activityText(one).includes(`You’re editing ${id}`);
    form = await world.teams.sees(places.operations, requester, isEdit);
    await click(requester, card, 'request.cancel');
    await pass(0);
    await isGone(form);
  });

  test('in a personal chat is closed after an hour, and its owner can continue where it was', async () => {
    const chat = `a:${requester}`;
    form = await type(world, requester, '/enable-cmk triage-agent-test', chat);
    await pass(50);
    await sees(requester, form, /Which vault/, chat);
    await pass(15);
    await sees(requester, form, /closed after an hour without changes/, chat);
    expect(answered(await click(requester, form, 'form.refresh'))).toContain('closed after an hour without changes');
    expect(answered(await click(requester, form, 'form.resume'))).toContain('Which vault');
    await click(requester, form, 'form.next', { vault: choices.test.vault });
    await click(requester, form, 'form.next', { key: choices.test.key });
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    const submitted = answered(await click(requester, form, 'form.submit', inputs));
    expect(submitted).toContain('Waiting for approval: 0 of 1');
    await pass(120);
    expect(activityText(await sees(requester, form, /Waiting for approval/, chat))).not.toContain(
      'The form was closed',
    );
    await click(requester, form, 'request.cancel');
  });
});

test('a form whose request was changed since is not closed over the request’s card, where its end was not stored', async () => {
  const id = await ask(world, choices.test);
  const card = await shows(world, places.operations, requester, id, /Waiting for approval/);
  await click(requester, card, 'request.change');
  const isChange = (one: SeenActivity) => activityText(one).includes(`You’re editing ${id}`);
  const change = await world.teams.sees(places.operations, requester, isChange);
  await click(requester, change, 'form.submit', { justification: 'For the audit', acknowledgeDataLoss: 'true' });
  await sees(teamMember, card, /The requester edited this request/);
  await world.endBot('SIGINT');
  // The process ended after the request was stored and before its form was.
  const [first = ''] = await takeBackEnd(world, id, false);
  await queryStore(
    world,
    `insert into cmk.document (key, value, changed_at)
     values ('open-${first}', '{}', now() - interval '2 hours')
     on conflict (key) do update set changed_at = excluded.changed_at`,
  );
  await world.startBot();
  await until(async () => {
    const rows = await queryStore(world, `select key from cmk.document where key = 'open-${first}'`);
    return rows.length === 0;
  }, 'what was left to be looked at');
  expect(activityText(await sees(teamMember, card, /./))).toContain('Waiting for approval');
});

/** What the form shows then, and that it opens once: test/golden/transcripts/ask-again.md. */
test('asking again for what was rejected is offered to whoever asked, and to nobody else', async () => {
  const id = await ask(world, choices.policies, 'Policy 7.4');
  const question = await approvalCard(world, id);
  expect(answered(await click(approver, question, 'request.reject'))).toContain('Enter a reason.');
  expect(answered(await click(approver, question, 'request.reject', { reason: ' ' }))).toContain('Enter a reason');
  expect(answered(await click(requester, question, 'request.ask-again'))).toContain(`Request ${id} is open`);
  await click(approver, question, 'request.reject', { reason: 'Name the ward' });
  const asked = await shows(world, places.operations, requester, id, /Rejected/);
  expect(activityText(asked)).toContain('“Name the ward”');
  expect(JSON.stringify(asked.attachments)).toContain('request.ask-again');
  const others = await shows(world, places.operations, teamMember, id, /Rejected/);
  expect(JSON.stringify(others.attachments)).not.toContain('request.ask-again');
  expect(answered(await click(approver, asked, 'request.ask-again'))).not.toContain('[card]');
});

describe('clicked twice, or once more after its answer was lost', () => {
  const isCard = (one: SeenActivity): boolean => cardOf(one) !== undefined && !isNotification(one);
  const cards = async () => (await world.teams.activities(places.operations, requester)).filter(isCard).length;
  /** How many cards came of clicking three times, of which two at once. */
  async function postedBy(card: SeenActivity, verb: string, data = {}): Promise<number> {
    const before = await cards();
    const twice = () => world.teams.click(requester, card.id, verb, { data });
    const answers = [...(await Promise.all([twice(), twice()])), await twice()].map(answered);
    expect(new Set(answers).size).toBe(1);
    return (await cards()) - before;
  }

  test('Ask beside an agent opens one form', async () => {
    const agents = await type(world, requester, '/cmk-status');
    expect(await postedBy(agents, 'list.ask', { resourceId: agentId('triage-agent-prod') })).toBe(1);
  });

  test('a command’s button on the help card begins it once', async () => {
    const help = await type(world, requester, '/cmk-help');
    expect(await postedBy(help, 'help.cmk-requests')).toBe(1);
  });
});

describe('a look at a slow Azure whose process is killed', () => {
  const lost = async (): Promise<void> => {
    await world.endBot('SIGKILL');
    await mendAzure(world);
    await queryStore(
      world,
      `update cmk.document set changed_at = changed_at - interval '1 minute' where key like 'looking/%'`,
    );
    await world.startBot();
  };
  /** Filled in up to the vault, and waiting for the keys. */
  async function waiting(place: string): Promise<SeenActivity> {
    const { vault } = choices.first;
    const form = await type(world, requester, '/enable-cmk triage-agent-prod', place);
    await faultAzure(world, { match: { url: 'vaults/kv-care-prod' }, ...untilMended });
    expect(answered(await click(requester, form, 'form.next', { vault }))).toContain('Azure takes longer than usual');
    return form;
  }

  test('in a channel goes on by itself, in whichever process is there', async () => {
    const form = await waiting(places.operations);
    await lost();
    await sees(requester, form, /Which key/);
  });

  test('in a personal chat says that nobody looks, and the button goes on with what was chosen', async () => {
    const chat = `a:${requester}`;
    const form = await waiting(chat);
    await lost();
    await sees(requester, form, /The bot restarted while it was waiting for Azure/, chat);
    expect(answered(await click(requester, form, 'form.refresh'))).toContain('Which key');
  });

  test('that was to submit asks for a click of now, and what was filled in stands there', async () => {
    const chat = `a:${requester}`;
    const { agent, vault, key } = choices.first;
    const form = await typeForm(world, `/enable-cmk resource=${agent} vault=${vault} key=${key}`, chat, 60_000);
    await faultAzure(world, { match: { url: `vaults/${vault}` }, ...untilMended });
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    expect(answered(await click(requester, form, 'form.submit', inputs))).toContain('Azure takes longer than usual');
    await lost();
    await sees(requester, form, /The bot restarted while it was waiting for Azure/, chat);
    const shown = await click(requester, form, 'form.refresh');
    expect(answered(shown)).toContain('The request was not submitted.');
    expect(JSON.stringify(shown.body)).toContain('Own keys');
    const events = async () => (await queryStore(world, "select 1 from cmk.event where cause = 'submit'")).length;
    const before = await events();
    expect(answered(await click(requester, form, 'form.submit', inputs))).toContain('Waiting for approval: 0 of 1');
    expect(await events()).toBe(before + 1);
    await click(requester, form, 'request.cancel');
  });

  test('that lives is not taken for lost', async () => {
    const chat = `a:${requester}`;
    const form = await waiting(chat);
    const marks = async () => (await world.teams.activities(chat, requester)).filter(({ id }) => id === form.id);
    expect(activityText((await marks())[0] ?? form)).toContain('Azure takes longer than usual');
    await mendAzure(world);
    await sees(requester, form, /Which key/, chat);
  });
});

test('a form whose request was stored right before its process ended is not closed over the request’s card', async () => {
  const other = await type(world, requester, '/enable-cmk', `a:${requester}`);
  const id = await ask(world, choices.test);
  await world.endBot('SIGINT');
  await takeBackEnd(world, id, false);
  await queryStore(
    world,
    `update cmk.document set changed_at = changed_at - interval '2 hours' where key like 'open-form/%'`,
  );
  await world.startBot();
  // The others of its age are closed at the same time.
  await shows(world, places.operations, requester, id, /Waiting for approval/);
  await sees(requester, other, /closed after an hour without changes/, `a:${requester}`);
  await shows(world, places.operations, requester, id, /Waiting for approval/);
});
