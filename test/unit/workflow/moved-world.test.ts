/** Azure changes between the approval and the run: what the approval covers, what is asked again, and what blocks. */
import { done } from '../../../src/domain/failure.ts';
import { everybody } from '../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { textsOf } from '../../contract/card-walk.ts';
import { tenant } from '../../support/builders/fixtures.ts';
import { control, controller, principal, resource, under, vault, version } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';
import type { ScriptedAzure, World } from '../../support/builders/scripted-azure.ts';
import { contextAt } from '../../support/cards/card-readers.ts';

const identity = { systemAssigned: true, principalId: principal, tenantId: tenant };
const identified = resource(identity);
const created = '2024-03-04T08:00:00.000Z';
const createdAgain = '2026-02-03T04:05:06.000Z';
const custodians = (people: readonly string[], change: Parameters<typeof controller>[0] = {}) =>
  controller({ type: 'group', name: 'Key custodians', members: people.length, people: [...people], ...change });
const administrator = controller({ id: '60000000-0000-4000-8000-00000000000a', type: 'person', name: 'Team member' });

const all = ['resources.enableSystemIdentity', 'grants.grant', 'vaults.protect', 'resources.setCustomerKey'];
const without = (...writes: readonly string[]) => all.filter((write) => !writes.includes(write));
const notApproved = 'Not part of what was approved';

interface Row {
  readonly what: string;
  /** While people request and approve. */
  readonly before?: Partial<World>;
  readonly change: Partial<World> | ((azure: ScriptedAzure) => void);
  /** Covered: these writes and no others. Not covered: requested again, or a person must act, and nothing is written. */
  readonly becomes: 'succeeded' | 'awaiting-approval' | 'needs-attention';
  readonly writes?: readonly string[];
  /** On the card. */
  readonly says?: readonly string[];
}

const rows: readonly Row[] = [
  {
    what: 'the resource was created again under the same name',
    change: { resource: resource({ createdAt: createdAgain }) },
    becomes: 'awaiting-approval',
    says: [
      'It is another resource',
      'The resource was deleted and created again on 2026-02-03 04:05 UTC. The approval is for the one of 2024-05-01 08:00 UTC.',
    ],
  },
  {
    what: 'the resource has an identity',
    change: { resource: identified },
    becomes: 'succeeded',
    writes: without('resources.enableSystemIdentity'),
  },
  {
    what: 'the vault was created again, with the key from a backup',
    before: { vault: vault({ createdAt: created }) },
    change: { vault: vault({ createdAt: createdAgain }) },
    becomes: 'awaiting-approval',
    says: ['It is another vault'],
  },
  {
    what: 'the vault’s firewall was closed',
    change: { vault: vault({ firewall: 'closed' }) },
    becomes: 'needs-attention',
    says: ['The vault’s firewall blocks the resource.'],
  },
  {
    what: 'the role assignment was removed',
    before: { granted: true, resource: identified },
    change: { granted: false },
    becomes: 'awaiting-approval',
    says: ['Resource’s role on the key: none → Key Vault Crypto Service Encryption User', notApproved],
  },
  {
    what: 'a person became Key Vault Administrator',
    before: { controllers: [custodians(['a', 'b'])] },
    change: { controllers: [custodians(['a', 'b']), administrator] },
    becomes: 'awaiting-approval',
    says: [
      'Team member: can back up or release, change, delete, purge and grant access to the key now',
      'Could not when it was approved',
    ],
  },
  {
    what: 'one member of a group that controls the key was replaced',
    before: { controllers: [custodians(['a', 'b'])] },
    change: { controllers: [custodians(['a', 'c'])] },
    becomes: 'awaiting-approval',
    says: ['Key custodians: the group has 2 people now, 1 of them not in it when it was approved'],
  },
  {
    what: 'Microsoft Graph returns no names or members any more',
    before: { controllers: [custodians(['a', 'b'])] },
    change: ({ control: controls }) => {
      const { people: _, ...unnamed } = custodians([], { name: null, members: null });
      controls.of = async () => done({ ...control(), controllers: [unnamed], unseen: ['names'] });
    },
    becomes: 'succeeded',
    writes: all,
  },
];

test.each(rows)('$what: $becomes', async ({ before = {}, change, becomes, writes = [], says = [] }) => {
  const { azure, drive } = await approvedRequest({ world: before });
  if (typeof change === 'function') change(azure);
  else Object.assign(azure.world, change);
  const request = await drive();
  expect(request.state).toBe(becomes);
  expect(azure.writes).toEqual(writes);
  if (becomes === 'succeeded') expect(azure.world.resource?.customerKey).toEqual(under(version('a')));
  if (becomes === 'awaiting-approval') expect(request).toMatchObject({ approvals: [], replaced: {} });
  const shown = textsOf(requestCard('status', request, contextAt('2026-03-02T12:04:00.000Z', everybody)));
  for (const words of says) expect(shown.join('\n')).toContain(words);
});
