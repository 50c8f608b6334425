import { readdirSync } from 'node:fs';
import { wholeDigest } from '../../src/domain/digest.ts';
import { onVault } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { openTranscript, type Transcript } from '../support/transcripts/transcript.ts';
import { drawCard } from '../support/transcripts/transcript-card.ts';
import { expectGolden, goldenFolder, keptElsewhere } from '../support/transcripts/transcript-golden.ts';
import { scenario as worldOf } from '../support/world/scenario.ts';
import {
  activityText,
  approvalCard,
  approve,
  ask,
  cardsAbout,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  requestIdIn,
  until,
  untilFaultsAreMet,
  untilMended,
} from '../support/world/story.ts';
import { queryStore } from '../support/world/world.ts';

/** What everybody sees over the whole product, kept in test/golden/transcripts to be read and compared. */

const { requester, approver, secondApprover, teamMember, guest } = people;
const { operations, approvals } = places;
const audit = '19:audit@thread.tacv2';
const chatOf = (person: string): string => `a:${person}`;
const because = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
const accepting = { acknowledgeIrreversible: 'true' };

const world = worldOf({ own: {}, restoresAzure: true });
const kept = new Set<string>();

/** A scenario: what it writes down is compared under its name. */
const scenario = (name: string, title: string, about: string, story: (t: Transcript) => Promise<void>): void => {
  kept.add(`${name}.md`);
  test(title, async () => {
    const t = openTranscript(world, title, about);
    await story(t);
    expectGolden(name, t);
  });
};

const typed = ({ agent, vault, key }: (typeof choices)['first'] = choices.first): string =>
  `/enable-cmk resource=${agent} vault=${vault} key=${key}`;

const approveTitle = 'Approve: purge protection stays on';

interface Asked {
  readonly id: string;
  /** The approval card in its channel. */
  readonly card: SeenActivity;
}

/** Asks where the asking is not what the scenario is about; one of them shows it in full. */
async function hasAsked(t: Transcript): Promise<Asked> {
  const id = await ask(world);
  const { agent, vault, key } = choices.first;
  t.notes(`Ana has asked for ${agent} to be put under ${key} in ${vault}: ${id}.`);
  return { id, card: await approvalCard(world, id) };
}

async function hasAskedAndApproved(t: Transcript): Promise<string> {
  const { id, card } = await hasAsked(t);
  await t.clicks(approver, card, approveTitle, accepting);
  return id;
}

// These three run first, in this order: what the lists show is everything there is, and events are numbered from the first.
scenario('help', 'Help, and what the bot does not know', 'Each person is told what they may do.', async (t) => {
  for (const person of [requester, approver, secondApprover, teamMember, guest]) await t.types(person, '/cmk-help');
  await t.types(requester, 'hello', chatOf(requester));
  const typo = await t.types(requester, '/enabel cmk triage-agent-prod');
  await t.clicks(requester, typo, 'All commands');
  await t.types(teamMember, '/enable-cmk');
  const near = await t.types(requester, '/enable-cmk triage-agent-prdo');
  await t.clicks(requester, near, 'Yes, start');
  await t.types(requester, '/enable-cmk agent=nobody');
  await t.types(requester, '/enable-cmk triage-agent-prod volt=kv-care-prod');
  await t.types(requester, '/enable-cmk triage-agent-prod vault=kv-care-prod key=cmk-triage-agnet');
  await t.types(requester, '/cmk-requests');
  await t.types(requester, '/cmk-history');
  await t.types(requester, '/cmk-history CMK-ZZZZZZ');
  await t.types(requester, '/cmk-history no-such-agent');
});

scenario(
  'happy-path-channel',
  'The happy path, asked in the channel',
  'An existing key on a vault with role assignments. The form is filled in page by page.',
  async (t) => {
    const form = await t.types(requester, '/enable-cmk');
    await t.sees(teamMember, operations, '', /is filling in a request/);
    const resource = await t.searches(requester, form, 'resource', 'triage');
    await t.clicks(requester, form, 'Next', { resource });
    await t.clicks(requester, form, 'Next', { vault: choices.first.vault });
    await t.clicks(requester, form, 'Next', { key: choices.first.key });
    await t.clicks(requester, form, 'Submit', { acknowledgeDataLoss: 'true' });
    const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
    await t.sees([requester, teamMember], operations, id, /Waiting for approval/);
    const card = await t.sees(
      [approver, secondApprover, requester],
      approvals,
      id,
      /Needs approval|Waiting for approval/,
    );
    await t.sees(approver, chatOf(approver), id, /Needs approval/);
    await t.clicks(approver, card, approveTitle);
    await t.clicks(approver, card, approveTitle, { ...accepting, comment: 'Checked with the vault’s owner' });
    await t.sees([requester, teamMember], operations, id, /Succeeded/);
    await t.sees([approver, requester], approvals, id, /Succeeded/);
    await t.sees(approver, chatOf(approver), id, /Succeeded/);
    await t.hears(operations, id, /key is set/);
    await t.hears(chatOf(requester), id, /key is set/);
    expectGolden('audit-channel', await auditOf(id));
  },
);

