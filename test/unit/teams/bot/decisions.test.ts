/**
 * Clicks that decide on a request: what a card was made to say, who lost which role when, and two at a time. Over a store, a
 * directory and an Azure in memory, and a clock that the tests move. What people see of it: test/golden/transcripts.
 */
import { openRoleChecks } from '../../../../src/authorization/role-checks.ts';
import { done, failed } from '../../../../src/domain/failure.ts';
import { type PersonId, TenantId } from '../../../../src/domain/ids.ts';
import type { TagRule } from '../../../../src/domain/policy/rules.ts';
import type { SignIn } from '../../../../src/domain/policy/sign-in.ts';
import type { Groups } from '../../../../src/domain/ports/azure.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { personActor } from '../../../../src/domain/request/events.ts';
import type { Refusal } from '../../../../src/domain/request/refusal.ts';
import { actions } from '../../../../src/operations/actions/registry.ts';
import { CardClick } from '../../../../src/teams/bot/activity.ts';
import { answerRequestClick } from '../../../../src/teams/bot/request-click.ts';
import { openRequestCards } from '../../../../src/teams/delivery/request-cards.ts';
import type { StepUpSignIn } from '../../../../src/teams/sign-in/step-up.ts';
import { failure, id, outsider, policy, secondApprover, submit } from '../../../support/builders/commands.ts';
import { approver, requester, requestId, tenant } from '../../../support/builders/fixtures.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { type MemoryRequests, memoryRequests } from '../../../support/builders/memory-requests.ts';
import { noon, planFor, ref, resource, spec } from '../../../support/builders/plans.ts';
import { policyOf } from '../../../support/builders/policies.ts';
import { approvedRun, type Drive } from '../../../support/builders/run-world.ts';
import { scriptedAzure, type World } from '../../../support/builders/scripted-azure.ts';

const place = { conversationId: '19:approvals@thread.tacv2', activityId: '7' };
const ticked = { acknowledgeIrreversible: 'true' };
const lost = 'no longer has the requester role';

/** Who is in which group; `isDark`: the directory doesn't answer. `approvers`: the groups that can decide. */
function people(approvers: readonly string[], tagRules: readonly TagRule[] = []) {
  const groups = new Map([
    ['askers', new Set([requester, approver])],
    ['deciders', new Set([approver, secondApprover])],
    ['stewards', new Set([secondApprover, outsider])],
  ]);
  const directory = { isDark: false, strangers: new Set<PersonId>() };
  const memberOf: Groups['memberOf'] = async (person, ids) => {
    if (directory.isDark) return failed(failure());
    const kind = directory.strangers.has(person) ? 'stranger' : 'member';
    return done({ kind, of: ids.filter((group) => groups.get(group)?.has(person)) });
  };
  const rules = policyOf([], { requesters: ['askers'], approvers }, { tagRules, trustedTags: ['environment'] });
  const azure = scriptedAzure();
  const admission = { readers: [], operators: [], allowGuests: false };
  return {
    groups,
    directory,
    azure,
    rules,
    roles: openRoleChecks({ groups: { memberOf }, resources: azure.resources }, rules, admission),
  };
}

