/** Changes to a key's controllers and to the vault's location that an approval doesn't cover. */
import type { Controller, Power } from './control.ts';
import { normalizedVaultUri, type Observation, sameVaultUri } from './observed.ts';

export type ControlChange =
  /** A controller that is new or has more powers. `more`: the powers that approvers weren't shown. */
  | { readonly change: 'controller'; readonly controller: Controller; readonly more: readonly Power[] }
  /**
   * A group that has new members. `came`: the number of new members; null if the group grew and its earlier members aren't
   * known.
   */
  | {
      readonly change: 'members';
      readonly controller: Controller;
      readonly before: number;
      readonly now: number;
      readonly came: number | null;
    }
  | {
      readonly change: 'apps';
      readonly controller: Controller;
      readonly before: number;
      readonly now: number;
      readonly came: number;
    }
  /** Another system-assigned identity of the resource. IDs of principals. */
  | { readonly change: 'identity'; readonly before: string; readonly now: string }
  | { readonly change: 'vault-address'; readonly before: string; readonly now: string }
  | { readonly change: 'vault-tenant'; readonly before: string; readonly now: string };

type Seen = Pick<Observation, 'vault' | 'control'>;

const byId = (controllers: readonly Controller[]): ReadonlyMap<string, Controller> =>
  new Map(controllers.map((one) => [one.id, one]));

/** Null if the marks before or now aren't known. */
function countNew(approved: readonly string[] | undefined, marks: readonly string[] | undefined): number | null {
  if (approved === undefined || marks === undefined) return null;
  const before = new Set(approved);
  return marks.filter((one) => !before.has(one)).length;
}

function newPeople(approved: Controller, now: Controller): readonly ControlChange[] {
  const before = approved.members;
  const members = now.members;
  if (before === null || members === null) return [];
  const came = countNew(approved.people, now.people);
  if (came === null ? members <= before : came === 0) return [];
  return [{ change: 'members', controller: now, before, now: members, came }];
}

function newApps(approved: Controller, now: Controller): readonly ControlChange[] {
  const came = countNew(approved.apps, now.apps) ?? 0;
  const before = approved.apps?.length ?? 0;
  const apps = now.apps?.length ?? 0;
  return came === 0 ? [] : [{ change: 'apps', controller: now, before, now: apps, came }];
}

function changesOf(approved: Controller | undefined, now: Controller): readonly ControlChange[] {
  const more = now.can.filter((power) => approved === undefined || !approved.can.includes(power));
  if (more.length > 0) return [{ change: 'controller', controller: now, more }];
  return approved === undefined ? [] : [...newPeople(approved, now), ...newApps(approved, now)];
}

/**
 * Returns the change of an identity that approvers were shown as having access. Otherwise the plan gives access to the
 * identity that the run finds.
 */
export function identityNotCovered(
  { resource: { principalId: before }, grantHeld }: Pick<Observation, 'resource' | 'grantHeld'>,
  { resource: { principalId: now } }: Pick<Observation, 'resource'>,
): readonly ControlChange[] {
  if (!grantHeld || before === null || now === null || before.toLowerCase() === now.toLowerCase()) return [];
  return [{ change: 'identity', before, now }];
}

/** Returns the differences between what approvers saw and what Azure has now. Having less is covered, having more isn't. */
export function controlNotCovered(approved: Seen, observed: Seen): readonly ControlChange[] {
  const place: ControlChange[] = [];
  const before = approved.vault;
  const now = observed.vault;
  if (!sameVaultUri(before.uri, now.uri)) place.push({ change: 'vault-address', before: before.uri, now: now.uri });
  if (before.tenantId.toLowerCase() !== now.tenantId.toLowerCase()) {
    place.push({ change: 'vault-tenant', before: before.tenantId, now: now.tenantId });
  }
  const shown = byId(approved.control.controllers);
  return [...place, ...observed.control.controllers.flatMap((one) => changesOf(shown.get(one.id), one))];
}

/**
 * Returns the part that goes into the plan digest. Names and members are left out, because the directory can return them
 * late.
 */
export const controlSubject = ({ vault, control }: Seen): unknown => ({
  vault: normalizedVaultUri(vault.uri),
  controllers: control.controllers.map(({ id, can }) => ({ id, can })),
});
