/** `/client/…`: what a person's Teams client does. */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { callServer, Refusal, type Reply, reply } from '../http.ts';
import { type LocalPerson, localPeople, localTenantId } from '../people.ts';
import { activityBase, invokeActivity, messageActivity, withMentions } from './activities.ts';
import { type BotReply, type LoginRequest, readInvokeAnswer, type SignInButton } from './bot-link.ts';
import { type CardAction, cardOf, dataOf, dataQuery, executeAction, refreshAction, sentInputs } from './cards.ts';
import { botIsRemoved } from './connector-messages.ts';
import { type Conversation, memberIdOf, places, threadId } from './places.ts';
import { jsonText, ok, parse, type Request, type Route, route } from './server.ts';
import { type Change, JsonObject, type Post, pair } from './state.ts';
import { showAnswer, storePost, type Teams } from './teams.ts';
import {
  activityFor,
  canSee,
  conversationFor,
  knownPerson,
  postFor,
  refreshIsDue,
  unreadCount,
  viewOf,
  visiblePosts,
} from './visible-posts.ts';

/** Resetting the state creates keys, which is slow on some machines. */
const azureTimeoutMs = 30_000;

/** Calls the Azure simulator. Reads its certificate authority each time, because it can be recreated. */
async function askAzure(
  teams: Teams,
  method: string,
  path: string,
  json: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const { 'azure-url': azureUrl, 'azure-ca': caFile } = teams.options;
  if (azureUrl === undefined)
    throw Refusal.of(404, 'NoAzure', 'the Teams simulator was started without an Azure simulator');
  const ca = caFile !== undefined && existsSync(caFile) ? readFileSync(caFile) : undefined;
  const body = json === undefined ? '' : JSON.stringify(json);
  return callServer(new URL(path, azureUrl), { method, body, timeoutMs: azureTimeoutMs, ca }).catch((error: Error) => {
    throw Refusal.of(502, 'AzureUnreachable', `Azure simulator: ${error.message}`);
  });
}

/** `/client/azure/…`: forwards to the Azure simulator's `/simulator/…`, so that the page needs no certificate and only one server. */
export const clientAzure = (teams: Teams): Route[] =>
  Object.entries(passed).flatMap(([what, methods]) =>
    methods
      .split(' ')
      .map((method) => route(method, `/client/azure/${what}`, (request) => passOn(teams, what, request))),
  );

const passed = {
  state: 'GET PUT DELETE',
  before: 'GET',
  revision: 'GET',
  requests: 'GET',
  faults: 'GET POST DELETE',
  scenarios: 'GET POST DELETE',
  latency: 'GET PUT',
  portal: 'POST',
};

async function passOn(teams: Teams, what: string, request: Request): Promise<Reply> {
  const path = `/simulator/${what}${request.url.search}`;
  const { status, text } = await askAzure(teams, request.method, path, request.body);
  return jsonText(status, text);
}

const longestText = 28_000;

const SentMessage = z.strictObject({
  personId: z.string(),
  conversationId: z.string(),
  text: z.string().max(longestText, `longer than ${longestText} characters`),
  replyToId: z.string().optional(),
  /** Only the bot sees it, as with a command that is selected after a slash in a channel or group chat. */
  alone: z.boolean().optional(),
});

/** `POST /client/messages`: a person sends a message. Answers when it is stored; the bot gets it right after. */
export function clientMessages(teams: Teams): Route {
  return route('POST', '/client/messages', (request) => {
    const { personId, conversationId, text, replyToId, alone = false } = parse(SentMessage, request.body);
    if (text.trim() === '') throw Refusal.of(400, 'BadArgument', 'text: empty');
    const person = knownPerson(personId);
    const to = conversationFor(person, conversationId);
    const post = postMessage(teams, person, to, text, { replyToId, alone: alone && to.place.kind !== 'personal' });
    return ok({ activityId: post.id, conversationId: post.conversationId });
  });
}

