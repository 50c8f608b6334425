/** Trace attributes of a turn: type of activity, type of conversation, and request. No people and no content. */
import { z } from 'zod';
import { RequestId } from '../../domain/ids.ts';
import { callType } from '../../domain/ports/call-metrics.ts';
import type { SpanOf } from '../../domain/ports/tracing.ts';
import type { InboundActivity } from '../bot/activity.ts';

/** Other values are free text of the sender. */
const Place = z.enum(['personal', 'groupChat', 'channel']);
const Click = z.object({ action: z.object({ data: z.object({ requestId: RequestId }) }) });

export function turnSpan(activity: InboundActivity): SpanOf {
  const type = callType(activity);
  const place = Place.safeParse(activity.conversation.conversationType).data ?? 'other';
  const clicked = Click.safeParse(activity.value).data?.action.data.requestId;
  return {
    name: `turn ${type}`,
    kind: 'server',
    attributes: {
      'cmk.activity.type': type,
      'cmk.conversation.type': place,
      ...(clicked === undefined ? {} : { 'cmk.request.id': clicked }),
    },
  };
}
