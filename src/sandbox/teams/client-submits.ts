import { z } from 'zod';
import { seenCard, sentInputs } from './cards.ts';
import { deliverMessage } from './client-messages.ts';
import { parse, type Route, route } from './http.ts';
import { activityBase } from './inbound.ts';
import { knownPerson, postFor, viewOf } from './seen.ts';
import type { Teams } from './teams.ts';

const Submit = z.strictObject({
  personId: z.string(),
  activityId: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

/** `POST /client/submits`: a person clicks an `Action.Submit`; the bot gets a message with a value and no text. */
export function clientSubmits(teams: Teams): Route {
  return route('POST', '/client/submits', (request) => {
    const { personId, activityId, data, inputs } = parse(Submit, request.body);
    const person = knownPerson(personId);
    const post = postFor(teams, person, activityId);
    const sent = sentInputs(seenCard(post, viewOf(teams, post, person)) ?? {}, inputs);
    const base = activityBase(teams, person, post.conversationId, new Date());
    const value = { ...data, ...sent };
    const message = { ...base, type: 'message', id: teams.nextId(), replyToId: post.id, value };
    void deliverMessage(teams, person, post, message);
    return { status: 202, body: { activityId: message.id, conversationId: post.conversationId } };
  });
}
