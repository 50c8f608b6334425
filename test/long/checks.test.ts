import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { checkCodes } from '../../src/domain/check.ts';
import { deleteKey, onKey } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { table } from '../support/docs/table.ts';
import { type BotAnswer, cardOf, cardText, type SeenActivity } from '../support/teams/local-teams.ts';
import { type CheckRow, key, vault } from '../support/world/check-row.ts';
import { agentRows, vaultRows } from '../support/world/check-rows-agent-vault.ts';
import { controlRows } from '../support/world/check-rows-control.ts';
import { guardRows } from '../support/world/check-rows-guards.ts';
import { keyRows, newKeyRows } from '../support/world/check-rows-keys.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  ask,
  buttonData,
  choices,
  people,
  places,
  rememberAzure,
  submit,
  type,
  writes,
} from '../support/world/story.ts';
import { readRecord, type World } from '../support/world/world.ts';

const rows: readonly CheckRow[] = [...agentRows, ...vaultRows, ...controlRows, ...guardRows, ...keyRows, ...newKeyRows];
const glyphs = { pass: '✓', warn: '△', block: '✕' } as const;
/** Only another agent, vault, key or policy helps: checking again isn't offered. */
const lasting = [
  'created-before-cutoff',
  'created-unknown',
  'already-under-this-key',
  'already-under-another-key',
  'other-tenant',
  'vault-not-permitted',
  'key-not-rsa',
  'key-size-unfit',
  'key-hsm-needs-premium',
];
/** Warnings about this request alone stand on the face of the card, as risks. */
const risks = ['name-alike', 'key-shared', 'other-subscription', 'old-version-disabled'];
const glyphOf = ({ code, outcome }: CheckRow): string =>
  outcome === 'warn' && risks.includes(code) ? '▲' : glyphs[outcome];
const blocked = 'You can’t submit this request';

/** One person opens more forms here than the limit for a person allows in a minute. */
const world = scenario({ own: { env: { CMK_CALLS_AT_ONCE: '2000' } } });
let putBack: () => Promise<void>;

beforeAll(async () => {
  putBack = await rememberAzure(world);
});
const submitted: string[] = [];
const seenRows: string[][] = [];

afterEach(() => putBack());
afterAll(async () => {
  console.log(table('Every check as a requester reads it', ['check', '', 'when', 'the card says'], seenRows));
});

/** The card as it now stands for the requester. */
async function cardNow({ id }: SeenActivity): Promise<SeenActivity> {
  const seen = await world.teams.activities(places.operations, people.requester);
  const found = seen.find((one) => one.id === id);
  if (found === undefined) throw new Error('the card is gone');
  return found;
}
const lines = (card: SeenActivity): readonly string[] =>
  cardText(card, { folded: true })
    .split('\n')
    .map((line) => line.trim());

/** The lines of the box that says why this cannot go ahead. */
function blocksOn(card: SeenActivity): readonly string[] {
  const all = lines(card);
  const start = all.indexOf(blocked);
  const end = all.findIndex((line, at) => at > start && /^(\d+ risks?: |From: )/.test(line));
  return start === -1 ? [] : all.slice(start + 1, end);
}
const has = (card: SeenActivity, verb: string): boolean => JSON.stringify(cardOf(card)).includes(`"${verb}"`);
const click = (
  card: SeenActivity,
  verb: string,
  more: Parameters<World['teams']['click']>[3] = {},
): Promise<BotAnswer> => world.teams.click(people.requester, card.id, verb, more);
const filled = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };

async function openReview({ choice, newKey: made }: CheckRow): Promise<SeenActivity> {
  const chosen = { ...choices.first, ...choice };
  const typed = `/enable-cmk resource=${chosen.agent} vault=${chosen.vault}`;
  if (made === undefined) return type(world, people.requester, `${typed} key=${chosen.key}`);
  const form = await type(world, people.requester, typed);
  if (has(form, 'form.new-key')) await click(form, 'form.new-key');
  await click(form, 'form.next', { inputs: { ...made } });
  return cardNow(form);
}

function expectWords(card: SeenActivity, row: CheckRow): void {
  const { outcome, words } = row;
  const all = lines(card);
  const wanted = words.map((line) => (line instanceof RegExp ? expect.stringMatching(line) : line));
  expect(blocksOn(card)).toEqual(outcome === 'block' ? wanted : []);
  if (outcome === 'block') return;
  const at = all.indexOf(String(words[0]));
  expect(all.slice(at - 1, at + words.length)).toEqual([glyphOf(row), ...wanted]);
}

/** A click that the page does not offer, with everything filled in: refused, and shown for what it is. */
async function forgeSubmit(card: SeenActivity): Promise<void> {
  const data = buttonData({ status: 200, body: cardOf(card) }, 'form.back');
  const words = answered(await click(card, 'form.submit', { data, inputs: filled }));
  expect(words).toContain('**A check blocks this request.** The card shows which one, and how to fix it.');
  expect(has(await cardNow(card), 'form.submit')).toBe(false);
}

