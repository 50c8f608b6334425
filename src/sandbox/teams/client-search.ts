import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { dataQuery, seenCard, sentInputs } from './cards.ts';
import { answerOf, deliverInvoke } from './client-actions.ts';
import { HttpProblem, parse, type Route, route } from './http.ts';
import { activityBase, invokeActivity } from './inbound.ts';
import { knownPerson, postFor, viewOf } from './seen.ts';
import type { Teams } from './teams.ts';

const Search = z.strictObject({
  personId: z.string(),
  activityId: z.string(),
  input: z.string(),
  query: z.string().max(500),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

/** A client shows at most as many choices as it asks for. */
const shownChoices = 15;

/**
 * `POST /client/search`: a person types into an input that asks the bot for choices. The bot gets the dataset that stands on the card and
 * the text; the card's other inputs only where the card says `associatedInputs: auto`. Answers with the bot's HTTP status and body.
 */
export function clientSearch(teams: Teams): Route {
  return route('POST', '/client/search', async (request) => {
    const search = parse(Search, request.body);
    const person = knownPerson(search.personId);
    const post = postFor(teams, person, search.activityId);
    const card = seenCard(post, viewOf(teams, post, person)) ?? {};
    const query = dataQuery(card, search.input);
    if (query === undefined)
      throw new HttpProblem(404, 'InputNotFound', `no typeahead input ${search.input} on this card`);
    const value = {
      queryText: search.query,
      queryOptions: { skip: 0, top: shownChoices },
      dataset: query.dataset,
      ...(query.sendsInputs ? { data: sentInputs(card, search.inputs) } : {}),
    };
    const base = activityBase(teams, person, post.conversationId, new Date());
    return answerOf(await deliverInvoke(teams, invokeActivity(base, `f:${randomUUID()}`, 'application/search', value)));
  });
}
