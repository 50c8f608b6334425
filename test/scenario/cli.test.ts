import { cmkBot } from '../support/processes/command-line.ts';
import { sealKeysIn } from '../support/store/seal-keys.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, approvalCard, ask, people, places, shows, type } from '../support/world/story.ts';

/** An operator at the command line while the bot runs. */

const world = scenario();
const cli = (...args: string[]) => cmkBot(args, world.settings);

describe('while the bot runs', () => {
  let id: string;
  beforeAll(async () => {
    id = await ask(world);
    await approvalCard(world, id);
  });

  it('lists what is open', async () => {
    const { code, out } = await cli('requests', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`${id} {2}awaiting-approval {2}triage-agent-prod .* Requester `));
  });

  it('checks the configuration that the bot runs on', async () => {
    const { code, out } = await cli('doctor');
    expect(code).toBe(0);
    for (const line of [
      /ok {4}Azure +reached and signed in/,
      /ok {4}job engine +its tables exist/,
      /ok {4}groups and people +Microsoft Graph answers for \d+ IDs? \(people\/groups\)/,
      /ok {4}seals +events are sealed with key [0-9a-f]{16} of .*seal\.key/,
      /ok {4}database user +/,
      /ok {4}requests +none needs attention \(record\/attention\)/,
    ]) {
      expect(out).toMatch(line);
    }
    expect(out).toMatch(/ok {4}Teams +http:\/\/127\.0\.0\.1:\d+\/? answers/);
    expect(out).toContain('0 failures, 2 warnings.');
    const [key = ''] = await sealKeysIn(world.dataDir);
    expect(key).toHaveLength(44);
    expect(out).not.toContain(key);
  });

  it('erases what was written, and the card in the channel forgets it too', async () => {
    expect(activityText(await approvalCard(world, id))).toContain('Own keys before the audit');
    // Posted once and never looked after: whatever stands on it stays there.
    await type(world, people.requester, `/cmk-history ${id}`, places.operations);
    expect(await cli('audit', 'erase', id, '--reason', 'a name was in it', '--yes')).toMatchObject({
      code: 0,
      err: '',
    });
    const card = await shows(world, places.approvals, people.approver, id, /The reason was erased/);
    expect(activityText(card)).not.toContain('Own keys before the audit');
    for (const place of Object.values(places)) {
      const posted = (await world.teams.activities(place, people.approver)).map(activityText);
      expect(posted.filter((text) => text.includes('Own keys before the audit'))).toEqual([]);
    }
    expect((await cli('audit', 'verify')).out).toContain('1 text erased');
  });

  it('cancels, and the cards say that an operator did', async () => {
    const { code, out } = await cli('requests', 'cancel', id, '--as', 'duty');
    expect({ code, out: out.split('.')[0] }).toEqual({ code: 0, out: `Request ${id} is cancelled` });
    const card = await shows(world, places.operations, people.requester, id, /Canceled/);
    expect(activityText(card)).toContain('An operator');
  });
});