/** Mended: the same card goes on. */
async function expectUnblocked(card: SeenActivity): Promise<void> {
  // Where the page offers no second check, it is asked for all the same.
  const body = cardOf(await cardNow(card));
  await click(card, 'form.refresh', { data: buttonData({ status: 200, body }, 'form.back') });
  const mended = await cardNow(card);
  expect(blocksOn(mended)).toEqual([]);
  expect(has(mended, 'form.submit')).toBe(true);
}

describe('every judgement stands on the review page', () => {
  test.each(rows)('$outcome, $code: $when', async (row) => {
    if (row.azure !== undefined) await changeState(world.azure, row.azure);
    const card = await openReview(row);
    if (row.late !== undefined) {
      await changeState(world.azure, row.late);
      await click(card, 'form.submit', { inputs: filled });
    }
    const shown = await cardNow(card);
    expectWords(shown, row);
    const offers = ['form.submit', 'form.refresh', 'form.back'].filter((verb) => has(shown, verb));
    const checksAgain = lasting.includes(row.code) ? [] : ['form.refresh'];
    expect(offers).toEqual([...(row.outcome === 'block' ? checksAgain : ['form.submit']), 'form.back']);
    if (row.outcome === 'block') {
      await forgeSubmit(shown);
      if (row.mend === undefined) await putBack();
      else await changeState(world.azure, row.mend);
      // What the seed has wrong is not mended: another agent or key has to be chosen.
      if (row.azure !== undefined || row.late !== undefined) await expectUnblocked(shown);
    }
    const firstLine = row.words[0];
    seenRows.push([
      row.code,
      glyphOf(row),
      row.when,
      lines(shown).find((line) => (firstLine instanceof RegExp ? firstLine.test(line) : line === firstLine)) ?? '',
    ]);
    await click(shown, 'form.cancel');
  });

  test('no judgement is left out', () => {
    const left = checkCodes.filter((code) => !rows.some((row) => row.code === code));
    // Those of a rotation, of a repair, of a retirement and of whose key it is stand in their own stories, and what a run made is judged in the run alone.
    expect(left).toEqual([
      'customer-managed',
      'key-user-identity',
      'key-moved',
      'old-version-disabled',
      'old-version-unknown',
      'other-subscription',
      'key-used-undeclared',
      'key-must-be-new',
      'key-made',
      'key-version-new',
      'key-of-others',
      'key-doubtful',
      'nothing-to-repair',
      'identity-replaced',
      'repair-outdated',
      'approved-key-gone',
      'role-needed',
      'old-version-unfit',
      'vault-log-needed',
      'new-version-used',
      'old-version-used',
      'declared-not-read',
      'vault-rights-not-checked',
    ]);
  });
});

describe('an open request for the agent', () => {
  test('stands on the review as a block until it has ended', async () => {
    const id = await ask(world);
    submitted.push(id);
    const card = await type(
      world,
      people.requester,
      '/enable-cmk resource=triage-agent-prod vault=kv-care-prod key=cmk-triage-agent',
    );
    expect(blocksOn(card)).toEqual([
      `Request ${id} is open for this agent. An agent can have one open request.`,
      'Wait until it ends, or cancel it. Then try again.',
    ]);
    expect(has(card, 'form.submit')).toBe(false);
    const data = buttonData({ status: 200, body: cardOf(card) }, 'form.refresh');
    expect(answered(await click(card, 'form.submit', { data, inputs: filled }))).toContain(
      `Request ${id} is open for this agent.`,
    );
    await world.teams.click(people.approver, (await approvalCard(world, id)).id, 'request.reject', {
      inputs: { comment: 'Not this week' },
    });
    await click(card, 'form.refresh');
    expect(blocksOn(await cardNow(card))).toEqual([]);
    const next = await submit(world, card);
    expect(next).toMatch(/^CMK-/);
    submitted.push(next);
    await world.teams.click(people.approver, (await approvalCard(world, next)).id, 'request.reject', {
      inputs: { comment: 'Not this week' },
    });
  });
});

describe('what changes while the review is being read', () => {
  test.each([
    ['the key is disabled', onKey(vault, key, (one) => Object.assign(one, { enabled: false })), 'The key is disabled.'],
    ['the key is deleted', deleteKey(vault, key), 'The key is deleted. It can be recovered.'],
  ])('%s: submitting shows the block and stores nothing', async (_what, change, words) => {
    const card = await openReview({ code: 'key-fit', outcome: 'pass', when: '', words: [] });
    await changeState(world.azure, change);
    expect(answered(await click(card, 'form.submit', { inputs: filled }))).toContain(
      '**A check blocks this request.**',
    );
    const shown = await cardNow(card);
    expect(blocksOn(shown)[0]).toContain(words);
    expect(has(shown, 'form.submit')).toBe(false);
  });
});

test('only what was allowed was stored, and Azure was not written to', async () => {
  expect(await writes(world)).toEqual([]);
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(record.requests).toEqual(submitted);
});
