import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { changeState } from '../support/azure/local-azure.ts';
import { approvalCard, approve, ask, people, places, shows, writes } from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** Azure answers a read from a replica that is behind: for some seconds after a write, it shows the state before. */

let world: World;
beforeAll(async () => {
  // Pauses as long as in the sandbox: at the instant pace, all attempts are over before the replica has caught up.
  world = await startWorld({ env: { CMK_RETRY_FIRST_WAIT: '1s', CMK_AZURE_POLL: '200ms' } });
});
afterAll(() => world.end());

test('a request succeeds while reads lag behind writes, and no person is asked', async () => {
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await changeState(world.azure, ({ settings }) => {
    settings.readLagMs = 4_000;
  });
  await approve(world, people.approver, card);
  await shows(world, places.operations, people.requester, id, /Succeeded/, 100_000);
  // An attempt that still reads the old state writes the same again: by name there is one role assignment.
  const written = (await writes(world)).map((write) => write.split(' ').slice(0, 2).join(' '));
  expect(new Set(written.filter((write) => write.includes('roleAssignments'))).size).toBe(1);
  const { findings, events } = await readRecord(world);
  expect(findings).toEqual([]);
  expect(events(id).join('\n')).not.toContain('attention-needed');
});
