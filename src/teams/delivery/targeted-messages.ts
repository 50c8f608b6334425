/**
 * Teams' targeted messages: in a channel or group chat, only one person sees them.
 * Commands that a person selects after a slash arrive as targeted messages. The SDK doesn't support them; address and
 * fields are those of Microsoft's "Targeted messages" (a preview).
 */
import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import type { Activity } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import { z } from 'zod';

const Targeted = z.looseObject({ isTargeted: z.literal(true) });
const Sent = z.looseObject({ id: z.string() });

export const isTargetedMessage = ({ recipient }: Pick<Activity, 'recipient'>): boolean =>
  Targeted.safeParse(recipient).success;

export const statusOf = (error: unknown): number | null => {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
};

/**
 * Returns true if Teams doesn't do this, and a retry doesn't help (Microsoft, "Status codes from bot conversational APIs"). It
 * refuses targeted messages with 400, 403 or 404 (the same, and the error codes in Microsoft's "Targeted messages").
 */
const isUnsupported = (error: unknown): boolean => [400, 403, 404, 405, 410].includes(statusOf(error) ?? 0);

async function call(client: ConnectorClient, method: 'POST' | 'PUT', url: URL, body: object): Promise<string> {
  url.searchParams.set('isTargetedActivity', 'true');
  const request = createPipelineRequest({
    url: url.href,
    method,
    headers: createHttpHeaders({ 'content-type': 'application/json; charset=utf-8' }),
    body: JSON.stringify(body),
    allowInsecureConnection: url.protocol === 'http:',
  });
  const { status, bodyAsText } = await client.sendRequest(request);
  if (status < 400) return bodyAsText ?? '';
  const said = `a message for one person: ${status} ${(bodyAsText ?? '').slice(0, 500)}`;
  throw new RestError(said, { statusCode: status });
}

const activitiesOf = (serviceUrl: string, conversationId: string, ...below: string[]): URL => {
  const path = ['v3', 'conversations', conversationId, 'activities', ...below].map(encodeURIComponent).join('/');
  return new URL(path, serviceUrl.endsWith('/') ? serviceUrl : `${serviceUrl}/`);
};

/** Codes for a question that was deleted, or whose ID is unknown. Its answer is sent without it. */
const lostQuestion = /INVALID_TARGETED_MESSAGE_ID|TARGETED_MESSAGE_EXPIRED_OR_DELETED/;

export async function replyTargeted(
  client: ConnectorClient,
  typed: Activity,
  answer: Partial<Activity>,
  log: { warn(fields: object, message: string): void },
): Promise<{ readonly activityId: string } | null> {
  const { id, from, recipient, conversation, serviceUrl } = typed;
  const post = (preview: Partial<Activity>) =>
    call(client, 'POST', activitiesOf(serviceUrl, conversation.id), {
      ...answer,
      from: { id: recipient.id, name: recipient.name },
      recipient: { id: from.id, name: from.name },
      conversation: { id: conversation.id },
      ...preview,
    });
  try {
    const sent = await post({ entities: [{ type: 'targetedMessageInfo', messageId: id }] }).catch((error: unknown) => {
      if (error instanceof RestError && lostQuestion.test(error.message)) return post({});
      throw error;
    });
    return { activityId: Sent.parse(JSON.parse(sent)).id };
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    log.warn({ err: error }, 'a message for one person was refused by Teams, so everyone sees it');
    return null;
  }
}

/** Edits a targeted message. The body must not repeat the recipient. */
export async function updateTargeted(
  client: ConnectorClient,
  serviceUrl: string,
  at: { readonly conversationId: string; readonly activityId: string },
  answer: Partial<Activity>,
): Promise<void> {
  const url = activitiesOf(serviceUrl, at.conversationId, at.activityId);
  await call(client, 'PUT', url, { ...answer, id: at.activityId, conversation: { id: at.conversationId } });
}
