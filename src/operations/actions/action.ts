/** Actions on a request's card. Each verb has one file. An action decides, stores the event and returns the result. */

import type { RoleChecks } from '../../authorization/role-checks.ts';
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { RoleStatus } from '../../domain/policy/policy.ts';
import type { SignIn, StepUp } from '../../domain/policy/sign-in.ts';
import type { Appended, Requests } from '../../domain/ports/store.ts';
import { decide } from '../../domain/request/decide.ts';
import type { Actor } from '../../domain/request/events.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { isAtRest, type Request } from '../../domain/request/request.ts';
import type { Command, Settling } from '../../domain/request/request-command.ts';
import type { StartInputs } from '../start-time.ts';

/** A click on a card: the person, the request and the card's revision. `inputs` holds what the person entered. */
export interface ClickedCall {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly requestId: RequestId;
  readonly asking: number;
  /** Verified sign-in that came with the click. Whether it satisfies the policy is decided later. */
  readonly signIn: SignIn | null;
  readonly inputs: { readonly acknowledgeIrreversible: string; readonly comment: string } & StartInputs;
}

/** The role checks ask the directory afresh. Without a request, `approverOf` only selects texts and permits nothing. */
export interface ActionPorts extends Pick<RoleChecks, 'approverOf' | 'operator' | 'requesterOf'> {
  readonly requests: Requests;
  /**
   * Loads the request as it was after the click arrived: for role checks, the causes of repeatable clicks, and Refresh. The
   * decision loads it again.
   */
  readonly loadSnapshot: Requests['load'];
  /** Step-up authentication that an approval requires; null: none. */
  readonly stepUp: StepUp | null;
}

export async function clickerStatus({ by, requestId }: ClickedCall, ports: ActionPorts): Promise<RoleStatus> {
  const request = await ports.loadSnapshot(requestId);
  return request === null ? 'no' : ports.approverOf(by, request);
}

/** The same for what operators can do as well as approvers. */
export async function settlerStatus(call: ClickedCall, ports: ActionPorts): Promise<Settling> {
  const [approver, operator] = await Promise.all([clickerStatus(call, ports), ports.operator(call.by)]);
  if (approver === 'yes' || approver === 'unknown') return { roleStatus: approver };
  return { roleStatus: operator, asOperator: operator === 'yes' };
}

/** Returns the same, and whether the requester still has permission. */
export async function bothStatuses(
  { by, requestId }: ClickedCall,
  ports: ActionPorts,
): Promise<{ readonly roleStatus: RoleStatus; readonly requesterStatus: RoleStatus }> {
  const request = await ports.loadSnapshot(requestId);
  if (request === null) return { roleStatus: 'no', requesterStatus: 'no' };
  const [roleStatus, requesterStatus] = await Promise.all([ports.approverOf(by, request), ports.requesterOf(request)]);
  return { roleStatus, requesterStatus };
}

export type ActionResult = Appended | { readonly kind: 'shown'; readonly request: Request } | Refusal;

export interface Action {
  readonly verb: string;
  /** Whose permission is checked again, in addition to read access: the clicker's, or also the requester's. */
  readonly requiresStandingOf?: 'clicker' | 'both';
  handle(call: ClickedCall, ports: ActionPorts): Promise<ActionResult>;
}

/**
 * Decides and stores in one transaction. The cause is the click's natural key: a second tap on the same question gets the same
 * answer, although its activity differs.
 * Exception: if the request has asked again since, an old answer would report an approval that no longer counts. If the request
 * is at rest, no later update would correct an old answer, so the current request is returned.
 */
export async function store(
  call: ClickedCall,
  ports: ActionPorts,
  verb: string,
  command: Command,
): Promise<ActionResult> {
  const { requestId, asking, by } = call;
  const stored = await ports.requests.append(requestId, `click:${asking}/${by}/${verb}`, (request, now) =>
    decide(request, command, now),
  );
  if (stored.kind === 'refused' || !stored.replay) return stored;
  const now = await ports.requests.load(requestId);
  if (now?.state === 'awaiting-approval' && now.asking !== asking) return refuse('stale-card', requestId);
  return now !== null && isAtRest(now) ? { ...stored, request: now } : stored;
}
