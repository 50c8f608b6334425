import { describe, expect, test } from '@jest/globals';
import { http } from '../support/azure/local-azure.ts';
import { scenario } from '../support/world/scenario.ts';
import { approvalCard, approve, ask, people, places, shows, writes } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

interface Operation {
  readonly agentId: string;
  readonly status: string;
  readonly triesKey: boolean;
}

describe('with the pace of the real Azure', () => {
  const world = scenario({ own: { latency: 'realistic' } });

  test('a run that is killed with both servers in the middle of every long operation goes on to its end', async () => {
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    const killAt = async (words: RegExp): Promise<void> => {
      await shows(world, places.operations, people.requester, id, words);
      await world.restartEverything('SIGKILL');
    };
    await killAt(/Running: step 1 of 5/);
    await killAt(/Running: step 4 of 5/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    // A grant before its identity is known, and a key before its grant has spread, are refused and tried again.
    const { body: state } = await http(world.azure, 'GET', '/simulator/state');
    const operations = state.operations.filter(({ agentId }: Operation) => agentId.endsWith('triage-agent-prod'));
    const changed = operations.filter(({ status }: Operation) => status === 'Succeeded');
    expect(changed.map(({ triesKey }: Operation) => triesKey)).toEqual([false, true]);
    const others = (await writes(world)).filter((write) => !write.includes('healthBots') && !write.endsWith('400'));
    expect(others).toEqual([
      expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
      'PATCH vaults/kv-care-prod 200',
    ]);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const done = record.events(id).filter((event) => event.startsWith('step-done'));
    expect(done).toHaveLength(5);
    expect(new Set(done).size).toBe(5);
  }, 180_000);
});
