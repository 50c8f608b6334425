import { ArmId } from '../../../src/domain/ids.ts';
import type { Observation, ObservedKey } from '../../../src/domain/observed.ts';
import { isCovered, type NotCovered, notCovered, stagesOf, stepsOf } from '../../../src/domain/plan.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import {
  key,
  newKey,
  observation,
  planFor,
  principal,
  resource,
  under,
  vault,
  version,
  wishForNewKey,
} from '../../support/builders/plans.ts';

/** Which parts of the difference are not empty. */
const uncovered = (difference: NotCovered): string[] =>
  Object.entries(difference).flatMap(([part, found]) => (found.length > 0 ? [part] : []));
const identified = resource({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });

/** The effects of a plan: the golden digests in digest.test.ts. */
it('counts both protections of a vault as one step that cannot be undone', () => {
  const bare = planFor({ seen: { vault: vault({ softDelete: false }) } });
  expect(stepsOf(bare, 'irreversible').map((step) => step.effects.map((effect) => effect.change))).toEqual([
    ['soft-delete', 'purge-protection'],
  ]);
  expect(stepsOf(planFor({ seen: { vault: vault({ purgeProtection: true }) } }), 'irreversible')).toEqual([]);
});

it('has stages in their order, whatever the order of its steps', () => {
  const { steps } = planFor({ wished: wishForNewKey(), seen: { key: null } });
  expect(stagesOf({ steps: [...steps].reverse() })).toEqual([
    ['make-key-version', 'enable-identity'],
    ...[['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']],
  ]);
});

/** What the request itself is known to have made. */
const own = (digit: string | null) => ({ keyVersion: digit === null ? null : version(digit), intents: [] });

describe('an approval', () => {
  const approved = planFor();

  it('is covered when another agent has come under the same key meanwhile', () => {
    const of = {
      key: 'care',
      resource: 'bot-other',
      id: resourceId('bot-other'),
      subscription: { id: 's', name: null },
    };
    const shared = { code: 'key-shared', outcome: 'warn', fact: of } as const;
    expect(isCovered(notCovered(approved, { ...approved, checks: [...approved.checks, shared] }))).toBe(true);
  });

  it('covers targets that Azure spells in another case', () => {
    const spelled = planFor({
      seen: { resource: resource({ id: ArmId.parse(resourceId().replace('rg-care', 'RG-CARE')) }) },
    });
    expect(isCovered(notCovered(approved, spelled))).toBe(true);
  });

  it.each([
    ['an effect that was not there', { vault: vault({ access: 'access-policies' }) }, ['effects']],
    ['a new warning', { vault: vault({ location: 'northeurope' }) }, ['warnings']],
    ['a new warning with its effect', { vault: vault({ softDelete: false }) }, ['effects', 'warnings']],
    ['a vault that closed its firewall', { vault: vault({ firewall: 'closed' }) }, ['blocks']],
    ['a key that was disabled', { key: key({ enabled: false }) }, ['blocks']],
    ['a key that is gone', { key: null }, ['blocks']],
    ['an operation on the agent', { resource: resource({ provisioningState: 'Updating' }) }, ['blocks']],
    ['another customer-managed key', { resource: resource({ customerKey: under(version('b')) }) }, ['blocks']],
  ] as const)('does not cover %s', (_what, seen, parts) => {
    expect(uncovered(notCovered(approved, planFor({ seen })))).toEqual(parts);
  });

  it('does not cover another identity where the approved one had access', () => {
    const seenWith = (principalId: string | null, grantHeld = true) =>
      planFor({ seen: { resource: resource({ ...identified, principalId }), grantHeld } });
    const other = 'B0000000-0000-4000-8000-000000000001';
    const withAccess = seenWith(other);
    expect(uncovered(notCovered(seenWith(principal), withAccess))).toEqual(['control']);
    expect(notCovered(seenWith(principal), withAccess).control).toEqual([
      { change: 'identity', before: principal, now: other },
    ]);
    expect(isCovered(notCovered(withAccess, seenWith(other.toLowerCase())))).toBe(true);
    // Access for the identity that the run finds is part of what was approved.
    expect(isCovered(notCovered(seenWith(principal, false), withAccess))).toBe(true);
    expect(isCovered(notCovered(approved, withAccess))).toBe(true);
  });

  it('does not cover a step that has become one that cannot be undone', () => {
    const protectedAlready = planFor({ seen: { vault: vault({ purgeProtection: true }) } });
    expect(uncovered(notCovered(protectedAlready, approved))).toEqual(['effects', 'irreversible']);
  });

  it('needs no cover for an agent that is under the wished key already', () => {
    const seen = { resource: resource({ customerKey: under(version('a')) }) };
    const asked = planFor({ seen });
    expect(asked.checks).toContainEqual(expect.objectContaining({ outcome: 'block', code: 'already-under-this-key' }));
    expect(isCovered(notCovered(approved, planFor({ seen, own: own(null) })))).toBe(true);
  });
});

describe('an approval of a key that is to be made', () => {
  const approved = planFor({ wished: wishForNewKey(), seen: { key: null } });
  const found = (keyIs?: Observation['keyIs'], change: Partial<ObservedKey> = {}) =>
    planFor({ wished: wishForNewKey(), seen: { key: key(change), ...(keyIs && { keyIs }) }, own: own(null) });

  it('covers the key that the request made', () => expect(isCovered(notCovered(approved, found('own')))).toBe(true));

  it.each(['others', 'copied', 'not-the-first', 'made-at-another-time', 'too-many-versions'] as const)(
    'does not cover a key of that name that is found to be %s',
    (keyIs) => expect(uncovered(notCovered(approved, found(keyIs)))).toEqual(['blocks']),
  );

  it('covers only the kind of key that was planned', () => {
    const wider = planFor({ wished: wishForNewKey({ newKey: { ...newKey, size: 4096 } }), seen: { key: null } });
    expect(uncovered(notCovered(approved, wider))).toEqual(['effects']);
  });

  it('covers the agent under the version that was made', () => {
    const done = planFor({
      wished: wishForNewKey(),
      seen: observation({
        key: key({ version: version('c') }),
        keyIs: 'own',
        resource: resource({ customerKey: under(version('c')) }),
      }),
      own: own('c'),
    });
    expect(isCovered(notCovered(approved, done))).toBe(true);
  });
});
