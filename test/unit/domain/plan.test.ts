import fc from 'fast-check';
import { type Controller, memberMark, ownControl } from '../../../src/domain/control.ts';
import { ownershipOf } from '../../../src/domain/key-ownership.ts';
import type { Observation, ObservedKey } from '../../../src/domain/observed.ts';
import { isCovered, type NotCovered, notCovered } from '../../../src/domain/plan.ts';
import { key, planFor, principal, resource, vault, version, wishForNewKey } from '../../support/builders/plans.ts';

const person = 'p';
const other = 'q';
const group = 'g';
const controller = (change: Partial<Controller>): Controller => ({
  id: other,
  type: 'person',
  can: ['copy'],
  name: null,
  members: null,
  ...change,
});
const of = (...controllers: readonly Controller[]) => ownControl({ controllers: [...controllers] }, person);
const people = (...members: readonly string[]) => members.map((one) => memberMark(group, one));

it('knows somebody by their own permissions, and by a group that they are in', () => {
  expect(of(controller({ id: person }))).toEqual({ known: 'yes', through: null });
  const custodians = controller({ id: group, type: 'group', name: 'Key custodians', people: people(other, person) });
  expect(of(custodians)).toEqual({ known: 'yes', through: 'Key custodians' });
  expect(of({ ...custodians, name: null })).toEqual({ known: 'yes', through: group });
});

it('says no only when every controller is known', () => {
  const strangers = controller({ id: group, type: 'group', people: people(other), apps: [] });
  expect(of(controller({}), strangers, controller({ type: 'bot' }))).toEqual({ known: 'no' });
  for (const unread of ['people', 'apps'] as const)
    expect(of({ ...strangers, [unread]: undefined })).toEqual({ known: 'not', groups: 1, apps: 0, others: 0 });
  expect(of(controller({ type: 'app' }))).toEqual({ known: 'not', groups: 0, apps: 1, others: 0 });
  const withApps = { ...strangers, apps: people('app', 'another') };
  expect(of(controller({ type: 'app' }), withApps)).toEqual({ known: 'not', groups: 0, apps: 3, others: 0 });
  expect(of(controller({ type: 'unknown' }))).toEqual({ known: 'not', groups: 0, apps: 0, others: 1 });
});

const at = '2026-11-25T12:00:00.000Z';
const nonceHash = 'a'.repeat(64);
const intents = [
  { nonceHash: 'b'.repeat(64), at },
  { nonceHash, at },
];
const own = key({ version: version('c'), nonceHash, created: at });
const all = { complete: true };

it('is somebody else’s unless it carries what only the request’s own can carry', () => {
  for (const other of [key(), key({ nonceHash: 'c'.repeat(64) })]) {
    expect(ownershipOf({ ...all, versions: [other] }, null, intents)).toEqual({ is: 'others', key: other });
  }
  expect(ownershipOf({ ...all, versions: [own] }, null, [])).toEqual({ is: 'others', key: own });
  expect(ownershipOf({ ...all, versions: [own] }, null, intents)).toEqual({ is: 'own', key: own });
});

it('is in doubt where not all versions were read, and where Azure does not tell when it was made', () => {
  expect(ownershipOf({ complete: false, versions: [own] }, null, intents)).toMatchObject({ is: 'doubtful' });
  const undated = key({ ...own, created: null });
  expect(ownershipOf({ ...all, versions: [undated] }, null, intents)).toMatchObject({ is: 'doubtful' });
});

it('whatever versions somebody adds with whatever they can write, the one taken is never theirs', () => {
  const theirs = fc.record({
    nonceHash: fc.constantFrom(null, nonceHash, 'b'.repeat(64)),
    seconds: fc.integer({ min: 0, max: 900 }),
  });
  fc.assert(
    fc.property(fc.array(theirs, { maxLength: 5 }), fc.boolean(), (added, isNew) => {
      const later = added.map(({ nonceHash: copied, seconds }, index) =>
        key({
          version: version(String(index)),
          nonceHash: copied,
          created: new Date(Date.parse(at) + seconds * 1000).toISOString(),
        }),
      );
      const found = ownershipOf({ ...all, versions: [own, ...later] }, isNew ? null : version('a'), intents);
      expect(found.is === 'own' ? found.key : own).toBe(own);
    }),
  );
});

/** Which parts of the difference are not empty. */
const uncovered = (difference: NotCovered): string[] =>
  Object.entries(difference).flatMap(([part, found]) => (found.length > 0 ? [part] : []));
const identified = resource({ systemAssigned: true, principalId: principal, tenantId: vault().tenantId });

/** What the request itself is known to have made. */
const made = (digit: string | null) => ({ keyVersion: digit === null ? null : version(digit), intents: [] });

describe('an approval', () => {
  const approved = planFor();

  it.each([
    ['an effect that was not there', { vault: vault({ access: 'access-policies' }) }, ['effects']],
    ['a new warning', { vault: vault({ location: 'northeurope' }) }, ['warnings']],
    ['a vault that closed its firewall', { vault: vault({ firewall: 'closed' }) }, ['blocks']],
    ['a key that is gone', { key: null }, ['blocks']],
    ['an operation on the resource', { resource: resource({ provisioningState: 'Updating' }) }, ['blocks']],
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
});

describe('an approval of a key that is to be made', () => {
  const approved = planFor({ wished: wishForNewKey(), seen: { key: null } });
  const found = (keyIs?: Observation['keyIs'], change: Partial<ObservedKey> = {}) =>
    planFor({ wished: wishForNewKey(), seen: { key: key(change), ...(keyIs && { keyIs }) }, own: made(null) });

  it('covers the key that the request made', () => expect(isCovered(notCovered(approved, found('own')))).toBe(true));

  it.each(['others', 'copied', 'not-the-first', 'made-at-another-time', 'too-many-versions'] as const)(
    'does not cover a key of that name that is found to be %s',
    (keyIs) => expect(uncovered(notCovered(approved, found(keyIs)))).toEqual(['blocks']),
  );
});
