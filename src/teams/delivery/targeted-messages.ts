/**
 * Teams' targeted messages: in a channel or group chat, only one person sees them.
 * Commands that a person selects after a slash arrive as targeted messages. The SDK doesn't support them; address and
 * fields are those of Microsoft's "Targeted messages" (a preview).
 */
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import type { Activity } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import { z } from 'zod';

const Targeted = z.looseObject({ isTargeted: z.literal(true) });
const Sent = z.looseObject({ id: z.string() });

/** Returns true if only the sender and the bot saw this message. */
export const isTargetedMessage = ({ recipient }: Pick<Activity, 'recipient'>): boolean =>
  Targeted.safeParse(recipient).success;

/** Timeout of each attempt of a post or an update. Teams waits as long for the bot. */
export const answerWithinMs = 15_000;

/** Thrown if Teams, or this conversation, doesn't support targeted messages. */
export class TargetedUnsupported extends Error {
  override readonly name = 'TargetedUnsupported';
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
  if (status >= 400)
    throw new TargetedUnsupported(`a message for one person: ${status} ${(bodyAsText ?? '').slice(0, 500)}`);
  return bodyAsText ?? '';
}

const activitiesOf = (serviceUrl: string, conversationId: string, ...below: string[]): URL => {
  const path = ['v3', 'conversations', conversationId, 'activities', ...below].map(encodeURIComponent).join('/');
  return new URL(path, serviceUrl.endsWith('/') ? serviceUrl : `${serviceUrl}/`);
};

/** Replies so that only the sender sees it. Throws {@link TargetedUnsupported} if that isn't supported. */
export async function replyTargeted(
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

/**
 * Edits a targeted message. The body must not repeat the recipient. Throws {@link TargetedUnsupported} if that is refused or the
 * message is deleted.
 */
export async function updateTargeted(
  client: ConnectorClient,
  serviceUrl: string,
  at: { readonly conversationId: string; readonly activityId: string },
  answer: Partial<Activity>,
): Promise<void> {
  const url = activitiesOf(serviceUrl, at.conversationId, at.activityId);
  await call(client, 'PUT', url, { ...answer, id: at.activityId, conversation: { id: at.conversationId } });
}