kept.add('audit-channel.md');
/** The audit channel of a request that has ended. */
async function auditOf(id: string): Promise<Transcript> {
  const t = openTranscript(
    world,
    'The audit channel of the happy path',
    'One post a request, its events as replies. How many replies they come in depends on the time a run takes; here they stand together.',
  );
  const cards = () => cardsAbout(world, audit, teamMember, id);
  const isTold = async () => {
    const [root, ...replies] = await cards();
    const last = replies.at(-1);
    if (root === undefined || last === undefined) return false;
    const upTo = /Shown up to event (\d+)/.exec(activityText(root))?.[1];
    const stored = await queryStore(world, `select hash from cmk.event where seq = ${upTo ?? 0}`);
    const chain = `Chain at ${upTo}: ${wholeDigest(String(stored[0]?.hash))}`;
    return activityText(last).includes('Succeeded: ') && JSON.stringify(last).includes(chain);
  };
  await until(isTold, 'the audit channel shows the request to its end');
  const [root, ...replies] = (await cards()).map((card) => drawCard(cardOf(card) ?? {}));
  t.shows('**Everybody** in # Audit sees', root ?? []);
  // Without the heading that says which events they are, and all but the last foot that says where the chain stands.
  const footOf = (lines: readonly string[]): number => lines.lastIndexOf('');
  const events = replies.flatMap((lines) => lines.slice(1, footOf(lines)));
  const [last = []] = replies.slice(-1);
  t.shows('**Everybody** in the thread under it sees', [...events, ...last.slice(footOf(last))]);
  return t;
}

scenario('lists', 'Lists and histories', 'What is open, and what happened.', async (t) => {
  const { id, card } = await hasAsked(t);
  const open = await t.types(approver, '/cmk-requests');
  await t.clicks(approver, open, 'Requested by you');
  await t.clicks(approver, open, 'Needs your approval');
  await t.types(requester, '/cmk-requests triage');
  await t.types(requester, '/cmk-requests waiting for me');
  await t.types(requester, '/cmk-requests runing');
  const own = await t.types(approver, '/cmk-requests waiting for me', chatOf(approver));
  await t.clicks(approver, own, 'Review triage-agent-prod');
  await t.clicks(approver, card, 'Reject request', { reason: 'Not this week' });
  await t.types(requester, '/cmk-requests');
  await t.types(requester, `/cmk-requests ${id}`);
  const all = await t.types(requester, '/cmk-history');
  await t.types(requester, `/cmk-history ${id}`);
  await t.types(requester, '/cmk-history triage-agent-prod');
  const first = requestIdIn(activityText(all).replaceAll(id, ''));
  const history = await t.types(requester, `/cmk-history ${first}`);
  await t.clicks(requester, history, 'Decisions');
  await t.types(requester, '/cmk-history triage-agent-prod changes');
  await t.clicks(teamMember, history, 'Changes');
});

scenario('status', 'The keys of all resources', 'What is to do, and a button that does it.', async (t) => {
  const { card: asked } = await hasAsked(t);
  const card = await t.types(requester, '/cmk-status');
  await t.clicks(requester, card, 'Act now');
  await t.types(approver, '/cmk-status triage');
  await t.types(requester, '/cmk-status nobody');
  await t.clicks(approver, asked, 'Reject request', { reason: 'Not this week' });
});

scenario(
  'happy-path-chat',
  'The happy path, asked in a personal chat',
  'The request is shown in the chat, and for everybody else in the operations channel.',
  async (t) => {
    const chat = chatOf(requester);
    const form = await t.types(requester, typed().slice(1), chat);
    const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
    await t.sees(requester, chat, id, /Waiting for approval/);
    await t.sees([teamMember, requester], operations, id, /Waiting for approval/);
    await approve(world, approver, await approvalCard(world, id));
    t.notes('Ben has approved.');
    await t.sees(requester, chat, id, /Succeeded/);
    await t.sees(teamMember, operations, id, /Succeeded/);
  },
);

