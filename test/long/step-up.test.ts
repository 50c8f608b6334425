import { beforeAll, describe, expect, test } from '@jest/globals';
import { localTenantId } from '../../sandbox/people.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import { signIn, signInLink, signInWords } from '../support/world/sign-in.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  buttonData,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

/** Approving needs a sign-in of its own, over the whole product: local Entra, local Teams, the bot. */

const world = scenario({ own: { stepUp: true } });

const clicks = async (id: string, person = people.approver) => approve(world, person, await approvalCard(world, id));

/** How the person's Teams was signed in to. */
const signedInToTeams = (userId: string, minutesAgo: number, contexts: readonly string[]) =>
  changeState(world.azure, (state) => {
    const signedInAt = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    state.teamsSessions = [{ userId, signedInAt, contexts, methods: ['fido'] }];
  });

describe('a request that waits for an approval', () => {
  let id = '';
  let link = '';

  beforeAll(async () => {
    id = await ask(world);
  });

  test('Teams was signed in to this morning with a password: the clicker is asked, and nothing is stored', async () => {
    const inputs = { acknowledgeIrreversible: 'true', comment: 'Before the sign-in' };
    const answer = await approve(world, people.approver, await approvalCard(world, id), inputs);
    expect(signInWords(answer)).toMatch(/^Sign in first\. Approving needs a sign-in/);
    link = signInLink(answer) ?? '';
    const notice = (await world.teams.activities(places.approvals, people.approver)).at(-1);
    expect(notice).toMatchObject({ signIn: { title: 'Sign in', url: link }, local: { onlyYou: true } });
    await shows(world, places.operations, people.requester, id, /Waiting for approval: 0 of 1/);
  });

  test('what would be refused all the same is refused first', async () => {
    const card = await approvalCard(world, id);
    expect(answered(await approve(world, people.requester, card))).toContain('This is your own request.');
    expect(answered(await approve(world, people.approver, card, {}))).toContain('Not approved yet.');
    expect(answered(await approve(world, people.teamMember, card))).toContain('You have no role here.');
  });

  test('a colleague who signs in on the approver’s page proves nothing for either', async () => {
    const came = await signIn(link, people.secondApprover);
    expect(came).toMatchObject({ status: 403, words: expect.stringContaining('Another account signed in.') });
    for (const person of [people.approver, people.secondApprover])
      expect(signInLink(await clicks(id, person))).not.toBeNull();
  });

  test('the approver with a password alone proves nothing', async () => {
    const came = await signIn(link, people.approver, 'password');
    expect(came).toMatchObject({ status: 403, words: expect.stringContaining('meets your organization’s policy') });
    expect(signInLink(await clicks(id))).not.toBeNull();
  });

  test('the approver’s sign-in outlives a crash of the bot, and is theirs alone', async () => {
    expect(await signIn(link, people.approver)).toMatchObject({ status: 200 });
    const hasComment = (card: SeenActivity) => JSON.stringify(card).includes('"value":"Before the sign-in"');
    await world.teams.sees(places.approvals, people.approver, hasComment);
    expect(hasComment(await shows(world, places.approvals, people.secondApprover, id, /Needs approval/))).toBe(false);
    await world.restartBot('SIGKILL');
    expect(signInLink(await clicks(id, people.secondApprover))).not.toBeNull();
    expect(await writes(world)).toEqual([]);
  });

  test('the next click approves; a repeated one is answered alike', async () => {
    expect(answered(await clicks(id))).toMatch(/^\[card\] .*Approved|Running|Succeeded/);
    const done = await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect(activityText(done)).toContain('Succeeded');
  });

  test('history, command line and audit channel say that and when', async () => {
    const said = /signed in again at [\d-]{10} \d\d:\d\d UTC \(c1\)/;
    const { out } = await cmkBot(['requests', 'show', id], world.settings);
    expect(out).toMatch(said);
    await world.teams.sees('19:audit@thread.tacv2', people.approver, (activity) => said.test(activityText(activity)));
  });
});

