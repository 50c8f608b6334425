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
