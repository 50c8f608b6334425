import { expect, it } from '@jest/globals';
import type { Holders } from '../../../src/authorization/role-checks.ts';
import { done } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { Rule } from '../../../src/domain/policy/rules.ts';
import type { ChainLine } from '../../../src/domain/record/chain.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../src/domain/request/events.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { readAuditLog } from '../../../src/operator/cli/read-audit-log.ts';
import { safeNow } from '../../../src/operator/cli/words/safe-now.ts';
import { printable } from '../../../src/operator/cli/words/table.ts';
import { runPart } from '../../../src/operator/doctor/diagnose.ts';
import type { Diagnosis, DiagnosisCode } from '../../../src/operator/doctor/diagnosis.ts';
import { diagnoseMembers, diagnosePeople, type Lookup } from '../../../src/operator/doctor/people.ts';
import type { DoctorEnvironment } from '../../../src/operator/doctor/subjects.ts';
import {
  asks,
  attention,
  cancels,
  checks,
  decides,
  expires,
  failedWith,
  intends,
  records,
  requestAfter,
  secondApprover,
  settles,
  toApproved,
  toAttention,
  toRunning,
  toSettingKey,
  toSucceeded,
} from '../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../support/builders/fixtures.ts';
import { noon, planFor, principal, resource, vault } from '../../support/builders/plans.ts';
import { rule } from '../../support/builders/policies.ts';

it('the reader reads page by page up to the head, each text with its event', async () => {
  const lines = Array.from(
    { length: 450 },
    (_, n) => ({ seq: n + 1, request: 'CMK-000001', revision: n + 1 }) as ChainLine,
  );
  const text = { request: 'CMK-000001', revision: 2, field: 'comment', salt: '00', text: 'yes' } as const;
  const events = readAuditLog({
    head: async () => ({ seq: 450, hash: '450' }),
    lines: async (after, limit) => lines.slice(after ?? 0, (after ?? 0) + limit),
    textsOf: async () => [text],
  });
  const read: unknown[] = [];
  let next = await events.next();
  for (; !next.done; next = await events.next()) read.push(next.value);
  expect(read).toEqual(lines.map((line, n) => ({ line, texts: n === 1 ? [text] : [] })));
  expect(next.value.seq).toBe(450);
});

const states: Record<Request['state'], Request> = {
  'awaiting-approval': requestAfter(asks()),
  approved: requestAfter(...toApproved),
  running: requestAfter(...toRunning),
  'needs-attention': requestAfter(...toAttention),
  succeeded: requestAfter(...toSucceeded),
  failed: requestAfter(...toAttention, settles('give-up', requester, { asking: attention })),
  rejected: requestAfter(asks(), decides('reject', secondApprover)),
  cancelled: requestAfter(asks(), cancels()),
  expired: requestAfter(asks(), expires),
};

const operator = operatorActor('duty');
const command = (verb: 'cancel' | 'stop' | 'retry' | 'give-up', asking: number): Command => ({
  do: verb,
  by: null,
  actor: operator,
  asking,
  roleStatus: 'no',
  requesterStatus: 'no',
  comment: 'No longer wanted',
});

it.each(Object.values(states).map((request) => [request.state, request] as const))(
  'says just what an operator may do when %s',
  (_state, request) => {
    const verbs = (['cancel', 'stop', 'retry', 'give-up'] as const).filter(
      (verb) => decide(request, command(verb, request.asking), noon).kind === 'accepted',
    );
    const { verbs: said, words } = safeNow(request);
    expect(said).toEqual(verbs);
    for (const verb of verbs) expect(words).toContain(`${verb}: `);
    expect(words).not.toBe('');
  },
);

/** Its key may have been set. */
const stuck = [...toSettingKey, intends(1, 'set-cmk'), records(1, failedWith('set-cmk', null))];
const { asking } = requestAfter(...stuck);

it('the summary does not claim that a key is untouched once it may have been set', () => {
  expect(safeNow(states['needs-attention']).words).toContain('This request didn’t change the resource’s key.');
  expect(safeNow(requestAfter(...stuck)).words).toContain('It isn’t known whether the resource’s key changed');
});

it('the summary names what an earlier plan changed while the request waits again', () => {
  const plan = planFor({
    seen: {
      resource: resource({ systemAssigned: true, principalId: principal, tenantId: tenant }),
      vault: vault({ purgeProtection: true }),
      grantHeld: true,
    },
  });
  const left = { [approver]: 'no', [secondApprover]: 'yes' } as const;
  const waits = [...stuck, settles('retry', requester, { asking }), checks({ run: 2, plan, roleStatuses: left })];
  const said = safeNow(requestAfter(...waits)).words;
  expect(said).toContain(
    'Completed in earlier runs: turn on system-assigned identity, assign key access, turn on purge protection.',
  );
  expect(said).not.toContain('Nothing has been changed');
});