scenario(
  'new-key',
  'A new key on a vault with access policies',
  'The vault is protected already, so nothing that cannot be undone is left to do; the resource has a user-assigned identity.',
  async (t) => {
    const form = await t.types(requester, '/enable-cmk resource=visitor-agent vault=kv-policy-keys');
    await t.clicks(requester, form, 'Create new key');
    const made = { newKeyName: 'cmk-visitor-2031', keyType: 'RSA', keySize: '3072' };
    await t.clicks(requester, form, 'Next', { ...made, keyExpiry: '2020-02-28' });
    await t.clicks(requester, form, 'Next', { ...made, keyExpiry: '2099-02-28' });
    const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
    const card = await t.sees(approver, approvals, id, /Needs approval/);
    await t.clicks(approver, card, 'Approve');
    await t.sees(requester, operations, id, /Succeeded/);
    await t.sees(approver, approvals, id, /Succeeded/);
  },
);

scenario(
  'blocked',
  'A blocked plan, mended while the form is open',
  'A vault whose firewall is closed, then opened by its owner.',
  async (t) => {
    const firewall = (defaultAction: 'Allow' | 'Deny') =>
      changeState(
        world.azure,
        onVault('kv-care-prod', (vault) => {
          vault.networkAcls = { bypass: 'AzureServices', defaultAction, ipRules: [], virtualNetworkRules: [] };
        }),
      );
    await firewall('Deny');
    const form = await t.types(requester, typed());
    await t.clicks(requester, form, 'Check again');
    t.notes('The owner of the vault opens its firewall in the Azure portal.');
    await firewall('Allow');
    await t.clicks(requester, form, 'Check again');
    await t.clicks(requester, form, 'Back');
    await t.clicks(requester, form, 'Cancel');
  },
);

scenario('reject', 'A rejection with a reason', 'The requester reads why, and may ask again.', async (t) => {
  const { id, card } = await hasAsked(t);
  await t.clicks(approver, card, 'Reject request', { reason: 'Not this week: the ward is moving' });
  await t.sees(requester, operations, id, /Rejected/);
  await t.sees([secondApprover, requester], approvals, id, /Rejected/);
  await t.sees(approver, chatOf(approver), id, /Rejected/);
  await t.hears(operations, id, /rejected your/);
  await t.hears(chatOf(requester), id, /rejected your/);
});

scenario(
  'cancel',
  'A request that its requester cancels',
  'Before anybody has decided, although they were reminded.',
  async (t) => {
    const { id } = await hasAsked(t);
    const card = await t.sees(requester, operations, id, /Waiting for approval/);
    await t.clicks(requester, card, 'Send reminder');
    await t.hears(chatOf(approver), id, /asks you to decide/);
    await t.clicks(requester, card, 'Send reminder');
    await t.clicks(requester, card, 'Cancel request');
    await t.sees(approver, approvals, id, /Canceled/);
    await t.sees(approver, chatOf(approver), id, /Canceled/);
  },
);

const forbidden = {
  error: {
    code: 'AuthorizationFailed',
    message:
      "The client with object id 'a1' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s1'.",
  },
};
const forbidGrants = () =>
  faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, respond: { status: 403, body: forbidden } });

scenario(
  'attention-retry',
  'A step that does not work, and is tried again',
  'The bot’s identity may not grant. An owner gives it the right, and the requester retries.',
  async (t) => {
    await forbidGrants();
    const id = await hasAskedAndApproved(t);
    const card = await t.sees([requester, teamMember], operations, id, /Needs attention/);
    await t.sees(approver, approvals, id, /Needs attention/);
    await t.hears(chatOf(requester), id, /needs attention/);
    await t.clicks(teamMember, card, 'Retry');
    t.notes('An owner of the vault gives the bot’s identity the right.');
    await mendAzure(world);
    await t.clicks(requester, card, 'Retry');
    await t.sees(requester, operations, id, /Succeeded/);
  },
);

scenario(
  'stop',
  'Stopping a run between two steps',
  'While the identity is being enabled the requester wants nothing more to begin. Later it goes on.',
  async (t) => {
    const enabling = { match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, ...untilMended };
    await faultAzure(world, enabling);
    const id = await hasAskedAndApproved(t);
    const card = await t.sees([requester, teamMember], operations, id, /Running: step 1 of 5/);
    await t.clicks(requester, card, 'Stop run');
    await mendAzure(world);
    await t.sees(requester, operations, id, /Needs attention/);
    await t.clicks(requester, card, 'Retry');
    await t.sees(requester, operations, id, /Succeeded/);
  },
);

scenario('give-up', 'Giving up', 'The card says what is done and what is not.', async (t) => {
  await forbidGrants();
  const id = await hasAskedAndApproved(t);
  const card = await t.sees(approver, approvals, id, /Needs attention/);
  await t.clicks(approver, card, 'End request');
  await t.clicks(approver, card, 'End request', { reason: 'The vault moves to another group first' });
  await t.sees(requester, operations, id, /Failed: 1 of 5/);
  await t.hears(chatOf(requester), id, /ended the/);
});

