/** The software of this process, and requests whose events name it. */
import { ownBuild } from '../config/version.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { NewEvent } from '../domain/request/events.ts';
import type { Decision } from '../domain/request/request-command.ts';
import type { Software } from '../domain/software.ts';

/** `image`: what the deployment says that runs; null: nothing. */
export async function ownSoftware(image: string | null): Promise<Software> {
  const { version, commit } = await ownBuild();
  return { version, ...(commit === undefined ? {} : { commit }), ...(image === null ? {} : { image }) };
}

/** Names the software in an event that has a field for it. */
function signed(event: NewEvent, software: Software): NewEvent {
  const { body } = event;
  if (body.type === 'submitted') return { ...event, body: { ...body, data: { ...body.data, software } } };
  if (body.type === 'run-checked') return { ...event, body: { ...body, data: { ...body.data, software } } };
  if (body.type === 'evidence-made') return { ...event, body: { ...body, data: { ...body.data, software } } };
  return event;
}

const signedBy = (decision: Decision, software: Software): Decision =>
  decision.kind === 'refused'
    ? decision
    : { ...decision, events: decision.events.map((event) => signed(event, software)) };

/** Wraps the store's append. */
export const appendingAs =
  (software: Software) =>
  (append: Requests['append']): Requests['append'] =>
  (id, cause, decide) =>
    append(id, cause, (request, now) => signedBy(decide(request, now), software));
