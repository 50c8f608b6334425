/** A request, run against a local Azure by the run's own rules: the same code as the engine's, without its waits. */

import { approversGroup, requestersGroup } from '../../../sandbox/people.ts';
import { openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { defaultRetryLimits } from '../../../src/config/settings/working.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { Azure } from '../../../src/domain/ports/azure.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { type ConnectChoices, connect } from '../../contract/azure-setup.ts';
import type { RunningAzure } from '../azure/local-azure.ts';
import { settles } from '../builders/commands.ts';
import { requester } from '../builders/fixtures.ts';
import { policyOf } from '../builders/policies.ts';
import { approvedRun } from '../builders/run-world.ts';

/** As configured, but for the pauses between what one call repeats: how often it does is what counts. */
export const connected = (running: RunningAzure, choices: ConnectChoices = {}): Azure =>
  connect(running, { ...choices, limits: { firstRetryMs: 1, longestRetryMs: 10_000, ...choices.limits } });

export interface Met {
  readonly request: Request;
  /** What each try that failed ended with, in order. Of looks before the run only the last is kept. */
  readonly failures: readonly Failure[];
  readonly tries: number;
  /** Of waits between the tries. */
  readonly waitedMs: number;
}

type Where = 'check' | StepName;

const policyOfPeople = policyOf([], { requesters: [requestersGroup.id], approvers: [approversGroup.id] });

/** An approved request whose run has not begun, its clock at today. */
export async function approvedOn(running: RunningAzure, wished: StoredChangeSpec, choices: ConnectChoices = {}) {
  let [ms, waited, clockSkew] = [Date.now(), 0, 0];
  let current = connected(running, choices);
  const nowOf = (name: string) => ({ enumerable: true, get: () => Reflect.get(current, name) });
  /** The connection of this moment: a run goes on after `reconnect`. */
  const azure = Object.defineProperties(
    {} as Azure,
    Object.fromEntries(Object.keys(current).map((name) => [name, nowOf(name)])),
  );
  const roleStatuses = () => openRoleChecks(azure, policyOfPeople, { readers: [], operators: [], allowGuests: false });
  const {
    requests,
    drive: driveOn,
    load,
    send,
  } = await approvedRun(
    {
      azure,
      policy: policyOfPeople,
      approverStatus: (person, resource) => roleStatuses().approver(person, resource),
      requesterStatus: (person, resource) => roleStatuses().requester(person, resource),
      retryLimits: defaultRetryLimits,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: () => new Date(ms + clockSkew),
    },
    wished,
  );

  /** Goes through one run; `before` is called ahead of each turn, with what was waited so far. */
  const drive = async (
    run: number,
    before: (turn: string, waitedMs: number) => Promise<void>,
    at: Where,
  ): Promise<Met> => {
    const [start, first] = [waited, requests.all().length];
    let looks = 0;
    await driveOn(run, {
      before: (turn) => {
        if (turn === 'check') looks += 1;
        return before(turn, waited - start);
      },
      after: () => undefined,
      permitted: (work) => work(),
      advance: (by) => {
        ms += by;
        waited += by;
      },
    });
    const failures: Failure[] = [];
    let [tries, stopped] = [at === 'check' ? looks : 0, null as Failure | null];
    for (const { body } of requests.all().slice(first)) {
      if (body.type === 'step-failed' && body.data.step === at) failures.push(body.data.failure);
      if ((body.type === 'step-failed' || body.type === 'step-done') && body.data.step === at) tries += 1;
      if (body.type === 'attention-needed' && at === 'check') stopped = body.data.failure;
    }
    return {
      request: await load(),
      failures: stopped === null ? failures : [stopped],
      tries,
      waitedMs: waited - start,
    };
  };

  return {
    drive,
    load,
    /** As a restart with other settings would. */
    reconnect: (anew: ConnectChoices = {}) => {
      current = connected(running, anew);
    },
    /** Somebody sets the machine's clock, that far from what it was. */
    setClock: (by: number) => {
      clockSkew = by;
    },
    retry: async (): Promise<void> => {
      const { asking } = await load();
      await send(`click:retry:${asking}`, settles('retry', requester, { asking }));
    },
  };
}
export type Approved = Awaited<ReturnType<typeof approvedOn>>;
