/** What a person does on a card: clicks with their sign-in, submits, searches, and refreshes of the own view. */

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import type { LocalPerson } from '../people.ts';
import { activityBase, invokeActivity } from './activities.ts';
import { type BotReply, type LoginRequest, readInvokeAnswer, type SignInButton } from './bot-link.ts';
import { type CardAction, cardOf, dataOf, dataQuery, executeAction, refreshAction, sentInputs } from './cards.ts';
import { askAzure } from './client-azure.ts';
import { deliverMessage } from './client-messages.ts';
import { jsonText, parse, type Route, route } from './server.ts';
import { type Change, JsonObject, type Post, pair } from './state.ts';
import { showAnswer, type Teams } from './teams.ts';
import { knownPerson, postFor, refreshIsDue, viewOf } from './visible-posts.ts';

/** Delivers a click. If the bot asks for a sign-in, exchanges a token and sends it again, or else the person gets a button. */
async function deliverSignedIn(teams: Teams, person: LocalPerson, activity: JsonObject) {
  const reply = await deliverInvoke(teams, activity);
  const login = readInvokeAnswer(reply);
  if (login.kind !== 'login') return { reply, button: null };
  const authentication = await exchangeToken(teams, person, login);
  if (authentication === null) return { reply, button: login.button };
  const value = { ...(activity.value as JsonObject), authentication };
  const again = await deliverInvoke(teams, { ...activity, value });
  return { reply: again, button: buttonAfter(login, again) };
}

function buttonAfter(login: LoginRequest, reply: BotReply): SignInButton | null {
  const answer = readInvokeAnswer(reply);
  if (answer.kind === 'login') return answer.button;
  return answer.kind === 'precondition' ? login.button : null;
}

const Token = z.object({ token: z.string() });

/** Returns the person's token for the app from the Azure simulator; null if there is none. */
async function exchangeToken(teams: Teams, person: LocalPerson, login: LoginRequest): Promise<JsonObject | null> {
  if (login.exchange === null || teams.options['azure-url'] === undefined) return null;
  const body = { personId: person.id, resource: login.exchange.uri };
  const answer = await askAzure(teams, 'POST', '/simulator/teams-token', body).catch(() => null);
  if (answer?.status !== 200) return null;
  const { token } = Token.parse(JSON.parse(answer.text));
  return { id: login.exchange.id, connectionName: login.connectionName, token };
}

/** What every click says: who, on which message, and the person's inputs. */
const onCard = { personId: z.string(), activityId: z.string(), inputs: JsonObject.optional() };

/** `card` is the one that the person sees: their own view, if there is one. */
function clickedBy(teams: Teams, { personId, activityId }: { personId: string; activityId: string }) {
  const person = knownPerson(personId);
  const post = postFor(teams, person, activityId);
  return { person, post, card: viewOf(teams, post, person) ?? cardOf(post.content) };
}
type Clicked = ReturnType<typeof clickedBy>;

const Click = z.strictObject({
  ...onCard,
  verb: z.string(),
  data: JsonObject.optional(),
  invokeId: z.string().min(1).max(200).optional(),
});
type Click = z.infer<typeof Click>;

/** `POST /client/actions`: a person clicks an `Action.Execute`. Answers with the bot's HTTP status and body. */
export function clientActions(teams: Teams): Route {
  return route('POST', '/client/actions', async (request) => {
    const click = parse(Click, request.body);
    const clicked = clickedBy(teams, click);
    const { person, post } = clicked;
    const activity = firstOrRepeated(teams, clicked, click);
    const { reply, button } = await deliverSignedIn(teams, person, activity);
    showOutcome(teams, person, post, reply, button);
    return answerOf(reply);
  });
}

/** The same `invokeId` is a client's retry: returns the identical activity. */
function firstOrRepeated(teams: Teams, clicked: Clicked, click: Click): JsonObject {
  const key = click.invokeId === undefined ? undefined : `${clicked.person.id} ${click.invokeId}`;
  const earlier = key === undefined ? undefined : teams.state.invokes.get(key);
  if (earlier !== undefined) return earlier;
  const activity = clickActivity(teams, clicked, click);
  if (key !== undefined) teams.commit([['invokes', key, activity]]);
  return activity;
}

function clickActivity(teams: Teams, { person, post, card }: Clicked, click: Click): JsonObject {
  if (card === undefined) throw Refusal.of(400, 'BadArgument', `activity ${post.id} has no card`);
  const known = click.data ?? {};
  const action = executeAction(card, click.verb, known) ?? executeAction(cardOf(post.content) ?? {}, click.verb, known);
  const inputs = action?.sendsInputs === false ? {} : sentInputs(card, click.inputs);
  const carried = action?.data ?? dataOf(cardOf(post.content) ?? {});
  const data = { ...carried, ...known, ...inputs };
  return executeActivity(teams, person, post, action, {
    verb: click.verb,
    data,
    trigger: 'manual',
    id: click.invokeId,
  });
}

interface Execute {
  readonly verb: string;
  readonly data: JsonObject;
  readonly trigger: 'manual' | 'automatic';
  readonly id: string | undefined;
}

/** Returns the `adaptiveCard/action` invoke of a click or a refresh. */
function executeActivity(
  teams: Teams,
  person: LocalPerson,
  post: Post,
  action: CardAction | undefined,
  execute: Execute,
): JsonObject {
  const base = activityBase(teams, person, post.conversationId, new Date());
  const channelData = { ...(base.channelData as JsonObject), source: { name: 'message' } };
  const value = {
    action: { type: 'Action.Execute', title: action?.title ?? '', verb: execute.verb, data: execute.data },
    trigger: execute.trigger,
  };
  const id = `f:${execute.id ?? randomUUID()}`;
  return { ...invokeActivity(base, id, 'adaptiveCard/action', value), channelData, replyToId: post.id };
}

