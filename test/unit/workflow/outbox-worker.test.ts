import { noTracing } from '../../../src/domain/ports/tracing.ts';
import type { OutboxItem } from '../../../src/domain/request/consequences.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { startOutboxWorker } from '../../../src/workflow/outbox-worker.ts';
import { asks, cancels, expiresAt, id, later } from '../support/commands.ts';
import { memoryRequests } from '../support/memory-requests.ts';
import { noon } from '../support/plans.ts';

const expiry: OutboxItem = {
  ...{ requestId: id, kind: 'expire', key: '', dueAt: expiresAt },
  ...{ attempts: 0, version: 1, traceparent: null },
};

/** What becomes of the row that ends a request in time, where it comes up at that time. */
async function cameUp(at: Date, ...commands: readonly Command[]) {
  let now = noon;
  const requests = memoryRequests(() => now);
  for (const [n, command] of commands.entries())
    await requests.append(id, `${n}`, (request, time) => decide(request, command, time));
  now = at;
  const waiting = [expiry];
  const became: string[] = [];
  const nothing = async () => null;
  const worker = startOutboxWorker({
    outbox: {
      claim: async () => waiting.splice(0),
      finish: async () => became.push('gone') > 0,
      postpone: async () => void became.push('put off'),
      comeBack: async (_item, dueAt) => void became.push(dueAt.toISOString()),
      oldestDue: nothing,
      onWritten: () => undefined,
    },
    requests,
    ...{ run: nothing, audit: nothing, remind: nothing, seekUse: nothing },
    show: async () => undefined,
    call: async () => undefined,
    instance: 'one',
    now: () => now,
    log: { warn: () => undefined },
    tracing: noTracing,
  });
  await worker.stop();
  return { became, state: (await requests.load(id))?.state };
}

it('ends what nobody decided in time', async () => {
  expect(await cameUp(later, asks())).toEqual({ became: ['gone'], state: 'expired' });
});

it('comes up again at the end of the time, where it came up early: a clock was set right', async () => {
  expect(await cameUp(noon, asks())).toEqual({ became: [expiresAt], state: 'awaiting-approval' });
});

it('is done with where the request has ended', async () => {
  expect(await cameUp(later, asks(), cancels())).toEqual({ became: ['gone'], state: 'cancelled' });
});
