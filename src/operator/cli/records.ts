/** What operators do to requests and the audit log. */
import { DriftId, RequestId, type StreamId } from '../../domain/ids.ts';
import type { Appended } from '../../domain/ports/store.ts';
import { decide } from '../../domain/request/decide.ts';
import { operatorActor, type StoredEvent } from '../../domain/request/events.ts';
import { isRefusal, type Refusal, refuse } from '../../domain/request/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { eraseNames } from '../../domain/watch/resource-watch.ts';
import { findRequest } from '../../operations/find-request.ts';
import type { OpenStore } from '../../store/store.ts';

/** An operator's action on a request, with the operator's name. */
export type Act =
  | { readonly verb: 'cancel' | 'stop' | 'retry'; readonly by: string }
  | { readonly verb: 'give-up' | 'erase'; readonly by: string; readonly reason: string };

/** `replay`: it was stored before, and nothing was done now. */
export type ActResult = { readonly kind: 'accepted'; readonly event: StoredEvent; readonly replay: boolean } | Refusal;

const lastTextRevision = (events: readonly StoredEvent[]): number =>
  events.findLast((event) => Object.keys(event.texts).length > 0)?.revision ?? 0;

type Carried = Pick<Appended, 'kind' | 'events' | 'replay'> | Refusal;

async function erase({ requests, auditLog }: OpenStore, id: StreamId, by: string, reason: string): Promise<Carried> {
  const events = await requests.events(id);
  if (events.length === 0) return refuse('unknown-request', id);
  const actor = operatorActor(by);
  const cause = `cli:erase:${lastTextRevision(events)}`;
  const drift = DriftId.safeParse(id).data;
  if (drift !== undefined) return auditLog.eraseDrift(drift, cause, (watch) => eraseNames(watch, actor, reason));
  const command = { do: 'erase-texts', actor, reason } as const;
  return auditLog.erase(RequestId.parse(id), cause, (now, at) => decide(now, command, at));
}

/** Carries out an action. The cause makes it idempotent; after newer texts, erasing is a new action. */
async function act(store: OpenStore, stream: StreamId, act: Act): Promise<Carried> {
  if (act.verb === 'erase') return erase(store, stream, act.by, act.reason);
  const request = await findRequest(store.requests, stream);
  if (isRefusal(request)) return request;
  const actor = operatorActor(act.by);
  const { id, asking } = request;
  const common = { by: null, actor, asking, roleStatus: 'no', requesterStatus: 'no' } as const;
  const command =
    act.verb === 'give-up' ? { ...common, do: act.verb, comment: act.reason } : { ...common, do: act.verb };
  return store.requests.append(id, `cli:${act.verb}:${asking}`, (now, at) => decide(now, command, at));
}

function resultOf(answer: Carried): ActResult {
  if (answer.kind === 'refused') return answer;
  const [event] = answer.events;
  if (event === undefined) throw new Error('an operator’s act was accepted without an event');
  return { kind: 'accepted', event, replay: answer.replay };
}

/** Continues the audit log from the current time after a wrong clock dated its last event ahead. */
export async function resumeLog({ auditLog }: OpenStore, by: string): Promise<ActResult> {
  const actor = operatorActor(by);
  // The date ahead identifies the event, so the current time doesn't matter.
  const decided = (request: Request | null, ahead: string) =>
    decide(request, { do: 'set-clock-right', actor, ahead }, new Date(ahead));
  return resultOf(await auditLog.resume(decided));
}

/** Safe to repeat: the same question returns the stored result. */
export const actOn = async (store: OpenStore, id: StreamId, wanted: Act): Promise<ActResult> =>
  resultOf(await act(store, id, wanted));
