import { describe, expect, test } from '@jest/globals';
import { assignGuard } from '../support/azure/assign-guard.ts';
import { onKey, putUnder } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { openReview } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  type,
} from '../support/world/story.ts';

/** The picture of all agents: what it shows, and where its buttons lead. */

const world = scenario({ own: {}, restoresAzure: true });

const status = (person: string, words = '') => type(world, person, `/cmk-status${words}`);
const rowOf = (card: SeenActivity, name: string): string => {
  const text = activityText(card);
  const start = text.indexOf(`\n${name}\n`);
  return text
    .slice(start + 1)
    .split('\n')
    .slice(0, 3)
    .join(' | ');
};

describe('the picture of all agents', () => {
  test('says of each whose key it is under, and of a key when it ends', async () => {
    const soon = new Date(Date.now() + 20 * 86_400_000).toISOString();
    await changeState(world.azure, putUnder('triage-agent-test', 'kv-care-prod', 'cmk-triage-agent'));
    await changeState(
      world.azure,
      onKey('kv-care-prod', 'cmk-triage-agent', (version) => {
        version.exp = Math.floor(Date.parse(soon) / 1_000);
      }),
    );
    const card = await status(people.requester);
    expect(JSON.stringify(cardOf(card))).toContain('Chart.Donut');
    expect(rowOf(card, 'triage-agent-test')).toMatch(
      /^triage-agent-test \| Key expires soon \| cmk-triage-agent, .*(19|20) days left/,
    );
    expect(activityText(await status(people.requester, ' triage-agent-prod'))).toContain('Microsoft-managed key');
    expect(activityText(card)).toMatch(/Next keys to expire\ntriage-agent-test: cmk-triage-agent, /);
  });

  test('offers nothing for an agent that can never have a key, and says why', async () => {
    const card = await status(people.requester, ' vaccination-agent');
    expect(rowOf(card, 'vaccination-agent')).toMatch(
      /^vaccination-agent \| Microsoft-managed key \| It was created on 202.* after 2021-11-11\.$/,
    );
    expect(JSON.stringify(cardOf(card))).not.toContain('list.ask');
  });

  test('says what Azure Policy refuses, and that it doesn’t where nothing is assigned', async () => {
    expect(activityText(await status(people.requester))).toContain('Guard policies aren’t assigned');
    const agents = [agentId(choices.first.agent)];
    const vaultUris = ['https://kv-care-prod.vault.azure.net/'];
    await assignGuard(world.azure, { effect: 'Deny', agents, vaults: [], vaultUris });
    // A minute later agents are looked at again; so are they after a restart.
    await world.restartBot('SIGKILL');
    const card = activityText(await status(people.requester));
    expect(card).toMatch(/Azure refuses: a key in another vault \(\d of \d agents\)\. Not refused: removing the key, /);
    const review = await openReview(world, choices.first);
    expect(activityText(review)).toContain(
      'Azure refuses: removing the key, a key in another vault and deleting the agent. Not refused: deleting the vault of its key (assigned, but not for it)',
    );
  });

  test('leads to the form of what an agent needs, and to the request where there is one', async () => {
    const card = await status(people.requester, ' triage-agent-prod');
    const data = { resourceId: agentId('triage-agent-prod') };
    const clicked = await world.teams.click(people.requester, card.id, 'list.ask', { data });
    expect(answered(clicked)).toBe('The form is below.');
    const form = await world.teams.sees(
      places.operations,
      people.requester,
      (activity) =>
        /Which vault|Vault/.test(activityText(activity)) && activityText(activity).includes('triage-agent-prod'),
    );
    expect(form.id).not.toBe(card.id);
    const id = await ask(world);
    const now = await status(people.approver, ' triage-agent-prod');
    expect(rowOf(now, 'triage-agent-prod')).toBe(`triage-agent-prod | Request open | ${id}, waiting for approval`);
    const opened = await world.teams.click(people.approver, now.id, 'list.open', { data: { requestId: id } });
    expect(answered(opened)).toBe(`${id} is below.`);
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('offers no form to somebody who may not ask, and says which subscription could not be read, with what Azure said', async () => {
    const [seen, unseen] = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000099'];
    await world.restartBot('SIGKILL', { CMK_READERS: people.teamMember, CMK_SUBSCRIPTIONS: `${seen},${unseen}` });
    const card = await status(people.teamMember, ' triage-agent-prod');
    const words = activityText(card);
    expect(words).toContain('Microsoft-managed key');
    expect(words).toContain(`Subscription ${unseen} couldn’t be read: Azure says · 403 AccessDenied`);
    expect(words).toContain('Access is denied to the requested resource.');
    expect(JSON.stringify(cardOf(card))).not.toContain('list.ask');
    const data = { resourceId: agentId('triage-agent-prod') };
    expect(answered(await world.teams.click(people.teamMember, card.id, 'list.ask', { data }))).toContain(
      'You aren’t a requester.',
    );
  });

  test('says which right is missing where Azure refuses the list', async () => {
    await world.restartBot('SIGKILL', { CMK_SUBSCRIPTIONS: '40000000-0000-4000-8000-000000000099' });
    expect(activityText(await status(people.requester))).toContain('doesn’t have permission to read this in Azure');
  });
});
