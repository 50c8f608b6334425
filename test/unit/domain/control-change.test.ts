import fc from 'fast-check';
import { type Controller, powers } from '../../../src/domain/control.ts';
import { type ControlChange, controlNotCovered } from '../../../src/domain/control-change.ts';
import { digestSubject } from '../../../src/domain/digest.ts';
import type { Observation } from '../../../src/domain/observed.ts';
import { control, controller, planFor, vault } from '../../support/builders/plans.ts';

type Seen = Pick<Observation, 'vault' | 'control'>;
const seen = (controllers: readonly Controller[], change: Partial<Seen> = {}): Seen => ({
  vault: vault(),
  control: control({ controllers: [...controllers] }),
  ...change,
});
const changesBetween = (approved: Seen, observed: Seen): readonly ControlChange['change'][] =>
  controlNotCovered(approved, observed).map(({ change }) => change);

const at = (uri: string) => ({ vault: vault({ uri }) });
const owner = controller();
const person = controller({ id: 'p-1', type: 'person', can: ['delete'] });
const group = controller({ id: 'g-1', type: 'group', can: ['copy'], members: 3 });
const groupOf = (...people: readonly string[]) => ({ ...group, members: people.length, people: [...people] });

describe('an approval does not cover', () => {
  it.each<[string, Seen, readonly ControlChange['change'][]]>([
    ['a controller who was not there', seen([owner, person]), ['controller']],
    ['one who can do more', seen([owner, { ...group, can: ['copy', 'purge'] }]), ['controller']],
    ['a group that has grown', seen([owner, { ...group, members: 4 }]), ['members']],
    ['another address of the vault', seen([owner], at('https://kv-care.vault.example/')), ['vault-address']],
    ['another tenant of the vault', seen([owner], { vault: vault({ tenantId: 'other' }) }), ['vault-tenant']],
  ])('%s', (_what, now, wanted) => expect(changesBetween(seen([owner, group]), now)).toEqual(wanted));

  it.each<[string, Controller, Controller, number]>([
    ['one who took another’s place in a group', groupOf('a', 'b', 'c'), groupOf('a', 'b', 'x'), 1],
    ['one who came while two left', groupOf('a', 'b', 'c'), groupOf('a', 'x'), 1],
  ])('%s', (_what, before, now, came) => {
    expect(controlNotCovered(seen([before]), seen([now]))).toEqual([
      { change: 'members', controller: now, before: before.members, now: now.members, came },
    ]);
  });

  it('an app that came into a group, even where another one left and the people stayed', () => {
    const before = { ...groupOf('a'), apps: ['k', 'l'] };
    const now = { ...groupOf('a'), apps: ['l', 'x'] };
    expect(controlNotCovered(seen([before]), seen([now]))).toEqual([
      { change: 'apps', controller: now, before: 2, now: 2, came: 1 },
    ]);
    expect(changesBetween(seen([{ ...group, apps: [] }]), seen([{ ...group, members: 4, apps: ['x'] }]))).toEqual([
      'members',
      'apps',
    ]);
  });
});

it.each<[string, Seen]>([
  ['fewer controllers', seen([owner])],
  ['none', seen([])],
  ['one who can do less', seen([{ ...owner, can: ['delete'] }, group])],
  ['a group that has shrunk', seen([owner, { ...group, members: 1 }])],
  ['a group of which it was not noted who was in it, of the same size', seen([{ ...group, people: ['a', 'b', 'c'] }])],
  ['names that the directory does not tell any more', seen([owner, { ...group, name: null, members: null }])],
  ['an address that Azure spells otherwise', seen([owner], at('https://KV-care.vault.azure.net'))],
])('an approval covers %s', (_what, now) => expect(changesBetween(seen([owner, group]), now)).toEqual([]));

it('an approval covers apps that left a group, apps that are not told any more, and those that its plan could not name', () => {
  const before = seen([{ ...groupOf('a'), apps: ['k', 'l'] }]);
  expect(changesBetween(before, seen([{ ...groupOf('a'), apps: ['l'] }]))).toEqual([]);
  expect(changesBetween(before, seen([groupOf('a')]))).toEqual([]);
  expect(changesBetween(seen([groupOf('a')]), seen([{ ...groupOf('a'), apps: ['x'] }]))).toEqual([]);
});

describe('the digest', () => {
  const digested = (controllers: readonly Controller[], uri = vault().uri) =>
    JSON.stringify(
      digestSubject(planFor({ seen: { vault: vault({ uri }), control: control({ controllers: [...controllers] }) } })),
    );

  it('is another with another controller, another power, another address', () => {
    const all = [
      digested([owner]),
      digested([owner, person]),
      digested([{ ...owner, can: ['delete'] }]),
      digested([owner], 'https://kv-care.vault.example/'),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it('stays the same when the directory tells a name or a number, or keeps silent', () => {
    const named = { ...group, name: 'Key custodians', members: 4 };
    expect(digested([owner, named])).toBe(digested([owner, { ...group, members: null }]));
    expect(digested([owner, groupOf('a', 'b')])).toBe(digested([owner, { ...groupOf('x'), apps: ['k'] }]));
  });
});

const anyController = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  type: fc.constantFrom('person', 'group', 'app', 'bot', 'unknown'),
  can: fc.subarray(powers.slice(), { minLength: 1 }),
  name: fc.option(fc.string()),
  members: fc.option(fc.nat(9)),
  people: fc.option(fc.subarray(['a', 'b', 'c', 'd']), { nil: undefined }),
  apps: fc.option(fc.subarray(['k', 'l']), { nil: undefined }),
});
const anyControllers = fc.uniqueArray(anyController, { selector: ({ id }) => id });
const without = (all: readonly Controller[], gone: number) => all.filter((_one, at) => at !== gone % all.length);
const about = (change: ControlChange): string => ('controller' in change ? change.controller.id : change.change);

it('taking a controller from what is observed takes nothing but what was said of them', () => {
  fc.assert(
    fc.property(anyControllers, anyControllers, fc.nat(), (approved, observed, gone) => {
      const before = controlNotCovered(seen(approved), seen(observed)).map(about);
      const fewer = without(observed, gone);
      const after = controlNotCovered(seen(approved), seen(fewer)).map(about);
      expect(after).toEqual(before.filter((id) => fewer.some((one) => one.id === id)));
    }),
    { numRuns: 500 },
  );
});
