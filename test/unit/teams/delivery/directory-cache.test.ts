import { done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import type { DirectoryEntry } from '../../../../src/domain/ports/azure.ts';
import { openDirectoryCache } from '../../../../src/teams/delivery/addressees.ts';
import { failure } from '../../../support/builders/commands.ts';
import { approver } from '../../../support/builders/fixtures.ts';
import { noon } from '../../../support/builders/plans.ts';

const entry = { kind: 'person', name: 'Approver', complete: true } as const;
const found: DirectoryEntry = { ...entry, members: [{ id: approver, kind: 'member' }] };
const person = { ...entry, members: [approver] };
const minutes = 60_000;

/** A directory that says what it is told to, at once or when it is let go. */
function directory() {
  const says: { next: Outcome<DirectoryEntry | null> } = { next: done(found) };
  let clock = noon.getTime();
  let asked = 0;
  let held: Promise<void> = Promise.resolve();
  let letGo = (): void => {};
  const look = async () => {
    asked += 1;
    await held;
    return says.next;
  };
  return {
    says,
    lookups: openDirectoryCache({ look }, false, () => new Date(clock)),
    asked: () => asked,
    later: (ms: number) => {
      clock += ms;
    },
    hold: () => {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    letGo: () => letGo(),
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

it('waits no longer than it is told to, and asks once for all who wait', async () => {
  const { lookups, asked, hold, letGo } = directory();
  hold();
  expect(await Promise.all([lookups.look('a', 20), lookups.look('a', 20)])).toEqual(['unknown', 'unknown']);
  const patient = lookups.look('a', 10_000);
  letGo();
  expect(await patient).toEqual(person);
  expect(asked()).toBe(1);
});

it('takes a directory that throws for one that does not answer', async () => {
  const lookups = openDirectoryCache({ look: () => Promise.reject(new Error('bug')) }, false, () => noon);
  expect(await lookups.look('a', 1000)).toBe('unknown');
});
