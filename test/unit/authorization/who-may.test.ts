import { openStandings, standingOf } from '../../../src/authorization/who-may.ts';
import { done, failed } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { TagRule } from '../../../src/domain/policy/rules.ts';
import { approver, requester, submit } from '../../support/fixtures.ts';
import { failure, requestAfter } from '../support/commands.ts';
import { planFor, resource } from '../support/plans.ts';
import { policyOf } from '../support/policies.ts';
import { scriptedAzure } from '../support/scripted-azure.ts';

const groups = (answer: readonly string[]) => ({ memberOf: async () => done(answer) });

describe('a person’s standing', () => {
  it('is nobody’s when nobody is configured, and the directory is not asked', async () => {
    const asked = { memberOf: () => Promise.reject(new Error('asked')) };
    expect(await standingOf(asked, approver, [[]])).toBe('nobody-configured');
  });

  it('follows membership, and counts a directory that does not answer as unknown', async () => {
    expect(await standingOf(groups(['g']), approver, [['g', 'h']])).toBe('yes');
    expect(await standingOf(groups([]), approver, [['g']])).toBe('no');
    expect(await standingOf(groups(['g']), approver, [['g'], ['h', 'g']])).toBe('yes');
    expect(await standingOf(groups(['g']), approver, [['g'], ['h']])).toBe('no');
    const dark = { memberOf: async () => failed(failure()) };
    expect(await standingOf(dark, approver, [['g']])).toBe('unknown');
  });
});

/** Everybody belongs to the groups that carry their name. */
const belongs = {
  memberOf: async (person: PersonId, ids: readonly string[]) => done(ids.filter((id) => id === person)),
};

const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');
const other = PersonId.parse('20000000-0000-4000-8000-0000000000f1');
const production: TagRule = {
  name: 'production',
  match: { tags: { environment: ['production'] } },
  requesters: [other],
  approvers: [approver],
};
const policy = policyOf(
  [],
  { requesters: [requester, other], approvers: [approver, secondApprover] },
  { tagRules: [production], trustedTags: ['Environment'] },
);
const inTest = resource({ tags: { environment: 'test' } });
const inProduction = resource({ tags: { environment: 'production' } });

/** A request that was asked when its agent was tagged as a test. */
const asked = requestAfter(submit({ plan: planFor({ seen: { resource: inTest } }) }));

function standingsWhere(world: Parameters<typeof scriptedAzure>[0]) {
  const azure = scriptedAzure(world);
  return { azure, standings: openStandings({ resources: azure.resources, groups: belongs }, policy) };
}

describe('standing under rules', () => {
  it('is that of the rules that hold for the agent: somebody has to be in the lists of all of them', async () => {
    const { standings } = standingsWhere({});
    expect(await standings.requester(requester, inTest)).toBe('yes');
    expect(await standings.requester(requester, inProduction)).toBe('no');
    expect(await standings.requester(other, inProduction)).toBe('yes');
    expect(await standings.approver(secondApprover, inTest)).toBe('yes');
    expect(await standings.approver(secondApprover, inProduction)).toBe('no');
  });

  it('is no better where the tag was taken away', async () => {
    const { standings } = standingsWhere({});
    expect(await standings.requester(requester, resource())).toBe('no');
    expect(await standings.approver(secondApprover, resource())).toBe('no');
  });

  it('is a yes for any agent where one rule says so', async () => {
    const { standings } = standingsWhere({});
    expect(await standings.requester(requester, null)).toBe('yes');
    expect(await standings.approver(secondApprover, null)).toBe('yes');
    expect(await standings.approver(requester, null)).toBe('no');
    expect(await standings.approverOf(approver, null)).toBe('yes');
  });

  it('of a request follows the tags its agent has now', async () => {
    const { azure, standings } = standingsWhere({ resource: inTest });
    expect(await standings.approverOf(secondApprover, asked)).toBe('yes');
    azure.world.resource = inProduction;
    expect(await standings.approverOf(secondApprover, asked)).toBe('no');
  });

  it('of a request whose agent is gone follows the tags it was asked with', async () => {
    const { standings } = standingsWhere({ resource: null });
    expect(await standings.approverOf(secondApprover, asked)).toBe('yes');
    const tagged = requestAfter(submit({ plan: planFor({ seen: { resource: inProduction } }) }));
    expect(await standings.approverOf(secondApprover, tagged)).toBe('no');
  });

  it('of a request is unknown while its agent cannot be read', async () => {
    const { azure, standings } = standingsWhere({ resource: inProduction });
    azure.refuse('resources.tags', failure());
    expect(await standings.approverOf(approver, asked)).toBe('unknown');
  });

  it('looks at no tags that nobody vouches for: what they are changes nothing', async () => {
    const azure = scriptedAzure({ resource: null });
    azure.refuse('resources.tags', failure(), 9);
    const flat = policyOf([], { approvers: [approver, secondApprover] }, { tagRules: [production] });
    const standings = openStandings({ resources: azure.resources, groups: belongs }, flat);
    expect(await standings.approverOf(approver, asked)).toBe('yes');
    expect(await standings.approverOf(secondApprover, asked)).toBe('no');
  });
});
