/** What can be clicked on a request's card. One file a verb; an action decides and stores, then answers. */

import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { Standing } from '../../domain/policy/policy.ts';
import type { SignIn, StepUp } from '../../domain/policy/sign-in.ts';
import type { Appended, Requests } from '../../domain/ports/store.ts';
import { decide } from '../../domain/request/decide.ts';
import type { Actor } from '../../domain/request/events.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { isAtRest, type Request } from '../../domain/request/request.ts';
import type { Command } from '../../domain/request/request-command.ts';
import type { StartInputs } from '../chosen-start.ts';

/** Who clicked, on which request, on a card of which revision. `inputs` is what the person filled in. */
export interface ClickedCall {
  readonly by: PersonId;
  readonly actor: Actor;
  readonly requestId: RequestId;
  readonly asking: number;
  /** The sign-in that came with the click or was proved for it; verified, but not yet found enough. */
  readonly signIn: SignIn | null;
  readonly inputs: { readonly acknowledgeIrreversible: string; readonly comment: string } & StartInputs;
}

export interface ActionPorts {
  readonly requests: Requests;
  /** The request as it stood after the click came: what rules apply to it, and who asked for it. Nothing is decided upon it. */
  readonly asItStood: Requests['load'];
  /**
   * Whether the person may decide on the request now, asked afresh; without a request: on any request there could be, which
   * says what to tell people and permits nothing.
   */
  readonly approverStanding: (person: PersonId, request: Request | null) => Promise<Standing>;
  /** Whether whoever asked still may, for the request's agent as it is now; asked afresh. */
  readonly requesterStanding: (request: Request) => Promise<Standing>;
  /** What an approval needs beside the click; null where nothing. */
  readonly stepUp: StepUp | null;
}

/** Whether the clicker may decide on the request that was clicked. */
export async function standingOn({ by, requestId }: ClickedCall, ports: ActionPorts): Promise<Standing> {
  const request = await ports.asItStood(requestId);
  return request === null ? 'no' : ports.approverStanding(by, request);
}

/** The same, and whether whoever asked for it still may. */
export async function standingsOn(
  { by, requestId }: ClickedCall,
  ports: ActionPorts,
): Promise<{ readonly standing: Standing; readonly requesterStanding: Standing }> {
  const request = await ports.asItStood(requestId);
  if (request === null) return { standing: 'no', requesterStanding: 'no' };
  const [standing, requesterStanding] = await Promise.all([
    ports.approverStanding(by, request),
    ports.requesterStanding(request),
  ]);
  return { standing, requesterStanding };
}

export type ActionResult = Appended | { readonly kind: 'shown'; readonly request: Request } | Refusal;

export interface Action {
  readonly verb: string;
  /** Whose right it rests on, beside that of looking: that of who clicks, or also that of whoever asked for the request. */
  readonly restsOn?: 'clicker' | 'both';
  handle(call: ClickedCall, ports: ActionPorts): Promise<ActionResult>;
}

/**
 * Decides and stores in one transaction. The cause is the click's natural key: a person's second tap on the same question
 * gets the same answer, although its activity is another. Unless the request has asked anew since: then an old answer would
 * say that something is approved which is not. Nor where it has come to rest since: nothing would follow that corrects it.
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