function postMessage(
  teams: Teams,
  person: LocalPerson,
  to: Conversation,
  text: string,
  { replyToId, alone }: { replyToId: string | undefined; alone: boolean },
): Post {
  const marked = withMentions(text, teams.bot);
  const id = teams.nextId();
  const root = to.root ?? rootOfReply(teams, person, to, replyToId);
  if (root !== null && !teams.state.posts.has(root))
    throw Refusal.of(404, 'ConversationNotFound', `no thread ${root} in ${to.place.id}`);
  const post = storePost(teams, {
    id,
    conversationId: to.place.kind === 'channel' ? threadId(to.place, root ?? id) : to.place.id,
    placeId: to.place.id,
    author: person.id,
    replyToId: replyToId ?? root,
    onlyFor: alone ? person.id : null,
    content: { text: marked.text, textFormat: 'plain', entities: marked.entities },
  });
  const reachesBot = to.place.kind === 'personal' || text.startsWith('/') || marked.entities.length > 0;
  if (reachesBot && !botIsRemoved(teams, to.place)) {
    const usual = activityBase(teams, person, post.conversationId, new Date(post.at));
    const base = alone ? { ...usual, recipient: { ...teams.bot, isTargeted: true } } : usual;
    void deliverMessage(teams, person, post, messageActivity(base, id, marked.text, marked.entities));
  }
  return post;
}

function rootOfReply(
  teams: Teams,
  person: LocalPerson,
  to: Conversation,
  replyToId: string | undefined,
): string | null {
  if (replyToId === undefined) return null;
  const post = postFor(teams, person, replyToId);
  if (post.placeId !== to.place.id)
    throw Refusal.of(404, 'ActivityNotFound', `no activity ${replyToId} in ${to.place.id}`);
  return to.place.kind === 'channel' ? (post.conversationId.split(';messageid=')[1] ?? null) : null;
}

const messageTimeoutMs = 15_000;
const timeoutMs = 10_000;

/** Delivers a message once. Retries only while the bot isn't listening, because then nothing was delivered. */
async function deliverMessage(teams: Teams, person: LocalPerson, about: Post, activity: JsonObject): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let reply = await teams.botLink.deliver(activity, messageTimeoutMs);
  while (reply.kind === 'refused' && Date.now() < deadline) {
    await sleep(250);
    reply = await teams.botLink.deliver(activity, messageTimeoutMs);
  }
  if (reply.kind === 'refused')
    showAnswer(teams, person, about, 'error', `${teams.bot.name} is not running. This message was not delivered.`);
}

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
type Refresher = (person: LocalPerson, posts: readonly Post[]) => Promise<void>;

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

// What changed for a person since the last poll, so that a conversation with hundreds of cards is sent once.

/** Marks this process: other processes number differently. */
const processPrefix = `${Date.now().toString(36)}-`;

/** Posts and views are replaced when they change. Each gets a number at the first poll. */
const numbers = new WeakMap<object, number>();
let last = 0;
function numberOf(one: object | undefined): number {
  if (one === undefined) return 0;
  const number = numbers.get(one) ?? ++last;
  numbers.set(one, number);
  return number;
}

/** `after`: `upTo` of the last poll. An unknown value returns everything. `ids`: of all posts, oldest first. */
function changedPosts(teams: Teams, person: LocalPerson, posts: readonly Post[], after: string) {
  const from = after.startsWith(processPrefix) ? Number(after.slice(processPrefix.length)) : 0;
  const isNew = (post: Post): boolean => Math.max(numberOf(post), numberOf(viewOf(teams, post, person))) > from;
  const changed = posts.filter(isNew).map((post) => activityFor(teams, post, person));
  return { upTo: `${processPrefix}${last}`, ids: posts.map(({ id }) => id), changed };
}

const Read = z.strictObject({ personId: z.string(), conversationId: z.string(), activityId: z.string() });

