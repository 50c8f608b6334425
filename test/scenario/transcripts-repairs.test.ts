import { beforeAll, test } from '@jest/globals';
import { agentIn, onKey } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner } from '../support/azure/local-azure-names.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { openTranscript, type Transcript } from '../support/transcripts/transcript.ts';
import { drawCard } from '../support/transcripts/transcript-card.ts';
import { expectGolden } from '../support/transcripts/transcript-golden.ts';
import { azureState } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  requestIdIn,
  shows,
} from '../support/world/story.ts';

/** From the alert to its end: what people see when the owner's client broke what was approved. */

const { requester, approver } = people;
const { operations, approvals } = places;
const { agent: agentName, vault: vaultName, key: keyName } = choices.first;
const day = 24 * 3_600_000;
const because = { justification: 'As it was approved', acknowledgeDataLoss: 'true' };
const env = { CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.secondApprover };
const world = scenario({ own: { env } });
let others: Clients;
let vaultUrl: string;
let keyVersion: string;

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  const id = await ask(world);
  await approve(world, approver, await approvalCard(world, id));
  await shows(world, operations, requester, id, /Succeeded/);
  const { keyVaultProperties } = agentIn(await azureState(world), agentName).content;
  vaultUrl = keyVaultProperties?.keyVaultUri ?? '';
  keyVersion = keyVaultProperties?.keyVersion ?? '';
}, 400_000);

/** The newest alert, once it says the words. */
async function sees(t: Transcript, ...words: readonly string[]): Promise<SeenActivity> {
  const isAlert = (one: SeenActivity): boolean => {
    const text = cardOf(one) === undefined ? '' : activityText(one);
    return text.includes('DRIFT-') && words.every((word) => text.includes(word));
  };
  const alert = await world.teams.sees(operations, requester, isAlert);
  t.shows('**Requester** in # Operations sees the alert', drawCard(cardOf(alert) ?? {}));
  return alert;
}

interface Repair {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly happens: () => Promise<unknown>;
  /** What the alert says. */
  readonly alert: readonly string[];
  readonly button: string;
  readonly review: RegExp;
  /** Done by a person after the approval. */
  readonly role?: { readonly note: string; readonly does: () => Promise<unknown> };
}

const keys = () => others.keys(vaultUrl);
const repair = { button: 'Request repair', review: /Review: repair customer-managed key/ };
const repairs: readonly Repair[] = [
  {
    ...repair,
    name: 'repair-stripped-key',
    title: 'The key was removed from the agent',
    about: 'Another client changed the agent. The repair puts the approved key back.',
    happens: () => writeAgent(others, agentId(agentName), { properties: { keyVaultProperties: null } }),
    alert: ['The customer-managed key was removed', 'Source: '],
  },
  {
    ...repair,
    name: 'repair-deleted-key',
    title: 'The key was deleted',
    about: 'Another client deleted the key. The bot can’t recover it: a role does, and the bot verifies.',
    happens: async () => (await keys().beginDeleteKey(keyName, { intervalInMs: 50 })).pollUntilDone(),
    alert: ['was deleted'],
    role: {
      note: `A Key Vault Crypto Officer recovered ${keyName} in ${vaultName} with the command.`,
      does: async () => (await keys().beginRecoverDeletedKey(keyName, { intervalInMs: 50 })).pollUntilDone(),
    },
  },
  {
    name: 'repair-expiring-key',
    title: 'The key expires soon',
    about: 'The way out is a new version: the alert leads to a rotation.',
    async happens() {
      const soon = Date.now() + 5 * day;
      // The new version lives as long as this one: two years.
      await changeState(
        world.azure,
        onKey(vaultName, keyName, (version) => {
          version.created = Math.floor((soon - 730 * day) / 1_000);
        }),
      );
      await keys().updateKeyProperties(keyName, keyVersion, { expiresOn: new Date(soon) });
    },
    alert: ['The key expires on'],
    button: 'Request a new version',
    review: /Review: rotate customer-managed key/,
  },
];

test.each(repairs)('$title: the alert leads to a request, and its approval closes the alert', async (story) => {
  const t = openTranscript(world, story.title, story.about);
  await story.happens();
  const alert = await sees(t, 'Not as approved', ...story.alert);
  const form = await t.opens(requester, alert, story.button, story.review);
  const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
  await t.clicks(approver, await t.sees(approver, approvals, id, /Needs approval/), 'Approve');
  if (story.role !== undefined) {
    await shows(world, operations, requester, id, /must recover key/);
    await story.role.does();
    t.notes(story.role.note);
  }
  await t.sees(requester, operations, id, /Succeeded/);
  const isClosed = (one: SeenActivity): boolean =>
    one.id === alert.id && activityText(one).includes('As approved again');
  const closed = await world.teams.sees(operations, requester, isClosed);
  t.shows('The alert becomes', drawCard(cardOf(closed) ?? {}));
  expectGolden(story.name, t);
});
