import { Script } from 'node:vm';
import fc from 'fast-check';
import {
  allHold,
  covers,
  criteriaOf,
  fits,
  isOfKinds,
  type RuleMatch,
  tagCriteriaOf,
} from '../../../../src/domain/policy/rules.ts';
import { resourceId } from '../../../support/builders/fixtures.ts';
import { resource } from '../../../support/builders/plans.ts';

describe('a text with stars', () => {
  it('fits what a regular expression for it fits', () => {
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(
      fc.property(text('ab*'), text('ab'), (pattern, given) => {
        expect(fits(pattern, given)).toBe(new RegExp(`^${pattern.replace(/\*+/g, '.*')}$`).test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no time that grows like a search that tries again', () => {
    const search = () => fits(`${'*a'.repeat(2000)}*b`, 'a'.repeat(100_000));
    // One that tries again would not end this year: the watchdog only keeps it from being waited for.
    expect(new Script('search()').runInNewContext({ search }, { timeout: 30_000 })).toBe(false);
  });
});

const agents = ['microsoft.healthbot/healthbots'];
const accounts = ['microsoft.storage/storageaccounts'];
const seen = resource({ tags: { Environment: 'production', owner: 'Care' } });

it.each<[string, RuleMatch, boolean]>([
  ['without criteria', {}, true],
  ['for a subscription', { subscriptions: [resourceId().split('/')[2] ?? ''] }, true],
  ['for another subscription', { subscriptions: ['40000000-0000-4000-8000-00000000ffff'] }, false],
  ['for one of several groups, in any case', { resourceGroups: ['rg-other', 'RG-*'] }, true],
  ['for a resource, in any case', { resources: ['BOT-*'] }, true],
  ['for its kind', { kinds: agents }, true],
  ['for another kind', { kinds: accounts }, false],
  ['for a resource that holds and a group that does not', { resources: ['bot-care'], resourceGroups: ['x'] }, false],
])('a rule %s: %s', (_for, match, expected) =>
  expect(isOfKinds(match, seen, agents) && allHold(criteriaOf(match, seen))).toBe(expected),
);

it('a rule that names no kinds is for the usual ones only', () => expect(isOfKinds({}, seen, accounts)).toBe(false));

describe('a rule by tag', () => {
  const production = { tags: { environment: ['production'] } };
  const holds = (tags: Record<string, string>, trustedTags: readonly string[]) =>
    allHold(tagCriteriaOf(production, resource({ tags }), trustedTags));

  it.each([
    ['its value', { environment: 'production' }],
    ['its value in another case, under its name in another case', { ENVIRONMENT: 'Production' }],
    ['nothing: the tag was taken away', {}],
    ['other tags only', { owner: 'care' }],
  ])('holds for an agent that has %s, whether or not the tag is vouched for', (_has, tags) => {
    expect([holds(tags, []), holds(tags, ['environment'])]).toEqual([true, true]);
  });

  it('gives way to another value only where somebody vouches for the tag', () => {
    expect(holds({ environment: 'test' }, [])).toBe(true);
    expect(holds({ environment: 'test' }, ['environment'])).toBe(false);
    expect(holds({ environment: '' }, ['environment'])).toBe(false);
  });
});

it.each<[string, RuleMatch, RuleMatch, boolean]>([
  ['one that matches everything', {}, { resources: ['a'] }, true],
  ['the same one, in another case', { resources: ['Triage-*'] }, { resources: ['triage-*'] }, true],
  ['a wider one', { resources: ['triage-*', 'x'] }, { resources: ['triage-*-prod'], resourceGroups: ['b'] }, true],
  ['a narrower one', { resources: ['triage-*-prod'] }, { resources: ['triage-*'] }, false],
  ['one for another kind', { kinds: accounts }, { resources: ['a'] }, false],
  ['one for its kind', {}, { kinds: agents, resources: ['a'] }, true],
  ['one for some of its resources', { resources: ['a'] }, { resources: ['a', 'b'] }, false],
])('a rule behind another %s never applies: %#', (_behind, earlier, later, expected) =>
  expect(covers(earlier, later, agents)).toBe(expected),
);
