/**
 * Messages in a channel or a group chat that one person alone sees: Teams' targeted messages. Commands that are chosen behind a
 * slash arrive so. The SDK knows neither; the address and the fields are those of Microsoft's "Targeted messages" (a preview).
 */
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import type { Activity } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import { z } from 'zod';

const Targeted = z.looseObject({ isTargeted: z.literal(true) });
const Sent = z.looseObject({ id: z.string() });

/** Whether what was typed was seen by nobody but who typed it, and the bot. */
export const wasTypedAlone = ({ recipient }: Pick<Activity, 'recipient'>): boolean =>
  Targeted.safeParse(recipient).success;

/** Teams has so long to answer each attempt of a post or an update. It waits as long for the bot. */
export const answerWithinMs = 15_000;

/** Teams, or this conversation, has no such messages. */
export class NotAlone extends Error {
  override readonly name = 'NotAlone';
}

async function call(client: ConnectorClient, method: 'POST' | 'PUT', url: URL, body: object): Promise<string> {
  url.searchParams.set('isTargetedActivity', 'true');
  const request = createPipelineRequest({
    url: url.href,
    method,
    headers: createHttpHeaders({ 'content-type': 'application/json; charset=utf-8' }),
    body: JSON.stringify(body),
    timeout: answerWithinMs,
    allowInsecureConnection: url.protocol === 'http:',
  });
  const { status, bodyAsText } = await client.sendRequest(request);
  if (status >= 400) throw new NotAlone(`a message for one person: ${status} ${(bodyAsText ?? '').slice(0, 500)}`);
  return bodyAsText ?? '';
}

const activitiesOf = (serviceUrl: string, conversationId: string, ...below: string[]): URL => {
  const path = ['v3', 'conversations', conversationId, 'activities', ...below].map(encodeURIComponent).join('/');
  return new URL(path, serviceUrl.endsWith('/') ? serviceUrl : `${serviceUrl}/`);
};

/** Answers what was typed so that nobody else sees it. Throws {@link NotAlone} where that is refused. */
export async function answerAlone(
  client: ConnectorClient,
  typed: Activity,
  answer: Partial<Activity>,
): Promise<{ readonly activityId: string }> {
  const { id, from, recipient, conversation, serviceUrl } = typed;
  const sent = await call(client, 'POST', activitiesOf(serviceUrl, conversation.id), {
    ...answer,
    from: { id: recipient.id, name: recipient.name },
    recipient: { id: from.id, name: from.name },
    conversation: { id: conversation.id },
    entities: [{ type: 'targetedMessageInfo', messageId: id }],
  });
  return { activityId: Sent.parse(JSON.parse(sent)).id };
}

/** Edits such a message; whom it is for must not be said again. Throws {@link NotAlone} where that is refused, or it is gone. */
export async function updateAlone(
  client: ConnectorClient,
  serviceUrl: string,
  at: { readonly conversationId: string; readonly activityId: string },
  answer: Partial<Activity>,
): Promise<void> {
  const url = activitiesOf(serviceUrl, at.conversationId, at.activityId);
  await call(client, 'PUT', url, { ...answer, id: at.activityId, conversation: { id: at.conversationId } });
}
