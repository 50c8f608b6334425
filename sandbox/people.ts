/** People and groups of the simulated tenant, by role. Both simulators use them. The IDs are public interface. */

export interface LocalPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** The person's own tenant; for a guest, another one. */
  readonly homeTenantId: string;
}

export interface LocalGroup {
  readonly id: string;
  readonly name: string;
  readonly memberIds: readonly string[];
}

export const localTenantId = '10000000-0000-4000-8000-000000000000';
export const guestTenantId = '30000000-0000-4000-8000-000000000000';

const member = (n: number, name: string): LocalPerson => ({
  id: `20000000-0000-4000-8000-00000000000${n}`,
  name,
  email: `${name.toLowerCase().replace(' ', '.')}@example.com`,
  homeTenantId: localTenantId,
});

export const requester = member(1, 'Requester');
export const approver = member(2, 'Approver');
export const secondApprover = member(3, 'Second approver');
export const teamMember = member(4, 'Team member');
export const guest: LocalPerson = { ...member(5, 'Guest'), email: 'guest@example.net', homeTenantId: guestTenantId };

export const localPeople: readonly LocalPerson[] = [requester, approver, secondApprover, teamMember, guest];

/** Approvers can also make requests, so that you can try to approve your own request. */
export const requestersGroup: LocalGroup = {
  id: '60000000-0000-4000-8000-000000000001',
  name: 'CMK requesters',
  memberIds: [requester.id, approver.id],
};

export const approversGroup: LocalGroup = {
  id: '60000000-0000-4000-8000-000000000002',
  name: 'CMK approvers',
  memberIds: [approver.id, secondApprover.id],
};

export const localGroups: readonly LocalGroup[] = [requestersGroup, approversGroup];
