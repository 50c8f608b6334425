import { AzureFailure, done, failed } from '../../../src/domain/failure.ts';
import { RequestId } from '../../../src/domain/ids.ts';
import type { CustomerKey } from '../../../src/domain/observed.ts';
import type { ResourceKey } from '../../../src/domain/ports/inventory.ts';
import type { Drift } from '../../../src/domain/watch/resource-watch.ts';
import { type DriftState, unknownCause } from '../../../src/domain/watch/state.ts';
import { countsOf, driftSummaries, judgeFleet, keyOf } from '../../../src/operations/fleet.ts';
import { type FleetPorts, FleetReader } from '../../../src/operations/read-fleet.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import { key, noon, under, vault, version } from '../../support/builders/plans.ts';

const keyed = (digit: string, change: Partial<CustomerKey> = {}): CustomerKey => ({
  ...under(version(digit)),
  ...change,
});
function agent(name: string, customerKey: CustomerKey | null = null): ResourceKey {
  return { id: resourceId(name), name, customerKey };
}
const id = RequestId.parse('CMK-7F3K9Q');
const foundAt = '2026-03-01T00:00:00.000Z';
const driftOf = (...states: readonly DriftState[]): Drift => ({
  number: 1,
  openedAt: foundAt,
  closedAt: null,
  criticalFrom: 1,
  basis: { request: id, planDigest: '' },
  found: states.map((state) => ({ state, cause: unknownCause, by: null, foundAt })),
});
const inDays = (days: number): string => new Date(noon.getTime() + days * 86_400_000).toISOString();

it('puts the most urgent first: what is stuck, what has ended, what ends soonest, what is asked, then the rest by name', () => {
  const resources = [
    agent('in-order', keyed('1')),
    agent('b-plain'),
    agent('a-plain'),
    agent('unknown', keyed('9')),
    agent('later', keyed('2')),
    agent('sooner', keyed('3')),
    agent('ended', keyed('4')),
    agent('asked'),
    agent('stuck', keyed('4')),
    agent('changed', keyed('1')),
    agent('changed-a-little', keyed('1')),
  ];
  const ends = new Map([
    [keyOf({ customerKey: keyed('1') }) ?? '', null],
    [keyOf({ customerKey: keyed('2') }) ?? '', inDays(60)],
    [keyOf({ customerKey: keyed('3') }) ?? '', inDays(1)],
    [keyOf({ customerKey: keyed('4') }) ?? '', inDays(-1)],
  ]);
  const held = new Map([
    [resourceId('asked').toLowerCase(), { id, waits: 'approval' as const }],
    [resourceId('stuck').toLowerCase(), { id, waits: 'attention' as const }],
  ]);
  const drifts = new Map([
    [resourceId('changed').toLowerCase(), driftOf({ code: 'key-disabled' }, { code: 'purge-protection-off' })],
    [resourceId('changed-a-little').toLowerCase(), driftOf({ code: 'purge-protection-off' })],
  ]);
  const fleet = judgeFleet(resources, { held, ends, drifts }, noon);
  expect(fleet.map(({ name, state }) => [name, state])).toEqual([
    ['stuck', 'needs-attention'],
    ['changed', 'not-as-approved'],
    ['ended', 'ended'],
    ['sooner', 'ends-soon'],
    ['later', 'ends-soon'],
    ['asked', 'request-open'],
    ['a-plain', 'microsofts-key'],
    ['b-plain', 'microsofts-key'],
    ['unknown', 'end-unknown'],
    ['changed-a-little', 'own-key'],
    ['in-order', 'own-key'],
  ]);
  expect(countsOf(fleet)).toMatchObject({ 'ends-soon': 2, 'microsofts-key': 2, 'own-key': 2 });
  expect(driftSummaries(drifts, fleet, () => true)).toEqual([
    { code: 'key-disabled', agents: ['changed'], since: foundAt },
    { code: 'purge-protection-off', agents: ['changed', 'changed-a-little'], since: foundAt },
  ]);
  expect(driftSummaries(drifts, [], ({ name }) => name.endsWith('little'))).toMatchObject([
    { agents: ['changed-a-little'] },
  ]);
});

it('counts a key that ends after sixty days as in order, and one without a version as of unknown end', () => {
  const ends = new Map([[keyOf({ customerKey: keyed('1') }) ?? '', inDays(61)]]);
  const states = judgeFleet(
    [agent('a', keyed('1')), agent('b', keyed('1', { keyVersion: null }))],
    { held: new Map(), ends, drifts: new Map() },
    noon,
  ).map(({ state }) => state);
  expect(states).toEqual(['end-unknown', 'own-key']);
});

it('knows a key whoever writes its address', () => {
  const written = keyed('a', { vaultUri: vault().uri.toUpperCase().replace(/\/$/, ''), keyName: 'CARE' });
  expect(keyOf({ customerKey: written })).toBe(keyOf({ customerKey: keyed('a') }));
});

function readerOf(resources: readonly ResourceKey[]) {
  const asked = { lists: 0, keys: 0 };
  const state = { now: noon, refuse: false, expires: inDays(20) as string | null };
  const ports = {
    azure: {
      inventory: {
        resourceKeys: async () => {
          asked.lists += 1;
          return state.refuse ? failed(failure()) : done({ resources, unread: [] });
        },
        vaults: async () => done([vault()]),
      },
      policies: { assigned: async () => done({ assignments: [], exemptions: [] }) },
      keys: {
        get: async () => {
          asked.keys += 1;
          return done(key({ expires: state.expires }));
        },
      },
    },
    requests: { held: async () => new Map() },
    drifts: { open: async () => new Map() },
    now: () => state.now,
  } as unknown as FleetPorts;
  return { reader: new FleetReader(ports), asked, state };
}
const statesIn = async (reader: FleetReader) => countsOf((await reader.read()).agents);
const hex = (n: number): string => n.toString(16).padStart(32, '0');

it('asks about a bounded number of keys for one look, says of the rest that it does not know, and goes on the next time', async () => {
  const many = Array.from({ length: 100 }, (_, n) => agent(`a${n}`, keyed('0', { keyVersion: hex(n) })));
  const { reader, asked } = readerOf([...many, ...many]);
  expect(await statesIn(reader)).toMatchObject({ 'ends-soon': 128, 'end-unknown': 72 });
  expect(asked).toEqual({ lists: 1, keys: 64 });
  expect(await statesIn(reader)).toMatchObject({ 'ends-soon': 200, 'end-unknown': 0 });
  expect(asked).toEqual({ lists: 1, keys: 100 });
});

it('looks again after a minute, at keys after ten, and answers many who ask at once with one look', async () => {
  const { reader, asked, state } = readerOf([agent('a', keyed('1'))]);
  await Promise.all([statesIn(reader), statesIn(reader), statesIn(reader)]);
  expect(asked.lists).toBe(1);
  state.expires = null;
  state.now = new Date(noon.getTime() + 61_000);
  expect(await statesIn(reader)).toMatchObject({ 'ends-soon': 1 });
  expect(asked.lists).toBe(2);
  state.now = new Date(noon.getTime() + 700_000);
  expect(await statesIn(reader)).toMatchObject({ 'own-key': 1 });
});

it('keeps no failed look', async () => {
  const { reader, state, asked } = readerOf([agent('a')]);
  state.refuse = true;
  await expect(reader.read()).rejects.toBeInstanceOf(AzureFailure);
  state.refuse = false;
  expect(await statesIn(reader)).toMatchObject({ 'microsofts-key': 1 });
  expect(asked.lists).toBe(2);
});
