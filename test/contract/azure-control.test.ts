import type { Controller } from '../../src/domain/control.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { connect, got, key, under, vaultId, vaultNow } from './azure-setup.ts';

/** Who is in a group that controls a key, as far as it is noted. */

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const custodians = '60000000-0000-4000-8000-0000000000c1';
const [second, third, fourth] = [2, 3, 4].map((n) => `20000000-0000-4000-8000-00000000000${n}`);

async function seen(): Promise<Controller | undefined> {
  const vault = await vaultNow(azure, vaultId('kv-care-prod'));
  const { controllers } = got(await azure.control.of(vault, key('cmk-triage')));
  return controllers.find(({ id }) => id === custodians);
}

async function seenWith(...memberIds: readonly (string | undefined)[]): Promise<Controller | undefined> {
  await changeState(running, (state) => {
    for (const group of state.groups.filter(({ id }: { id: string }) => id === custodians)) group.memberIds = memberIds;
  });
  return await seen();
}

test('each member has a mark that stays theirs, whoever else is in the group', async () => {
  const both = await seenWith(second, third);
  const one = await seenWith(third);
  const swapped = await seenWith(fourth, third);
  expect([both?.members, one?.members, swapped?.members]).toEqual([2, 1, 2]);
  expect(both?.people?.filter((mark) => one?.people?.includes(mark))).toEqual(one?.people);
  expect(swapped?.people?.filter((mark) => both?.people?.includes(mark))).toEqual(one?.people);
  expect(JSON.stringify([both, swapped])).not.toMatch(/20000000-/);
});

test('members of a group in the group have marks too', async () => {
  const inner = '60000000-0000-4000-8000-0000000000aa';
  await changeState(running, (state) => {
    state.groups.push({ id: inner, displayName: 'Inner', memberIds: [fourth] });
  });
  expect((await seenWith(inner))?.people).toEqual((await seenWith(fourth))?.people);
});

test('of a group of more people than are read there is the number alone, and so of none that Graph does not tell', async () => {
  const path = `/v1.0/groups/${custodians}/transitiveMembers/microsoft.graph.user`;
  const page = (n: number) => ({
    match: { url: n === 0 ? 'transitiveMembers(?!.*skiptoken)' : `skiptoken=${n}x` },
    respond: {
      status: 200,
      body: {
        '@odata.count': 2100,
        value: [{ id: third }],
        '@odata.nextLink': `${running.url}${path}?$skiptoken=${n + 1}x`,
      },
    },
  });
  const count = { match: { url: 'top=1$' }, respond: { status: 200, body: { '@odata.count': 2100, value: [] } } };
  const pages = [count, ...Array.from({ length: 24 }, (_, n) => page(n + 1)), page(0)];
  const many = await under(running, pages, seen);
  expect([many?.members, many?.people]).toEqual([2100, undefined]);
  const fault = { match: { url: 'transitiveMembers' }, respond: { status: 403, body: { error: { code: 'No' } } } };
  const silent = await under(running, fault, () => seenWith(third));
  expect([silent?.name, silent?.members, silent?.people]).toEqual([null, null, undefined]);
});