/** How long a Teams client waits for the answer to an invoke. */
const invokeTimeoutMs = 10_000;

const deliverInvoke = (teams: Teams, activity: JsonObject): Promise<BotReply> =>
  teams.botLink.deliver(activity, invokeTimeoutMs);

/** Returns the bot's status and body, or a gateway error in the Connector's shape. */
function answerOf(answer: BotReply): Reply {
  if (answer.kind === 'answered') return jsonText(answer.status, JSON.stringify(answer.body));
  if (answer.kind === 'late') throw Refusal.of(504, 'BotTimeout', `no answer within ${invokeTimeoutMs / 1000} s`);
  throw Refusal.of(502, 'BotUnreachable', 'the bot did not answer');
}

/** Removes earlier notices to this person when the card answers. */
const withoutNotices = (teams: Teams, person: LocalPerson, post: Post): Change[] =>
  [...teams.state.posts.values()]
    .filter((one) => one.tone !== 'message' && one.onlyFor === person.id && one.replyToId === post.id)
    .map(({ id }) => ['posts', id, null]);

/** Shows the answer to the person: a card that replaces theirs, a text, or an error. */
function showOutcome(
  teams: Teams,
  person: LocalPerson,
  post: Post,
  reply: BotReply,
  button: SignInButton | null,
): void {
  const outcome = readInvokeAnswer(reply);
  const current = teams.state.posts.get(post.id);
  if (outcome.kind === 'card') {
    if (current === undefined) return;
    teams.commit([...withoutNotices(teams, person, post), ['views', pair(post.id, person.id), outcome.card]]);
    return;
  }
  showAnswer(teams, person, post, outcome.kind === 'error' ? 'error' : 'answer', outcome.text, button);
}

const Submit = z.strictObject({ ...onCard, data: JsonObject.optional() });

/** `POST /client/submits`: a person clicks an `Action.Submit`; the bot gets a message with a value and no text. */
export function clientSubmits(teams: Teams): Route {
  return route('POST', '/client/submits', (request) => {
    const submit = parse(Submit, request.body);
    const { person, post, card = {} } = clickedBy(teams, submit);
    const base = activityBase(teams, person, post.conversationId, new Date());
    const value = { ...submit.data, ...sentInputs(card, submit.inputs) };
    const message = { ...base, type: 'message', id: teams.nextId(), replyToId: post.id, value };
    void deliverMessage(teams, person, post, message);
    return reply(202, { activityId: message.id, conversationId: post.conversationId });
  });
}

const Search = z.strictObject({ ...onCard, input: z.string(), query: z.string().max(500) });

/** The maximum number of choices that a client requests and shows. */
const shownChoices = 15;

/**
 * `POST /client/search`: a person types into an input with dynamic choices.
 * The bot gets the card's dataset and the text; other inputs only with `associatedInputs: auto`. Answers with the bot's
 * HTTP status and body.
 */
export function clientSearch(teams: Teams): Route {
  return route('POST', '/client/search', async (request) => {
    const search = parse(Search, request.body);
    const { person, post, card = {} } = clickedBy(teams, search);
    const query = dataQuery(card, search.input);
    if (query === undefined) throw Refusal.of(404, 'InputNotFound', `no typeahead input ${search.input} on this card`);
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

/** Pause after a refresh without a card, before the same card is requested again. Shorter if the bot didn't answer. */
const restMs = 30_000;
const unreachableRestMs = 1_000;

/** Loads the user-specific views of the cards that a person sees, as a client does. */
export type Refresher = (person: LocalPerson, posts: readonly Post[]) => Promise<void>;

export function refresher(teams: Teams): Refresher {
  const inProgress = new Map<string, Promise<void>>();
  const restUntil = new Map<string, number>();
  const bring = async (person: LocalPerson, post: Post, key: string): Promise<void> => {
    const result = await refreshOne(teams, person, post);
    if (result !== 'card') restUntil.set(key, Date.now() + (result === 'nothing' ? restMs : unreachableRestMs));
  };
  return async (person, posts) => {
    const due = posts.filter((post) => refreshIsDue(teams, post, person));
    const wanted = due.flatMap((post) => {
      const key = `${post.id} ${post.editedAt} ${person.id}`;
      if ((restUntil.get(key) ?? 0) > Date.now()) return [];
      const running = inProgress.get(key) ?? bring(person, post, key).finally(() => inProgress.delete(key));
      inProgress.set(key, running);
      return [running];
    });
    await Promise.all(wanted);
  };
}

/** Requests one view. Drops an answer about a card that changed in the meantime. */
async function refreshOne(
  teams: Teams,
  person: LocalPerson,
  post: Post,
): Promise<'card' | 'nothing' | 'nobody answered'> {
  const action = refreshAction(cardOf(post.content) ?? {});
  if (action === undefined) return 'nothing';
  const execute = { verb: action.verb, data: action.data, trigger: 'automatic', id: undefined } as const;
  const reply = await deliverInvoke(teams, executeActivity(teams, person, post, action, execute));
  const outcome = readInvokeAnswer(reply);
  const isCurrent = teams.state.posts.get(post.id)?.content === post.content;
  if (outcome.kind !== 'card') return reply.kind === 'answered' ? 'nothing' : 'nobody answered';
  if (!isCurrent || !refreshIsDue(teams, post, person)) return 'card';
  teams.commit([['views', pair(post.id, person.id), outcome.card]]);
  return 'card';
}
