import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newDatabase } from '../support/store/run-server.ts';
import {
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { type AzureRequest, readRecord, startWorld, type World } from '../support/world/world.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Write {
  readonly method: string;
  readonly url: RegExp;
  /** The how manieth of its kind. */
  readonly nth: number;
}

const placeOf = ({ url }: AzureRequest): string => url.split('?')[0] ?? '';
/** Names that the run makes up differ each time. */
const patternOf = (place: string): string =>
  `${place.replaceAll(/[.\\]/g, '\\$&').replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '[^/]+')}(\\?|$)`;

/**
 * The last look before that write was sent: where, as a pattern, and how often it was looked there since the write before it.
 * Azure is slow with that one, until the fault for the look is there: how often the bot looks before depends on the machine.
 */
function lookBefore(all: readonly AzureRequest[], write: Write) {
  const sent = all.filter((one) => one.method === write.method && write.url.test(one.url))[write.nth - 1];
  const earlier = all.slice(0, sent === undefined ? 0 : all.indexOf(sent));
  const last = earlier.findLast(({ method }) => method === 'PUT' || method === 'PATCH');
  const looks = earlier.slice(last === undefined ? 0 : earlier.indexOf(last)).filter(({ method }) => method === 'GET');
  const place = looks.map(placeOf).at(-1) ?? '';
  return {
    slow: last === undefined ? null : { method: last.method, url: patternOf(placeOf(last)) },
    url: patternOf(place),
    nth: looks.filter((one) => placeOf(one) === place).length,
  };
}

describe('a replica that stands still until others took it for dead, and then goes on', () => {
  let world: World;
  let putBack: () => Promise<void>;
  /** What was asked of Azure in a run that nobody disturbed. */
  let usual: readonly AzureRequest[] = [];

  beforeAll(async () => {
    world = await startWorld({ env: { DATABASE_URL: await newDatabase() } });
    putBack = await rememberAzure(world);
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    await approve(world, people.approver, card);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    usual = (await world.azureRequests()).slice(from);
    await putBack();
  });
  afterAll(() => world?.end());

  /** A run whose replica waits for Azure's answer to its last look before that write. */
  async function heldUpBefore(write: Write): Promise<{ readonly id: string; readonly from: number }> {
    const { slow, url, nth } = lookBefore(usual, write);
    expect(nth).toBeGreaterThan(0);
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const match = { method: 'GET', url };
    const looks = [...(nth > 1 ? [{ match, times: nth - 1, delayMs: 0 }] : []), { match, ...untilMended }];
    await faultAzure(world, ...(slow === null ? looks : [{ match: slow, times: 1, delayMs: 5_000 }]));
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    if (slow !== null) {
      await faultAzure(world, ...looks);
      await untilFaultsAreMet(world);
    }
    return { id, from };
  }

  /** The first replica is held up while Azure answers the look. */
  test.each([
    ['the identity', { method: 'PATCH', url: /healthBots\/triage-agent-prod\?/, nth: 1 }],
    ['the grant', { method: 'PUT', url: /roleAssignments\//, nth: 1 }],
    ['the vault', { method: 'PATCH', url: /vaults\/kv-care-prod\?/, nth: 1 }],
    ['the key', { method: 'PATCH', url: /healthBots\/triage-agent-prod\?/, nth: 2 }],
  ])(
    'held up in its last look before it changes %s: it writes nothing more, in Azure or on the record',
    async (_what, write) => {
      const { id, from } = await heldUpBefore(write);
      world.signalBot('SIGSTOP');
      await mendAzure(world);
      const other = await world.startReplica('two');
      const ends = async () => (await readRecord(world)).events(id).at(-1) === 'succeeded';
      for (const until = Date.now() + 60_000; Date.now() < until && !(await ends()); ) await pause(300);
      const done = (await writes(world, from)).length;
      const rows = (await readRecord(world)).events(id);
      const said = world.printed().length;
      world.signalBot('SIGCONT');
      await until(async () => /its claim was lost/.test(world.printed().slice(said)), 'it to give the run up');
      await pause(3_000);
      expect((await writes(world, from)).slice(done)).toEqual([]);
      expect((await readRecord(world)).events(id)).toEqual(rows);
      await other.end('SIGINT');
      await shows(world, places.operations, people.requester, id, /Succeeded/);
      await putBack();
    },
  );

  test('one that blocks for twelve seconds: another one goes on, and nothing is done twice', async () => {
    const { id, from } = await heldUpBefore({ method: 'PUT', url: /roleAssignments\//, nth: 1 });
    const other = await world.startReplica('two');
    const said = world.printed().length;
    const has = (words: RegExp) => words.test(world.printed().slice(said));
    world.signalBot('SIGSTOP');
    await pause(12_000);
    expect(has(/lost its replica/)).toBe(true);
    world.signalBot('SIGCONT');
    await until(async () => has(/its claim was lost/), 'the first one to give the run up');
    await mendAzure(world);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const done = (await writes(world, from)).filter((write) => / 20[01]$/.test(write));
    expect(done).toHaveLength(4);
    const steps = (await readRecord(world)).events(id).filter((event) => event.startsWith('step-done'));
    expect(new Set(steps.map((event) => event.split('/')[0])).size).toBe(steps.length);
    await other.end('SIGINT');
    await putBack();
  });

  test('the record verifies', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
