import { expect, test as jestTest } from '@jest/globals';
import { z } from 'zod';
import { localBotPrincipal, usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { http } from '../support/azure/local-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { canMoveClock } from '../support/store/postgres.ts';
import { openTranscript, type Transcript } from '../support/transcripts/transcript.ts';
import { expectGolden } from '../support/transcripts/transcript-golden.ts';
import { azureState } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { approvalCard, approve, ask, people, places } from '../support/world/story.ts';
import { readRecord, testOverrides } from '../support/world/world.ts';

/**
 * Whether an agent was seen using its key, as the vault's log tells: each answer, and the card on the way to it. What is made of
 * every kind of row stands in `test/unit/domain/verdict`, of every trouble with the log in `test/contract/azure-lists`.
 */

const { requester, approver } = people;
const { operations } = places;
const env = { ...usageCheckSettings, ...testOverrides({ usePollMs: 200 }) };
const world = scenario({ own: { env, movable: true }, restoresAzure: true });
// The database's clock moves with libfaketime.
const test = canMoveClock ? jestTest : jestTest.skip;

const happens = (...names: string[]) => http(world.azure, 'POST', '/simulator/scenarios', { body: { names } });
const noMore = (name: string) => http(world.azure, 'DELETE', `/simulator/scenarios?name=${name}`);

const Told = z.object({
  proofs: z.array(z.object({ level: z.string(), outcome: z.string() })),
  use: z.object({
    since: z.string(),
    until: z.string(),
    judged: z.object({ at: z.string(), answer: z.looseObject({ outcome: z.string() }) }).nullable(),
  }),
  events: z.array(z.object({ type: z.string() })),
});
/** What the record has of it, as the command line tells. */
const told = async (id: string) => {
  const { out } = await cmkBot(['requests', 'show', id, '--json'], world.settings);
  return Told.parse(JSON.parse(out));
};
const judgements = async (id: string) => (await told(id)).events.filter(({ type }) => type === 'use-judged').length;
/** Moves the clock past the deadline of the usage check, which is three minutes after the run. */
let moved = 0;
async function passDeadline(): Promise<void> {
  moved += 200;
  await world.moveClock(moved);
}

async function approved(t: Transcript): Promise<string> {
  const id = await ask(world);
  await approve(world, approver, await approvalCard(world, id));
  t.notes(`Ana has asked for triage-agent-prod to be put under its own key, and Ben has approved: ${id}.`);
  return id;
}

test('it is looked for, and the card goes on by itself to that the agent used the key and what let it in', async () => {
  const t = openTranscript(
    world,
    'The resource is seen using its key',
    'The log of the vault comes late, and shows it.',
  );
  await happens('logs-take-10-minutes');
  const id = await approved(t);
  await t.sees(requester, operations, id, /Checking whether the resource uses the key/);
  await noMore('logs-take-10-minutes');
  await t.sees(requester, operations, id, /Verification level: use observed/);
  await t.types(requester, `/cmk-history ${id} changes`);
  expectGolden('seen-in-use', t);
  const { roleAssignments } = await azureState(world);
  const made = roleAssignments.find(({ createdBy }) => createdBy === localBotPrincipal.id);
  const { proofs, use } = await told(id);
  expect(proofs.at(-1)).toEqual({ level: 'use-seen', outcome: 'proved' });
  expect(use.judged?.answer).toMatchObject({
    outcome: 'used',
    operation: 'KeyWrap',
    knownBy: 'object-id',
    allowedBy: { by: 'role-assignment', id: made?.name, ours: true },
  });
});

test('it was not used, and the log would show it', async () => {
  const t = openTranscript(
    world,
    'The resource is not seen using its key',
    'The log of the vault is there, and shows no use.',
  );
  await happens('agents-use-no-key');
  const id = await approved(t);
  await t.sees(requester, operations, id, /Checking whether the resource uses the key/);
  await passDeadline();
  await t.sees(requester, operations, id, /Use not observed/);
  expectGolden('not-seen-in-use', t);
  const { proofs, use } = await told(id);
  expect(proofs.at(-1)).toEqual({ level: 'use-seen', outcome: 'not-checked' });
  expect(use.judged?.answer).toMatchObject({ outcome: 'not-used', refused: null });
  expect((use.judged?.at ?? '') >= use.until).toBe(true);
  expect(await judgements(id)).toBe(1);
});

test('the verifier finds nothing in what was stored of it', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
});
