/** Logs that evidence was made: by whom, and Azure's state at that moment. Allowed in any state and doesn't change it. */
import { newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import type { Request } from './request.ts';
import { accept, type Command, type Decision } from './request-command.ts';

export function noteEvidence(request: Request, command: Extract<Command, { do: 'note-evidence' }>): Decision {
  const { actor, texts, reading } = command;
  if (actor.kind === 'bot') return refuse('not-your-request', request.id);
  const rest = {
    planDigest: request.digest,
    target: request.plan.wish.resource.id,
    submittedBy: actor.kind === 'operator' ? actor.id : null,
  };
  return accept(newEvent('evidence-made', actor, { texts, reading }, rest));
}
