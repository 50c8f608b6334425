import { describe, expect, test } from '@jest/globals';
import { type BotAnswer, cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import { agentId, answered, buttonData, people, places, requestIdIn, shows } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

describe('two people fill in forms in one thread at once', () => {
  const world = scenario();
  const forms: Record<string, SeenActivity> = {};

  const click = (person: string, form: SeenActivity | undefined, verb: string, inputs: Record<string, unknown> = {}) =>
    world.teams.click(person, form?.id ?? '', verb, { inputs });

  /** Shows the page as it is: a revision that never was changes nothing. */
  const page = async (person: string, form: SeenActivity | undefined): Promise<string> => {
    const data = { ...buttonData({ status: 200, body: form }, 'form.next'), revision: -1 };
    return answered(await world.teams.click(person, form?.id ?? '', 'form.next', { data }));
  };

  test('each gets a form of their own in the thread', async () => {
    const root = await world.teams.say(people.requester, places.operations, '/enable-cmk');
    await world.teams.say(people.approver, places.operations, '/enable-cmk', root.activityId);
    for (const person of [people.requester, people.approver]) {
      forms[person] = await world.teams.sees(root.conversationId, person, (one) => {
        const taken = Object.values(forms).some((form) => form.id === one.id);
        // On a machine that is busy another card says first that it takes a while.
        return cardOf(one) !== undefined && !taken && JSON.stringify(one).includes('form.next');
      });
    }
    // Whose card is which is for the bot to know: each works for one of the two only.
    const [first, second] = [forms[people.requester], forms[people.approver]];
    if (first === undefined || second === undefined) throw new Error('no forms');
    if ((await page(people.requester, first)).includes('another person’s form')) {
      forms[people.requester] = second;
      forms[people.approver] = first;
    }
    for (const [person, form] of Object.entries(forms)) expect(await page(person, form)).toContain('Which agent');
  });

  test('side by side each comes to the review of what they chose', async () => {
    const walk = async (person: string, steps: readonly Record<string, unknown>[]): Promise<string> => {
      let last: BotAnswer | null = null;
      for (const inputs of steps) {
        if ('key' in inputs) await click(person, forms[person], 'form.existing-key');
        last = await click(person, forms[person], 'form.next', inputs);
      }
      return last === null ? '' : answered(last);
    };
    const [first, second] = await Promise.all([
      walk(people.requester, [
        { resource: agentId('triage-agent-prod') },
        { vault: 'kv-care-prod' },
        { key: 'cmk-triage-agent' },
      ]),
      walk(people.approver, [
        { resource: agentId('visitor-agent') },
        { vault: 'kv-policy-keys' },
        { key: 'cmk-policy' },
      ]),
    ]);
    expect(first).toContain('triage-agent-prod');
    expect(first).not.toContain('visitor-agent');
    expect(second).toContain('visitor-agent');
    expect(second).not.toContain('triage-agent-prod');
  });

  test('neither can use the other’s', async () => {
    expect(await page(people.approver, forms[people.requester])).toContain('another person’s form');
    expect(await page(people.requester, forms[people.approver])).toContain('another person’s form');
  });

  test('the same button pressed five times at once turns one page', async () => {
    const form = forms[people.requester];
    await click(people.requester, form, 'form.back');
    const seen = (await world.teams.activities(places.operations, people.requester)).find(({ id }) => id === form?.id);
    const data = buttonData({ status: 200, body: seen }, 'form.back');
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => world.teams.click(people.requester, form?.id ?? '', 'form.back', { data })),
    );
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(await page(people.requester, form)).toContain('Which vault');
  });

  test('both submit at once, each gets a request of their own, and the second tap of a double click the same one', async () => {
    const form = forms[people.requester];
    await click(people.requester, form, 'form.next', { vault: 'kv-care-prod' });
    await click(people.requester, form, 'form.existing-key');
    await click(people.requester, form, 'form.next', { key: 'cmk-triage-agent' });
    const unticked = await click(people.requester, form, 'form.submit', { justification: 'Own keys' });
    expect(answered(unticked)).toContain('Select the checkbox.');
    const data = buttonData(unticked, 'form.submit');
    const ids = await Promise.all(
      [people.requester, people.approver].map(async (person) => {
        const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
        return requestIdIn(answered(await click(person, forms[person], 'form.submit', inputs)));
      }),
    );
    expect(new Set(ids).size).toBe(2);
    const tapped = await world.teams.click(people.requester, form?.id ?? '', 'form.submit', { data });
    expect(answered(tapped)).toContain(ids[0]);
    for (const id of ids) await shows(world, places.operations, people.requester, id, /Waiting for approval/);
    const record = await readRecord(world);
    expect([...record.requests].sort()).toEqual([...ids].sort());
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|Own keys/i);
  });
});