it('a table takes out what could steer a terminal or hide in a line, and nothing else', () => {
  const steering = ['\u001b[31m', '\u009b2J', '\r', '\t', '\u202e', '\u200b', '\u2028', '\u0000'];
  for (const text of steering) expect(printable(`a${text}b\n`)).toMatch(/^a\uFFFD.*b\n$/);
  expect(printable('Zoë “née” → 病院\n')).toBe('Zoë “née” → 病院\n');
});

const codes: readonly DiagnosisCode[] = ['teams/endpoint', 'teams/channels', 'teams/bot'];
const never = new Promise<never>(() => undefined);
const lost = new Error('Connection terminated unexpectedly');

test.each<[string, () => Promise<readonly Diagnosis[]>, string]>([
  ['throws', () => Promise.reject(lost), lost.message],
  ['doesn’t answer', () => never, 'no answer within 0.01 seconds'],
])('--only names the wanted check if the part of it %s', async (_, look, found) => {
  expect(await runPart({ codes, look }, null, ['record/seals', 'teams/channels'], 10)).toMatchObject([
    { code: 'teams/channels', outcome: 'unknown', found },
  ]);
  expect(await runPart({ codes, look }, null, [], 10)).toMatchObject([{ code: 'teams/endpoint', found }]);
});

/** What the doctor says of rules that leave too few people. Groups are named by their members: `ab` has two. */

const person = (letter: string): PersonId =>
  PersonId.parse(`20000000-0000-4000-8000-0000000000${letter.charCodeAt(0).toString(16)}`);
const group = (name: string): Holders => ({
  kind: 'group',
  name,
  members: [...name.replace(/[?-]/, '')].map(person),
  complete: !name.endsWith('?'),
});
const lookup: Lookup = (id) => (id === 'nothing' ? null : group(id));
const found = (change: Partial<Rule>): readonly string[] =>
  diagnoseMembers(rule({ name: 'care', requesters: ['abc'], approvers: ['de'], ...change }), false, lookup).map(
    (one) => one.found,
  );

it.each<[string, Partial<Rule>, readonly string[]]>([
  ['nothing where enough are left', {}, []],
  ['that no one can request', { requesters: ['-'] }, ['no one can request: its requesters have no members']],
  ['that no one can approve', { approvers: ['nothing'] }, ['no one can approve: its approvers have no members']],
  [
    'that only the requester can approve',
    { requesters: ['a'], approvers: ['a'] },
    ['its only approver is also its only requester'],
  ],
  [
    'that more approvals are needed than people are left',
    { approvalsRequired: 2, extraApprovalForIrreversible: true },
    ['3 approvals can be needed, and at most 2 people can give one'],
  ],
])('says %s', (_what, change, words) => expect(found(change)).toEqual(words));

const kinds = ['guest', 'stranger', 'not-told'] as const;
const of = async (allowGuests: boolean, kind: (typeof kinds)[number] | 'member', escalateTo: string[] = []) => {
  const usual = rule({ name: 'environment', requesters: ['a'], approvers: ['a'] });
  const look = async (id: string) =>
    done({ kind: 'group' as const, name: 'Stewards', members: [{ id: person(id), kind }], complete: true });
  const config = {
    azure: { subscriptions: [] },
    policy: { rules: [], tagRules: [], otherwise: usual, version: '1' },
    policyFile: null,
    operators: [],
    escalateTo,
    admission: { readers: [], operators: [], allowGuests },
  };
  const all = await diagnosePeople({ config, azure: { groups: { look } } } as unknown as DoctorEnvironment);
  return all.filter(({ outcome }) => outcome === 'fail').map(({ code }) => code);
};

it('the doctor counts guests only if they are allowed, and fails if the directory doesn’t say who is one', async () => {
  expect(await of(false, 'guest')).toEqual(['people/policy']);
  expect(await of(false, 'stranger')).toEqual(['people/policy']);
  expect(await of(false, 'not-told')).toContain('people/groups');
  expect(await of(true, 'not-told')).not.toContain('people/groups');
});

it('the doctor fails if someone who isn’t an approver would be notified of an escalation', async () => {
  expect(await of(false, 'member', ['a'])).not.toContain('people/roles');
  expect(await of(false, 'member', ['b'])).toContain('people/roles');
});
