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

export const requester: LocalPerson = {
  id: '20000000-0000-4000-8000-000000000001',
  name: 'Requester',
  email: 'requester@example.com',
  homeTenantId: localTenantId,
};

export const approver: LocalPerson = {
  id: '20000000-0000-4000-8000-000000000002',
  name: 'Approver',
  email: 'approver@example.com',
  homeTenantId: localTenantId,
};

export const secondApprover: LocalPerson = {
  id: '20000000-0000-4000-8000-000000000003',
  name: 'Second approver',
  email: 'second.approver@example.com',
  homeTenantId: localTenantId,
};

export const teamMember: LocalPerson = {
  id: '20000000-0000-4000-8000-000000000004',
  name: 'Team member',
  email: 'team.member@example.com',
  homeTenantId: localTenantId,
};

export const guest: LocalPerson = {
  id: '20000000-0000-4000-8000-000000000005',
  name: 'Guest',
  email: 'guest@example.net',
  homeTenantId: guestTenantId,
};

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
