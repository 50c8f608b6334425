import { shortDigest } from '../../../../src/domain/digest.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { operatorActor, personActor } from '../../../../src/domain/request/events.ts';
import type { Request } from '../../../../src/domain/request/request.ts';
import { type Command, longestText, type Submit } from '../../../../src/domain/request/request-command.ts';
import {
  approvedBy,
  asks,
  attention,
  cancels,
  comesTo,
  decides,
  eventsAfter,
  later,
  outsider,
  requestAfter,
  settles,
  toApproved,
  toAttention,
  toRunning,
} from '../../../support/builders/commands.ts';
import { approver, requester, submit, tenant } from '../../../support/builders/fixtures.ts';
import { noon, planFor, vault } from '../../../support/builders/plans.ts';

const awaiting = requestAfter(asks());

describe('submitting', () => {
  const submits = (change: Partial<Submit>) => comesTo(null, submit({ plan: planFor(), ...change }));

  it('refuses a missing reason, however many spaces it has', () => {
    expect(submits({ justification: ' \n ' })).toBe('reason-missing');
  });

  it('takes a reason of the longest length, and not one character more', () => {
    expect(submits({ justification: 'a'.repeat(longestText) })).toBe('submitted');
    expect(submits({ justification: 'a'.repeat(longestText + 1) })).toBe('text-too-long');
  });

  it('keeps the reason outside the record, trimmed', () => {
    const [event] = eventsAfter(submit({ plan: planFor(), justification: '  Policy 7 ' }));
    expect(event?.texts).toEqual({ justification: 'Policy 7' });
    expect(JSON.stringify(event?.body)).not.toContain('Policy 7');
  });
});

it.each([
  ['no', 'requester-lost-role'],
  ['none-configured', 'requester-lost-role'],
  ['unknown', 'cannot-check-requester'],
] as const)(
  'a requester who lost the role cannot have a request approved (%s), but rejected and cancelled',
  (requesterStatus, code) => {
    expect(comesTo(awaiting, decides('approve', approver, { requesterStatus }))).toBe(code);
    expect(comesTo(awaiting, decides('reject', approver, { requesterStatus }))).toBe('rejected');
    expect(comesTo(awaiting, cancels())).toBe('cancelled');
  },
);

