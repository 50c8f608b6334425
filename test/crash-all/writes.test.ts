import { describe, expect, test } from '@jest/globals';
import { type AzureState, keyIn } from '../support/azure/azure-state.ts';
import { chosenCases } from '../support/lives/chosen-cases.ts';
import { effectsSince } from '../support/lives/killed-lives.ts';
import { azureState } from '../support/world/path.ts';
import {
  approvalCard,
  ask,
  choices,
  type Fault,
  mendAzure,
  people,
  places,
  requestIdIn,
  shows,
  submit,
  type,
  untilAzureAnswered,
  writes,
} from '../support/world/story.ts';
import type { World } from '../support/world/world.ts';
import { doneOrNot, expectDoneOnce, inEveryWay, inShort, killInWrite, worldForKilling } from './killed-in-a-write.ts';

interface Story {
  readonly ask: (world: World) => Promise<string>;
  /** What Azure did, in order; where steps run side by side, in the order of the alphabet. */
  readonly effects: readonly string[];
  readonly sideBySide?: true;
  readonly steps: number;
}

/** Where the bot is killed: the story, and the write that Azure has just received, the nth of those that match. */
interface KillPoint {
  readonly name: string;
  readonly story: Story;
  readonly match: Fault['match'];
  readonly nth: 1 | 2;
}

/** A key that is made in a vault with access policies, for an agent with an identity of another kind. */
async function withNewKey(world: World): Promise<string> {
  const { agent, vault } = choices.policies;
  const form = await type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault}`);
  const inputs = { newKeyName: 'cmk-visitor-agent', keyType: 'RSA', keySize: '3072' };
  await world.teams.click(people.requester, form.id, 'form.new-key');
  await world.teams.click(people.requester, form.id, 'form.next', { inputs });
  return requestIdIn(await submit(world, form));
}

const first: Story = {
  ask: (world) => ask(world, choices.first),
  effects: [
    'PATCH healthBots/triage-agent-prod 201',
    'PUT roleAssignments/* 201',
    'PATCH vaults/kv-care-prod 200',
    'PATCH healthBots/triage-agent-prod 201',
  ],
  steps: 5,
};
const newKey: Story = {
  ask: withNewKey,
  effects: [
    'PATCH healthBots/visitor-agent 201',
    'PATCH healthBots/visitor-agent 201',
    'PUT accessPolicies/add 200',
    'PUT keys/cmk-visitor-agent 200',
  ],
  sideBySide: true,
  steps: 5,
};
const rotated = { agent: 'virtual-visit-agent', vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' };
/** To a version that the run makes: two are seeded. */
const newVersion: Story = {
  ask: async (world) =>
    submit(world, await type(world, people.requester, `/rotate-cmk resource=${rotated.agent} version=new`)),
  effects: [`PATCH healthBots/${rotated.agent} 201`],
  steps: 3,
};
const points: readonly KillPoint[] = [
  { name: 'identity', story: first, match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, nth: 1 },
  { name: 'role assignment', story: first, match: { method: 'PUT', url: 'roleAssignments' }, nth: 1 },
  { name: 'purge protection', story: first, match: { method: 'PATCH', url: 'vaults/kv-care-prod' }, nth: 1 },
  {
    name: 'customer-managed key',
    story: first,
    match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
    nth: 2,
  },
  { name: 'new key', story: newKey, match: { method: 'PUT', url: 'keys/cmk-visitor-agent' }, nth: 1 },
  { name: 'access policy', story: newKey, match: { method: 'PUT', url: 'accessPolicies/add' }, nth: 1 },
];
const makesVersion: KillPoint = {
  name: 'new version',
  story: newVersion,
  match: { method: 'POST', url: `keys/${rotated.key}/create` },
  nth: 1,
};

/** Or Azure does it once all has been done without it. */
const late = 'long before Azure does it';
const fates = { ...doneOrNot, [late]: { late: true } } as const;
// A create that comes late makes another version: Azure has no condition against that.
const cases = chosenCases([...inEveryWay(points, fates), ...inEveryWay([makesVersion], doneOrNot)]);

/** What Azure holds of what the bot may change. */
const withoutTimes = ({ agents, vaults, roleAssignments }: AzureState) => ({
  agents: agents.map(({ name, content }) => ({ name, content })),
  grants: roleAssignments.map(({ name }) => name),
  vaults: vaults.map(({ name, enablePurgeProtection, accessPolicies, keys }) => ({
    name,
    enablePurgeProtection,
    access: accessPolicies.map(({ objectId, permissions }) => ({ objectId, permissions })),
    keys: keys.map((one) => [one.name, one.versions.map(({ version }) => version)]),
  })),
});

describe('killed while Azure has just received a write', () => {
  const killing = worldForKilling('SIGKILL of the bot, and what came of it');

  test.each(cases)('$name, $fate: the request succeeds and the write took effect once', async (point) => {
    const { world, rows, ended } = killing;
    const { story } = point;
    const id = await story.ask(world);
    const card = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    const passing: Fault = { match: point.match, times: 1, delayMs: 0 };
    await killInWrite(world, card, point, point.nth === 2 ? [passing] : []);
    const arrive = async (nth: number): Promise<void> => {
      await mendAzure(world);
      await untilAzureAnswered(world, point.match, nth, from);
    };
    if (point.fate !== late) await arrive(point.nth);
    await world.startBot();
    for (const place of [places.operations, places.approvals]) {
      await shows(world, place, people.approver, id, /Succeeded/);
    }
    if (point.fate === late) {
      const before = withoutTimes(await azureState(world));
      const made = (await writes(world, from)).length;
      await arrive(point.nth + 1);
      expect(withoutTimes(await azureState(world))).toEqual(before);
      // Refused, or the same as what is there.
      expect((await writes(world, from)).slice(made)).toEqual([expect.stringMatching(/ (200|201|412)$/)]);
      rows.push([point.name, point.fate, 'succeeded', inShort((await writes(world, from)).slice(-1))]);
      ended.push(id);
      return;
    }
    const effects = await effectsSince(world, from);
    rows.push([point.name, point.fate, 'succeeded', inShort(effects)]);
    expect(story.sideBySide ? [...effects].sort() : effects).toEqual(story.effects);
    if (story === newVersion) {
      const { versions } = keyIn(await azureState(world), rotated.vault, rotated.key);
      expect(versions.map(({ enabled }) => enabled)).toEqual([true, true, true]);
    }
    ended.push(id);
  });

  test('the record verifies; every step of every request is done once', async () => {
    const done = await expectDoneOnce(killing);
    expect(done.map(({ length }) => length)).toEqual(cases.map(({ story }) => story.steps));
    expect(killing.world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
