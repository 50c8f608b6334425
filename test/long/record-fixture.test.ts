import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cmkBot } from '../support/processes/command-line.ts';
import { clockOfFixture, putFixture, readFixture } from '../support/store/record-fixture.ts';
import { scenario } from '../support/world/scenario.ts';
import { approve, people, places, shows } from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

/**
 * A record of version 2 as the first program that wrote it left it, kept in test/golden/record-2. Whatever becomes of this
 * program, it opens that record, shows it, goes on with what is open in it, and the chain still verifies.
 */
const fixture = readFixture(2);
const clock = clockOfFixture(fixture);

// A key of the fixture expires by the clock of Azure.
const world = scenario({ own: { record: 'folder', azureEnv: clock.env } });

describe('a record of version 2', () => {
  afterAll(() => clock.remove());
  const requests = [...new Set(fixture.rows.event.map(({ request_id }) => String(request_id)))];
  const [done = '', rejected = '', rotated = '', waiting = '', stuck = ''] = requests;

  beforeAll(async () => {
    await world.endBot('SIGINT');
    await putFixture(world, fixture);
    await world.startBot(clock.env);
  });

  test('is listed and told, request by request', async () => {
    const list = await cmkBot(['requests', 'list', '--json'], { CMK_DATA_DIR: world.dataDir });
    const states = JSON.parse(list.out).map((one: { id: string; state: string }) => `${one.id} ${one.state}`);
    expect([...states].reverse()).toEqual([
      `${done} succeeded`,
      `${rejected} rejected`,
      `${rotated} succeeded`,
      `${waiting} awaiting-approval`,
      `${stuck} needs-attention`,
    ]);
    for (const id of requests) {
      const shown = await cmkBot(['requests', 'show', id], { CMK_DATA_DIR: world.dataDir });
      expect(shown.code).toBe(0);
    }
  });

  const inApprovals = (id: string, words: RegExp) => shows(world, places.approvals, people.approver, id, words);

  // The vaults of this Azure have other addresses than those that were approved: each request asks once more.
  async function approveAnew(id: string): Promise<void> {
    await approve(world, people.approver, await inApprovals(id, /Earlier approvals don’t count/));
    await inApprovals(id, /Succeeded/);
  }

  test('goes on: what waits is approved and done, what is stuck is tried again', async () => {
    await approve(world, people.approver, await inApprovals(waiting, /Needs approval/));
    await approveAnew(waiting);
    const card = await inApprovals(stuck, /Needs attention/);
    await world.teams.click(people.approver, card.id, 'request.retry');
    await approveAnew(stuck);
  });

  test('verifies with what came after it, and its texts are what it commits to', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests.slice(0, requests.length)).toEqual(requests);
    expect(record.events(waiting).at(-1)).toBe('succeeded');
    expect(record.events(stuck).at(-1)).toBe('succeeded');
    expect(record.texts.some(({ request, field }) => request === rejected && field === 'comment')).toBe(true);
  });

  test('once a newer program has brought its tables up, this one says so, and what there is to do', async () => {
    await queryStore(world, "insert into cmk.migration values (9999, '9999-newer.sql')");
    const refused = await world.startBot().then(
      () => '',
      (error: unknown) => String(error),
    );
    const [said = ''] = refused.split('\n').filter((line) => line.startsWith('cmk-bot does not start'));
    expect(said).toMatch(
      /has migration 9999, made by a newer version of this program\. Start that version again, or restore/,
    );
    expect(refused.slice(refused.indexOf(said))).not.toMatch(/\n\s+at /);
    const asked = await cmkBot(['requests', 'list'], { CMK_DATA_DIR: world.dataDir });
    expect(asked).toMatchObject({ code: 2, err: expect.stringMatching(/requests list: .* has migration 9999, made/) });
    expect(asked.err).not.toMatch(/\n\s+at /);
  });
});
