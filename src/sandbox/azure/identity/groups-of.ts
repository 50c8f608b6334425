import type { SimulatorState } from '../state/schema.ts';

/** The ids of all groups the member belongs to, also through other groups. */
export const groupsOf = (state: SimulatorState, memberId: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const look = (id: string): void => {
    for (const group of state.groups) {
      if (found.has(group.id) || !group.memberIds.includes(id)) continue;
      found.add(group.id);
      look(group.id);
    }
  };
  look(memberId);
  return found;
};

/** The ids of all members of a group, also through groups in it. */
export const membersOf = (state: SimulatorState, groupId: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const groups = new Map(state.groups.map(({ id, memberIds }) => [id, memberIds]));
  const look = (id: string): void => {
    for (const member of groups.get(id) ?? []) {
      if (found.has(member)) continue;
      found.add(member);
      look(member);
    }
  };
  look(groupId);
  return found;
};
