import { type Holders, withAccess } from '../../../../src/authorization/role-checks.ts';
import { done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import { PersonId } from '../../../../src/domain/ids.ts';
import type { Policy } from '../../../../src/domain/policy/policy.ts';
import type { Account, DirectoryEntry } from '../../../../src/domain/ports/azure.ts';
import { openApprovers } from '../../../../src/teams/delivery/approvers.ts';
import { openDirectoryCache } from '../../../../src/teams/delivery/directory-cache.ts';
import { failure, requestAfter, submit } from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { noon, planFor } from '../../../support/builders/plans.ts';
import { policyOf } from '../../../support/builders/policies.ts';

const person = (n: number): PersonId =>
  PersonId.parse(`20000000-0000-4000-8000-0000000001${String(n).padStart(2, '0')}`);
const groupId = (n: number): string => `60000000-0000-4000-8000-00000000000${n}`;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

const group = (name: string, ...members: readonly PersonId[]): Holders => ({
  kind: 'group',
  name,
  members,
  complete: true,
});
const personEntry = (name: string, ...members: readonly PersonId[]): Holders => ({
  ...group(name, ...members),
  kind: 'person',
});

interface Setting {
  readonly approvers: readonly string[];
  readonly tagRules?: Policy['tagRules'];
  /** By number: those whom Teams has named. */
  readonly known?: readonly PersonId[];
  /** People whom Teams knows are in the directory, too. */
  readonly directory?: Readonly<Record<string, Holders | 'unknown'>>;
}

const request = requestAfter(submit({ plan: planFor() }));

function asked({ approvers, tagRules = [], known = [], directory = {} }: Setting) {
  const knownIn = (ids: readonly PersonId[], name: string) =>
    ids.filter((id) => known.includes(id)).map((id) => ({ id, memberId: `29:${id}`, name: `${name}${id.slice(-2)}` }));
  const opened = openApprovers({
    policy: policyOf([], { approvers }, { tagRules }),
    people: { among: async (ids) => knownIn(ids, 'P'), amongMany: async (ids) => knownIn(ids, 'not to be shown ') },
    lookups: {
      look: async (id) =>
        directory[id] ?? (known.some((one) => one === id) ? personEntry('', PersonId.parse(id)) : null),
    },
  });
  return opened.of(request);
}

const texts = ({ addressed }: Awaited<ReturnType<typeof asked>>) => addressed.map((one) => one.text);

it('ten are mentioned one by one, eleven by the name of their group', async () => {
  const of = (count: number) =>
    asked({
      approvers: [groupId(1)],
      known: numbers(count).map(person),
      directory: { [groupId(1)]: group('Key *stewards*', ...numbers(count).map(person)) },
    });
  expect((await of(10)).addressed).toHaveLength(10);
  const eleven = await of(11);
  expect(eleven.addressed).toEqual([{ text: '**Key \\*stewards\\***', entity: null }]);
  expect(eleven.people).toHaveLength(11);
});

it('people beyond ten, and those whom Teams does not know, are named', async () => {
  const stranger = person(13);
  const found = await asked({
    approvers: [...numbers(12).map(person), stranger],
    known: numbers(12).map(person),
    directory: { [stranger]: personEntry('Not in the team', stranger) },
  });
  expect(texts(found).slice(9)).toEqual(['<at>P10</at>', '**P11**', '**P12**', '**Not in the team**']);
});

it('the requester is never among them, whether configured or in a group', async () => {
  const found = await asked({
    approvers: [requester, groupId(1)],
    known: [requester, person(1)],
    directory: { [groupId(1)]: group('Both', requester, person(1)) },
  });
  expect(found).toMatchObject({ described: 'Both', people: [person(1)] });
  expect(texts(found)).toEqual(['<at>P01</at>']);
});

describe('a guest and a disabled account, whom Teams knows', () => {
  const kinds = ['guest', 'stranger', 'not-told', 'member'] as const;
  const accounts = kinds.map((kind, n): Account => ({ id: person(n + 1), kind }));
  const known = accounts.map(({ id }) => id);
  const entries = (allowGuests: boolean) => ({
    ...Object.fromEntries(
      accounts.map((one) => [
        one.id,
        withAccess({ kind: 'person', name: one.kind, members: [one], complete: true }, allowGuests),
      ]),
    ),
    [groupId(1)]: withAccess({ kind: 'group', name: 'Stewards', members: accounts, complete: true }, allowGuests),
  });

  it.each([
    ['in a group', [groupId(1)], 'Stewards'],
    ['configured by id', known, 'P04'],
  ])('get no posts and are no approvers: %s', async (_how, approvers, described) => {
    const found = await asked({ approvers, known, directory: entries(false) });
    expect(found).toMatchObject({ described, people: [person(4)] });
    expect(texts(found)).toEqual(['<at>P04</at>']);
  });

  it('count where guests are allowed, but a disabled account never does', async () => {
    const found = await asked({ approvers: [groupId(1), ...known], known, directory: entries(true) });
    expect(new Set(found.people)).toEqual(new Set([person(1), person(3), person(4)]));
  });

  it('are no one, where no one else is configured', async () => {
    expect(await asked({ approvers: known.slice(0, 3), known, directory: entries(false) })).toMatchObject({
      described: 'no one else can',
      addressed: [],
      people: [],
    });
  });
});

describe('the directory', () => {
  const entry = { kind: 'person', name: 'Approver', complete: true } as const;
  const found: DirectoryEntry = { ...entry, members: [{ id: approver, kind: 'member' }] };
  const person = { ...entry, members: [approver] };
  const minutes = 60_000;

  /** A directory that says what it is told to. */
  function directory() {
    const says: { next: Outcome<DirectoryEntry | null> } = { next: done(found) };
    let clock = noon.getTime();
    let asked = 0;
    const look = async () => {
      asked += 1;
      return says.next;
    };
    return {
      says,
      lookups: openDirectoryCache({ look }, false, () => new Date(clock)),
      asked: () => asked,
      later: (ms: number) => {
        clock += ms;
      },
    };
  }

  it('asks once in five minutes, and then again', async () => {
    const { lookups, asked, later } = directory();
    expect(await lookups.look('a', 1000)).toEqual(person);
    expect(await lookups.look('a', 1000)).toEqual(person);
    expect(asked()).toBe(1);
    later(5 * minutes);
    await lookups.look('a', 1000);
    expect(asked()).toBe(2);
  });

  it('asks anew for what was read while the clock was a day ahead', async () => {
    const { lookups, asked, later } = directory();
    later(24 * 60 * minutes);
    await lookups.look('a', 1000);
    later(-24 * 60 * minutes);
    await lookups.look('a', 1000);
    expect(asked()).toBe(2);
  });

  it('says unknown while a directory that never answered fails, and does not ask it for every card', async () => {
    const { lookups, says, asked, later } = directory();
    says.next = failed(failure());
    expect(await lookups.look('a', 1000)).toBe('unknown');
    says.next = done(found);
    expect(await lookups.look('a', 1000)).toBe('unknown');
    expect(asked()).toBe(1);
    later(minutes);
    expect(await lookups.look('a', 1000)).toEqual(person);
  });

  it('says what it knew while the directory fails', async () => {
    const { lookups, says, later } = directory();
    await lookups.look('a', 1000);
    says.next = failed(failure());
    later(6 * minutes);
    expect(await lookups.look('a', 1000)).toEqual(person);
  });

  it('waits no longer than it is told to, asks once for all who wait, and takes one that throws for silent', async () => {
    let asked = 0;
    const silent = openDirectoryCache({ look: () => new Promise(() => (asked += 1)) }, false, () => noon);
    expect(await Promise.all([silent.look('a', 20), silent.look('a', 20)])).toEqual(['unknown', 'unknown']);
    expect(asked).toBe(1);
    const broken = openDirectoryCache({ look: () => Promise.reject(new Error('bug')) }, false, () => noon);
    expect(await broken.look('a', 1000)).toBe('unknown');
  });
});