/** What a client shows at first: people, conversations and their messages. */
export function clientConversations(teams: Teams, refresh: Refresher): Route[] {
  return [
    route('GET', '/client/session', () => ok(session(teams))),
    route('GET', '/client/conversations', (request) => ok(conversationsOf(teams, request))),
    route('GET', '/client/conversations/{conversation}/activities', async (request) =>
      ok(await activities(teams, refresh, request)),
    ),
    route('POST', '/client/read', (request) => {
      const { personId, conversationId, activityId } = parse(Read, request.body);
      const person = knownPerson(personId);
      const { place } = conversationFor(person, conversationId);
      teams.commit([['reads', pair(place.id, person.id), activityId]]);
      return reply(204);
    }),
  ];
}

function personOf(request: Request) {
  const personId = request.url.searchParams.get('personId');
  if (personId === null) throw Refusal.of(400, 'BadArgument', 'personId: wanted in the query');
  return knownPerson(personId);
}

function session(teams: Teams) {
  return {
    tenantId: localTenantId,
    bot: { ...teams.bot },
    azure: teams.options['azure-url'] !== undefined,
    people: localPeople.map(({ id, name, role }) => ({ id, memberId: memberIdOf(id), name, role })),
  };
}

/** Returns the person's conversations with unread counts. */
function conversationsOf(teams: Teams, request: Request) {
  const person = personOf(request);
  return places
    .filter((place) => place.memberIds.includes(person.id))
    .map(({ id, kind, name, topic }) => ({ id, kind, name, topic, unread: unreadCount(teams, person, id) }));
}

/** Returns the activities with the person's own views. With `after`, which can be empty: {@link changedPosts}. */
async function activities(teams: Teams, refresh: Refresher, request: Request) {
  const person = personOf(request);
  const conversationId = request.params.conversation ?? '';
  await refresh(person, visiblePosts(teams, person, conversationId));
  const posts = visiblePosts(teams, person, conversationId);
  const after = request.url.searchParams.get('after');
  if (after !== null) return changedPosts(teams, person, posts, after);
  return posts.map((post) => activityFor(teams, post, person));
}

const heartbeatMs = 10_000;

/**
 * `GET /client/events?personId=`: server-sent events of what changes for one person.
 * `activity`: a new or changed activity as that person sees it. `removed`: the ID of a deleted one. `read`: a
 * conversation read in another window. `hello` starts each connection: the client must load everything again.
 */
export function eventStreams(teams: Teams) {
  const open = new Set<ServerResponse>();
  return {
    route: route('GET', '/client/events', (request) => {
      const person = personOf(request);
      return { ...reply(200), stream: (response) => stream(teams, person, response, open) };
    }),
    /** Ends all streams, so that the server can stop. */
    end: () => {
      for (const response of open) response.end();
    },
  };
}

function stream(teams: Teams, person: LocalPerson, response: ServerResponse, open: Set<ServerResponse>): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const write = (event: string, data: JsonObject) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  write('hello', { personId: person.id });
  const stop = teams.onCommit((changes) => {
    for (const [event, data] of changes.flatMap((change) => eventsOf(teams, person, change))) write(event, data);
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  open.add(response);
  response.on('close', () => {
    stop();
    clearInterval(heartbeat);
    open.delete(response);
  });
}

function eventsOf(teams: Teams, person: LocalPerson, [table, key, value]: Change): [string, JsonObject][] {
  const [id = '', personId] = key.split(' ');
  if (table === 'posts') return value === null ? [['removed', { id }]] : shown(teams, person, id);
  if (personId !== person.id || value === null) return [];
  if (table === 'views') return shown(teams, person, id);
  return table === 'reads' ? [['read', { conversationId: id }]] : [];
}

function shown(teams: Teams, person: LocalPerson, id: string): [string, JsonObject][] {
  const post = teams.state.posts.get(id);
  return post !== undefined && canSee(post, person) ? [['activity', activityFor(teams, post, person)]] : [];
}