describe('another request', () => {
  let id = '';

  beforeAll(async () => {
    id = await ask(world, choices.policies);
  });

  test('asks anew: what was proved for the first does not count', async () => {
    expect(signInLink(await clicks(id))).not.toBeNull();
  });

  test('attack: a sign-in that somebody wrote into the database counts for nothing', async () => {
    const { revision } = buttonData({ status: 200, body: await approvalCard(world, id) }, 'request.approve');
    const signIn = { person: people.approver, tenantId: localTenantId, signedInAt: new Date().toISOString() };
    const proof = { signIn: { ...signIn, contexts: ['c1'], methods: ['fido'], how: 'browser' } };
    await world.endBot('SIGINT');
    await queryStore(
      world,
      `insert into cmk.document (key, value, changed_at, seal_key, seal)
       values ('sign-in/proof/${id}/${revision}/${people.approver}', '${JSON.stringify(proof)}', now(), 'x', 'x')`,
    );
    await world.startBot();
    expect(signInLink(await clicks(id))).not.toBeNull();
    await shows(world, places.operations, people.requester, id, /Waiting for approval: 0 of 1/);
  });

  test('a Teams that was just signed in to strongly is enough, unless it cannot be checked', async () => {
    await signedInToTeams(people.approver, 11, ['c1']);
    expect(signInWords(await clicks(id))).toMatch(/^Your sign-in is older than 10 minutes\./);
    await signedInToTeams(people.approver, 1, ['c1']);
    // What the bot knows of the authority it knows since its start.
    await faultAzure(world, { match: { url: 'openid-configuration' }, respond: { status: 503, body: {} } });
    await world.restartBot('SIGINT');
    expect(answered(await clicks(id))).toMatch(/couldn’t check your (sign-in|membership)/);
    await mendAzure(world);
    expect(answered(await clicks(id))).toMatch(/^\[card\]/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});

test('rejecting asks for no sign-in', async () => {
  await signedInToTeams(people.approver, 600, []);
  const id = await ask(world, choices.test);
  const card = await approvalCard(world, id);
  expect(
    answered(
      await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } }),
    ),
  ).toContain('Rejected');
});

test('attack: an approval from before signing in was asked for does not count once it is', async () => {
  await world.restartBot('SIGINT', { CMK_STEP_UP: '', CMK_PAUSE: 'true' });
  const from = (await world.azureRequests()).length;
  const id = await ask(world, choices.test);
  expect(activityText(await approvalCard(world, id))).not.toContain('needs a fresh sign-in');
  expect(answered(await clicks(id))).toContain('Approved: 1 of 1');
  await world.restartBot('SIGINT');
  const anew = await shows(world, places.approvals, people.approver, id, /Needs approval: 0 of 1/);
  expect(activityText(anew)).toContain('Approval now requires a sign-in. Earlier approvals don’t count.');
  // Said on the face of the card, before anybody clicks.
  expect(activityText(anew)).toContain('Approving needs a fresh sign-in: select Approve to start it.');
  expect(await writes(world, from)).toEqual([]);
  expect(signInLink(await approve(world, people.approver, anew))).not.toBeNull();
  expect(
    answered(
      await world.teams.click(people.approver, anew.id, 'request.reject', { inputs: { comment: 'Not this week' } }),
    ),
  ).toContain('Rejected');
});

test('the record verifies, says who signed in and how, and no token is kept or logged anywhere', async () => {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  const rows = await queryStore(
    world,
    'select body from cmk.event where body like \'%"type":"approved"%\' order by seq',
  );
  expect(rows.map((row) => JSON.parse(String(row.body)).data.signIn)).toEqual([
    expect.objectContaining({ person: people.approver, contexts: ['c1'], methods: ['fido', 'mfa'], how: 'browser' }),
    expect.objectContaining({ person: people.approver, contexts: ['c1'], methods: ['fido'], how: 'teams' }),
    null,
  ]);
  const kept = await queryStore(world, 'select body as text from cmk.event union all select value from cmk.document');
  expect(JSON.stringify(kept) + world.printed()).not.toMatch(/eyJ[\w-]{10}/);
});
