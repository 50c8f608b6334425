import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { keyIn } from '../support/azure-state.ts';
import { azureState } from '../support/path.ts';
import {
  approvalCard,
  approve,
  type Fault,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
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

/** Azure never did it, or did it and nobody heard. */
const fates = {
  'before Azure did it': { respond: { status: 503 }, drop: true },
  'after Azure did it': {},
} as const satisfies Record<string, Partial<Fault>>;

const cases = points.flatMap((point) =>
  Object.entries(fates).map(([fate, spoil]) => ({ ...point, fate, spoil }) as const),
);

describe('killed while Azure has just received a write of a rotation', () => {
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
    table.print('SIGKILL of the bot in a rotation, and what came of it', ['write', 'killed', 'state', 'effects']);
    await world.end();
  });

  test.each(cases)('$name, $fate: the rotation succeeds and the write took effect once', async (point) => {
    const review = await type(world, people.requester, `/rotate-cmk resource=${agent} ${point.way}`);
    const id = await submit(world, review);
    const card = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    await faultAzure(world, { match: point.match, ...untilMended, ...point.spoil });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    await world.endBot('SIGKILL');
    await mendAzure(world);
    await untilAzureAnswered(world, point.match, 1, from);
    await world.startBot();
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const effects = (await writes(world, from)).filter((write) => !write.endsWith(' 0'));
    table.add(point.name, point.fate, 'succeeded', effects.map((effect) => effect.split('/')[0]).join(', '));
    expect(effects.map((effect) => effect.replace(/[0-9a-f-]{36}/, '*'))).toEqual(point.effects);
    const versions = keyIn(await azureState(world), own.vault, own.key).versions;
    expect(versions.length).toBe(point.versions);
    expect(versions.every(({ enabled }) => enabled)).toBe(true);
    ended.push(id);
  });

  test('the record verifies; every step of every request is done once', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual(ended);
    for (const id of ended) {
      const done = record.events(id).filter((event) => event.startsWith('step-done'));
      expect(new Set(done.map((event) => event.split('/')[0])).size).toBe(done.length);
      expect(record.events(id).at(-1)).toBe('succeeded');
    }
  });
});