scenario(
  'plan-changed',
  'Azure changes after the approval',
  'Purge protection is taken away between the approval and the run: the request asks again, with the difference.',
  async (t) => {
    const protect = (on: boolean) =>
      changeState(
        world.azure,
        onVault('kv-care-prod', (vault) => {
          vault.enablePurgeProtection = on;
        }),
      );
    await protect(true);
    const { id, card } = await hasAsked(t);
    await t.sees(approver, approvals, id, /Needs approval/);
    await faultAzure(world, { match: { method: 'GET', url: 'vaults/kv-care-prod\\?' }, ...untilMended });
    await t.clicks(approver, card, 'Approve');
    await untilFaultsAreMet(world);
    t.notes('Before the run has looked, the vault is put in place anew, without purge protection.');
    await protect(false);
    await mendAzure(world);
    await t.sees(requester, operations, id, /needs approval again/);
    const again = await t.sees(approver, approvals, id, /Earlier approvals don’t count/);
    await t.clicks(approver, again, approveTitle, accepting);
    await t.sees(requester, operations, id, /Succeeded/);
  },
);

scenario(
  'pause',
  'A pause that comes upon a run',
  'An operator pauses the bot while the identity is being enabled, and ends the pause later.',
  async (t) => {
    const enabling = { match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, ...untilMended };
    await faultAzure(world, enabling);
    const id = await hasAskedAndApproved(t);
    await t.sees(teamMember, operations, id, /Running: step 1 of 5/);
    t.notes('The bot is restarted with CMK_PAUSE=true.');
    await world.restartBot('SIGINT', { CMK_PAUSE: 'true' });
    await mendAzure(world);
    await t.sees([requester, teamMember], operations, id, /Paused: 0 of 5/);
    t.notes('The bot is restarted without it.');
    // This request keeps the policy that it was submitted under; the next scenarios have another.
    await world.restartBot('SIGINT', { CMK_APPROVALS_REQUIRED: '2' });
    await t.sees(requester, operations, id, /Succeeded/);
  },
);

scenario(
  'change',
  'A request that is changed while it waits',
  'One of two has approved. The requester takes another vault and key, and says why; everybody is asked anew.',
  async (t) => {
    const { id, card } = await hasAsked(t);
    await t.clicks(approver, card, approveTitle, accepting);
    const status = await t.sees(requester, operations, id, /Waiting for approval: 1 of 2/);
    const form = await t.opens(requester, status, 'Edit request', /You’re editing/);
    await t.clicks(requester, form, 'Submit', { acknowledgeDataLoss: 'true' });
    for (let pages = 1; pages <= 2; pages += 1) await t.clicks(requester, form, 'Back');
    await t.clicks(requester, form, 'Next', { vault: 'kv-hospital-keys' });
    await t.clicks(requester, form, 'Next', { key: 'cmk-virtual-visit' });
    const reason = { justification: 'One key for all, as the audit asks', acknowledgeDataLoss: 'true' };
    await t.clicks(requester, form, 'Submit', reason);
    await t.sees([requester, teamMember], operations, id, /edited this request/);
    await t.hears(chatOf(approver), id, /edited the/);
    const again = await t.sees([approver, secondApprover], approvals, id, /edited the request/);
    await t.clicks(approver, again, 'Approve');
    await t.clicks(secondApprover, again, 'Approve');
    await t.sees(requester, operations, id, /Succeeded/);
    await t.types(requester, `/cmk-history ${id} decisions`);
  },
);

scenario('expiry', 'Nobody decides in time', 'The request expires; nothing was changed.', async (t) => {
  await world.restartBot('SIGINT', { CMK_APPROVAL_EXPIRY: '10s' });
  const { id } = await hasAsked(t);
  t.notes('The time for a decision passes.');
  await t.sees(requester, operations, id, /Expired/);
  await t.sees(approver, approvals, id, /Expired/);
  await t.hears(chatOf(requester), id, /expired/);
});

scenario(
  'rotation',
  'Another version of the key',
  'The resource is under the older of two versions of its key. A new one is made, the old one stays on.',
  async (t) => {
    const form = await t.types(requester, '/rotate-cmk');
    const resource = await t.searches(requester, form, 'resource', 'virtual');
    await t.clicks(requester, form, 'Next', { resource });
    await t.clicks(requester, form, 'Next', { version: 'newest' });
    await t.clicks(requester, form, 'Back');
    await t.clicks(requester, form, 'Next', { version: 'new' });
    const id = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', because)));
    await t.sees([requester, teamMember], operations, id, /Waiting for approval/);
    const card = await t.sees(approver, approvals, id, /Needs approval/);
    await t.clicks(approver, card, 'Approve');
    await t.sees(requester, operations, id, /Succeeded/);
  },
);

test('every transcript that is kept is of a scenario', () => {
  expect(readdirSync(goldenFolder).sort()).toEqual([...kept, ...keptElsewhere].sort());
});
