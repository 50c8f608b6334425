import type { PersonId } from '../../../../src/domain/ids.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import { personActor } from '../../../../src/domain/request/events.ts';
import { approve } from '../../../../src/operations/actions/approve.ts';
import { noStart } from '../../../../src/operations/form.ts';
import { asks, checks, id } from '../../../support/builders/commands.ts';
import { approver, tenant } from '../../../support/builders/fixtures.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';
import { noon, planFor, vault } from '../../../support/builders/plans.ts';

/** A request of which one approval is needed, and a person who clicks Approve on its first card. */
async function asked() {
  const requests = memoryRequests(() => noon);
  await requests.append(id, 'submit', (request, now) => decide(request, asks(1), now));
  const ports = {
    requests,
    loadSnapshot: (asked: typeof id) => requests.load(asked),
    approverStatus: async () => 'yes' as const,
    operatorStatus: async () => 'no' as const,
    requesterStatus: async () => 'yes' as const,
    stepUp: null,
  };
  const click = (by: PersonId) =>
    approve.handle(
      {
        by,
        actor: personActor(by, tenant, 'local'),
        requestId: id,
        asking: 1,
        signIn: null,
        inputs: { acknowledgeIrreversible: 'true', comment: '', ...noStart },
      },
      ports,
    );
  return { requests, click };
}

it('answers a repeated click as it answered the first', async () => {
  const { click } = await asked();
  const first = await click(approver);
  const again = await click(approver);
  expect(first).toMatchObject({ kind: 'accepted', replay: false, request: { state: 'approved' } });
  expect(again).toMatchObject({ kind: 'accepted', replay: true, request: { state: 'approved' } });
});

it('says that the card is out of date once the request has asked anew', async () => {
  const { requests, click } = await asked();
  await click(approver);
  const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });
  await requests.append(id, 'run:1/check', (request, now) => decide(request, moved, now));
  expect(await requests.load(id)).toMatchObject({ state: 'awaiting-approval', approvals: [] });
  expect(await click(approver)).toMatchObject({ kind: 'refused', code: 'stale-card' });
});