function clicks(requests: MemoryRequests, { roles }: Pick<ReturnType<typeof people>, 'roles'>, now: () => Date) {
  const postedCards = memoryPostedCards([{ requestId: id, audience: 'approval', ...place, fingerprint: '' }]);
  const post = async (): Promise<never> => Promise.reject(new Error('nothing is posted'));
  const requestCards = openRequestCards({
    requests,
    postedCards,
    now,
    jobs: { onWritten: () => undefined },
    chat: { post, postThread: post, replyTargeted: async () => null, update: async () => true, remove: async () => {} },
    directory: { names: async () => () => 'Someone' },
    people: { among: async () => [], amongMany: async () => [] },
    operators: [],
    lookups: { look: async () => null },
    approvers: { of: async () => ({ described: 'the approvers', addressed: [], people: [], sources: [] }) },
    conversations: { personalChat: async () => null },
    approvalsChannel: place.conversationId,
    operationsChannel: null,
    portal: null,
    paused: false,
    stepUp: null,
    hasEvidence: false,
    decisions: { isDelayed: async () => false },
    timeLimits: {
      retry: { firstWaitMs: 1, longestWaitMs: 1, waitAttempts: 1, spreadWithinMs: 1 },
      poll: { everyMs: 1, atMostMs: 1 },
    },
  });
  const later = { replace: () => {}, follow: () => {}, runTwiceLater: () => {}, stop: async () => {} };
  const asking: Pick<Parameters<typeof answerRequestClick>[0], 'stepUp' | 'stepUpSignIn'> = {
    stepUp: null,
    stepUpSignIn: null,
  };
  const shown = { requestCards, later, log: { info: () => {}, warn: () => {} } };
  const app = Object.assign(asking, { ...roles, ...shown, requests, loadSnapshot: requests.load });
  const origin = { ...place, conversationType: 'channel' } as const;

  /** What the card or the message says. The button is that of the card as it is. */
  async function click(person: PersonId, verb: string, data: object = {}): Promise<string> {
    const asking = (await requests.load(id))?.asking;
    const read = CardClick.safeParse({ action: { verb, data: { requestId: id, revision: asking, ...data } } });
    const action = actions.find((one) => `request.${verb}` === one.verb);
    if (action === undefined) throw new Error(`no action is named ${verb}`);
    if (!read.success) return 'malformed';
    const who = { person, memberId: `29:${person}`, name: null, tenantId: tenant, origin, zone: '' };
    const sender = { ...who, actor: personActor(person, tenant, 'local') };
    const { body } = await answerRequestClick(app, action, sender, { at: place, click: read.data });
    return JSON.stringify(body).replaceAll('\\', '');
  }
  /** From now on approving needs a sign-in. `proved`: by whoever clicks. */
  function needsSignIn() {
    const state = { proved: null as SignIn | null, settled: 0 };
    const stepUpSignIn = {
      presented: async () => ({ kind: 'presented', signIn: state.proved }),
      question: async (_: object, { code }: Refusal) =>
        code.startsWith('sign-in') ? { status: 200, body: { asks: code } } : null,
      settle: async () => {
        state.settled += 1;
      },
      entered: async () => ({}),
    } as unknown as StepUpSignIn;
    Object.assign(app, { stepUp: { context: 'c1', maxAgeMs: 600_000 }, stepUpSignIn });
    return state;
  }
  return { click, postedCards, needsSignIn };
}

const noRules: readonly TagRule[] = [];
/** Two of the stewards decide about agents with this tag, whatever else the policy says. */
const production: TagRule = {
  name: 'production',
  match: { tags: { environment: ['production'] } },
  approvers: ['stewards'],
  approvalsRequired: 2,
};
const tagged = (environment: string) => resource({ tags: { environment } });

/** A request that waits for approvals. */
async function waiting({ needs = 1, approvers = ['deciders'] as readonly string[], tagRules = noRules } = {}) {
  let clock = noon.getTime();
  const now = (): Date => new Date(clock);
  const requests = memoryRequests(now);
  const who = people(approvers, tagRules);
  const ask = (one = id, named = ref()) => {
    const plan = planFor({ seen: { resource: resource({ id: named.id }) }, wished: spec({ resource: named }) });
    const command = submit({ plan, digest: '1'.repeat(64), policy: policy(needs) });
    return requests.append(one, 'submit', (request, at) => decide(request, command, at));
  };
  await ask();
  const state = async () => (await requests.load(id))?.state;
  const types = () => requests.all().map(({ body }) => body.type);
  return {
    ...who,
    ...clicks(requests, who, now),
    requests,
    ask,
    state,
    types,
    advance: (ms: number) => {
      clock += ms;
    },
  };
}

describe('a card that was made to say something else', () => {
  const tooLong = 'x'.repeat(501);
  it.each([
    ['another request', { requestId: 'CMK-000000' }, 'There is no request CMK-000000.'],
    ['a request id that is none', { requestId: 'cmk-1; drop table' }, 'There is no request'],
    ['no request id', { requestId: null }, 'malformed'],
    ['a revision to come', { revision: 2 }, 'out of date'],
    ['a fraction as revision', { revision: 1.5 }, 'out of date'],
    ['no tick but a truth', { acknowledgeIrreversible: true }, 'Not approved yet.'],
    ['no tick but a list', { acknowledgeIrreversible: ['true'] }, 'Not approved yet.'],
    ['another’s name', { by: secondApprover, acknowledgeIrreversible: 'false' }, 'Not approved yet.'],
    ['a comment that is too long', { ...ticked, comment: tooLong }, 'This text is too long.'],
  ])('with %s approves nothing', async (_what, data, words) => {
    const { click, types } = await waiting();
    expect(await click(approver, 'approve', { ...ticked, ...data })).toContain(words);
    expect(types()).toEqual(['submitted']);
  });

  it('with another request decides on that one, and stays the card of its own', async () => {
    const { click, requests, ask, postedCards, state } = await waiting();
    const other = requestId(2);
    await ask(other, ref('bot-other'));
    await postedCards.save({ requestId: other, audience: 'approval', ...place, activityId: '8', fingerprint: '' });
    expect(await click(approver, 'reject', { requestId: other, reason: 'Not this one' })).toContain('Rejected');
    expect([await state(), (await requests.load(other))?.state]).toEqual(['awaiting-approval', 'rejected']);
    expect(await postedCards.at(place.activityId)).toEqual([id]);
  });
});

