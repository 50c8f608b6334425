/** Decides that people's texts are erased: those of a request, or the names that an agent's drifts have. */
import type { ArmId, StreamId } from '../ids.ts';
import { isBlank } from '../strings.ts';
import { type Actor, newEvent } from './events.ts';
import { refuse } from './refusal.ts';
import { accept, type Decision, longestText } from './request-command.ts';

/** Whose texts they are. */
interface ErasedStream {
  readonly id: StreamId;
  /** Of the plan that it is about. */
  readonly digest: string;
  readonly target: ArmId;
}

/** Allowed in any state, for operators alone. Nothing else changes, because texts don't affect it. */
export function decideErasure({ id, digest: planDigest, target }: ErasedStream, actor: Actor, text: string): Decision {
  if (actor.kind !== 'operator') return refuse('not-your-request', id);
  const reason = text.trim();
  if (isBlank(reason)) return refuse('justification-missing');
  if (reason.length > longestText) return refuse('justification-too-long', `${longestText}`);
  const rest = { planDigest, target, result: 'erased', submittedBy: actor.id };
  return accept(newEvent('texts-erased', actor, { reason }, rest));
}