describe('approving', () => {
  it("refuses the requester's own approval, whatever their standing", () => {
    expect(comesTo(awaiting, decides('approve', requester, { roleStatus: 'yes' }))).toBe('own-request');
  });

  it('tells an approver who comes after the last one needed that enough have approved', () => {
    const enough = requestAfter(...toApproved);
    expect(comesTo(enough, decides('approve', outsider, { roleStatus: 'yes' }))).toBe('already-approved');
  });

  it('counts a person once', () => {
    const once = requestAfter(...approvedBy(approver));
    expect(once.approvals).toEqual([
      { by: approver, at: noon.toISOString(), signIn: null, validMs: 259_200_000, comment: null, commentErased: false },
    ]);
    expect(comesTo(once, decides('approve', approver))).toBe('already-approved-by-you');
  });

  it.each([
    ['no', 'not-an-approver'],
    ['unknown', 'cannot-check-membership'],
    ['none-configured', 'no-approvers-configured'],
  ] as const)('refuses a person whose roleStatus is %s, on an old card too: %s', (roleStatus, code) => {
    expect(comesTo(awaiting, decides('approve', outsider, { roleStatus }))).toBe(code);
    expect(comesTo(awaiting, decides('approve', outsider, { roleStatus, asking: 0 }))).toBe(code);
    expect(comesTo(awaiting, decides('reject', outsider, { roleStatus }))).toBe(code);
  });

  it('wants the tick for what cannot be undone, and names how many steps', () => {
    const refused = decide(awaiting, decides('approve', approver, { acknowledged: false }), noon);
    expect(refused).toEqual({ kind: 'refused', code: 'acknowledge-irreversible', fact: '1' });
  });

  it('wants no tick where everything can be undone, and none to reject', () => {
    const harmless = requestAfter(asks(2, planFor({ seen: { vault: vault({ purgeProtection: true }) } })));
    expect(comesTo(harmless, decides('approve', approver, { acknowledged: false }))).toBe('approved');
    expect(comesTo(awaiting, decides('reject', approver, { acknowledged: false }))).toBe('rejected');
  });

  it('is bound to the question that was asked', () => {
    expect(comesTo(awaiting, decides('approve', approver, { asking: 0 }))).toBe('stale-card');
    expect(comesTo(awaiting, decides('approve', approver, { asking: 2 }))).toBe('stale-card');
  });

  it('records the digest it is for, for whom, and where it stands in the count', () => {
    const [, approved] = eventsAfter(...approvedBy(approver));
    expect(approved?.body).toMatchObject({
      type: 'approved',
      actor: { kind: 'person', id: approver, tenantId: tenant, signIn: 'local' },
      planDigest: '1'.repeat(64),
      onBehalfOf: requester,
      result: 'approved',
      data: { acknowledgedIrreversible: true, quick: true, counted: 1, required: 2 },
    });
    expect(shortDigest(approved?.body.planDigest ?? '')).toBe('1111 1111');
  });

  it('is marked when it comes faster than the card can be read, counted from when the request last asked', () => {
    const dataOf = (request: Request, ms: number, asking = 1): unknown => {
      const decided = decide(request, decides('approve', approver, { asking }), new Date(noon.getTime() + ms));
      return decided.kind === 'accepted' ? decided.events[0]?.body.data : decided.code;
    };
    expect(dataOf(awaiting, 4_999)).toMatchObject({ quick: true });
    expect(dataOf(awaiting, 5_000)).toMatchObject({ quick: false });
    const askedAnew: Request = { ...awaiting, asking: 4, askedAt: new Date(noon.getTime() + 60_000).toISOString() };
    expect(dataOf(askedAnew, 61_000, 4)).toMatchObject({ quick: true });
    expect(dataOf(askedAnew, 66_000, 4)).toMatchObject({ quick: false });
  });

  it('keeps a comment outside the record and refuses a long one', () => {
    const [, event] = eventsAfter(asks(), decides('approve', approver, { comment: ' looks right ' }));
    expect(event?.texts).toEqual({ comment: 'looks right' });
    expect(comesTo(awaiting, decides('reject', approver, { comment: 'a'.repeat(longestText + 1) }))).toBe(
      'text-too-long',
    );
  });

  it.each(['', '   ', '\u200b\n'])('rejects and gives up for no reason that is none (%j)', (comment) => {
    expect(comesTo(awaiting, decides('reject', approver, { comment }))).toBe('reason-missing');
    const stuck = requestAfter(...toAttention);
    expect(comesTo(stuck, settles('give-up', requester, { asking: attention, comment }))).toBe('reason-missing');
    // Whoever wants no more of it to be done need not say why first.
    expect(comesTo(requestAfter(...toRunning), decides('reject', approver, { comment }))).toContain('stop-requested');
  });

  it('keeps why it was given up on the request, until that is erased', () => {
    const gaveUp = [...toAttention, settles('give-up', requester, { asking: attention, comment: ' Moved ' })];
    expect(requestAfter(...gaveUp)).toMatchObject({
      state: 'failed',
      ended: { comment: 'Moved', commentErased: false },
    });
    const erase: Command = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' };
    expect(requestAfter(...gaveUp, erase)).toMatchObject({ ended: { comment: null, commentErased: true } });
  });
});

describe('a click', () => {
  const asAnother = { actor: personActor(requester, tenant, 'local') };
  const asOperator = { actor: operatorActor('duty') };

  it.each([
    ['approve', { ...decides('approve', approver), ...asAnother }],
    ['reject', { ...decides('reject', approver), ...asAnother }],
    ['cancel', { ...cancels(approver), ...asAnother }],
    ['approve, at the command line', { ...decides('approve', approver), ...asOperator }],
    ['submit', submit({ plan: planFor(), by: approver })],
  ] as const)('to %s in the name of another is a bug that stores nothing', (_verb, command) => {
    expect(() => decide(awaiting, command as Command, noon)).toThrow('is handed in as');
  });
});

describe('expiring', () => {
  const anInstantBefore = new Date(later.getTime() - 1);

  it('refuses decisions from the end on, even when the timer has not come yet', () => {
    expect(comesTo(awaiting, decides('approve', approver), anInstantBefore)).toBe('approved');
    expect(comesTo(awaiting, decides('approve', approver), later)).toBe('expired decided-late');
    expect(comesTo(awaiting, decides('reject', approver), later)).toBe('expired decided-late');
    expect(comesTo(awaiting, decides('approve', approver, { roleStatus: 'no' }), later)).toBe('not-an-approver');
  });
});
