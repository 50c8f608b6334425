import { beforeAll, expect, test } from '@jest/globals';
import { agentIn } from '../support/azure/azure-state.ts';
import { type Clients, clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { openTranscript } from '../support/transcripts/transcript.ts';
import { drawCard } from '../support/transcripts/transcript-card.ts';
import { expectGolden } from '../support/transcripts/transcript-golden.ts';
import { follow } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, choices, people, places, requestIdIn, shows } from '../support/world/story.ts';

/** From the alert to its end: what people see when the owner's client broke what was approved. */

const { requester, approver } = people;
const { operations, approvals } = places;
const { agent: agentName, vault: vaultName, key: keyName } = choices.first;
const because = { justification: 'As it was approved', acknowledgeDataLoss: 'true' };
const env = { CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.secondApprover };
const world = scenario({ own: { env } });
let others: Clients;
let vaultUrl: string;
const keys = () => others.keys(vaultUrl);

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  const { azure } = await follow(world, choices.first);
  const { keyVaultProperties } = agentIn(azure, agentName).content;
  vaultUrl = keyVaultProperties?.keyVaultUri ?? '';
});

test('a deleted key: the alert leads to a request, and its approval closes the alert', async () => {
  const about = 'Another client deleted the key. The bot can’t recover it: a role does, and the bot verifies.';
  const t = openTranscript(world, 'The key was deleted', about);
  const sees = (words: RegExp): Promise<SeenActivity> =>
    world.teams.sees(operations, requester, (one) => cardOf(one) !== undefined && words.test(activityText(one)));
  await (await keys().beginDeleteKey(keyName, { intervalInMs: 50 })).pollUntilDone();
  const alert = await sees(/Not as approved.*was deleted/s);
  t.shows('**Ana** in # Operations sees the alert', drawCard(cardOf(alert) ?? {}));
  const form = await t.opens(requester, alert, 'Request repair', /Review: repair customer-managed key/);
  const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
  await t.clicks(approver, await t.sees(approver, approvals, id, /Needs approval/), 'Approve');
  await shows(world, operations, requester, id, /must recover key/);
  await (await keys().beginRecoverDeletedKey(keyName, { intervalInMs: 50 })).pollUntilDone();
  t.notes(`A Key Vault Crypto Officer recovered ${keyName} in ${vaultName} with the command.`);
  await t.sees(requester, operations, id, /Succeeded/);
  const closed = await sees(/As approved again/);
  expect(closed.id).toBe(alert.id);
  t.shows('The alert becomes', drawCard(cardOf(closed) ?? {}));
  expectGolden('repair-deleted-key', t);
});
