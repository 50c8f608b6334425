/** People and groups of the simulated tenant. Both simulators use them. The IDs are public interface. */

export interface LocalPerson {
  readonly id: string;
  readonly name: string;
  /** What the person can do, for the page. */
  readonly role: string;
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

const member = (n: number, name: string, role: string): LocalPerson => ({
  id: `20000000-0000-4000-8000-00000000000${n}`,
  name,
  role,
  email: `${name.toLowerCase()}@example.com`,
  homeTenantId: localTenantId,
});

export const requester = member(1, 'Ana', 'Requester');
export const approver = member(2, 'Ben', 'Approver, can also request');
export const secondApprover = member(3, 'Chris', 'Second approver');
export const teamMember = member(4, 'Mia', 'Team member without a role');
export const guest: LocalPerson = {
  ...member(5, 'Gil', 'Guest from another tenant'),
  email: 'gil@example.net',
  homeTenantId: guestTenantId,
};
export const operator = member(6, 'Olu', 'Operator');
export const auditor = member(7, 'Ida', 'Auditor, can only read');

export const localPeople: readonly LocalPerson[] = [
  requester,
  approver,
  secondApprover,
  operator,
  auditor,
  teamMember,
  guest,
];

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
