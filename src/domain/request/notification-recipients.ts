/**
 * Recipients of notifications, by event. Teams doesn't notify people of a changed card, so each event notifies each person
 * once by a message. People aren't notified of their own actions.
 */
import { PersonId } from '../ids.ts';
import { type EventBodyOf, eventTraitsOf, type StoredEvent } from './events.ts';
import { type EventType, eventTypes, type RecipientGroup } from './payloads.ts';
import { hasEnded, type Request } from './request.ts';

type Types = typeof eventTypes;
type NotifyingType = { [T in EventType]: Types[T] extends { notifies: unknown } ? T : never }[EventType];
export type NotifyingEvent = StoredEvent & { readonly body: EventBodyOf<NotifyingType> };

export const isNotifying = (event: StoredEvent): event is NotifyingEvent =>
  eventTraitsOf(event.body).notifies !== undefined;

export const recipientsOf = ({ body }: NotifyingEvent): readonly [RecipientGroup, ...RecipientGroup[]] =>
  eventTypes[body.type].notifies;

/**
 * Returns the person who caused the event; null for the bot or an operator. A stopped run needs attention because of the
 * person who stopped it.
 */
export function actingPerson({ body }: Pick<StoredEvent, 'body'>): PersonId | null {
  if (body.type === 'attention-needed') {
    const { failure } = body.data;
    const by = failure.source === 'bot' && failure.found.code === 'stopped' ? failure.found.by : null;
    return PersonId.safeParse(by).data ?? null;
  }
  return body.actor.kind === 'person' ? PersonId.parse(body.actor.id) : null;
}

/** Returns whether the notification is still needed. Someone might have acted in the meantime. */
export function isStillNeeded(request: Request, { body, revision }: Pick<StoredEvent, 'body' | 'revision'>): boolean {
  const { state } = eventTraitsOf(body);
  // A reminder.
  if (state === undefined) return request.state === 'awaiting-approval' && request.asking < revision;
  return state === 'over' ? hasEnded(request) : request.state === state && request.asking === revision;
}
