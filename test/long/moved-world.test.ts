import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { agentIn, all, type Change, keyIn, onVault } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { type MovedRow, movedRows, north } from '../support/world/moved-rows.ts';
import { azureState, kindsOf, linesOf, openReview } from '../support/world/path.ts';
import {
  answered,
  approvalCard,
  approve,
  buttonData,
  type Choices,
  cardsAbout,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  submit,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

let world: World;
let putBack: () => Promise<void>;

beforeAll(async () => {
  world = await startWorld();
  putBack = await rememberAzure(world);
});
afterAll(() => world.end());

let open = '';
/** Whatever a request came to, the next one finds the agent free. What it came to may be on its way to the card still. */
async function endOpen(): Promise<void> {
  await putBack();
  await until(async () => {
    const [card] = await cardsAbout(world, places.approvals, people.approver, open);
    if (card === undefined || /Succeeded|Rejected|Failed/.test(linesOf(card)[0] ?? '')) return true;
    for (const verb of ['request.reject', 'request.give-up'])
      await world.teams.click(people.approver, card.id, verb, { inputs: { comment: 'Not this week' } });
    return false;
  }, 'the request has ended');
}

interface Approved {
  readonly id: string;
  readonly from: number;
  /** The approval card as it was when it was approved. */
  readonly card: SeenActivity;
}

async function askFor(path: Choices): Promise<Approved> {
  const id = await submit(world, await openReview(world, path));
  expect(id).toMatch(/^CMK-/);
  open = id;
  return { id, card: await approvalCard(world, id), from: (await world.azureRequests()).length };
}

/** Approves, and changes Azure while the look before the run is on its way: what it sees is what there is then. */
async function approveAndMove({ card }: Approved, change: Change): Promise<void> {
  const reads = ['/healthBots/[^/]+\\?', '/vaults/[^/]+\\?', '/keys/[^/]+(/versions(/[^/]+)?)?\\?'];
  const held = (url: string, times: number) => ({ match: { method: 'GET', url }, ...untilMended, times });
  // Locks are asked for at the agent and at the vault.
  await faultAzure(world, ...reads.map((url) => held(url, 1)), held('/Microsoft\\.Authorization/locks\\?', 2));
  expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
  await untilFaultsAreMet(world);
  await changeState(world.azure, change);
  await mendAzure(world);
}

const status = (id: string, words: RegExp) => shows(world, places.operations, people.requester, id, words);

async function expectGoesOn(
  { id, from }: Approved,
  { writes: wanted, shows: words }: Extract<MovedRow, { outcome: 'goes on' }>,
  { agent, vault, key }: Choices,
) {
  const card = await status(id, /Succeeded/);
  if (words !== undefined) expect(linesOf(card).join('\n')).toContain(words);
  expect(kindsOf(await writes(world, from))).toEqual(wanted);
  const state = await azureState(world);
  const [pinned] = keyIn(state, vault, key).versions;
  expect(agentIn(state, agent).content.keyVaultProperties).toMatchObject({
    keyName: key,
    keyVersion: pinned?.version,
  });
}

async function expectAsksAgain({ id, from, card }: Approved, difference: readonly string[]): Promise<void> {
  const lines = linesOf(await status(id, /Azure changed after the approval\. The request needs approval again\./));
  expect(lines[0]).toBe('Waiting for approval: 0 of 1');
  expect(lines).toContain('Nothing has been changed in Azure.');
  const start = lines.indexOf('Changes since the approval') + 1;
  expect(lines.slice(start, start + difference.length)).toEqual(difference);
  const again = await shows(world, places.approvals, people.approver, id, /Needs approval: 0 of 1/);
  expect(linesOf(again)).toContain('Azure changed after the approval. Earlier approvals don’t count.');
  expect(linesOf(again).join('\n')).toContain(difference.join('\n'));
  // The button as it stood before does not approve what it never showed.
  expect(again.id).toBe(card.id);
  expect(await writes(world, from)).toEqual([]);
}

async function expectAsksAPerson({ id, from }: Approved, says: readonly string[]): Promise<void> {
  const card = await status(id, /Needs attention/);
  const lines = linesOf(card);
  expect(lines[2]).toBe('Enable customer-managed key for triage-agent-prod');
  const found = says.map((words) => lines.findIndex((line) => line.includes(words)));
  expect([says, found.every((at) => at >= 0), found]).toEqual([says, true, [...found].sort((a, b) => a - b)]);
  expect(lines).toContain('[Retry]');
  expect(await writes(world, from)).toEqual([]);
}

describe('Azure moves between the approval and the run', () => {
  afterEach(endOpen);

  const outcomes = [...new Set(movedRows.map(({ outcome }) => outcome))];
  const rows = outcomes.flatMap((outcome) => movedRows.filter((row) => row.outcome === outcome));
  test.each(rows)('$what: $outcome', async (row: MovedRow) => {
    const path = row.path ?? choices.first;
    if (row.before !== undefined) await changeState(world.azure, row.before);
    const approved = await askFor(path);
    await approveAndMove(approved, row.change);
    if (row.outcome === 'goes on') await expectGoesOn(approved, row, path);
    else if (row.outcome === 'asks again') await expectAsksAgain(approved, row.difference);
    else await expectAsksAPerson(approved, row.says);
  });
});

let covered: Approved;
let uncovered: Approved;
let voided = '';

describe('approvals given while runs are paused', () => {
  const visitor = { agent: 'visitor-agent', vault: 'kv-policy-keys', key: 'cmk-policy' };
  let blocked: Approved;
  const approveIt = async ({ card }: Approved) => answered(await approve(world, people.approver, card));

  test('are stored, and nothing is written', async () => {
    await world.restartBot('SIGINT', { CMK_PAUSE: 'true' });
    covered = await askFor(choices.first);
    uncovered = await askFor(visitor);
    blocked = await askFor(north);
    for (const one of [covered, uncovered, blocked]) expect(await approveIt(one)).toContain('Approved: 1 of 1');
    for (const { id } of [covered, uncovered, blocked]) await status(id, /Approved, the bot is paused/);
    expect(await writes(world, covered.from)).toEqual([]);
  });

  test('a restart looks at Azure again: one goes on, one asks again, one asks a person', async () => {
    await changeState(
      world.azure,
      all(
        onVault('kv-care-prod', (one) => Object.assign(one, { enablePurgeProtection: true })),
        onVault('kv-policy-keys', (one) => Object.assign(one, { location: 'northeurope' })),
        onVault('kv-care-north', (one) => Object.assign(one, { publicNetworkAccess: 'Disabled' })),
      ),
    );
    await world.restartBot('SIGINT');
    await status(covered.id, /Succeeded/);
    await status(uncovered.id, /The request needs approval again/);
    await status(blocked.id, /Needs attention/);
    expect(kindsOf(await writes(world, covered.from))).toEqual(['agent', 'role', 'agent']);
  });

  test('what asks again is not approved by a button of before, and goes on once it is approved anew', async () => {
    const card = await shows(world, places.approvals, people.approver, uncovered.id, /Needs approval: 0 of 1/);
    const old = buttonData({ status: 200, body: cardOf(uncovered.card) }, 'request.approve');
    const inputs = { acknowledgeIrreversible: 'true' };
    await world.teams.click(people.approver, card.id, 'request.approve', { data: old, inputs });
    await world.teams.click(people.secondApprover, card.id, 'request.approve', { data: old, inputs });
    await world.teams.click(people.approver, card.id, 'request.refresh');
    expect(linesOf(await approvalCard(world, uncovered.id))[0]).toBe('Needs approval: 0 of 1');
    const approved = answered(await approve(world, people.approver, card));
    expect(approved).toContain('Checking before run 2');
    expect(approved).toContain('✓ | Approver approved');
    await status(uncovered.id, /Succeeded/);
  });

  test('what was blocked goes on with its approval once the block is gone and somebody retries', async () => {
    const card = await status(blocked.id, /Needs attention/);
    await changeState(
      world.azure,
      onVault('kv-care-north', (one) => Object.assign(one, { publicNetworkAccess: 'Enabled' })),
    );
    await world.teams.click(people.requester, card.id, 'request.retry');
    const end = await status(blocked.id, /Succeeded/);
    expect(linesOf(end).join('\n')).toContain('Approver approved');
  });

  test('an approver who lost the role: asked again, and another one decides', async () => {
    await putBack();
    await world.restartBot('SIGINT', { CMK_PAUSE: 'true' });
    const asked = await askFor(choices.first);
    expect(await approveIt(asked)).toContain('Approved: 1 of 1');
    await world.restartBot('SIGINT', { CMK_APPROVERS: people.secondApprover });
    await status(asked.id, /A person who approved is no longer an approver\. The request needs approval again\./);
    const card = await approvalCard(world, asked.id);
    expect(answered(await approve(world, people.approver, card))).toContain('You aren’t an approver.');
    expect(await writes(world, asked.from)).toEqual([]);
    const approved = answered(await approve(world, people.secondApprover, card));
    expect(approved).toContain('Checking before run 2');
    expect(approved).toContain('✓ | Second approver approved');
    await status(asked.id, /Succeeded/);
    voided = asked.id;
  });
});

test('the record verifies, and no approval outlived the plan it was for', async () => {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(record.events(covered.id)).not.toContain('plan-changed');
  const run = ['run-ordered', 'run-checked', 'succeeded'];
  for (const id of [uncovered.id, voided])
    expect(record.events(id).filter((event) => !event.startsWith('step-'))).toEqual([
      ...['submitted', 'approved', 'run-ordered', 'plan-changed', 'approved', ...run],
    ]);
  expect(world.printed()).not.toMatch(/unhandled|unexpected error|local-bot/i);
});
