/** What an approval does not cover of who controls the key, and of where its vault lies. */
import type { Controller, Power } from './control.ts';
import type { Observation } from './observed.ts';

/** One of what an approval does not cover of who controls the key. */
export type ControlChange =
  /** Was not there, or could do less. `more` is what was not shown. */
  | { readonly change: 'controller'; readonly controller: Controller; readonly more: readonly Power[] }
  /** `came`: how many of them were not in the group; null where it has grown, and nobody noted who was in it. */
  | {
      readonly change: 'members';
      readonly controller: Controller;
      readonly before: number;
      readonly now: number;
      readonly came: number | null;
    }
  | { readonly change: 'vault-address'; readonly before: string; readonly now: string }
  | { readonly change: 'vault-tenant'; readonly before: string; readonly now: string }
  /** When it was approved nobody had looked: plans of earlier versions of this program. */
  | { readonly change: 'never-shown' };

type Seen = Pick<Observation, 'vault' | 'control'>;

const byId = (controllers: readonly Controller[]): ReadonlyMap<string, Controller> =>
  new Map(controllers.map((one) => [one.id, one]));

/** How many people are in a group who were not; null where it is not known who was, or who is. */
function cameInto(approved: Controller, { people }: Controller): number | null {
  if (approved.people === undefined || people === undefined) return null;
  const before = new Set(approved.people);
  return people.filter((one) => !before.has(one)).length;
}

function changesOf(approved: Controller | undefined, now: Controller): readonly ControlChange[] {
  const more = now.can.filter((power) => approved === undefined || !approved.can.includes(power));
  if (more.length > 0) return [{ change: 'controller', controller: now, more }];
  const before = approved?.members ?? null;
  const { members } = now;
  if (approved === undefined || before === null || members === null) return [];
  const came = cameInto(approved, now);
  if (came === null ? members <= before : came === 0) return [];
  return [{ change: 'members', controller: now, before, now: members, came }];
}

const host = (uri: string): string => uri.toLowerCase().replace(/\/$/, '');

/** What differs between what people were shown and what is: more is named, less is covered. */
export function controlNotCovered(approved: Seen, observed: Seen): readonly ControlChange[] {
  if (observed.control === undefined) return [];
  const place: ControlChange[] = [];
  const [before, now] = [approved.vault, observed.vault];
  if (host(before.uri) !== host(now.uri)) place.push({ change: 'vault-address', before: before.uri, now: now.uri });
  if (before.tenantId.toLowerCase() !== now.tenantId.toLowerCase()) {
    place.push({ change: 'vault-tenant', before: before.tenantId, now: now.tenantId });
  }
  if (approved.control === undefined) return [...place, { change: 'never-shown' }];
  const shown = byId(approved.control.controllers);
  return [...place, ...observed.control.controllers.flatMap((one) => changesOf(shown.get(one.id), one))];
}

/** What is digested of it: no names and no members, which the directory may be late to tell. */
export const controlSubject = ({ vault, control }: Seen): unknown =>
  control === undefined
    ? undefined
    : { vault: host(vault.uri), controllers: control.controllers.map(({ id, can }) => ({ id, can })) };
