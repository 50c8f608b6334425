import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EvidenceWorld, startAccountsWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { careId } from '../support/azure/local-azure-names.ts';
import * as story from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** Attacks between kinds: rules without kinds, a name that two resources share, a key that Azure drops, and a kind that is off. */

const { people, places } = story;
const twin = 'stcarelogs';
const other = 'stcareforms';
const third = 'stcaremails';
const twinAgent = story.agentId('StCareLogs');
const idOf = (name: string) => story.agentId(name).replace('HealthBot/healthBots', 'Storage/storageAccounts');
const byName = { name: 'by name', match: { subscriptions: [careId], resources: ['st*'] } };
const byTag = { name: 'by tag', match: { tags: { env: ['prod'] } } };
let evidence: EvidenceWorld;
const world = () => evidence.world;

beforeAll(async () => {
  const rules = [byName, byTag].map((rule) => ({ ...rule, approvers: [people.approver] }));
  evidence = await startAccountsWorld([twin, other, third], rules, { inProcess: true });
  await changeState(world().azure, (state) => {
    for (const one of state.otherResources) one.tags = { env: 'prod' };
    state.agents.push({ ...agentIn(state, 'triage-agent-prod'), name: 'StCareLogs' });
  });
});
afterAll(() => evidence.end());

const typed = (words: string) => story.type(world(), people.requester, words);
const says = async (words: string) => story.activityText(await typed(words));
const enable = (id: string) => typed(`/enable-cmk resource=${id} vault=kv-hospital-keys key=cmk-virtual-visit`);
const requested = async (id: string) => story.submit(world(), await enable(id));
const approved = async (person: string, id: string) =>
  story.answered(await story.approve(world(), person, await story.approvalCard(world(), id)));
const becomes = (id: string, words: RegExp) => story.shows(world(), places.operations, people.requester, id, words);
const click = async (card: { readonly id: string }, verb: string, inputs = {}) =>
  story.answered(await world().teams.click(people.requester, card.id, verb, { inputs }));

let ofAccount: string;
test('an account and an agent of one name are never taken for each other, nor are their approvers', async () => {
  expect(await says(`/enable-cmk resource=${twin}`)).toContain(`More than one resource is named ${twin}`);
  ofAccount = await requested(idOf(twin));
  expect(await approved(people.approver, ofAccount)).toContain('You aren’t an approver.');
  const card = story.activityText(await story.approvalCard(world(), ofAccount));
  expect(card).toContain(`Enable customer-managed key for storage account ${twin}`);
  const again = await enable(idOf(twin).replace(/\/resourceGroups.*/, (end) => end.toUpperCase()));
  expect(story.activityText(again)).toContain(`Request ${ofAccount} is open for this resource.`);
  const ofAgent = await requested(twinAgent.toLowerCase());
  expect(await approved(people.secondApprover, ofAgent)).toContain('You aren’t an approver.');
  await approved(people.approver, ofAgent);
  await becomes(ofAgent, /Succeeded/);
  expect((await story.writes(world())).filter((one) => one.includes('storageAccounts'))).toEqual([]);
  const status = await says(`/cmk-status ${twin}`);
  expect(status).toMatch(new RegExp(`${twin}\\n[^]*Storage account\\nRequest open\\n${ofAccount}[^]*StCareLogs\\n`));
  expect(await says(`/repair-cmk resource=${idOf(twin)}`)).toContain(`The key of ${twin} was never approved here.`);
});

test('a key that Azure accepts and drops is no success, and the evidence claims no proof', async () => {
  const lose = ['properties.encryption.keyvaultproperties'];
  await story.faultAzure(world(), { match: { method: 'PATCH', url: `storageAccounts/${twin}` }, lose });
  await approved(people.secondApprover, ofAccount);
  const card = story.activityText(await becomes(ofAccount, /Needs attention/));
  expect(card).toContain('It isn’t known whether the resource’s key changed: Azure didn’t confirm it.');
  await story.mendAzure(world());
  expect((await readRecord(world())).events(ofAccount).at(-1)).toBe('attention-needed set-cmk');
  const [, proof] = verifyInPython(await evidence.take(ofAccount, 'a.zip'), '--keys', evidence.keyFile);
  expect(proof).toContain(`${twin} might be under the requested key, which Azure did not confirm: needs-attention`);
  expect(proof).not.toMatch(/was put under|level L/);
});

test('a kind that is off is refused everywhere, and changes nothing', async () => {
  await world().restartBot('SIGINT', { CMK_PAUSE: 'true' });
  const ordered = await requested(idOf(other));
  await approved(people.secondApprover, ordered);
  const waiting = await requested(idOf(third));
  await story.approvalCard(world(), waiting);
  const form = await typed('/enable-cmk');
  const open = await enable(idOf(third).replace(third, twin));
  const from = (await world().azureRequests()).length;
  const before = (await readRecord(world())).requests;
  await world().restartBot('SIGINT', { CMK_KINDS: 'healthcare-agent', CMK_POLICY_FILE: '' });
  const stopped = await becomes(ordered, /Needs attention/);
  expect(story.activityText(stopped)).toContain('to turn on the resource’s kind in CMK');
  expect(await click(stopped, 'request.retry')).toContain('You can’t approve or retry it.');
  expect(await approved(people.secondApprover, waiting)).toContain('There are no approvers for this resource.');
  expect(await click(open, 'form.submit', { acknowledgeDataLoss: 'true' })).toContain('There are no requesters');
  expect(await says(`/cmk-history ${idOf(other)}`)).toContain(ordered);
  const turnedOff = 'Requests for a storage account are turned off.';
  expect(await click(form, 'form.next', { resource: idOf(third) })).toContain(turnedOff);
  for (const command of ['enable-cmk', 'rotate-cmk', 'repair-cmk', 'retire-version'])
    for (const name of [third, idOf(third)]) expect(await says(`/${command} resource=${name}`)).toContain(turnedOff);
  expect(await story.writes(world(), from)).toEqual([]);
  expect((await readRecord(world())).requests).toEqual(before);
});
