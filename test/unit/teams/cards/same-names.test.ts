/** Agents with the same name in several groups or subscriptions, where people choose one and where they read of one. */
import { ArmId, armIdParts } from '../../../../src/domain/ids.ts';
import { agentsPage } from '../../../../src/teams/cards/views/agents-view.ts';
import { resourceTitle } from '../../../../src/teams/cards/views/form-resource-view.ts';
import { formCard } from '../../../../src/teams/cards/views/form-view.ts';
import { listCard } from '../../../../src/teams/cards/views/list-view.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { commandWorld, formOn } from '../../../support/builders/command-world.ts';
import { noon, resource } from '../../../support/builders/plans.ts';

const [care, research] = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
const idIn = (subscription: string, group: string, name: string): ArmId =>
  ArmId.parse(
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.HealthBot/healthBots/${name}`,
  );
const summary = (id: ArmId) => {
  const { name, resourceGroup, subscriptionId } = armIdParts(id);
  return { kind: 'healthcare-agent', id, name, resourceGroup, subscriptionId, location: 'westeurope' } as const;
};
const all = [
  idIn(care, 'rg-care', 'triage'),
  idIn(research, 'rg-care', 'Triage'),
  idIn(research, 'rg-lab', 'triage'),
  idIn(care, 'rg-care', 'visits'),
].map((id) => ({ ...summary(id), underCustomerKey: false }));

test('titles of choices contain the group of a repeated name, and the subscription of a repeated group', () => {
  expect(all.map((one) => resourceTitle(one, all))).toEqual([
    `triage · rg-care · subscription ${care} · West Europe · Microsoft-managed`,
    `Triage · rg-care · subscription ${research} · West Europe · Microsoft-managed`,
    'triage · rg-lab · West Europe · Microsoft-managed',
    'visits · West Europe · Microsoft-managed',
  ]);
});

test('the form shows the group and the subscription of the chosen agent', () => {
  const { ports } = commandWorld();
  const chosen = resource({ id: idIn(research, 'rg-care', 'triage') });
  const facts = { page: 'resource', resources: [], more: false, resource: chosen } as const;
  const text = JSON.stringify(formCard(formOn('resource', ports), facts, null));
  expect(text).toContain(`{"title":"Resource group","value":"rg-care"},{"title":"Subscription","value":"${research}`);
});

test('the list of agents says where those with a repeated name are', async () => {
  const agents = all.map(({ id, name }) => ({
    ...{ id, name, state: 'microsofts-key', request: null, keyName: '', ends: null, drift: [] },
  })) satisfies readonly object[];
  const read = { agents, drifts: new Map(), unread: [], asOf: noon };
  const fleet = { read: async () => read, unsupported: async () => new Map() } as never;
  const subject = { list: 'agents', filter: 'all', id: '' } as const;
  const page = await agentsPage(fleet, subject, { asks: true }, noon, 1);
  const places = textsOf(listCard(subject, 1, page)).filter((text) => text.startsWith('In rg-'));
  expect(places).toEqual([
    `In rg-care, subscription ${care}`,
    `In rg-care, subscription ${research}`,
    `In rg-lab, subscription ${research}`,
  ]);
});
