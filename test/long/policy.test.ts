import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { approversGroup, requestersGroup } from '../../sandbox/people.ts';
import { onAgent } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { cardText } from '../support/teams/local-teams.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  fillForm,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  submit,
  type,
  typeAll,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** Who may do what: approvers named by a group in a group, and rules by agent. */

const folder = mkdtempSync(path.join(tmpdir(), 'policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const stewards = '60000000-0000-4000-8000-0000000000a1';

/** A group that holds the approvers' group, and nobody else. */
const addStewards = (world: World): Promise<unknown> =>
  changeState(world.azure, (state) => {
    state.groups.push({ id: stewards, displayName: 'Key stewards', memberIds: [approversGroup.id] });
  });

const leaveApprovers = (world: World, person: string): Promise<unknown> =>
  changeState(world.azure, (state) => {
    for (const group of state.groups.filter((one: { id: string }) => one.id === approversGroup.id)) {
      group.memberIds = group.memberIds.filter((id: string) => id !== person);
    }
  });

describe('approvers named by a group in a group', () => {
  let world: World;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    world = await startWorld({ env: { CMK_APPROVERS: stewards } });
    await addStewards(world);
    putBack = await rememberAzure(world);
  });
  afterEach(async () => {
    await mendAzure(world);
    await putBack();
  });
  afterAll(() => world.end());

  test('are mentioned, and asked in their own chats; the card calls the group by its name', async () => {
    const id = await ask(world);
    const card = activityText(await approvalCard(world, id));
    expect(card).toContain('<at>Approver</at>, <at>Second approver</at>: review this request.');
    const status = await shows(world, places.operations, people.requester, id, /Waiting for approval/);
    expect(activityText(status)).toContain('Key stewards');
    const own = await shows(world, `a:${people.secondApprover}`, people.secondApprover, id, /Needs approval/);
    expect(answered(await approve(world, people.secondApprover, own))).toContain('Approved: 1 of 1');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    // Who was asked in person sees there what came of it.
    await shows(world, `a:${people.approver}`, people.approver, id, /Succeeded/);
  });

  test('are asked in general words while the directory fails, and the card is posted all the same', async () => {
    const down = { status: 503, headers: { 'retry-after': '0' } };
    await faultAzure(world, { match: { url: 'transitiveMembers' }, respond: down });
    await world.restartBot('SIGINT', { CMK_APPROVERS: stewards });
    const id = await ask(world);
    const card = await approvalCard(world, id);
    expect(activityText(card)).not.toContain('<at>');
    const status = await shows(world, places.operations, people.requester, id, /Waiting for approval/);
    expect(activityText(status)).toContain('the configured approvers');
    // Whether somebody may decide is another question, and is answered.
    expect(answered(await approve(world, people.teamMember, card))).toContain('You have no role here.');
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('a decision waits for no directory that is down, slow or talks nonsense', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const url = 'checkMemberGroups';
    // What passes is not named; what stays until somebody mends it is, by its code.
    const faults = [
      { says: /Try again in a minute/, drop: true as const },
      { says: /The answer isn’t one of Azure’s\./, respond: { status: 200, body: { value: 'everybody' } } },
      { says: /The answer isn’t one of Azure’s\./, respond: { status: 200, body: '<html>maintenance</html>' } },
      { says: /Try again in a minute/, delayMs: 30_000 },
    ];
    for (const { says, ...fault } of faults) {
      await faultAzure(world, { match: { url }, ...fault });
      // These are the bot's words: Teams would have shown an error of its own after ten seconds.
      const words = answered(await approve(world, people.approver, card));
      expect(words).toMatch(/The bot couldn’t check your membership\..*Nothing was stored\./);
      expect(words).toMatch(says);
      await mendAzure(world);
    }
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('who left the inner group before the run no longer counts: the request asks anew', async () => {
    await world.restartBot('SIGINT', { CMK_APPROVERS: stewards, CMK_APPROVALS_REQUIRED: '2' });
    await changeState(world.azure, (state) => {
      for (const group of state.groups.filter((one: { id: string }) => one.id === approversGroup.id)) {
        group.memberIds.push(people.teamMember);
      }
    });
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    expect(answered(await approve(world, people.approver, card))).toContain('1 of 2');
    await leaveApprovers(world, people.approver);
    expect(answered(await approve(world, people.secondApprover, card))).toContain('Approved: 2 of 2');
    const anew = await shows(world, places.approvals, people.secondApprover, id, /is no longer an approver/);
    expect(await writes(world, from)).toEqual([]);
    expect(answered(await approve(world, people.approver, anew))).toContain('You aren’t an approver.');
    expect(answered(await approve(world, people.secondApprover, anew))).toContain('1 of 2');
    const words = answered(await approve(world, people.teamMember, anew));
    expect(words).toMatch(/Checking before run 2 .*Second approver approved.*Team member approved/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});

const production = {
  name: 'production',
  match: { tags: { environment: 'production' }, resources: ['triage-*'] },
  requesters: [people.requester],
  approvers: [people.secondApprover, people.teamMember],
  extraApprovalForIrreversible: true,
};
const theirs = {
  name: 'visitors',
  match: { resources: ['visitor-agent'], resourceGroups: ['rg-care-*'] },
  requesters: [people.approver],
};
const rules = [production, theirs];
const approvers = `${people.approver},${people.secondApprover},${people.teamMember}`;

describe('rules by agent', () => {
  const file = path.join(folder, 'policy.json');
  const { first, policies, test: tests } = choices;
  let world: World;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    writeFileSync(file, JSON.stringify({ rules, trustedTags: ['environment'] }));
    world = await startWorld({ env: { CMK_POLICY_FILE: file, CMK_APPROVERS: approvers } });
    putBack = await rememberAzure(world);
  });
  afterEach(async () => {
    await mendAzure(world);
    await putBack();
  });
  afterAll(() => world.end());

  const tag = (agent: string, tags: Record<string, string>): Promise<unknown> =>
    changeState(
      world.azure,
      onAgent(agent, ({ content }) => {
        content.tags = tags;
      }),
    );

  test('the rule of the agent says who is asked, who may decide and how many have to', async () => {
    const review = await typeAll(world, first);
    expect(activityText(review)).toContain('2 approvals are required');
    const id = await submit(world, review);
    const card = await approvalCard(world, id);
    expect(activityText(card)).toContain('<at>Second approver</at>, <at>Team member</at>: review this request.');
    expect(cardText(card, { folded: true })).toContain('environment: no other rule matches');
    expect(cardText(card, { folded: true })).toContain(
      'production: agent is triage-agent-prod; tag environment is production',
    );
    expect(answered(await approve(world, people.approver, card))).toContain('You aren’t an approver.');
    expect(answered(await approve(world, people.requester, card))).toContain('This is your own request.');
    expect(answered(await approve(world, people.secondApprover, card))).toContain('1 of 2');
    expect(answered(await approve(world, people.teamMember, card))).toContain('Approved: 2 of 2');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('where no rule matches, the environment’s settings hold', async () => {
    const id = await ask(world, tests);
    const card = await approvalCard(world, id);
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('who may ask for some agents opens the form, and is told at the review for which not', async () => {
    const { form, review } = await fillForm(world, policies);
    expect(answered(review)).toBe(
      'You aren’t a requester for this agent. Only requesters of rule “visitors” can. Ask an operator to add you.',
    );
    // Nothing was saved: the form still stands on the page before, and goes back to where another agent can be chosen.
    expect(answered(await world.teams.click(people.requester, form.id, 'form.back', {}))).toContain('[card]');
    const typed = activityText(await typeAll(world, policies));
    expect(typed).toContain('You aren’t a requester for this agent.');
    expect(activityText(await type(world, people.teamMember, '/enable-cmk'))).toContain('You aren’t a requester.');
  });

  test('a right that is lost on the review page is missing at the submission', async () => {
    const review = await typeAll(world, tests);
    await changeState(world.azure, (state) => {
      for (const group of state.groups.filter((one: { id: string }) => one.id === requestersGroup.id)) {
        group.memberIds = [people.approver];
      }
    });
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    const words = answered(await world.teams.click(people.requester, review.id, 'form.submit', { inputs }));
    expect(words).toContain('You have no role here.');
  });

  test('a tag that is set after the asking changes who may decide, and how many have to before the run', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world, { ...first, agent: tests.agent });
    const card = await approvalCard(world, id);
    expect(activityText(card)).toContain('Needs approval: 0 of 1');
    await tag('triage-agent-test', { environment: 'production' });
    expect(answered(await approve(world, people.approver, card))).toContain('You aren’t an approver.');
    expect(answered(await approve(world, people.secondApprover, card))).toContain('Approved: 1 of 1');
    const anew = await shows(world, places.approvals, people.secondApprover, id, /Needs approval: 0 of 2/);
    expect(await writes(world, from)).toEqual([]);
    expect(answered(await approve(world, people.secondApprover, anew))).toContain('1 of 2');
    const words = answered(await approve(world, people.teamMember, anew));
    expect(words).toMatch(/Checking before run 2 .*Second approver approved.*Team member approved/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('attack: a tag taken away before asking leaves the rule standing, for whoever decides too', async () => {
    await tag(first.agent, {});
    const id = await ask(world, first);
    const card = await approvalCard(world, id);
    expect(activityText(card)).toContain('Needs approval: 0 of 2');
    expect(cardText(card, { folded: true })).toContain('tag environment is missing, so the rule applies');
    expect(answered(await approve(world, people.approver, card))).toContain('You aren’t an approver.');
    expect(answered(await approve(world, people.secondApprover, card))).toContain('1 of 2');
    await world.teams.click(people.requester, card.id, 'request.cancel');
  });

  test('attack: Production for production leaves the rule standing', async () => {
    await tag(first.agent, { ENVIRONMENT: 'Production' });
    expect(activityText(await typeAll(world, first))).toContain('2 approvals are required');
  });

  test('nobody may decide while the agent’s tags cannot be read', async () => {
    const id = await ask(world, tests);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'GET', url: 'healthBots/triage-agent-test' }, drop: true });
    expect(answered(await approve(world, people.approver, card))).toContain('The bot couldn’t check your membership.');
    await mendAzure(world);
    expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  // From here on the bot lives under other rules.

  test('attack: another value of a tag that nobody vouches for leaves the rule standing, and the start says so', async () => {
    writeFileSync(file, JSON.stringify({ rules }));
    await world.restartBot('SIGINT');
    expect(world.printed()).toMatch(
      /policy rule production applies to every agent .* whatever the value of tag environment is/,
    );
    await tag(first.agent, { environment: 'test' });
    expect(activityText(await typeAll(world, first))).toContain('2 approvals are required');
  });

  test('doctor names rules under which nothing can be approved, and warns of the others', async () => {
    const empty = '60000000-0000-4000-8000-0000000000a2';
    const nothing = '60000000-0000-4000-8000-0000000000a3';
    await changeState(world.azure, (state) => {
      state.groups.push({ id: empty, displayName: 'Nobody yet', memberIds: [] });
    });
    const odd = [
      { name: 'odd', match: { resources: ['a'] }, approvers: [empty, nothing, people.approver, people.secondApprover] },
      { name: 'alone', match: { resources: ['b'] }, requesters: [people.approver], approvers: [people.approver] },
      { name: 'many', match: { resources: ['c'] }, approvalsRequired: 4 },
      { name: 'away', match: { subscriptions: [nothing] } },
    ];
    writeFileSync(file, JSON.stringify({ rules: odd }));
    await world.restartBot('SIGINT');
    const { out, code } = await cmkBot(['doctor'], world.settings);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`warn {2}rule odd +approver group Nobody yet \\(${empty}\\) is empty`));
    expect(out).toMatch(new RegExp(`warn {2}rule odd +approver ${nothing} is neither a group nor a person`));
    expect(out).toMatch(/fail {2}rule alone +its only approver is also its only requester/);
    expect(out).toMatch(/fail {2}rule many +4 approvals can be needed, and at most 3 people can give one/);
    expect(out).toMatch(/warn {2}rule away +never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS/);
  });

  test('the record verifies, and names the rule a request was asked under', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const [id = ''] = record.requests;
    const { out } = await cmkBot(['requests', 'show', id], world.settings);
    const { out: events } = await cmkBot(['audit', 'export', '--format', 'jsonl', '--request', id], world.settings);
    for (const rule of ['environment', 'production']) expect(events.replaceAll('\\', '')).toContain(`"rule":"${rule}"`);
    expect(out).toContain('Second approver approved: plan');
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|local-bot/i);
  });
});
