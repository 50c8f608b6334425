import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AzureState } from '../support/azure-state.ts';
import { azureState } from '../support/path.ts';
import {
  approvalCard,
  approve,
  ask,
  type Choices,
  choices,
  type Fault,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  requestIdIn,
  shows,
  submit,
  type,
  untilAzureAnswered,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';
import { OutcomeTable } from './outcome-table.ts';

/** Where the bot is killed: the story, and the write that Azure has just received, the nth of those that match. */
interface KillPoint {
  readonly name: string;
  readonly ask: (world: World) => Promise<string>;
  readonly match: Fault['match'];
  readonly nth: 1 | 2;
}

const withKey = (choice: Choices) => (world: World) => ask(world, choice);

/** A key that is made in a vault with access policies, for an agent with an identity of another kind. */
async function withNewKey(world: World): Promise<string> {
  const { agent, vault } = choices.policies;
  const form = await type(world, people.requester, `/enable-cmk resource=${agent} vault=${vault}`);
  const inputs = { newKeyName: 'cmk-visitor-agent', keyType: 'RSA', keySize: '3072' };
  await world.teams.click(people.requester, form.id, 'form.new-key');
  await world.teams.click(people.requester, form.id, 'form.next', { inputs });
  return requestIdIn(await submit(world, form));
}

const first = withKey(choices.first);
const points: readonly KillPoint[] = [
  { name: 'identity', ask: first, match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, nth: 1 },
  { name: 'role assignment', ask: first, match: { method: 'PUT', url: 'roleAssignments' }, nth: 1 },
  { name: 'purge protection', ask: first, match: { method: 'PATCH', url: 'vaults/kv-care-prod' }, nth: 1 },
  { name: 'customer-managed key', ask: first, match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, nth: 2 },
  { name: 'new key', ask: withNewKey, match: { method: 'PUT', url: 'keys/cmk-visitor-agent' }, nth: 1 },
  { name: 'access policy', ask: withNewKey, match: { method: 'PUT', url: 'accessPolicies/add' }, nth: 1 },
];

/** Azure never did it, did it and nobody heard, or does it once all has been done without it. */
const late = 'long before Azure does it';
const fates = {
  'before Azure did it': { respond: { status: 503 }, drop: true },
  'after Azure did it': {},
  [late]: { late: true },
} as const satisfies Record<string, Partial<Fault>>;

const cases = points.flatMap((point) =>
  Object.entries(fates).map(([fate, spoil]) => ({ ...point, fate, spoil }) as const),
);

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
  let world: World;
  const table = new OutcomeTable();
  const ended: string[] = [];

  let putBack: () => Promise<void>;

  beforeAll(async () => {
    world = await startWorld();
    putBack = await rememberAzure(world);
  });
  afterEach(async () => {
    await mendAzure(world);
    await putBack();
  });
  afterAll(async () => {
    table.print('SIGKILL of the bot, and what came of it', ['write', 'killed', 'state', 'effects']);
    await world.end();
  });

  test.each(cases)('$name, $fate: the request succeeds and the write took effect once', async (point) => {
    const id = await point.ask(world);
    const card = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    const passing: Fault = { match: point.match, times: 1, delayMs: 0 };
    await faultAzure(world, ...(point.nth === 2 ? [passing] : []), {
      match: point.match,
      ...untilMended,
      ...point.spoil,
    });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    await world.endBot('SIGKILL');
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
      table.add(point.name, point.fate, 'succeeded', (await writes(world, from)).at(-1)?.split('/')[0] ?? '');
      ended.push(id);
      return;
    }
    // What was cut off before Azure did anything stands in its log with status 0.
    const effects = (await writes(world, from)).filter((write) => !write.endsWith(' 0'));
    table.add(point.name, point.fate, 'succeeded', effects.map((effect) => effect.split('/')[0]).join(', '));
    expect(effects.map((effect) => effect.replace(/[0-9a-f-]{36}/, '*'))).toEqual(
      point.ask === first
        ? [
            'PATCH healthBots/triage-agent-prod 201',
            'PUT roleAssignments/* 201',
            'PATCH vaults/kv-care-prod 200',
            'PATCH healthBots/triage-agent-prod 201',
          ]
        : expect.arrayContaining([
            'PATCH healthBots/visitor-agent 201',
            'PUT keys/cmk-visitor-agent 200',
            'PUT accessPolicies/add 200',
            'PATCH healthBots/visitor-agent 201',
          ]),
    );
    expect(effects).toHaveLength(4);
    ended.push(id);
  });

  test('the record verifies; every step of every request is done once', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual(ended);
    for (const id of ended) {
      const events = record.events(id);
      const done = events.filter((event) => event.startsWith('step-done'));
      expect(done.map((event) => event.split('/')[0])).toHaveLength(5);
      expect(new Set(done.map((event) => event.split('/')[0])).size).toBe(5);
      expect(events.at(-1)).toBe('succeeded');
    }
    expect(world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
