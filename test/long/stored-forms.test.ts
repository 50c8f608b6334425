/** Forms that were stored by the version before this one, whose dialogs were those of `botbuilder-dialogs`. */
import { readFileSync } from 'node:fs';
import { startStore } from '../support/store/store-client.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import { agentId, answered, people, type } from '../support/world/story.ts';
import { queryStore } from '../support/world/world.ts';

const { requester } = people;
/** The document of a form on its second page, byte by byte as that version stored it. */
const before = readFileSync(new URL('../support/store/stored-form.txt', import.meta.url), 'utf8').trim();

let form: SeenActivity;
/** The same form's document as this version stores it. */
let now: string;
const world = scenario({ own: {}, restoresAzure: true });

const formIn = (text: string) => JSON.parse(text).dialog.dialogStack[0].state.form;
const withoutCard = (text: string): string =>
  JSON.stringify(JSON.parse(text, (key, value) => (key === 'card' ? null : value)));

/** The earlier document with the ids of the form that is open now. */
function adopted(): string {
  const [from, to] = [formIn(before), formIn(now)];
  const pairs = [
    [from.id, to.id],
    [from.requestId, to.requestId],
    [from.origin.conversationId, to.origin.conversationId],
    [from.origin.messageId, to.origin.messageId],
  ];
  return pairs.reduce((text, [old, own]) => text.replaceAll(old, own), before);
}

beforeAll(async () => {
  form = await type(world, requester, '/enable-cmk');
  await world.teams.click(requester, form.id, 'form.next', { inputs: { resource: agentId('triage-agent-prod') } });
  await world.endBot('SIGINT');
  const [row] = await queryStore(world, `select value from cmk.document where key like 'form/%'`);
  now = String(row?.value);
});

test('a form is stored as before, byte by byte', () => {
  expect(withoutCard(now)).toBe(withoutCard(adopted()));
});

test('a form that was stored before the update goes on where it was', async () => {
  const store = await startStore(world.database);
  await store.call('documents', 'write', { [`form/${formIn(now).id}`]: JSON.parse(adopted()) });
  await store.close();
  await world.startBot();
  const shown = await world.teams.click(requester, form.id, 'form.show');
  expect(answered(shown)).toContain('Which vault holds the key?');
  const inputs = { vault: 'kv-care-prod' };
  expect(answered(await world.teams.click(requester, form.id, 'form.next', { inputs }))).toContain('Which key of');
});
