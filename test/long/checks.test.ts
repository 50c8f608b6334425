import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  all,
  type Change,
  deleteKey,
  hideCreation,
  lock,
  onAgent,
  onKey,
  putUnder,
  rotate,
  scopes,
} from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type BotAnswer, cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { cardNow as cardNowIn, linesOf, openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  ask,
  buttonData,
  type Choices,
  choices,
  people,
  places,
  rememberAzure,
  submit,
  type,
  writes,
} from '../support/world/story.ts';
import { readRecord, type World } from '../support/world/world.ts';

/** Each way a check stands on the review page. Every code and its words: test/unit/operations/checks.test.ts. */

const { agent, vault, key } = choices.first;

interface Row {
  readonly what: string;
  readonly mark: '✓' | '▲' | '△' | '✕';
  readonly choice?: Choices;
  readonly azure?: Change;
  /** Comes about while the review is being read. */
  readonly late?: Change;
  /** What mends a block where Azure is not put back to what it was. */
  readonly mend?: Change;
  /** As they stand on the card, a line each. */
  readonly words: readonly (string | RegExp)[];
  /** Buttons, of those that go on. */
  readonly offers: readonly string[];
}

const goesOn = ['form.submit', 'form.back'];
const lasts = ['form.back'];
const rows: readonly Row[] = [
  {
    what: 'a lock against deleting only',
    mark: '✓',
    azure: lock((state) => scopes.vault(state, vault), 'CanNotDelete'),
    words: ['No lock stops the changes'],
    offers: goesOn,
  },
  {
    what: 'the vault has a name like the one of another agent',
    mark: '▲',
    choice: { agent: 'wellness-agent', vault: 'kv-hospita1-keys', key: 'cmk-virtual-visit' },
    // The simulator's own addresses of vaults bear no names.
    azure: onAgent('virtual-visit-agent', ({ content }) => {
      if (content.keyVaultProperties !== null)
        content.keyVaultProperties.keyVaultUri = 'https://kv-hospital-keys.vault.azure.net/';
    }),
    words: [
      'The key vault name resembles another one',
      'Requested: kv-hospita1-keys. In use by other agents: kv-hospital-keys. The difference: digit 1, letter l.',
    ],
    offers: goesOn,
  },
  {
    what: 'the agents cannot be listed when the review is submitted',
    mark: '△',
    late: (state) => {
      state.faults.push({
        match: { method: 'POST', url: 'Microsoft.ResourceGraph/resources' },
        respond: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
      });
    },
    words: [
      'Other agents weren’t checked',
      'The bot couldn’t list the agents. Another agent might use this key or a similar name.',
    ],
    offers: goesOn,
  },
  {
    what: 'read-only locks on the agent and on the vault',
    mark: '✕',
    azure: all(
      lock((state) => scopes.agent(state, agent)),
      lock((state) => scopes.vault(state, vault), 'ReadOnly', 'keep-vault'),
    ),
    words: [
      'A lock stops the changes. Read-only: change-freeze on agent triage-agent-prod, keep-vault on vault kv-care-prod.',
      'Ask its owner to remove it during the change.',
    ],
    offers: ['form.refresh', 'form.back'],
  },
  {
    what: 'neither ARM nor its list tells when the agent was created',
    mark: '✕',
    azure: hideCreation(agent),
    words: [
      'Azure doesn’t say when the agent was created. Customer-managed keys need an agent that was created after 2021-11-11.',
      'Ask Azure support for its creation date.',
    ],
    offers: lasts,
  },
  {
    what: 'the agent uses an older version of this key',
    mark: '✕',
    azure: all(putUnder(agent, vault, key), rotate(vault, key)),
    mend: onAgent(agent, ({ content }) => Object.assign(content, { keyVaultProperties: null })),
    words: [
      /^The agent already uses a customer-managed key\. It uses cmk-triage-agent in https:\S+, version [0-9a-f]{8}\.$/,
      'Use /rotate-cmk to change the key or version.',
    ],
    offers: lasts,
  },
];
const blocked = 'You can’t submit this request';

const world = scenario({ own: {} });
let putBack: () => Promise<void>;

beforeAll(async () => {
  putBack = await rememberAzure(world);
});
const submitted: string[] = [];

afterEach(() => putBack());

const cardNow = (card: SeenActivity) => cardNowIn(world, card, people.requester, places.operations);

/** The lines of the box that says why this cannot go ahead. */
function blocksOn(card: SeenActivity): readonly string[] {
  const lines = linesOf(card);
  const start = lines.indexOf(blocked);
  const end = lines.findIndex((line, at) => at > start && /^(\d+ risks?: |From: )/.test(line));
  return start === -1 ? [] : lines.slice(start + 1, end);
}
const has = (card: SeenActivity, verb: string): boolean => JSON.stringify(cardOf(card)).includes(`"${verb}"`);
const click = (
  card: SeenActivity,
  verb: string,
  more: Parameters<World['teams']['click']>[3] = {},
): Promise<BotAnswer> => world.teams.click(people.requester, card.id, verb, more);
const filled = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };

function expectWords(card: SeenActivity, { mark, words }: Row): void {
  const lines = linesOf(card);
  const wanted = words.map((line) => (line instanceof RegExp ? expect.stringMatching(line) : line));
  expect(blocksOn(card)).toEqual(mark === '✕' ? wanted : []);
  if (mark === '✕') return;
  const at = lines.indexOf(String(words[0]));
  expect(lines.slice(at - 1, at + words.length)).toEqual([mark, ...wanted]);
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

test.each(rows)('$mark $what', async (row) => {
  if (row.azure !== undefined) await changeState(world.azure, row.azure);
  const card = await openReview(world, row.choice ?? choices.first);
  if (row.late !== undefined) {
    await changeState(world.azure, row.late);
    await click(card, 'form.submit', { inputs: filled });
  }
  const shown = await cardNow(card);
  expectWords(shown, row);
  expect(['form.submit', 'form.refresh', 'form.back'].filter((verb) => has(shown, verb))).toEqual(row.offers);
  if (row.mark === '✕') {
    await forgeSubmit(shown);
    if (row.mend === undefined) await putBack();
    else await changeState(world.azure, row.mend);
    await expectUnblocked(shown);
  }
  await click(shown, 'form.cancel');
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
    const card = await openReview(world, choices.first);
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