describe('the approvals that a request needs', () => {
  it('are those of as many people, and a second click of one of them adds none', async () => {
    const { click, state, types } = await waiting({ needs: 2 });
    const once = await click(approver, 'approve', ticked);
    expect(once).toContain('Needs approval: 1 of 2');
    expect(await click(approver, 'approve', ticked)).toContain('1 of 2');
    expect(await state()).toBe('awaiting-approval');
    expect(await click(secondApprover, 'approve', ticked)).toContain('Approved: 2 of 2');
    expect(types()).toEqual(['submitted', 'approved', 'approved', 'run-ordered']);
  });

  it.each(['approve', 'reject'])('come to one end where one would approve and another %s at once', async (verb) => {
    const { click, types } = await waiting();
    const data = { ...ticked, reason: 'No' };
    await Promise.all([click(approver, 'approve', data), click(secondApprover, verb, data)]);
    expect(types().filter((type) => type === 'run-ordered' || type === 'ended')).toHaveLength(1);
  });

  it('are nobody’s where no approvers are configured, and the refusal names the setting', async () => {
    const { click } = await waiting({ approvers: [] });
    expect(await click(approver, 'approve', ticked)).toContain('CMK_APPROVERS is empty');
  });

  it('put the start off, and bring it forward never', async () => {
    const { click, requests } = await waiting();
    await click(approver, 'approve', { ...ticked, startDay: '2026-03-04', startTime: '03:30' });
    expect(await requests.load(id)).toMatchObject({ state: 'approved', notBefore: '2026-03-04T03:30:00.000Z' });
  });
});

it('an approval that needs a sign-in asks for it once nothing else is in the way, and counts the clicker’s own alone, once', async () => {
  const { click, needsSignIn, requests, types } = await waiting();
  const signIn = needsSignIn();
  expect(await click(requester, 'approve', ticked)).toContain('your own request');
  expect(await click(approver, 'approve')).toContain('Not approved yet.');
  expect(await click(approver, 'approve', ticked)).toContain('"asks":"sign-in-needed"');
  const signedIn = {
    tenantId: TenantId.parse(tenant),
    signedInAt: noon.toISOString(),
    methods: ['fido'],
    how: 'browser',
  } as const;
  signIn.proved = { ...signedIn, person: approver, contexts: ['c1'], methods: ['fido'] };
  expect(await click(secondApprover, 'approve', ticked)).toContain('"asks":"sign-in-other-person"');
  expect([types(), signIn.settled]).toEqual([['submitted'], 0]);
  expect(await click(approver, 'approve', ticked)).toContain('Approved: 1 of 1');
  expect(await requests.load(id)).toMatchObject({ approvals: [{ by: approver, signIn: signIn.proved }] });
  expect(signIn.settled).toBe(1);
});

describe('a requester who is taken out of the requesters', () => {
  it('can have the request rejected, and approved once they are back', async () => {
    const { click, groups, directory, types } = await waiting();
    groups.get('askers')?.delete(requester);
    for (const person of [approver, secondApprover]) expect(await click(person, 'approve', ticked)).toContain(lost);
    directory.isDark = true;
    expect(await click(approver, 'approve', ticked)).toContain('couldn’t check');
    expect(types()).toEqual(['submitted']);
    directory.isDark = false;
    groups.get('askers')?.add(requester);
    expect(await click(approver, 'approve', ticked)).toContain('Approved: 1 of 1');
    const other = await waiting();
    other.directory.strangers.add(requester);
    expect(await other.click(approver, 'approve', ticked)).toContain(lost);
    expect(await other.click(approver, 'reject', { reason: 'Not this week' })).toContain('Rejected');
  });

  it('has nobody else decide for them', async () => {
    const { click, types } = await waiting();
    for (const verb of ['approve', 'reject'])
      expect(await click(outsider, verb, { ...ticked, reason: 'No' })).toContain('approver');
    expect(await click(requester, 'approve', ticked)).toContain('your own request');
    expect(types()).toEqual(['submitted']);
  });
});

