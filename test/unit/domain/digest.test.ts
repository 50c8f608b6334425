import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { planDigest, shortDigest } from '../../../src/domain/digest.ts';
import { ArmId } from '../../../src/domain/ids.ts';
import { type Plan, planSchema } from '../../../src/domain/plan.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import { planFor, principal, ref, resource, spec, vault, wishForNewKey } from '../../support/builders/plans.ts';

const PlanSchema = planSchema(StoredChangeSpec);
const digest = (plan: Plan): string => planDigest(plan);
const base = planFor();
const madeFirst = planFor({ wished: wishForNewKey(), seen: { key: null, vault: vault({ softDelete: false }) } });

/** The same value with every object's fields the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, turned(inner)]),
  );
}

describe('golden digests, computed by another program', () => {
  // When one of these fails the code is wrong: approvals that are stored are bound to such values. What is left out, or put in,
  // changes them.
  it('is this one for an existing key', () => {
    expect(digest(base)).toBe('f6178cba7748be433e460484e3484563f693df79f7d55cc10463922da540354c');
  });

  it('is this one for a key that is made first', () => {
    expect(digest(madeFirst)).toBe('45f3473a80632e204f0330ca8273a90a8dd3e0300bd6e0e2598ca7d6fa7f0a3f');
  });
});

describe('the digest stays', () => {
  const spelled = (id: string): ArmId =>
    ArmId.parse(id.replace('rg-care', 'RG-Care').replace('/providers/', '/PROVIDERS/'));

  it.each<[string, Plan]>([
    ['when fields come in another order', PlanSchema.parse(turned(base))],
    ['when it is read back from JSON', PlanSchema.parse(JSON.parse(JSON.stringify(base)))],
    ['when steps list their effects in another order', reordered(madeFirst)],
    ['when time passes', planFor({ now: new Date('2026-03-04T00:00:00.000Z') })],
    [
      'when Azure spells resources in another case',
      planFor({
        wished: spec({ resource: { ...ref(), id: spelled(resourceId()) }, vaultId: spelled(vaultId) }),
        seen: { resource: resource({ id: spelled(resourceId()) }), vault: vault({ id: spelled(vaultId) }) },
      }),
    ],
    [
      'when what is observed changes without changing the effects',
      planFor({
        seen: { resource: resource({ createdAt: '2023-01-01T00:00:00.000Z' }), vault: vault({ retentionDays: 7 }) },
      }),
    ],
    [
      'when what was there before an effect is another',
      planFor({ seen: { resource: resource({ userAssignedIds: ['one'] }) } }),
    ],
    ['when the identity gets a number', planFor({ seen: { resource: resource({ principalId: principal }) } })],
  ])('%s', (_when, plan) => expect([digest(base), digest(madeFirst)]).toContain(digest(plan)));

  function reordered(plan: Plan): Plan {
    return { ...plan, steps: plan.steps.map((step) => ({ ...step, effects: [...step.effects].reverse() })) };
  }
});

it('digests nothing that JSON cannot hold', () => {
  expect(() => canonicalJson(undefined)).toThrow('without a JSON form');
});

it('is read out to each other in two groups of four', () => {
  expect(shortDigest(`4f9a2c71${'0'.repeat(56)}`)).toBe('4f9a 2c71');
});
