import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { linesOf } from '../support/world/path.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  mendOne,
  people,
  places,
  shows,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { readRecord, type World } from '../support/world/world.ts';

/** Retries are exhausted in about a second and a half, and Azure is checked about three times a second then. */
let evidence: EvidenceWorld;
let world: World;

beforeAll(async () => {
  const env = { CMK_RETRY_FIRST_WAIT: '50ms', CMK_OPERATORS: people.teamMember };
  evidence = await startEvidenceWorld({ env });
  ({ world } = evidence);
}, 400_000);
afterAll(() => evidence.end());

const down = { status: 503, body: { error: { code: 'ServiceUnavailable', message: 'Azure is down.' } } };
const forbidden = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No permission.' } } };
const byItself = 'The bot retries once automatically when Azure answers again.';

const status = (id: string, words: RegExp, person: string = people.requester) =>
  shows(world, places.operations, person, id, words);
const wordsOf = (card: SeenActivity): string => linesOf(card).join('\n').replaceAll('\\', '');
const Shown = z.object({ events: z.array(z.object({ type: z.string() })) });
const eventsOf = async (id: string): Promise<readonly string[]> => {
  const { out } = await cmkBot(['requests', 'show', id, '--json'], world.settings);
  return Shown.parse(JSON.parse(out)).events.map(({ type }) => type);
};
const count = (events: readonly string[], type: string): number => events.filter((one) => one === type).length;

/** An approved request that needs attention after that fault, which stays. */
async function stuckBy(fault: Parameters<typeof faultAzure>[1], choice = choices.first) {
  const id = await ask(world, choice);
  const card = await approvalCard(world, id);
  if (fault !== undefined) await faultAzure(world, fault);
  await approve(world, people.approver, card);
  return { id, card: await status(id, /Needs attention/) };
}

describe('a request that needs attention', () => {
  let refused = '';
  let retried = '';

  test('is taken on by an approver and taken over by an operator; a reader sees who', async () => {
    const { id, card } = await stuckBy({ match: { method: 'PUT', url: 'roleAssignments' }, respond: forbidden });
    refused = id;
    expect(wordsOf(card)).not.toContain(byItself);
    const take = (person: string) => world.teams.click(person, card.id, 'request.take-on');
    expect(answered(await take(people.guest))).toContain('Only members of this organization');
    expect(answered(await take(people.approver))).toMatch(/Approver\W+is on it since/);
    expect(activityText(await status(id, /Approver\W+is on it since/))).toContain('[Take over');
    expect(answered(await take(people.approver))).toMatch(/Approver\W+is on it since/);
    expect(answered(await take(people.teamMember))).toMatch(/Team member\W+is on it since/i);
    expect(answered(await take(people.approver))).toMatch(/Approver\W+is on it since/);
    await status(id, /Approver\W+is on it since/);
    expect(count(await eventsOf(id), 'taken-on')).toBe(3);
    const { out } = await cmkBot(['requests', 'show', id], world.settings);
    expect(out).toContain('Approver is on it');
    await mendAzure(world);
  });

  test('is retried once without a click when an outage longer than the retries has ended', async () => {
    const { id, card } = await stuckBy({ match: { url: 'providers/Microsoft' }, respond: down }, choices.test);
    retried = id;
    expect(wordsOf(card)).toContain(byItself);
    // A crash during the outage doesn't lose the retry.
    await world.restartBot('SIGKILL');
    await mendAzure(world);
    await status(id, /Succeeded/);
    const events = await eventsOf(id);
    expect(count(events, 'retried')).toBe(1);
  });

  test('is retried exactly once where the bot crashes after the retry, and not again after a second outage', async () => {
    const outage = { id: 'outage', match: { url: 'providers/Microsoft' }, respond: down };
    const { id } = await stuckBy(outage, choices.policies);
    await faultAzure(world, { match: { method: 'PATCH', url: 'healthBots/visitor-agent' }, ...untilMended });
    await mendOne(world, 'outage');
    await untilFaultsAreMet(world);
    await world.restartBot('SIGKILL');
    await faultAzure(world, outage);
    // The card of the first outage says that the run ended before its first step.
    const card = await status(id, /Step 1 of 4 failed/);
    expect(wordsOf(card)).toContain('Needs attention');
    expect(wordsOf(card)).not.toContain(byItself);
    const events = await eventsOf(id);
    expect(count(events, 'retried')).toBe(1);
    expect(count(events, 'run-ordered')).toBe(2);
    await mendAzure(world);
    await world.teams.click(people.requester, card.id, 'request.retry');
    await status(id, /Succeeded/);
  });

  test('is never retried after a refusal: only a person does that', async () => {
    const events = await eventsOf(refused);
    expect(count(events, 'retried')).toBe(0);
    expect(events.at(-1)).toBe('taken-on');
    const card = await status(refused, /Needs attention/);
    await world.teams.click(people.requester, card.id, 'request.retry');
    expect(activityText(await status(refused, /Succeeded/))).not.toContain('is on it');
  });

  test.each(['taken on', 'retried by the bot'])('the evidence of one that was %s is proved', async (what) => {
    const pack = await evidence.take(what === 'taken on' ? refused : retried, `${what}.zip`);
    expect(verifyInPython(pack, '--keys', evidence.keyFile)).toEqual([0, expect.stringMatching(/^proved: /), '']);
  });

  test('has an audit log that verifies', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
