import { z } from 'zod';
import type { LocalPerson } from '../people.ts';
import type { BotReply } from './bot-link.ts';
import { askAzure } from './client-azure.ts';
import { type LoginRequest, readInvokeAnswer, type SignInButton } from './invoke-answer.ts';
import type { JsonObject } from './model.ts';
import type { Teams } from './teams.ts';

/** What came of a click, and the button to sign in with where that is wanted. */
export interface Delivered {
  readonly reply: BotReply;
  readonly button: SignInButton | null;
}

type Deliver = (activity: JsonObject) => Promise<BotReply>;

/**
 * Delivers a click as a Teams client does: asked to sign in, it exchanges what it can without asking the person and sends
 * the same click again; what it cannot is the person's to do, with a button.
 */
export async function deliverSignedIn(
  teams: Teams,
  person: LocalPerson,
  activity: JsonObject,
  deliver: Deliver,
): Promise<Delivered> {
  const reply = await deliver(activity);
  const asked = readInvokeAnswer(reply);
  if (asked.kind !== 'login') return { reply, button: null };
  const authentication = await exchanged(teams, person, asked);
  if (authentication === null) return { reply, button: asked.button };
  const value = { ...(activity.value as JsonObject), authentication };
  const again = await deliver({ ...activity, value });
  return { reply: again, button: buttonAfter(asked, again) };
}

function buttonAfter(asked: LoginRequest, reply: BotReply): SignInButton | null {
  const answer = readInvokeAnswer(reply);
  if (answer.kind === 'login') return answer.button;
  return answer.kind === 'precondition' ? asked.button : null;
}

const Token = z.object({ token: z.string() });

/** The person's token for the app, from local Azure; null where there is none to be had. */
async function exchanged(teams: Teams, person: LocalPerson, asked: LoginRequest): Promise<JsonObject | null> {
  if (asked.exchange === null || teams.options.azureUrl === undefined) return null;
  const body = { personId: person.id, resource: asked.exchange.uri };
  const answer = await askAzure(teams, 'POST', '/simulator/teams-token', body).catch(() => null);
  if (answer?.status !== 200) return null;
  const { token } = Token.parse(JSON.parse(answer.bytes.toString('utf8')));
  return { id: asked.exchange.id, connectionName: asked.connectionName, token };
}
