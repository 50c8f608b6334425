import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { LocalPerson } from '../people.ts';
import type { BotReply } from './bot-link.ts';
import { type CardAction, cardOf, dataOf, executeAction, seenCard, sentInputs } from './cards.ts';
import { deliverSignedIn } from './client-sign-in.ts';
import { type Answer, HttpProblem, parse, type Route, route } from './http.ts';
import { activityBase, invokeActivity } from './inbound.ts';
import { readInvokeAnswer, type SignInButton } from './invoke-answer.ts';
import type { Change, JsonObject, Post } from './model.ts';
import { showAnswer } from './notices.ts';
import { knownPerson, postFor, viewOf } from './seen.ts';
import type { Teams } from './teams.ts';

const JsonObjectIn = z.record(z.string(), z.unknown());

const Click = z.strictObject({
  personId: z.string(),
  activityId: z.string(),
  verb: z.string(),
  data: JsonObjectIn.optional(),
  inputs: JsonObjectIn.optional(),
  invokeId: z.string().min(1).max(200).optional(),
});
type Click = z.infer<typeof Click>;

/** `POST /client/actions`: a person clicks an `Action.Execute`. Answers with the bot's HTTP status and body. */
export function clientActions(teams: Teams): Route {
  return route('POST', '/client/actions', async (request) => {
    const click = parse(Click, request.body);
    const person = knownPerson(click.personId);
    const post = postFor(teams, person, click.activityId);
    const activity = firstOrRepeated(teams, person, post, click);
    const { reply, button } = await deliverSignedIn(teams, person, activity, (sent) => deliverInvoke(teams, sent));
    showOutcome(teams, person, post, reply, button);
    return answerOf(reply);
  });
}

/** The same `invokeId` is a client's retry: the very same activity again. */
function firstOrRepeated(teams: Teams, person: LocalPerson, post: Post, click: Click): JsonObject {
  const key = click.invokeId === undefined ? undefined : `${person.id} ${click.invokeId}`;
  const earlier = key === undefined ? undefined : teams.state.invokes.get(key);
  if (earlier !== undefined) return earlier;
  const activity = clickActivity(teams, person, post, click);
  if (key !== undefined) teams.commit([{ kind: 'invoked', invokeId: key, activity }]);
  return activity;
}

function clickActivity(teams: Teams, person: LocalPerson, post: Post, click: Click): JsonObject {
  const card = seenCard(post, viewOf(teams, post, person));
  if (card === undefined) throw new HttpProblem(400, 'BadArgument', `activity ${post.id} has no card`);
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

/** The `adaptiveCard/action` invoke of a click or of a refresh. */
export function executeActivity(
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

export const deliverInvoke = (teams: Teams, activity: JsonObject): Promise<BotReply> =>
  teams.botLink.deliver(activity, invokeTimeoutMs);

/** The bot's own status and body, or a gateway error in the Connector's shape where there is none. */
export function answerOf(reply: BotReply): Answer {
  if (reply.kind === 'answered') return { status: reply.status, body: reply.body };
  if (reply.kind === 'late') throw new HttpProblem(504, 'BotTimeout', `no answer within ${invokeTimeoutMs / 1000} s`);
  throw new HttpProblem(502, 'BotUnreachable', 'the bot did not answer');
}

/** What the person was told before is over once the card answers. */
const withoutNotices = (teams: Teams, person: LocalPerson, post: Post): Change[] =>
  [...teams.state.posts.values()]
    .filter((one) => one.tone !== 'message' && one.onlyFor === person.id && one.replyToId === post.id)
    .map(({ id }) => ({ kind: 'deleted', id }));

/** Shows the person what the answer means: a card in place of theirs, a text, or an error. */
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
    const viewed: Change = { kind: 'viewed', id: post.id, personId: person.id, card: outcome.card };
    teams.commit([...withoutNotices(teams, person, post), viewed]);
    return;
  }
  showAnswer(teams, person, post, outcome.kind === 'error' ? 'error' : 'answer', outcome.text, button);
}
