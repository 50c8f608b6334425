import { describe, expect, test } from '@jest/globals';
import { keyIn } from '../support/azure/azure-state.ts';
import { effectsSince } from '../support/lives/killed-lives.ts';
import { azureState } from '../support/world/path.ts';
import {
  approvalCard,
  type Fault,
  mendAzure,
  people,
  places,
  shows,
  submit,
  type,
  untilAzureAnswered,
} from '../support/world/story.ts';
import { doneOrNot, expectDoneOnce, inEveryWay, inShort, killInWrite, worldForKilling } from './killed-in-a-write.ts';

/** The bot is killed in the middle of each way to rotate; the switch still happens once, and one version at most is made. */

const agent = 'virtual-visit-agent';
const own = { vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };
interface KillPoint {
  readonly name: string;
  readonly way: string;
  readonly match: Fault['match'];
  /** What Azure did, in order. */
  readonly effects: readonly string[];
  /** Versions of the own key at the end: two are seeded. */
  readonly versions: number;
}

const setsKey = { method: 'PATCH', url: `healthBots/${agent}` };
const switched = `PATCH healthBots/${agent} 201`;
const elsewhere = 'vault=kv-care-prod key=cmk-triage-agent';
const all = ['PUT roleAssignments/* 201', 'PATCH vaults/kv-care-prod 200', switched];
const points: readonly KillPoint[] = [
  { name: 'newest: the switch', way: 'version=newest', match: setsKey, effects: [switched], versions: 2 },
  {
    name: 'new: the version',
    way: 'version=new',
    match: { method: 'POST', url: `keys/${own.key}/create` },
    effects: [switched],
    versions: 3,
  },
  { name: 'new: the switch', way: 'version=new', match: setsKey, effects: [switched], versions: 3 },
  {
    name: 'other: the grant',
    way: elsewhere,
    match: { method: 'PUT', url: 'roleAssignments' },
    effects: all,
    versions: 2,
  },
  { name: 'other: the switch', way: elsewhere, match: setsKey, effects: all, versions: 2 },
];

describe('killed while Azure has just received a write of a rotation', () => {
  const killing = worldForKilling('SIGKILL of the bot in a rotation, and what came of it');

  test.each(inEveryWay(points, doneOrNot))(
    '$name, $fate: the rotation succeeds and the write took effect once',
    async (point) => {
      const { world, rows, ended } = killing;
      const review = await type(world, people.requester, `/rotate-cmk resource=${agent} ${point.way}`);
      const id = await submit(world, review);
      const card = await approvalCard(world, id);
      const from = (await world.azureRequests()).length;
      await killInWrite(world, card, point);
      await mendAzure(world);
      await untilAzureAnswered(world, point.match, 1, from);
      await world.startBot();
      await shows(world, places.operations, people.requester, id, /Succeeded/, 40_000);
      const effects = await effectsSince(world, from);
      rows.push([point.name, point.fate, 'succeeded', inShort(effects)]);
      expect(effects).toEqual(point.effects);
      const versions = keyIn(await azureState(world), own.vault, own.key).versions;
      expect(versions.length).toBe(point.versions);
      expect(versions.every(({ enabled }) => enabled)).toBe(true);
      ended.push(id);
    },
  );

  test('the record verifies; every step of every request is done once', async () => {
    await expectDoneOnce(killing);
  });
});