describe('a run that was approved', () => {
  /** Run 1 is ordered, and its check finds the people as they are by then. */
  async function approved(approvers: readonly string[] = ['deciders'], tagRules = noRules, seen: Partial<World> = {}) {
    const who = people(approvers, tagRules);
    Object.assign(who.azure.world, seen);
    let clock = noon.getTime();
    const now = (): Date => new Date(clock);
    const advance = (ms: number): void => {
      clock += ms;
    };
    const limits = { firstWaitMs: 1_000, longestWaitMs: 8_000, waitAttempts: 3, spreadWithinMs: 60_000 };
    const given = {
      azure: who.azure,
      policy: who.rules,
      retryLimits: limits,
      now,
      approverStatus: who.roles.approver,
      requesterStatus: who.roles.requester,
      random: (bytes: number) => new Uint8Array(bytes).fill(7),
    };
    const run = await approvedRun(given, spec());
    const usual: Drive = { before: () => {}, after: () => {}, permitted: (work) => work(), advance };
    return {
      ...who,
      ...clicks(run.requests, who, now),
      load: run.load,
      types: () => run.requests.all().map(({ body }) => body.type),
      drive: (number = 1) => run.drive(number, usual),
    };
  }

  it('changes nothing for a requester who lost the role, also in a retry, until they have it again', async () => {
    const { drive, load, click, groups, azure } = await approved();
    groups.get('askers')?.delete(requester);
    await drive();
    expect(await load()).toMatchObject({ state: 'needs-attention' });
    expect(await click(approver, 'retry')).toContain(lost);
    expect(azure.writes).toEqual([]);
    groups.get('askers')?.add(requester);
    await click(approver, 'retry');
    await drive(2);
    expect(await load()).toMatchObject({ state: 'succeeded' });
  });

  it('keeps what is done, does no more and can be ended, where the role is lost in the middle', async () => {
    const { drive, load, click, groups, azure } = await approved();
    azure.refuse('grants.grant', failure());
    await drive();
    const { writes } = azure;
    const before = [...writes];
    expect(before).not.toEqual([]);
    groups.get('askers')?.delete(requester);
    for (const person of [approver, secondApprover]) expect(await click(person, 'retry')).toContain(lost);
    expect(await click(outsider, 'give-up', { reason: 'Not this week' })).toContain('approver');
    expect(await click(approver, 'give-up', { reason: 'Not this week' })).toContain('Failed');
    expect(await load()).toMatchObject({ state: 'failed' });
    expect(writes).toEqual(before);
  });

  it('asks again, and changes nothing, where an approver lost the role', async () => {
    const { drive, load, click, directory, azure } = await approved();
    directory.strangers.add(approver);
    await drive();
    expect(await load()).toMatchObject({ state: 'awaiting-approval', approvals: [] });
    expect(await click(approver, 'approve', ticked)).toContain('approver');
    expect(azure.writes).toEqual([]);
    expect(await click(secondApprover, 'approve', ticked)).toContain('Checking before run 2');
  });

  it('asks those whom a rule names, and as many, once the agent has its tag', async () => {
    const { drive, load, click, azure } = await approved(['deciders', 'stewards'], [production], {
      resource: tagged('test'),
    });
    azure.world.resource = tagged('production');
    await drive();
    expect(await load()).toMatchObject({ state: 'awaiting-approval', approvals: [], policy: { approvalsRequired: 2 } });
    expect(await click(approver, 'approve', ticked)).toContain('You aren’t an approver.');
    expect(await click(secondApprover, 'approve', ticked)).toContain('1 of 2');
    expect(azure.writes).toEqual([]);
    expect(await click(outsider, 'approve', ticked)).toContain('Checking before run 2');
  });
});

describe('a rule for agents with a tag', () => {
  it.each([
    ['production', 'You aren’t an approver.'],
    // Removing the tag is no way out.
    [null, 'You aren’t an approver.'],
    ['test', 'Approved: 1 of 1'],
  ])('counts when somebody decides: %s', async (environment, words) => {
    const { click, azure } = await waiting({ tagRules: [production] });
    azure.world.resource = environment === null ? resource() : tagged(environment);
    expect(await click(approver, 'approve', ticked)).toContain(words);
  });

  it('lets no one decide while the tags can’t be read', async () => {
    const { click, azure, types } = await waiting({ tagRules: [production] });
    azure.world.resource = tagged('test');
    for (const read of ['resources.tags', 'resources.get']) azure.refuse(read, failure(), 1);
    expect(await click(approver, 'approve', ticked)).toContain('The bot couldn’t check your membership.');
    expect(types()).toEqual(['submitted']);
  });
});
