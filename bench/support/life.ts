/** The events of whole lives of requests, as the rules themselves decide them: asked, approved, checked, run, proved. */
import { RequestId } from '../../src/domain/ids.ts';
import { decide } from '../../src/domain/request/decide.ts';
import type { NewEvent, StoredEvent } from '../../src/domain/request/events.ts';
import { fold } from '../../src/domain/request/evolve.ts';
import type { Command, StepResult } from '../../src/domain/request/request-command.ts';
import { approve, checkRun, plan, resourceId, submit } from '../../test/support/fixtures.ts';

/** What is asked of a request from its first day to its last, each under its cause. */
export function commandsOf(agent: string): readonly (readonly [cause: string, command: Command])[] {
  const resource = resourceId(agent);
  const steps = ['enable-identity', 'protect-vault', 'verify'] as const;
  const done = (step: (typeof steps)[number]): StepResult => ({
    ...{ step, attempt: 1, outcome: 'done', already: false, outputs: {} },
    receipt: { clientRequestId: `client-${step}`, correlationId: `correlation-${step}` },
    proofs: step !== 'verify' ? [] : [proved('read-back'), proved('permission-held')],
  });
  return [
    ['submit', submit({ plan: plan(resource), resourceName: agent, justification: `Policy 7 for ${agent}` })],
    ['click:approve', approve()],
    ['run:1/check', checkRun(resource)],
    ...steps.flatMap((step): [string, Command][] => [
      [`run:1/${step}/1/intent`, { do: 'intend', run: 1, steps: [{ step, attempt: 1 }] }],
      [`run:1/${step}/1/result`, { do: 'record', run: 1, results: [done(step)] }],
    ]),
  ];
}

const proved = (level: 'read-back' | 'permission-held') => ({ level, outcome: 'proved' }) as const;

/** An event and the cause it is stored under. */
export interface LifeEvent {
  readonly cause: string;
  readonly n: number;
  readonly event: NewEvent;
}

/** All events of one life. Made once and copied for others: deciding takes longer than storing does. */
export function lifeOf(agent: string): readonly LifeEvent[] {
  const id = RequestId.parse('CMK-000000');
  const stored: StoredEvent[] = [];
  const life: LifeEvent[] = [];
  for (const [cause, command] of commandsOf(agent)) {
    const decision = decide(fold(id, stored), command, new Date('2026-01-01T00:00:00Z'));
    if (decision.kind === 'refused') throw new Error(`${cause}: ${decision.code}`);
    for (const [n, event] of decision.events.entries()) {
      const revision = stored.length + 1;
      const { body, texts } = event;
      stored.push({ seq: revision, revision, cause, time: '2026-01-01T00:00:00.000Z', body, texts });
      life.push({ cause, n, event });
    }
  }
  return life;
}
